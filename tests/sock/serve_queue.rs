//! What waits to be accepted, and what found no place: `--backlog`, USR1, -v.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, poll};
use socket2::{Domain, Socket, Type};

use crate::support::command::Cmd;
use crate::support::net::*;
use crate::support::*;

/// A client that does not wait for its handshake.
#[track_caller]
fn knocks(port: u16) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_nonblocking(true).expect("ours");
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let _in_progress = socket.connect(&at.into());
    socket
}

fn is_connected(socket: &Socket) -> bool {
    let mut one = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    poll(&mut one, 0u8).expect("poll") == 1
}

/// What ss(8) says of the listener: waiting, backlog, dropped.
#[track_caller]
fn by_ss(port: u16) -> (u32, u32, u32) {
    let ended = Cmd::lax("ss")
        .args(["-Hlntm", &format!("sport = :{port}")])
        .run();
    let text = ended.text();
    let mut words = text.split_whitespace().skip(1);
    let mut number = || {
        words
            .next()
            .and_then(|word| word.parse().ok())
            .expect("a number")
    };
    let (waiting, backlog) = (number(), number());
    let dropped = text
        .split(",d")
        .nth(1)
        .and_then(|rest| rest.split(')').next());
    (
        waiting,
        backlog,
        dropped.and_then(|n| n.parse().ok()).expect("a number"),
    )
}

/// Backlog 5, nobody accepting, 20 clients: six are taken, and of the others
/// the kernel counts each attempt.
#[test]
fn usr1_shows_a_full_queue_as_the_kernel_does() {
    if peer("ss").is_none() {
        return;
    }
    let listen = sock("listen -k --backlog 5 --pause listen=30s --echo 127.0.0.1:0")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let clients: Vec<Socket> = (0..20).map(|_| knocks(listen.port)).collect();
    eventually("six are connected", || {
        (clients.iter().filter(|one| is_connected(one)).count() == 6).then_some(())
    });
    listen.wait_line(
        // Fourteen, and once more each time that they try again.
        "sock: accept 127.0.0.1:*: * more connection attempts found no place: 6/5 waiting, \
         * overflows; their clients hear nothing and try again",
    );
    let (before, after) = (by_ss(listen.port), {
        listen.send_signal(Signal::SIGUSR1);
        listen.wait_line("queue    127.0.0.1:* 6/5 waiting, * overflows, 0 half-open");
        by_ss(listen.port)
    });
    assert_eq!((before.0, before.1), (6, 5));
    let line = listen.wait_line("queue *");
    let told: u32 = line
        .split("waiting, ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .and_then(|n| n.parse().ok())
        .expect("a number");
    assert!(
        (before.2..=after.2).contains(&told),
        "{before:?} {told} {after:?}"
    );
    listen.send_signal(Signal::SIGTERM);
    let ended = listen.finish();
    let notes = ended.err.matches("found no place").count();
    assert!(
        notes as u64 <= ended.elapsed.as_secs() + 1,
        "once a second: {ended}"
    );
}

#[test]
fn json_has_the_queue_as_an_event() {
    let listen = sock("listen -k --json --backlog 7 --deny 127.0.0.9 --echo 127.0.0.1:0")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .spawn();
    listen.wait_line("*\"event\":\"listening\"*");
    listen.send_signal(Signal::SIGUSR1);
    listen.wait_line(
        "{\"schema\":\"sock/1\",\"event\":\"queue\",\"address\":\"127.0.0.1:*\",\
         \"protocol\":\"tcp\",\"waiting\":0,\"backlog\":7,\"overflows\":0,\"half_open\":0,\
         \"refused\":0,\"new\":0}",
    );
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// net.core.somaxconn
#[track_caller]
fn somaxconn() -> u32 {
    let text = std::fs::read_to_string("/proc/sys/net/core/somaxconn").expect("a file");
    text.trim().parse().expect("a number")
}

/// As long as the kernel allows, unless --backlog says otherwise: nobody hears
/// of what finds no place there.
#[test]
fn each_listener_has_its_queue() {
    let most = somaxconn();
    let dir = scratch();
    let listen = sock("listen -k -v --echo 127.0.0.1:0 127.0.0.2:0 unix:./s")
        .cwd(dir.path())
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    listen.wait_line(&format!(
        "queue    127.0.0.1:* 0/{most} waiting, 0 overflows, 0 half-open"
    ));
    listen.wait_line(&format!(
        "queue    127.0.0.2:* 0/{most} waiting, 0 overflows, 0 half-open"
    ));
    listen.wait_line(&format!("queue    unix:./s 0/{most} waiting"));
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// The last segment of the handshake never comes: a firewall of our own eats
/// the answer to the SYN.
#[test]
fn half_open_handshakes_are_counted() {
    let Some(lab) = Namespace::new(
        "nft add table ip t
nft add chain ip t out '{ type filter hook output priority 0; }'
nft add rule ip t out tcp flags '& (syn|ack)' == 'syn|ack' drop",
        &[],
    ) else {
        return;
    };
    let listen = sock("listen -k --echo 0")
        .inside(&lab, "")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let mut client = sock(format!("connect -w 10s 127.0.0.1 {}", listen.port))
        .inside(&lab, "")
        .any_end()
        .any_stderr()
        .stdin(Stdin::Pipe)
        .spawn();
    let mut asked = 0;
    eventually("one is half open", || {
        listen.send_signal(Signal::SIGUSR1);
        asked += 1;
        let line = listen.wait("an answer", |state| {
            let text = String::from_utf8_lossy(&state.err).into_owned();
            let mut lines = text.lines().filter(|line| line.starts_with("queue"));
            lines.nth(asked - 1).map(str::to_owned)
        });
        line.ends_with("1 half-open").then_some(())
    });
    client.close_stdin();
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

#[test]
fn the_effective_backlog_is_told_where_it_is_another() {
    let most = somaxconn();
    for (options, told) in [
        ("--backlog 2147483646", format!("{most}, not 2147483646: ")),
        ("--backlog somaxconn -v", format!("{most}: ")),
        ("--backlog somaxconn", String::new()),
        ("-v", String::new()),
        ("--backlog 1 -v", String::new()),
    ] {
        let listen = sock(format!("listen {options} --echo 127.0.0.1:0"))
            .any_stderr()
            .listener();
        drop(dial(V4, listen.port));
        let ended = listen.finish();
        let line = ended
            .err
            .lines()
            .find(|line| line.contains("the backlog is"));
        match told.as_str() {
            "" => assert_eq!(line, None),
            told => assert!(line.is_some_and(|line| line.contains(told)), "{ended}"),
        }
    }
    for wrong in ["0", "-1", "99999999999", "many", ""] {
        let ended = sock("listen --backlog")
            .arg(wrong)
            .arg("0")
            .code(2)
            .any_stderr()
            .run();
        let first = ended.err.lines().next().unwrap_or_default();
        assert!(
            first.contains("--backlog") && first.contains(wrong),
            "{ended}"
        );
    }
}

/// There is nothing to accept, and so nothing waits for that.
#[test]
fn datagrams_have_no_backlog() {
    for words in [
        "listen -u --backlog 5 0",
        "listen -u -k --echo --backlog somaxconn 0",
        "listen -u --echo --backlog 5 unix:@backlog",
        "recv -u -l --backlog 5 0",
    ] {
        let ended = sock(words).code(2).any_stderr().run();
        let first = ended.err.lines().next().unwrap_or_default();
        assert!(
            first.contains("--backlog") && first.contains("--rcvbuf"),
            "{ended}"
        );
    }
}

/// A port in use, an address that is not ours: one line each, code 1.
#[test]
fn what_cannot_be_bound_is_one_line() {
    let taken = Refused::new(V4);
    for (words, says) in [
        (format!("127.0.0.1:{}", taken.port()), "EADDRINUSE"),
        ("192.0.2.1:0".to_owned(), "EADDRNOTAVAIL"),
    ] {
        let ended = sock(format!("listen -k --echo {words}"))
            .code(1)
            .stderr(format!("sock: bind {words}: * ({says})*\n"))
            .run();
        assert_eq!(ended.err.lines().count(), 1, "{ended}");
    }
}
