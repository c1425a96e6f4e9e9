//! Several addresses, one command: what overlaps, what is named twice, what
//! somebody else has. An announcement means that connections will be taken.

use std::fs;
use std::io::Write;
use std::net::{IpAddr, Shutdown, SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::support::net::dial;
use crate::support::*;

/// What is announced, and what else is said, both in their order.
#[track_caller]
fn opens(lab: &Namespace, words: &str, announced: &[&str], said: &[&str]) {
    let listen = sock(format!("listen -k --echo {words}"))
        .inside(lab, "")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .spawn();
    for line in announced {
        listen.wait_line(&format!("listening on {line}"));
    }
    for line in said {
        listen.wait_line(line);
    }
    listen.send_signal(Signal::SIGTERM);
    let ended = listen.finish();
    let lines: Vec<&str> = ended.err.lines().collect();
    // The last one says which signal it was.
    assert_eq!(lines.len(), announced.len() + said.len() + 1, "{ended}");
    for (line, expected) in lines.iter().zip(announced) {
        assert_eq!(*line, format!("listening on {expected}"), "{ended}");
    }
}

/// One line, no announcement, code 1.
#[track_caller]
fn fails(lab: &Namespace, words: &str, line: &str) {
    sock(format!("listen -k --echo {words}"))
        .inside(lab, "")
        .code(1)
        .stderr(format!("{line}\n"))
        .run();
}

/// With -u as well: bind(2) says there what listen(2) says here.
#[track_caller]
fn opens_both(lab: &Namespace, words: &str, announced: &[&str], said: &[&str]) {
    opens(lab, words, announced, said);
    let udp = |address: &&str| match address.strip_suffix(')') {
        Some(families) => format!("{families}, UDP)"),
        None => format!("{address} (UDP)"),
    };
    let announced: Vec<String> = announced.iter().map(udp).collect();
    let announced: Vec<&str> = announced.iter().map(String::as_str).collect();
    opens(lab, &format!("-u {words}"), &announced, said);
}

#[test]
fn an_address_named_twice_is_taken_once() {
    let Some(lab) = Namespace::new("", &[]) else {
        return;
    };
    let lab = &lab;
    const ONE: &str = "127.0.0.1:5007";
    let (before, after) = ("127.0.0.1:5006", "127.0.0.1:5008");
    let again = "sock: bind 127.0.0.1:5007: named before; it is taken once";
    opens_both(lab, &format!("{ONE} {ONE}"), &[ONE], &[again]);
    let words = format!("127.0.0.1:5006-5008 {ONE}");
    opens_both(lab, &words, &[before, ONE, after], &[again]);
    opens_both(
        lab,
        &format!("{ONE} 127.0.0.1:5006-5008"),
        &[ONE, before, after],
        &["sock: bind 127.0.0.1:5006-5008: one of these was named before; it is taken once"],
    );
    opens_both(
        lab,
        "5007 5007",
        &["[::]:5007 (IPv4 and IPv6)"],
        &["sock: bind *:5007: named before; it is taken once"],
    );
    // IPv6 alone leaves IPv4 to others, and port 0 is another one each time.
    let any_v6 = "[::]:5007 (IPv6)";
    opens_both(lab, &format!("[::]:5007 {ONE}"), &[any_v6, ONE], &[]);
    let listen = sock("listen -k --echo 127.0.0.1:0 127.0.0.1:0")
        .inside(lab, "")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    listen.wait("two ports", |state| {
        let text = String::from_utf8_lossy(&state.err).into_owned();
        (text.matches("listening on 127.0.0.1:").count() == 2).then_some(())
    });
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

#[test]
fn an_address_that_overlaps_is_told_with_the_one_that_has_it() {
    let Some(lab) = Namespace::new("", &[]) else {
        return;
    };
    let lab = &lab;
    let in_use = "address already in use (EADDRINUSE)";
    for (udp, stage) in [("", "listen"), ("-u ", "bind")] {
        for (words, object, holder) in [
            ("5007 127.0.0.1:5007", "127.0.0.1:5007", "[::]:5007"),
            ("127.0.0.1:5007 5007", "[::]:5007", "127.0.0.1:5007"),
            ("5007 [::1]:5007", "[::1]:5007", "[::]:5007"),
            (
                "0.0.0.0:5007 127.0.0.9:5007",
                "127.0.0.9:5007",
                "0.0.0.0:5007",
            ),
        ] {
            let line = format!("sock: {stage} {object}: {in_use}: {holder} of this command has it");
            fails(lab, &format!("{udp}{words}"), &line);
        }
    }
    let range = [
        "127.0.0.1:5007",
        "[::]:5006 (IPv4 and IPv6)",
        "[::]:5008 (IPv4 and IPv6)",
    ];
    let said = "sock: listen [::]:5007: skipped: 127.0.0.1:5007 of this command has it";
    opens(lab, "127.0.0.1:5007 5006-5008", &range, &[said]);
}

/// Many a container has `::1 localhost` in its /etc/hosts and no IPv6.
#[test]
fn of_a_name_what_this_machine_does_not_have_is_skipped() {
    let hosts = "
printf '::1 localhost\\n127.0.0.1 localhost\\n192.0.2.1 away\\n192.0.2.2 away\\n' >/run/hosts
mount --bind /run/hosts /etc/hosts
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
";
    let Some(lab) = Namespace::new(hosts, &[]) else {
        return;
    };
    let lab = &lab;
    let (one, two) = ("127.0.0.1:5007", "127.0.0.1:5008");
    let hint = "skipped: this machine does not have that address";
    let said = format!("sock: bind [::1]:5007: {hint}");
    opens_both(lab, "localhost:5007", &[one], &[&said]);
    // Once, not for each port.
    opens_both(lab, "localhost:5007-5008", &[one, two], &[&said]);
    opens_both(lab, "[::ffff:127.0.0.1]:5007", &[one], &[]);
    for (words, object) in [
        ("away:5007", "192.0.2.1:5007"),
        ("away:5007-5008", "192.0.2.1:5007"),
        ("[::1]:5007", "[::1]:5007"),
    ] {
        let line = "cannot assign requested address (EADDRNOTAVAIL): this machine does not have";
        fails(
            lab,
            words,
            &format!("sock: bind {object}: {line} that address"),
        );
    }
}

/// The limit that is named is one with which it works.
#[test]
fn out_of_descriptors_names_the_limit_that_is_needed() {
    // An address of its own: others count on ports that nobody takes.
    let words = format!("listen -k --echo {}", ["127.77.0.2:0"; 100].join(" "));
    let ended = sock(&words)
        .after("ulimit -n 40")
        .code(1)
        .stderr("sock: socket AF_INET SOCK_STREAM: * (EMFILE): 100 listeners need ulimit -n * or more\n")
        .run();
    let limit: u32 = (ended.err.split("ulimit -n ").nth(1))
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .expect("a number");
    assert!(limit < 150, "{ended}");
    let listen = sock(&words)
        .after(&format!("ulimit -n {limit}"))
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    drop(dial(IpAddr::from([127, 77, 0, 2]), listen.port));
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// In --pause after bind(2): it sleeps, and it has a socket that is no Unix
/// socket.
fn is_bound(listen: &Running) -> Option<()> {
    let proc = format!("/proc/{}", listen.pid());
    let stat = fs::read_to_string(format!("{proc}/stat")).ok()?;
    stat.contains(") S ").then_some(())?;
    let unix = fs::read_to_string("/proc/net/unix").ok()?;
    let links = fs::read_dir(format!("{proc}/fd")).ok()?.flatten();
    let links = links.filter_map(|entry| fs::read_link(entry.path()).ok());
    let mut names = links.filter_map(|link| Some(link.to_str()?.to_owned()));
    let inet = |name: &str| {
        let inode = name.strip_prefix("socket:[")?.strip_suffix(']')?;
        (!unix.contains(inode)).then_some(())
    };
    names.find_map(|name| inet(&name))
}

/// Another one has bound the same address, which SO_REUSEADDR allows, and is the
/// first to listen: listen(2) says so, and nothing was announced.
#[test]
fn who_was_faster_to_listen_is_named() {
    const IP: [u8; 4] = [127, 77, 0, 1];
    for range in [false, true] {
        let other = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        other.set_reuse_address(true).expect("ours");
        let at = SocketAddr::from((IP, 0));
        other.bind(&at.into()).expect("an address of loopback");
        let port = other
            .local_addr()
            .expect("bound")
            .as_socket()
            .expect("IP")
            .port();
        let words = match range {
            true => format!("127.77.0.1:{port}-{port} 127.77.0.1:0"),
            false => format!("127.77.0.1:{port}"),
        };
        let listen = sock(format!("listen --pause bind=1s --echo {words}"))
            .code(i32::from(!range))
            .any_stderr()
            .spawn();
        eventually("it is bound", || is_bound(&listen));
        other.listen(1).expect("nobody listens yet");
        let line = match range {
            true => format!(
                "sock: listen 127.77.0.1:{port}: skipped: * (pid {}) has it",
                std::process::id()
            ),
            false => format!(
                "sock: listen 127.77.0.1:{port}: address already in use (EADDRINUSE): * (pid {}) has it",
                std::process::id()
            ),
        };
        listen.wait_line(&line);
        if range {
            let line = listen.wait_line("listening on 127.77.0.1:*");
            let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
            drop(dial(IpAddr::from(IP), port.expect("a port")));
        }
        let ended = listen.finish();
        assert_eq!(ended.err.lines().count(), 1 + usize::from(range), "{ended}");
    }
}

/// Where one peer at a time is served, a listener with a queue of its own does
/// not keep the others from their turn.
#[test]
fn listeners_take_turns() {
    for options in ["", "--max-clients 1 --reply ok"] {
        let listen = sock(format!("listen -k {options} 127.0.0.1:0 127.0.0.2:0"))
            .signal(Signal::SIGTERM)
            .any_stdout()
            .any_stderr()
            .spawn();
        let port = |ip: &str| -> u16 {
            let line = listen.wait_line(&format!("listening on {ip}:*"));
            let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
            port.expect("a port")
        };
        let (one, two) = (port("127.0.0.1"), port("127.0.0.2"));
        // All of them wait when it looks.
        listen.send_signal(Signal::SIGSTOP);
        let peer = |last, port, says: &str| {
            let mut peer = dial(IpAddr::from([127, 0, 0, last]), port);
            peer.write_all(says.as_bytes()).expect("sent");
            peer.shutdown(Shutdown::Write).expect("said");
            peer
        };
        let peers = [
            peer(1, one, "a1 "),
            peer(1, one, "a2 "),
            peer(1, one, "a3 "),
            peer(2, two, "b1 "),
        ];
        listen.send_signal(Signal::SIGCONT);
        let came = listen.wait_stdout(12);
        assert_eq!(String::from_utf8_lossy(&came), "a1 b1 a2 a3 ", "{options}");
        drop(peers);
        listen.send_signal(Signal::SIGTERM);
        listen.finish();
    }
}
