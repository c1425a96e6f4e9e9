//! Socket options, each seen from outside: by the kernel's answer about the
//! process's own socket, by the packets that leave, by who is let in; and what
//! is said where the kernel refuses.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;

use crate::support::command::Cmd;
use crate::support::net::*;
use crate::support::*;

/// What the kernel says of a socket of a process; `None` after a reported skip.
#[track_caller]
fn peek(of: &Running, state: &str, options: &str) -> Option<Vec<String>> {
    let python = peer("python3")?;
    let ended = python
        .args(["-c", include_str!("../peers/peek.py")])
        .words(format!("{} {state} {options}", of.pid()))
        .code(0)
        .run();
    let values = ended.lines();
    if values == ["denied"] {
        peer::skip("pidfd_getfd(2) is denied");
        return None;
    }
    Some(values)
}

/// Options, the option of the kernel's that each is, and its value then.
const TCP: &[(&str, &str, &str)] = &[
    ("--sndbuf 64k", "SOL_SOCKET.SO_SNDBUF", "131072"),
    ("--rcvbuf 50000", "SOL_SOCKET.SO_RCVBUF", "100000"),
    ("--nodelay", "IPPROTO_TCP.TCP_NODELAY", "1"),
    ("--keepalive 77", "SOL_SOCKET.SO_KEEPALIVE", "1"),
    ("", "IPPROTO_TCP.TCP_KEEPIDLE", "77"),
    ("", "IPPROTO_TCP.TCP_KEEPINTVL", "77"),
    ("--user-timeout 7.5", "IPPROTO_TCP.TCP_USER_TIMEOUT", "7500"),
    ("--congestion reno", "IPPROTO_TCP.TCP_CONGESTION", "reno"),
    ("--dscp af42", "IPPROTO_IP.IP_TOS", "144"),
    ("--ttl 33", "IPPROTO_IP.IP_TTL", "33"),
    ("--interface lo", "SOL_SOCKET.SO_BINDTODEVICE", "lo"),
];

fn columns(table: &[(&str, &str, &str)]) -> (String, String, Vec<String>) {
    let joined = |column: fn(&(&str, &str, &str)) -> String| {
        table.iter().map(column).collect::<Vec<_>>().join(" ")
    };
    (
        joined(|row| row.0.to_owned()),
        joined(|row| row.1.to_owned()),
        table.iter().map(|row| row.2.to_owned()).collect(),
    )
}

#[test]
fn a_dialled_connection_has_them_all() {
    let (words, options, values) = columns(TCP);
    let (listener, port) = listen(V4);
    let mut client = sock(format!("connect 127.0.0.1 {port} {words}"))
        .stdin(Stdin::Pipe)
        .spawn();
    let peer = listener.accept().expect("a peer");
    let Some(found) = peek(&client, "connected", &options) else {
        return;
    };
    assert_eq!(found, values, "{words}");
    client.close_stdin();
    drop(peer);
    client.finish();
}

/// Set on the listener, inherited by what it accepts: IPv4 on a socket of both
/// families, too.
#[test]
fn an_accepted_connection_has_them_all() {
    let (words, options, values) = columns(TCP);
    for address in ["127.0.0.1:0", "0"] {
        let server = sock(format!("listen {address} --echo {words}")).listener();
        let peer = dial(V4, server.port);
        let Some(listening) = peek(&server, "listening", &options) else {
            return;
        };
        assert_eq!(listening, values, "{address} {words}");
        let accepted = peek(&server, "connected", &options).expect("not denied");
        assert_eq!(accepted, values, "{address} {words}");
        drop(peer);
        server.finish();
    }
}

#[test]
fn ipv6_has_its_own() {
    if !ipv6() {
        return;
    }
    let table = [
        ("--dscp ef", "IPPROTO_IPV6.IPV6_TCLASS", "184"),
        ("--ttl 44", "IPPROTO_IPV6.IPV6_UNICAST_HOPS", "44"),
    ];
    let (words, options, values) = columns(&table);
    let server = sock(format!("listen [::1]:0 --echo {words}")).listener();
    let peer = dial(V6, server.port);
    let Some(found) = peek(&server, "connected", &options) else {
        return;
    };
    assert_eq!(found, values);
    drop(peer);
    server.finish();
}

#[test]
fn each_is_read_back() {
    let (listener, port) = listen(V4);
    let ended = sock(format!(
        "connect -vv 127.0.0.1 {port} --rcvbuf 50000 --nodelay --congestion reno --linger 5"
    ))
    .spawn();
    let mut peer = listener.accept().expect("a peer");
    assert_eq!(drain(&mut peer).0, b"");
    drop(peer);
    let err = {
        let said = ended.wait("SO_LINGER", |state| {
            let said = String::from_utf8_lossy(&state.err).into_owned();
            said.contains("{1, 5}").then_some(said)
        });
        drop(ended);
        said
    };
    for line in [
        "SOL_SOCKET, SO_RCVBUF, 50000) = 0",
        "SOL_SOCKET, SO_RCVBUF) = 100000 (asked 48.8 KiB, kernel gave 97.7 KiB",
        "IPPROTO_TCP, TCP_NODELAY, 1) = 0",
        "IPPROTO_TCP, TCP_NODELAY) = 1",
        "IPPROTO_TCP, TCP_CONGESTION, \"reno\") = 0",
        "IPPROTO_TCP, TCP_CONGESTION) = \"reno\"",
        "SOL_SOCKET, SO_LINGER, {1, 5}) = 0",
    ] {
        assert!(err.contains(line), "{line}\n{err}");
    }
}

/// Two hosts, made once for this module.
fn pair() -> Option<&'static Namespace> {
    static PAIR: OnceLock<Option<Namespace>> = OnceLock::new();
    PAIR.get_or_init(|| Namespace::new(include_str!("../peers/pair.sh"), &[]))
        .as_ref()
}

/// As root of the namespace.
fn as_root(ns: &Namespace, host: &str, command: Cmd) -> Cmd {
    command.via(ns.enter_privileged(host))
}

/// A sniffer on an interface.
#[track_caller]
fn sniff(ns: &Namespace, host: &str, interface: &str) -> Running {
    let python = Cmd::lax("python3").args(["-c", include_str!("../peers/sniff.py"), interface]);
    let sniffer = as_root(ns, host, python).spawn();
    sniffer.wait_text("ready");
    sniffer
}

/// Waits for a packet whose line has all of these words, and returns it.
#[track_caller]
fn packet(sniffer: &Running, words: &str) -> String {
    sniffer.wait(&format!("a packet with {words}"), |state| {
        let said = String::from_utf8_lossy(&state.out).into_owned();
        let is_it = |line: &&str| {
            let has = |word: &str| line.split(' ').any(|one| one == word);
            words.split(' ').all(has)
        };
        said.lines().find(is_it).map(str::to_owned)
    })
}

#[test]
fn packets_carry_class_hops_and_segment_size_both_ways() {
    let Some(ns) = pair() else { return };
    for (mine, theirs) in [("10.9.1.1", "10.9.1.2"), ("fd09:1::1", "fd09:1::2")] {
        let sniffer = sniff(ns, "b", "ba");
        let server = sock("listen 0 --echo --dscp cs3 --ttl 21 --mss 600")
            .inside(ns, "b")
            .listener();
        let port = server.port;
        sock(format!(
            "connect {theirs} {port} --dscp ef --ttl 9 --mss 500"
        ))
        .inside(ns, "a")
        .input("hello")
        .stdout("hello")
        .run();
        server.finish();
        packet(
            &sniffer,
            &format!("tcp {mine} {theirs} {port} ttl=9 dscp=46 flags=SYN mss=500"),
        );
        packet(
            &sniffer,
            &format!("tcp {mine} {theirs} {port} ttl=9 dscp=46 bytes=5"),
        );
        packet(
            &sniffer,
            &format!("tcp {theirs} {mine} {port} ttl=21 dscp=24 flags=SYN+ACK mss=600"),
        );
        packet(
            &sniffer,
            &format!("tcp {theirs} {mine} {port} ttl=21 dscp=24 bytes=5"),
        );
    }
}

#[test]
fn a_probe_carries_them_too() {
    let Some(ns) = pair() else { return };
    let sniffer = sniff(ns, "b", "ba");
    let server = sock("listen 10.9.1.2:0 -k --echo")
        .inside(ns, "b")
        .listener();
    let port = server.port;
    sock(format!(
        "probe 10.9.1.2 {port} --dscp 5 --ttl 8 --mss 300 --interface ab"
    ))
    .inside(ns, "a")
    .stdout("10.9.1.2*open*\n")
    .run();
    packet(
        &sniffer,
        &format!("tcp 10.9.1.1 {port} ttl=8 dscp=5 flags=SYN mss=300"),
    );
    sock("probe 10.9.1.2 22 --interface nope")
        .inside(ns, "a")
        .code(1)
        .stderr("sock: socket --interface nope: * (ENODEV): the interfaces here are: *ab*\n")
        .run();
    sock("probe 10.9.1.2 22 --mark 3")
        .inside(ns, "a")
        .code(1)
        .stderr("sock: socket --mark 0x3: * (EPERM): it needs CAP_NET_ADMIN *\n")
        .run();
}

#[test]
fn a_mark_is_what_firewall_rules_see() {
    let Some(ns) = pair() else { return };
    ns.script(
        "a",
        "nft -f - <<'END'
add table inet marks
add counter inet marks streams
add counter inet marks datagrams
add chain inet marks out { type filter hook output priority 0; }
add rule inet marks out meta mark 0x2a ip protocol tcp counter name streams
add rule inet marks out meta mark 0x2b ip protocol udp counter name datagrams
END",
    );
    let server = sock("recv -l 10.9.1.2:0")
        .inside(ns, "b")
        .stdout("x")
        .listener();
    let dialled = sock(format!(
        "send 10.9.1.2 {} --message x --mark 42",
        server.port
    ));
    as_root(ns, "a", dialled).run();
    server.finish();
    let server = sock("recv -u -l 10.9.1.2:0 --count 1")
        .inside(ns, "b")
        .stdout("x")
        .listener();
    let dialled = sock(format!(
        "send -u 10.9.1.2 {} --message x --mark 0x2b",
        server.port
    ));
    as_root(ns, "a", dialled).run();
    server.finish();
    let seen = |counter: &str| -> u64 {
        let text = as_root(ns, "a", Cmd::lax("sh"))
            .args([
                "-c",
                "PATH=$PATH:/usr/sbin; nft list counter inet marks $0",
                counter,
            ])
            .code(0)
            .run()
            .text();
        let packets = text
            .split("packets ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        packets
            .and_then(|count| count.parse().ok())
            .expect("a count")
    };
    // A handshake, a segment and an end at least; and one datagram.
    assert!(seen("streams") >= 3);
    assert_eq!(seen("datagrams"), 1);
}

#[test]
fn a_mark_needs_a_capability() {
    let Some(ns) = pair() else { return };
    for words in [
        "connect 10.9.1.2 9 --mark 42",
        "listen 10.9.1.1:0 --mark 42",
        "recv -u -l 10.9.1.1:0 --mark 42",
    ] {
        sock(words)
            .inside(ns, "a")
            .code(1)
            .stderr("sock: socket --mark 0x2a: operation not permitted (EPERM): it needs CAP_NET_ADMIN *\n")
            .run();
    }
}

/// uid 65534, whatever else it may do.
#[test]
fn nobody_may_mark() {
    let dir = scratch();
    let program = dir.path().join("sock");
    std::fs::copy(command::SOCK, &program).expect("a copy where anybody may read it");
    let about = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(dir.path(), about).expect("its mode");
    let nobody = Cmd::new(&program).words("send 127.0.0.1 9 --message x --mark 42");
    let nobody = match nix::unistd::geteuid().is_root() {
        true => nobody.via([
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ]),
        false => nobody,
    };
    nobody
        .code(1)
        .stderr("sock: socket --mark 0x2a: * (EPERM): it needs CAP_NET_ADMIN *\n")
        .run();
}

#[test]
fn a_restricted_congestion_control_needs_a_capability() {
    let Some(ns) = pair() else { return };
    let list = |name: &str| -> Vec<String> {
        let path = format!("/proc/sys/net/ipv4/tcp_{name}_congestion_control");
        let text = std::fs::read_to_string(path).expect("a sysctl");
        text.split_whitespace().map(str::to_owned).collect()
    };
    let allowed = list("allowed");
    let all = list("available");
    let Some(name) = all.into_iter().find(|name| !allowed.contains(name)) else {
        peer::skip("every congestion control is allowed to all");
        return;
    };
    sock(format!("connect 10.9.1.2 9 --congestion {name}"))
        .inside(ns, "a")
        .code(1)
        .stderr(format!(
            "sock: socket --congestion {name}: * (EPERM): without CAP_NET_ADMIN there is: *reno*\n"
        ))
        .run();
}

/// As ss(8) shows it: the Send-Q of a listener.
#[test]
fn a_backlog_is_what_was_asked_for() {
    for (words, backlog) in [("", ""), ("--backlog 7", "7"), ("--backlog somaxconn", "")] {
        let Some(ss) = peer("ss") else { return };
        let listener = sock(format!("listen 127.0.0.1:0 {words}"))
            .stdin(Stdin::Pipe)
            .listener();
        let ended = ss.words(format!("-Hltn sport = :{}", listener.port)).run();
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").expect("a sysctl");
        let backlog = if backlog.is_empty() {
            most.trim()
        } else {
            backlog
        };
        assert_eq!(
            ended.text().split_whitespace().nth(2),
            Some(backlog),
            "{ended}"
        );
    }
}

#[test]
fn an_interface_is_the_way_out_whatever_the_routes_say() {
    let Some(ns) = pair() else { return };
    let sniffer = sniff(ns, "b", "ca");
    let server = sock("recv -l 0").inside(ns, "b").stdout("x").listener();
    let port = server.port;
    sock(format!("send 10.9.1.2 {port} --message x --interface ac"))
        .inside(ns, "a")
        .run();
    server.finish();
    packet(&sniffer, &format!("tcp 10.9.2.1 10.9.1.2 {port} flags=SYN"));
    sock("connect 10.9.1.2 9 --interface nope")
        .inside(ns, "a")
        .code(1)
        .stderr(
            "sock: socket --interface nope: no such device (ENODEV): the interfaces here are: *\n",
        )
        .run();
}

#[test]
fn an_unknown_congestion_control_is_answered_with_those_there_are() {
    sock("connect 127.0.0.1 9 --congestion nosuch")
        .code(1)
        .stderr("sock: socket --congestion nosuch: * (ENOENT): this kernel has: *reno*\n")
        .run();
}

#[test]
fn a_connection_without_acknowledgements_is_given_up() {
    let Some(ns) = pair() else { return };
    ns.script(
        "b",
        "nft -f - <<'END'
add table inet silence
add set inet silence ports { type inet_service; }
add chain inet silence in { type filter hook input priority 0; }
add rule inet silence in tcp dport @ports drop
END",
    );
    let server = sock("listen 10.9.1.2:0 --echo").inside(ns, "b").listener();
    let port = server.port;
    let mut client = sock(format!("connect 10.9.1.2 {port} --user-timeout 600ms"))
        .inside(ns, "a")
        .stdin(Stdin::Pipe)
        .stdout("x")
        .code(7)
        .stderr(format!(
            "sock: * 10.9.1.2:{port}: * (ETIMEDOUT): the peer has stopped answering\n"
        ))
        .spawn();
    client.write("x");
    client.wait_text("x");
    ns.script(
        "b",
        &format!("nft add element inet silence ports {{ {port} }}"),
    );
    client.write("y");
    client.finish();

    // Without a byte to acknowledge it takes somebody who asks.
    let server = sock("listen 10.9.1.2:0 --echo").inside(ns, "b").listener();
    let port = server.port;
    let mut client = sock(format!(
        "connect 10.9.1.2 {port} --keepalive 1s --user-timeout 1s"
    ))
    .inside(ns, "a")
    .stdin(Stdin::Pipe)
    .stdout("x")
    .code(7)
    .stderr(format!(
        "sock: * 10.9.1.2:{port}: * (ETIMEDOUT): the peer has stopped answering\n"
    ))
    .spawn();
    client.write("x");
    client.wait_text("x");
    ns.script(
        "b",
        &format!("nft add element inet silence ports {{ {port} }}"),
    );
    client.finish();
}

#[test]
fn a_group_is_heard_on_the_interface_that_was_named() {
    let Some(ns) = pair() else { return };
    let sniffer = sniff(ns, "b", "ca");
    for (group, at) in [
        ("239.9.9.9", "0"),
        ("239.9.9.9", "0.0.0.0:0"),
        ("ff05::99", "0"),
    ] {
        let hears = sock(format!(
            "recv -u -l {at} --multicast {group} --interface ca --count 1"
        ))
        .inside(ns, "b")
        .stdout("here")
        .listener();
        let port = hears.port;
        for (interface, ttl, text) in [("ab", "", "elsewhere"), ("ac", "--ttl 3", "here")] {
            sock(format!(
                "send -u {group} {port} --multicast {group} --interface {interface} {ttl} \
                 --message {text}"
            ))
            .inside(ns, "a")
            .run();
        }
        packet(&sniffer, &format!("udp {group} {port} ttl=3 bytes=4"));
        hears.finish();
        let unaided = sock(format!("send -u {group} {port} --interface ac --message x"));
        unaided.inside(ns, "a").run();
        packet(&sniffer, &format!("udp {group} {port} ttl=1 bytes=1"));
    }
}

#[test]
fn two_hear_one_group_and_no_route_is_told() {
    let Some(ns) = pair() else { return };
    let hears = |port: u16| {
        sock(format!(
            "recv -u -l {port} --multicast 239.9.9.8 --interface ba --count 1"
        ))
        .inside(ns, "b")
        .stdout("both")
        .listener()
    };
    let first = hears(0);
    let port = first.port;
    let second = hears(port);
    sock(format!(
        "send -u 239.9.9.8 {port} --interface ab --message both"
    ))
    .inside(ns, "a")
    .run();
    first.finish();
    second.finish();
    sock("recv -u -l 0 --multicast 239.9.9.7")
        .inside(ns, "b")
        .code(1)
        .stderr(
            "sock: socket --multicast 239.9.9.7: no such device (ENODEV): no interface has a route \
             to this group: name one with --interface\n",
        )
        .run();
}

#[test]
fn broadcasts_have_to_be_asked_for() {
    let Some(ns) = pair() else { return };
    let hears = sock("recv -u -l 0 --count 1")
        .inside(ns, "b")
        .stdout("all")
        .listener();
    let words = format!("send -u 10.9.1.255 {} --message all", hears.port);
    sock(&words)
        .inside(ns, "a")
        .any_end()
        .stderr("sock: connect 10.9.1.255:*: permission denied (EACCES): this is a broadcast address: see --broadcast\n")
        .run();
    sock(format!("{words} --broadcast")).inside(ns, "a").run();
    hears.finish();
}

#[test]
fn multipath_is_offered_and_its_absence_told() {
    let Some(ns) = pair() else { return };
    if !std::path::Path::new("/proc/sys/net/mptcp/enabled").exists() {
        peer::skip("no MPTCP in this kernel");
        return;
    }
    let sniffer = sniff(ns, "b", "ba");
    for (listens, note) in [
        ("--mptcp", ""),
        (
            "",
            "sock: connect 10.9.1.2:*: the peer does not speak MPTCP; this is TCP\n",
        ),
    ] {
        let server = sock(format!("recv -l 10.9.1.2:0 {listens}"))
            .inside(ns, "b")
            .stdout("hello")
            .listener();
        let port = server.port;
        sock(format!("send 10.9.1.2 {port} --mptcp --message hello"))
            .inside(ns, "a")
            .stderr(note)
            .run();
        server.finish();
        packet(&sniffer, &format!("{port} flags=SYN mptcp=1"));
        let answer = format!("{port} flags=SYN+ACK mptcp={}", u8::from(note.is_empty()));
        packet(&sniffer, &answer);
    }
    let lonely = Namespace::new("echo 0 >/proc/sys/net/mptcp/enabled", &[]).expect("as before");
    sock("connect 127.0.0.1 9 --mptcp")
        .inside(&lonely, "")
        .code(1)
        .stderr("sock: socket --mptcp: * (ENOPROTOOPT): MPTCP is switched off here: see net.mptcp.enabled\n")
        .run();
}

/// A killed sender must not look complete, MPTCP or not.
#[test]
fn a_killed_multipath_sender_cuts() {
    if !std::path::Path::new("/proc/sys/net/mptcp/enabled").exists() {
        peer::skip("no MPTCP in this kernel");
        return;
    }
    let server = sock("recv -l 127.0.0.1:0 --mptcp")
        .code(7)
        .stdout("part")
        .stderr("sock: recv 127.0.0.1:*: * (ECONNRESET)*\n")
        .listener();
    let mut client = sock(format!("send 127.0.0.1 {} --mptcp", server.port))
        .stdin(Stdin::Pipe)
        .spawn();
    client.write("part");
    server.wait_text("part");
    client.send_signal(Signal::SIGKILL);
    server.finish();
}

#[test]
fn a_port_is_shared_by_those_who_ask_for_it() {
    let first = sock("listen 127.0.0.1:0 -k --echo --reuse-port").listener();
    let words = format!("listen 127.0.0.1:{} -k --echo", first.port);
    let second = sock(format!("{words} --reuse-port")).listener();
    assert_eq!(first.port, second.port);
    sock(&words)
        .code(1)
        .stderr("sock: bind *: * (EADDRINUSE): sock (pid *) has it\n")
        .run();
}

#[test]
fn an_address_may_come_later() {
    let mut there = vec!["192.0.2.77:0"];
    if ipv6() {
        there.push("[2001:db8::77]:0");
    }
    for address in there {
        let listener = sock(format!("listen {address} --freebind")).listener();
        assert!(listener.runs());
        sock(format!("listen {address}"))
            .code(1)
            .stderr("sock: bind *: * (EADDRNOTAVAIL): this machine does not have that address\n")
            .run();
    }
}

#[test]
fn a_path_has_its_mode_whatever_the_umask() {
    let dir = scratch();
    for (mode, umask) in [("600", "0"), ("0666", "077"), ("0", "022")] {
        for kind in ["", "-u", "--seqpacket"] {
            let path = dir.path().join(format!("s{mode}{umask}{kind}"));
            let words = format!("listen {kind} unix:{} --mode {mode}", path.display());
            let listener = sock(words)
                .after(&format!("umask {umask}"))
                .stdin(Stdin::Pipe)
                .listener();
            let about = std::fs::metadata(&path).expect("a socket");
            let wanted = u32::from_str_radix(mode, 8).expect("octal");
            assert_eq!(
                about.permissions().mode() & 0o7777,
                wanted,
                "{mode} {umask} {kind}"
            );
            drop(listener);
        }
    }
    // Never more open than that: the mode is there before the path is.
    let ended = sock(format!(
        "recv -l unix:{} --mode 600 -vv --accept-timeout 0.05",
        dir.path().join("late").display()
    ))
    .code(124)
    .any_stderr()
    .run();
    let at = |text: &str| {
        ended
            .err
            .find(text)
            .unwrap_or_else(|| panic!("{text}\n{ended}"))
    };
    assert!(at("fchmod(") < at("bind("), "{ended}");
}

#[test]
fn lingering_for_no_time_is_a_reset() {
    for (words, resets) in [("", false), ("--linger 3", false), ("--linger 0", true)] {
        let (port, peer) = serve(V4, |mut stream| {
            stream.write_all(b"hello").expect("five bytes");
            stream.shutdown(Shutdown::Write).expect("half-close");
            drain(&stream).1
        });
        sock(format!("recv 127.0.0.1 {port} {words}"))
            .stdout("hello")
            .run();
        let end = peer.join().expect("the peer");
        assert_eq!(end.is_err(), resets, "{words}: {end:?}");
    }
}

/// Once as our own guard, on the listener, and once for the user.
#[test]
fn a_served_peer_gets_the_users_linger_at_its_end() {
    let server = sock("listen 127.0.0.1:0 --echo --linger 0 -vv")
        .any_stderr()
        .listener();
    let mut peer = dial(V4, server.port);
    peer.write_all(b"hello").expect("five bytes");
    let mut echo = [0; 5];
    peer.read_exact(&mut echo).expect("the echo");
    peer.shutdown(Shutdown::Write).expect("half-close");
    let ended = server.finish();
    assert_eq!(ended.err.matches("SO_LINGER, {1, 0}) = 0").count(), 2);
    assert!(drain(&peer).1.is_ok(), "all was delivered before");
}

/// The user's SO_LINGER must not take the place of the one that tells a cut.
#[test]
fn a_killed_sender_that_would_linger_cuts() {
    let (port, peer) = serve(V4, |stream| drain(&stream));
    let mut client = sock(format!("send 127.0.0.1 {port} --linger 5 -vv"))
        .stdin(Stdin::Pipe)
        .spawn();
    client.write("part");
    client.wait("the bytes to be sent", |state| {
        let said = String::from_utf8_lossy(&state.err);
        (said.contains("send(") || said.contains("splice(8")).then_some(())
    });
    client.send_signal(Signal::SIGKILL);
    let (_, end) = peer.join().expect("the peer");
    assert!(end.is_err(), "a FIN where a reset was due");
}

#[test]
fn what_does_nothing_is_told_once() {
    let dir = scratch();
    let path = dir.path().join("s");
    let listener = sock(format!("recv -l unix:{} --rcvbuf 64k", path.display()))
        .stdout("x")
        .stderr("sock: socket --rcvbuf: without effect on a Unix socket*\n")
        .listener();
    sock(format!(
        "send unix:{} --message x --linger 3",
        path.display()
    ))
    .stderr("sock: close --linger: without effect on a socket that is not TCP\n")
    .run();
    listener.finish();
}
