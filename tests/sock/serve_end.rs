//! The end of a server: `--drain`, a second signal, a successor.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::support::net::*;
use crate::support::wait::took_between;
use crate::support::*;

#[track_caller]
fn echoes(stream: &mut TcpStream) {
    stream.write_all(b"still?").expect("sent");
    let mut back = [0; 6];
    stream.read_exact(&mut back).expect("its echo");
}

#[track_caller]
fn server(options: &str) -> Running {
    sock(format!("listen -k --echo {options} 127.0.0.1:0"))
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener()
}

/// Waits until it has closed its listener, which is the first thing it does.
#[track_caller]
fn told_to_end(listen: &Running) {
    listen.send_signal(Signal::SIGTERM);
    listen.wait_line("sock: accept 127.0.0.1:*: closed by SIGTERM; * to finish");
}

#[test]
fn peers_may_finish_and_nobody_comes_any_more() {
    let listen = server("--drain 20s");
    let mut peer = dial(V4, listen.port);
    echoes(&mut peer);
    told_to_end(&listen);
    let refused = TcpStream::connect((V4, listen.port));
    assert!(refused.is_err(), "nobody is accepted");
    echoes(&mut peer);
    peer.shutdown(Shutdown::Write).expect("half-closed");
    let (_, end) = drain(peer);
    end.expect("an end in order");
    let begun = Instant::now();
    listen.finish();
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "it did not wait for nobody"
    );
}

#[test]
fn who_does_not_finish_in_time_meets_a_reset() {
    let listen = server("--drain 0.5s");
    let mut peer = dial(V4, listen.port);
    echoes(&mut peer);
    told_to_end(&listen);
    let begun = Instant::now();
    let (_, end) = drain(peer);
    assert!(end.is_err(), "a reset, because it is cut");
    listen.finish();
    took_between(
        begun.elapsed(),
        Duration::from_millis(300),
        Duration::from_millis(500),
    );
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let listen = server("--drain 600s");
    let mut peer = dial(V4, listen.port);
    echoes(&mut peer);
    told_to_end(&listen);
    let begun = Instant::now();
    // What comes within 0.1 s of the first is the same wish: timeout(1).
    eventually("the second counts", || {
        listen.send_signal(Signal::SIGTERM);
        (!listen.runs()).then_some(())
    });
    let (_, end) = drain(peer);
    assert!(end.is_err(), "a reset");
    listen.finish();
    took_between(begun.elapsed(), Duration::ZERO, Duration::from_millis(200));
}

#[test]
fn without_peers_or_with_drain_0_there_is_nothing_to_wait_for() {
    for (options, with_peer) in [("", false), ("--drain 0", true)] {
        let listen = server(options);
        let mut peer = dial(V4, listen.port);
        echoes(&mut peer);
        let kept = with_peer.then_some(peer);
        let begun = Instant::now();
        listen.send_signal(Signal::SIGTERM);
        listen.finish();
        took_between(begun.elapsed(), Duration::ZERO, Duration::from_millis(100));
        drop(kept);
    }
}

/// However the only peer ends then, it was the signal that ended the run.
#[test]
fn the_only_peer_may_finish_too() {
    for cut in [false, true] {
        let listen = sock("listen --echo 127.0.0.1:0")
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        let mut peer = dial(V4, listen.port);
        echoes(&mut peer);
        told_to_end(&listen);
        echoes(&mut peer);
        match cut {
            true => reset(peer),
            false => drop(peer),
        }
        let ended = listen.finish();
        assert!(ended.err.contains(": ended by SIGTERM"), "{ended}");
        assert_eq!(ended.err.contains("(ECONNRESET)"), cut, "{ended}");
    }
}

/// Somebody at a terminal does not want to wait.
#[test]
fn int_does_not_wait() {
    let listen = sock("listen -k -v --echo 127.0.0.1:0")
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    let mut peer = dial(V4, listen.port);
    echoes(&mut peer);
    let begun = Instant::now();
    listen.send_signal(Signal::SIGINT);
    let ended = listen.finish();
    took_between(begun.elapsed(), Duration::ZERO, Duration::from_millis(100));
    assert!(
        ended.err.contains(": ended by SIGINT"),
        "how its peer ended: {ended}"
    );
}

/// A successor takes the port while peers of the first one finish, and again
/// when both have left connections in TIME_WAIT.
#[test]
fn a_successor_can_bind_at_once() {
    let first = server("--drain 20s");
    let port = first.port;
    let mut peer = dial(V4, port);
    echoes(&mut peer);
    told_to_end(&first);
    for _ in 0..2 {
        let next = sock(format!("listen -k --echo 127.0.0.1:{port}"))
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        echoes(&mut dial(V4, port));
        echoes(&mut peer);
        // We close first: the TIME_WAIT is theirs.
        next.send_signal(Signal::SIGTERM);
        next.finish();
    }
    drop(peer);
    first.finish();
}
