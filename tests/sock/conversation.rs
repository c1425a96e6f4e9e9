//! `connect` and a relaying `listen`: with nc, ncat and socat at either end, over
//! IPv4, IPv6 and Unix sockets, and the rules by which a conversation ends.

use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown};
use std::path::Path;
use std::time::Duration;

use crate::support::command::Cmd;
use crate::support::files::{Noise, noise};
use crate::support::net::*;
use crate::support::wait::{PROMPT, took_between};
use crate::support::*;

/// Whether one end still talks after the other has ended.
#[derive(Clone, Copy, PartialEq)]
enum Late {
    Answer,
    /// A listening nc or ncat ends once its peer has, its stdin open or not.
    Silence,
}

/// Both talk, in turn; then `first` ends its stdin, `second` has heard it and
/// still answers, and ends its own. Both must end with 0 by themselves.
#[track_caller]
fn talk(mut first: Running, mut second: Running, late: Late) {
    first.write("one\n");
    second.wait_text("one\n");
    second.write("two\n");
    first.wait_text("two\n");
    first.close_stdin();
    let mut answers = "two\n".to_owned();
    if late == Late::Answer {
        second.write("three\n");
        first.wait_text("three\n");
        answers += "three\n";
    }
    second.close_stdin();
    let (first, second) = (first.finish(), second.finish());
    assert_eq!(first.text(), answers, "{first}\n{second}");
    assert_eq!(second.text(), "one\n", "{first}\n{second}");
}

/// One of the peers, as a client or server of a TCP address or a Unix path. All
/// are told to half-close when their stdin ends, and to wait for the other end.
#[track_caller]
fn other(name: &str, listens: bool, ip: Option<IpAddr>, port: u16, path: &Path) -> Option<Cmd> {
    let path = path.display();
    let words = match (name, ip, listens) {
        ("nc", Some(ip), true) => format!("-N -l {ip} 0"),
        ("nc", Some(ip), false) => format!("-N {ip} {port}"),
        ("nc", None, true) => format!("-N -lU {path}"),
        ("nc", None, false) => format!("-N -U {path}"),
        ("ncat", Some(ip), true) => format!("-l {ip} 0"),
        ("ncat", Some(ip), false) => format!("{ip} {port}"),
        ("ncat", None, true) => format!("-lU {path}"),
        ("ncat", None, false) => format!("-U {path}"),
        ("socat", Some(ip), true) => match ip {
            IpAddr::V4(_) => format!("-t10 - TCP4-LISTEN:0,bind={ip}"),
            IpAddr::V6(_) => format!("-t10 - TCP6-LISTEN:0,bind=[{ip}]"),
        },
        ("socat", Some(ip), false) => match ip {
            IpAddr::V4(_) => format!("-t10 - TCP4:{ip}:{port}"),
            IpAddr::V6(_) => format!("-t10 - TCP6:[{ip}]:{port}"),
        },
        ("socat", None, true) => format!("-t10 - UNIX-LISTEN:{path}"),
        ("socat", None, false) => format!("-t10 - UNIX-CONNECT:{path}"),
        _ => panic!("no peer {name}"),
    };
    Some(peer(name)?.words(words).code(0).stdin(Stdin::Pipe))
}

#[derive(Clone, Copy)]
enum First {
    Sock,
    Peer,
}

#[track_caller]
fn with_peer(name: &str, ip: Option<IpAddr>, peer_listens: bool, first: First) {
    if ip == Some(V6) && !ipv6() {
        return;
    }
    let dir = scratch();
    let path = dir.path().join("s");
    let (ours, theirs) = if peer_listens {
        let Some(theirs) = other(name, true, ip, 0, &path) else {
            return;
        };
        let theirs = theirs.spawn();
        let words = match ip {
            Some(ip) => format!("connect {ip} {}", tcp_port_of(&theirs)),
            None => {
                wait_unix(&path);
                format!("connect unix:{}", path.display())
            }
        };
        (sock(words).stdin(Stdin::Pipe), theirs)
    } else {
        let words = match ip {
            Some(IpAddr::V4(ip)) => format!("listen {ip}:0"),
            Some(IpAddr::V6(ip)) => format!("listen [{ip}]:0"),
            None => format!("listen {}", path.display()),
        };
        let ours = sock(words).stdin(Stdin::Pipe).any_stdout().listener();
        let Some(theirs) = other(name, false, ip, ours.port, &path) else {
            return;
        };
        let theirs = theirs.spawn();
        return match first {
            First::Sock => talk(ours, theirs, Late::Answer),
            First::Peer => talk(theirs, ours, Late::Answer),
        };
    };
    let ours = ours.any_stdout().spawn();
    match first {
        First::Sock if name != "socat" => talk(ours, theirs, Late::Silence),
        First::Sock => talk(ours, theirs, Late::Answer),
        First::Peer => talk(theirs, ours, Late::Answer),
    }
}

/// A module a peer and family: both roles, and each side the first to end.
macro_rules! matrix {
    ($($module:ident: $peer:literal, $ip:expr;)*) => {$(
        mod $module {
            use super::*;

            #[test]
            fn it_listens_and_we_end_first() {
                with_peer($peer, $ip, true, First::Sock);
            }

            #[test]
            fn it_listens_and_ends_first() {
                with_peer($peer, $ip, true, First::Peer);
            }

            #[test]
            fn we_listen_and_end_first() {
                with_peer($peer, $ip, false, First::Sock);
            }

            #[test]
            fn we_listen_and_it_ends_first() {
                with_peer($peer, $ip, false, First::Peer);
            }
        }
    )*};
}

matrix! {
    nc_ipv4: "nc", Some(V4);
    nc_ipv6: "nc", Some(V6);
    nc_unix: "nc", None;
    ncat_ipv4: "ncat", Some(V4);
    ncat_ipv6: "ncat", Some(V6);
    ncat_unix: "ncat", None;
    socat_ipv4: "socat", Some(V4);
    socat_ipv6: "socat", Some(V6);
    socat_unix: "socat", None;
}

/// Two of ours, over every kind of stream.
#[track_caller]
fn with_ourselves(listen: &str, connect: impl Fn(u16) -> String, first: First) {
    let Some(names) = Namespace::with_names() else {
        return;
    };
    let listener = sock(format!("listen {listen}"))
        .stdin(Stdin::Pipe)
        .any_stdout()
        .listener();
    let client = sock(format!("connect {}", connect(listener.port)))
        .inside(names, "")
        .stdin(Stdin::Pipe)
        .any_stdout()
        .spawn();
    match first {
        First::Sock => talk(listener, client, Late::Answer),
        First::Peer => talk(client, listener, Late::Answer),
    }
}

#[test]
fn one_socket_serves_both_families() {
    let mut listener = sock("listen 0").any_stdout().spawn();
    let address = listener.listening();
    assert_eq!(address, format!("[::]:{}", listener.port));
    assert!(listener.log().contains("(IPv4 and IPv6)"));
    for first in [First::Sock, First::Peer] {
        with_ourselves("0", |port| format!("127.0.0.1 {port}"), first);
        with_ourselves("*:0", |port| format!("[::1]:{port}"), first);
        with_ourselves(":0", |port| format!("localhost:{port}"), first);
    }
}

#[test]
fn a_single_family_where_it_is_asked_for() {
    let mut listener = sock("listen -4 0").spawn();
    assert!(listener.listening().starts_with("0.0.0.0:"));
    let mut listener = sock("listen -6 0").spawn();
    assert!(listener.listening().starts_with("[::]:"));
    let port = listener.port;
    assert!(std::net::TcpStream::connect((V4, port)).is_err());
    with_ourselves("-4 0", |port| format!("-4 localhost {port}"), First::Sock);
    with_ourselves("-6 0", |port| format!("-6 ::1 {port}"), First::Peer);
}

#[test]
fn a_pasted_url_is_host_and_port() {
    with_ourselves(
        "127.0.0.1:0",
        |port| format!("http://127.0.0.1:{port}/path?query"),
        First::Peer,
    );
}

#[test]
fn unix_paths_and_abstract_names() {
    let dir = scratch();
    let path = dir.path().join("s");
    let path = path.display().to_string();
    for first in [First::Sock, First::Peer] {
        with_ourselves(&path, |_| path.clone(), first);
        with_ourselves(&format!("unix:@{path}"), |_| format!("unix:@{path}"), first);
    }
}

/// A path that we made is gone when we are, so that the same command works twice.
#[test]
fn a_unix_path_is_removed_at_the_end() {
    let dir = scratch();
    for _ in 0..2 {
        let listener = sock("listen ./s").cwd(dir.path()).listener();
        sock("connect ./s").cwd(dir.path()).run();
        listener.finish();
        assert!(!dir.path().join("s").exists());
    }
}

#[test]
fn seqpacket_keeps_its_records() {
    let dir = scratch();
    let mut listener = sock("listen --seqpacket ./s")
        .cwd(dir.path())
        .stdin(Stdin::Pipe)
        .stdout("one\ntwo\n")
        .listener();
    let mut client = sock("connect --seqpacket ./s")
        .cwd(dir.path())
        .stdin(Stdin::Pipe)
        .stdout("three\n")
        .spawn();
    client.write("one\n");
    listener.wait_text("one\n");
    client.write("two\n");
    listener.wait_text("two\n");
    listener.write("three\n");
    client.wait_text("three\n");
    client.close_stdin();
    listener.close_stdin();
    client.finish();
    listener.finish();
}

/// The line of a listener names an IPv4 peer as what it is.
#[test]
fn ipv4_peers_are_unmapped() {
    let mut listener = sock("listen -v 0").any_stderr().spawn();
    listener.announced();
    let client = dial(V4, listener.port);
    let local = client.local_addr().expect("connected");
    drop(client);
    let ended = listener.finish();
    assert!(ended.err.contains(&local.to_string()), "{ended}");
    assert!(!ended.err.contains("ffff"), "{ended}");
}

#[test]
fn on_eof_keep_keeps_both_directions() {
    let (port, peer) = serve(V4, |mut stream| {
        let mut byte = [0; 1];
        stream.read_exact(&mut byte).expect("x");
        stream
            .set_read_timeout(Some(Duration::from_millis(500)))
            .expect("a timeout");
        let more = stream.read(&mut byte).map_err(|error| error.kind());
        stream.write_all(b"later").expect("it still listens");
        more
    });
    sock(format!("connect --on-eof keep 127.0.0.1 {port}"))
        .input("x")
        .stdout("later")
        .run();
    // No FIN came while stdin had long ended.
    assert_eq!(
        peer.join().expect("the peer"),
        Err(std::io::ErrorKind::WouldBlock)
    );
}

/// Grace is counted anew at each read: a stdin that keeps delivering is heard to
/// its end, however long that takes.
#[test]
fn grace_starts_again_with_each_read() {
    let (port, peer) = serve(V4, |stream| {
        stream.shutdown(Shutdown::Write).expect("half-close");
        drain(&stream)
    });
    let mut connect = sock(format!("connect --grace 1s 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .spawn();
    connect.wait_stdout_end();
    // Each piece comes well within grace, all of them well after it: the pace is
    // that of a receive timeout, for which nothing ever comes.
    let (_keep, nothing) = std::sync::mpsc::channel::<()>();
    for _ in 0..5 {
        assert!(nothing.recv_timeout(Duration::from_millis(400)).is_err());
        connect.write("piece ");
    }
    connect.close_stdin();
    let ended = connect.finish();
    assert!(ended.elapsed > Duration::from_secs(2), "{ended}");
    let (bytes, end) = peer.join().expect("the peer");
    end.expect("an end in order");
    assert_eq!(bytes, b"piece ".repeat(5));
}

/// It stands still while bytes already read wait for the peer.
#[test]
fn grace_stands_still_while_the_peer_is_slow() {
    const LEN: usize = 8 << 20;
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (port, peer) = serve(V4, move |stream| {
        stream.shutdown(Shutdown::Write).expect("half-close");
        let _ = wait.recv_timeout(Duration::from_millis(1500));
        drain(&stream)
    });
    let connect = sock(format!("connect --grace 0.5 127.0.0.1 {port}"))
        .stdin(Stdin::Stream(Box::new(Noise::new(11, LEN as u64))))
        .spawn();
    connect.finish();
    drop(go);
    let (bytes, end) = peer.join().expect("the peer");
    end.expect("an end in order");
    assert!(bytes == noise(11, LEN), "{} bytes came", bytes.len());
}

/// `inf` waits for stdin's end.
#[test]
fn grace_may_be_infinite() {
    let (port, _peer) = serve(V4, drop);
    let mut connect = sock(format!("connect --grace inf 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .spawn();
    connect.wait_stdout_end();
    let (_keep, nothing) = std::sync::mpsc::channel::<()>();
    assert!(nothing.recv_timeout(Duration::from_millis(500)).is_err());
    assert!(connect.runs());
    connect.close_stdin();
    connect.finish();
}

/// stdout is closed at the peer's end, so that `| tar x` ends, while stdin may
/// still bring something.
#[test]
fn stdout_ends_with_the_peer() {
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"an archive").expect("some bytes");
        stream.shutdown(Shutdown::Write).expect("half-close");
        drain(&stream).0
    });
    let mut connect = sock(format!("connect 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .stdout("an archive")
        .spawn();
    assert_eq!(connect.wait_stdout_end(), b"an archive");
    connect.write("thanks");
    connect.close_stdin();
    connect.finish();
    assert_eq!(peer.join().expect("the peer"), b"thanks");
}

/// A killed conversation that was sending does not look complete to its peer.
#[test]
fn a_killed_conversation_is_a_reset() {
    let (heard, arrived) = std::sync::mpsc::channel();
    let (port, peer) = serve(V4, move |mut stream| {
        let mut half = [0; 11];
        stream.read_exact(&mut half).expect("half a file");
        heard.send(()).expect("the test waits");
        drain(&stream)
    });
    let mut connect = sock(format!("connect 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .signal(Signal::SIGKILL)
        .spawn();
    connect.write("half a file");
    arrived.recv_timeout(wait::DEADLINE).expect("it came");
    connect.send_signal(Signal::SIGKILL);
    connect.finish();
    let (_, end) = peer.join().expect("the peer");
    assert_eq!(
        end.expect_err("a reset").kind(),
        std::io::ErrorKind::ConnectionReset
    );
}

/// A FIN without data is a peer like any other.
#[test]
fn a_peer_that_says_nothing_is_a_peer() {
    let listener = sock("listen 127.0.0.1:0").listener();
    drop(dial(V4, listener.port));
    listener.finish();
}

/// One peer by default, then the listener is closed.
#[test]
fn a_listener_takes_one_peer() {
    let listener = sock("listen 127.0.0.1:0")
        .stdin(Stdin::Pipe)
        .stdout("x")
        .any_end()
        .any_stderr()
        .listener();
    let address = (V4, listener.port).into();
    // A peer of whom nothing has come yet may still turn out to be a probe.
    let mut first = dial(V4, listener.port);
    first.write_all(b"x").expect("it took us");
    listener.wait_text("x");
    eventually("the listener to be closed", || {
        let error = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200));
        (error.err()?.kind() == std::io::ErrorKind::ConnectionRefused).then_some(())
    });
    assert!(listener.runs());
}

/// `-k` takes one after another; a peer's end is not the end, and what stdin
/// still holds is for the next.
#[test]
fn keep_open_takes_one_peer_after_another() {
    let mut listener = sock("listen -k 127.0.0.1:0")
        .stdin(Stdin::Pipe)
        .stdout("firstsecond")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let mut first = dial(V4, listener.port);
    first.write_all(b"first").expect("it took us");
    listener.wait_text("first");
    drop(first);
    let mut second = dial(V4, listener.port);
    second.write_all(b"second").expect("it took us");
    listener.wait_text("firstsecond");
    listener.write("for the second");
    let mut heard = [0; 14];
    second.read_exact(&mut heard).expect("what stdin held");
    assert_eq!(&heard, b"for the second");
    // After stdin's end it half-closes, and later peers at once.
    listener.close_stdin();
    assert_eq!(drain(&second).0, b"");
    drop(second);
    let third = dial(V4, listener.port);
    let (bytes, end) = drain(&third);
    assert_eq!(bytes, b"");
    end.expect("an end in order");
    assert!(listener.runs());
    listener.send_signal(Signal::SIGTERM);
    listener.finish();
}

/// A server serves all at the same time, and an idle peer keeps nobody out.
#[test]
fn a_server_serves_all_peers_at_once() {
    let listener = sock("listen -k --echo 127.0.0.1:0")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let mut peers: Vec<_> = (0..50).map(|_| dial(V4, listener.port)).collect();
    for (n, peer) in peers.iter_mut().enumerate().rev() {
        let text = format!("peer {n}");
        peer.write_all(text.as_bytes()).expect("it took us");
        let mut heard = vec![0; text.len()];
        peer.read_exact(&mut heard).expect("its echo");
        assert_eq!(heard, text.as_bytes());
    }
    listener.send_signal(Signal::SIGTERM);
    listener.finish();
}

#[test]
fn an_echo_returns_every_byte() {
    const LEN: usize = 4 << 20;
    let listener = sock("listen --echo 127.0.0.1:0").listener();
    let client = dial(V4, listener.port);
    let mut sending = client.try_clone().expect("a copy");
    let thread = std::thread::spawn(move || {
        sending.write_all(&noise(12, LEN)).expect("all of it");
        sending.shutdown(Shutdown::Write).expect("half-close");
    });
    let (bytes, end) = drain(&client);
    end.expect("an end in order");
    assert!(bytes == noise(12, LEN), "{} bytes came", bytes.len());
    thread.join().expect("the sender");
    drop(client);
    listener.finish();
}

/// Several addresses and a list of ports are one command.
#[test]
fn several_addresses_are_one_listener() {
    let listener = sock("listen -k --echo 127.0.0.1:0 unix:@sock-test-several")
        .arg("127.0.0.2:0")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let ports: Vec<u16> = listener.wait("three lines", |state| {
        let text = String::from_utf8_lossy(&state.err).into_owned();
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("listening on "))
            .collect();
        (lines.len() == 3).then(|| {
            lines
                .iter()
                .filter_map(|line| line.split([':', ' ']).find_map(|word| word.parse().ok()))
                .collect()
        })
    });
    assert_eq!(ports.len(), 2);
    drop(dial(V4, ports[0]));
    drop(dial("127.0.0.2".parse().expect("an address"), ports[1]));
    sock("connect unix:@sock-test-several")
        .input("x")
        .stdout("x")
        .run();
    listener.send_signal(Signal::SIGTERM);
    listener.finish();
}

#[test]
fn source_is_the_address_we_dial_from() {
    let (port, peer) = serve(V4, |stream| stream.peer_addr().expect("connected").ip());
    sock(format!("connect --source 127.0.0.9 127.0.0.1 {port}")).run();
    assert_eq!(peer.join().expect("the peer").to_string(), "127.0.0.9");
}

/// RFC 8305: one dead and one live address of a name connect within 400 ms. The
/// name is localhost; its dead address a full accept queue.
#[test]
fn a_dead_address_costs_little() {
    let Some(names) = Namespace::with_names() else {
        return;
    };
    if !ipv6() {
        return;
    }
    let mut tries = 0;
    // A port that is silent on ::1 and free on 127.0.0.1.
    let (silent, live) = loop {
        let silent = Silent::new(V6);
        match Listener::at(V4, silent.port()) {
            Ok(live) => break (silent, live),
            Err(error) => assert!(tries < 20, "{error}"),
        }
        tries += 1;
    };
    let thread = std::thread::spawn(move || {
        let mut stream = live.accept().expect("a peer");
        stream.write_all(b"here").expect("four bytes");
    });
    let ended = sock(format!("connect localhost {}", silent.port()))
        .inside(names, "")
        .stdout("here")
        .run();
    took_between(
        ended.elapsed,
        Duration::ZERO,
        Duration::from_millis(400) - PROMPT,
    );
    thread.join().expect("the peer");
}

/// A refused address is answered at once, and the next one tried.
#[test]
fn a_refused_address_is_not_the_last_word() {
    let Some(names) = Namespace::with_names() else {
        return;
    };
    if !ipv6() {
        return;
    }
    let (live, port) = listen(V4);
    let Ok(_refused) = Refused::at((V6, port).into()) else {
        return;
    };
    let thread = std::thread::spawn(move || drop(live.accept().expect("a peer")));
    sock(format!("connect localhost {port}"))
        .inside(names, "")
        .run();
    thread.join().expect("the peer");
}

/// A server that is not there yet.
#[test]
fn retry_asks_again() {
    let refused = Refused::new(V4);
    let ended = sock(format!(
        "connect --retry 3 --retry-interval 0.2 127.0.0.1 {}",
        refused.port()
    ))
    .code(4)
    .any_stderr()
    .run();
    took(ended.elapsed, Duration::from_millis(600));

    let port = refused.port();
    let connect = sock(format!(
        "connect -v --retry inf --retry-interval 0.1 127.0.0.1 {port}"
    ))
    .any_stderr()
    .spawn();
    connect.wait_line("*ECONNREFUSED*");
    let listener = refused.listen();
    drop(listener.accept().expect("it asked again"));
    connect.finish();
}

/// Whatever else is said: a program that waits for a listener reads one line.
#[test]
fn the_first_line_is_that_of_the_listener() {
    for words in [
        "listen",
        "listen -v",
        "listen -vv",
        "recv -l -v",
        "send -l -v",
    ] {
        let listener = sock(format!("{words} 127.0.0.1:0"))
            .stdin(Stdin::Pipe)
            .any_stderr()
            .listener();
        drop(dial(V4, listener.port));
    }
}
