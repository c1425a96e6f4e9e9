//! Signals: INT, TERM and HUP end the run in order and the process dies of them;
//! what was ignored at start stays ignored; USR1 tells the progress.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::support::net::*;
use crate::support::wait::DEADLINE;
use crate::support::*;

const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// A process that has its peer and waits: the peer's end of it.
#[track_caller]
fn waiting(words: &str, signal: Signal) -> (Running, std::net::TcpStream) {
    let (listener, port) = listen(V4);
    let running = sock(format!("{words} 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .signal(signal)
        .any_stdout()
        .any_stderr()
        .spawn();
    let stream = listener.accept().expect("it dials");
    (running, stream)
}

/// Signals it, and looks how long it takes to die of that.
#[track_caller]
fn dies(running: Running, signal: Signal) {
    let sent = Instant::now();
    running.send_signal(signal);
    let ended = running.finish();
    assert!(ended.at - sent < wait::PROMPT + SLACK, "{ended}");
}

#[test]
fn a_dialling_verb_dies_of_the_signal() {
    for signal in ENDING {
        for words in ["connect", "send", "recv"] {
            let (running, _peer) = waiting(words, signal);
            dies(running, signal);
        }
    }
}

#[test]
fn a_listening_verb_dies_of_the_signal() {
    for signal in ENDING {
        for words in ["listen", "listen -k --echo", "recv -l", "send -l"] {
            let running = sock(format!("{words} 127.0.0.1:0"))
                .stdin(Stdin::Pipe)
                .signal(signal)
                .any_stderr()
                .listener();
            dies(running, signal);
        }
    }
}

/// What it knows is printed first.
#[test]
fn a_probe_dies_of_the_signal() {
    let (_listener, open) = listen(V4);
    for signal in ENDING {
        let silent = Silent::new(V4);
        let running = sock(format!("probe --json 127.0.0.1 {open},{}", silent.port()))
            .signal(signal)
            .any_stdout()
            .any_stderr()
            .spawn();
        running.wait_text("\"open\"");
        let sent = Instant::now();
        running.send_signal(signal);
        let ended = running.finish();
        assert!(ended.at - sent < wait::PROMPT + SLACK, "{ended}");
        assert!(ended.text().contains("\"summary\""), "{ended}");
    }
}

/// To the peer it does not look like an end in order.
#[test]
fn the_peer_of_an_interrupted_sender_sees_a_reset() {
    let (mut running, mut peer) = waiting("send", Signal::SIGTERM);
    running.write("half a file");
    let mut half = [0; 11];
    peer.read_exact(&mut half).expect("half a file");
    dies(running, Signal::SIGTERM);
    let (_, end) = drain(&peer);
    assert_eq!(
        end.expect_err("a reset").kind(),
        std::io::ErrorKind::ConnectionReset
    );
}

/// A second one does not wait for anything, stuck as things may be.
#[test]
fn a_second_signal_ends_it_at_once() {
    let (port, _peer) = serve(V4, flood);
    let (_unread, write) = std::io::pipe().expect("a pipe");
    let running = sock(format!("recv -v 127.0.0.1 {port}"))
        .stdout_to(Stdout::Fd(write.into()))
        .signal(Signal::SIGINT)
        .any_stderr()
        .spawn();
    running.wait_line("connect *");
    running.send_signal(Signal::SIGINT);
    dies(running, Signal::SIGINT);
}

#[test]
fn what_was_ignored_stays_ignored() {
    for (signal, name) in [
        (Signal::SIGHUP, "HUP"),
        (Signal::SIGINT, "INT"),
        (Signal::SIGTERM, "TERM"),
    ] {
        let listen = sock("listen -k --echo 127.0.0.1:0")
            .after(&format!("trap '' {name}"))
            .signal(Signal::SIGKILL)
            .any_stderr()
            .listener();
        listen.send_signal(signal);
        let mut client = dial(V4, listen.port);
        client.write_all(b"x").expect("it serves");
        client
            .shutdown(std::net::Shutdown::Write)
            .expect("half-close");
        assert_eq!(drain(&client).0, b"x");
        listen.send_signal(Signal::SIGKILL);
        listen.finish();
    }
}

/// The counts so far, on stderr, and the run goes on.
#[test]
fn usr1_tells_the_progress() {
    let (port, peer) = serve(V4, |mut stream| {
        let mut heard = [0; 3];
        stream.read_exact(&mut heard).expect("three bytes");
        stream.write_all(b"hello").expect("five bytes");
        drain(&stream).0
    });
    let mut connect = sock(format!("connect --json 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .stdout("hello")
        .any_stderr()
        .spawn();
    connect.write("abc");
    connect.wait_text("hello");
    connect.send_signal(Signal::SIGUSR1);
    let line = connect.wait_line("*\"event\":\"progress\"*");
    let event: serde_json::Value = serde_json::from_str(&line).expect("an object");
    assert_eq!(event["sent"], 3, "{line}");
    assert_eq!(event["received"], 5, "{line}");
    connect.write(" and more");
    connect.close_stdin();
    connect.finish();
    assert_eq!(peer.join().expect("the peer"), b" and more");
}

/// For people too, and in a verb that only waits.
#[test]
fn usr1_ends_nothing() {
    let listen = sock("recv -l 127.0.0.1:0")
        .stdout("x")
        .any_stderr()
        .listener();
    listen.send_signal(Signal::SIGUSR1);
    listen.wait("a second line", |state| {
        (String::from_utf8_lossy(&state.err).lines().count() > 1).then_some(())
    });
    sock(format!("send 127.0.0.1 {}", listen.port))
        .input("x")
        .run();
    listen.finish();
}

/// A stopped and continued process has lost nothing.
#[test]
fn stop_and_continue_lose_nothing() {
    let (go, wait) = mpsc::channel::<()>();
    let (port, peer) = serve(V4, move |mut stream| {
        stream.write_all(b"before ").expect("some bytes");
        wait.recv_timeout(DEADLINE).expect("the test goes on");
        stream.write_all(b"while stopped ").expect("some bytes");
    });
    let recv = sock(format!("recv 127.0.0.1 {port}"))
        .stdout("before while stopped ")
        .spawn();
    recv.wait_text("before ");
    recv.send_signal(Signal::SIGSTOP);
    go.send(()).expect("the peer waits");
    peer.join().expect("the peer");
    recv.send_signal(Signal::SIGCONT);
    assert!(recv.finish().elapsed < Duration::from_secs(5));
}
