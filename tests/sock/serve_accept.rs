//! accept(2) that fails: for want of something that will be there again, or
//! because a connection has died in the queue. strace(1) lets it fail, so that
//! each errno is seen that a machine cannot be brought to on purpose.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::support::net::*;
use crate::support::peer::strace;
use crate::support::*;

/// How often accept(2) fails before it does no longer.
const FAILS: usize = 15;

/// What does the work: this process one at a time, or all at once, or a command.
const WORKS: [&str; 3] = ["", "--echo", "--sh cat"];

/// A listener whose accept(2) fails with this errno so many times.
#[track_caller]
fn failing(work: &str, errno: &str, calls: &Path) -> Option<Running> {
    let inject = format!("inject=accept4:error={errno}:when=1..{FAILS}");
    let words = ["-e", "trace=accept4,poll,ppoll,epoll_wait", "-e", &inject];
    let listen = sock(format!("listen -k {work} 127.0.0.1:0"))
        .via(strace(calls, &words)?)
        .input("hi")
        .signal(Signal::SIGTERM)
        .any_stdout()
        .any_stderr();
    Some(listen.listener())
}

/// It is let in, sooner or later, and served.
#[track_caller]
fn is_served(mut peer: TcpStream) {
    peer.write_all(b"hi").expect("sent");
    peer.shutdown(Shutdown::Write).expect("said");
    let mut back = [0; 2];
    peer.read_exact(&mut back).expect("served");
    assert_eq!(&back, b"hi");
}

#[track_caller]
fn end(listen: Running) -> Ended {
    listen.send_signal(Signal::SIGTERM);
    listen.finish()
}

/// Told with its name once a second at most, asked again every 100 ms and not
/// in between.
#[test]
fn out_of_something_is_waited_for() {
    let dir = scratch();
    let mut started = Vec::new();
    for (errno, hint) in [
        ("ENFILE", "too many open files in system (ENFILE)"),
        ("EMFILE", "too many open files (EMFILE)"),
        ("ENOBUFS", "no buffer space available (ENOBUFS)"),
        ("ENOMEM", "cannot allocate memory (ENOMEM)"),
    ] {
        for (n, work) in WORKS.into_iter().enumerate() {
            let calls = dir.path().join(format!("{errno}{n}"));
            let Some(listen) = failing(work, errno, &calls) else {
                return;
            };
            let peer = dial(V4, listen.port);
            started.push((hint, work, calls, listen, peer));
        }
    }
    for (hint, work, calls, listen, peer) in started {
        let line = format!("sock: accept 127.0.0.1:*: {hint}*: peers wait until there is room");
        listen.wait_line(&line);
        is_served(peer);
        let ended = end(listen);
        let told = ended.err.matches("peers wait until there is room").count();
        let least = Duration::from_millis(100) * FAILS as u32;
        assert!(ended.elapsed >= least, "{work}: {ended}");
        assert!(
            told <= ended.elapsed.as_secs() as usize + 1,
            "{work}: {ended}"
        );
        let calls = std::fs::read_to_string(&calls).expect("strace wrote it");
        let count = |call: &str| calls.lines().filter(|line| line.contains(call)).count();
        // And none that would block, as a server tries.
        let accepts = count("accept4(");
        assert!(
            (FAILS + 1..=FAILS + 3).contains(&accepts),
            "{work}: {calls}"
        );
        assert!(
            count("poll") + count("epoll_wait") < 8 * FAILS,
            "{work}: {calls}"
        );
    }
}

/// It is nobody's trouble but of that connection.
#[test]
fn a_connection_that_died_in_the_queue_is_passed_over() {
    let dir = scratch();
    for errno in [
        "ECONNABORTED",
        "EPROTO",
        "ENETUNREACH",
        "EOPNOTSUPP",
        "EINTR",
    ] {
        for (n, work) in WORKS.into_iter().enumerate() {
            let calls = dir.path().join(format!("{errno}{n}"));
            let Some(listen) = failing(work, errno, &calls) else {
                return;
            };
            is_served(dial(V4, listen.port));
            let ended = end(listen);
            // The announcement, a warning of a command, and the signal.
            assert!(!ended.err.contains(errno), "{work}: {ended}");
            let calls = std::fs::read_to_string(&calls).expect("strace wrote it");
            assert_eq!(
                calls.matches("(INJECTED)").count(),
                FAILS,
                "{work}: {calls}"
            );
        }
    }
}

/// What is none of these ends the listener, with one line.
#[test]
fn anything_else_ends_the_listener() {
    let dir = scratch();
    for (n, work) in WORKS.into_iter().enumerate() {
        let calls = dir.path().join(n.to_string());
        let Some(strace) = strace(&calls, &["-e", "inject=accept4:error=EPERM"]) else {
            return;
        };
        let listen = sock(format!("listen -k {work} 127.0.0.1:0"))
            .via(strace)
            .code(1)
            .stderr("sock: accept 127.0.0.1:*: operation not permitted (EPERM)\n")
            .listener();
        let _peer = dial(V4, listen.port);
        listen.finish();
    }
}
