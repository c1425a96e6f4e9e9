//! `listen --reply` prints what comes: a stdout that takes nothing stops what
//! would go there, and nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::support::command::Cmd;
use crate::support::net::*;
use crate::support::tty::terminal;
use crate::support::wait::took_between;
use crate::support::*;

/// A listener whose stdout nobody reads so far, and both ends of that.
#[track_caller]
fn stuck(options: &str, end: impl FnOnce(Cmd) -> Cmd) -> (Running, PipeReader, PipeWriter) {
    let (unread, write) = std::io::pipe().expect("a pipe");
    let theirs = write.try_clone().expect("a descriptor");
    let listen = sock(format!("listen --reply ok {options} 127.0.0.1:0"))
        .stdout_to(Stdout::Fd(theirs.into()))
        .any_stderr();
    (end(listen).listener(), unread, write)
}

/// Says so much of one letter that its questions fill this stdout, and the
/// buffers between.
#[track_caller]
fn fills(port: u16, stdout: &impl AsFd) -> TcpStream {
    let stream = dial(V4, port);
    stream.set_nonblocking(true).expect("a flag");
    let piece = [b'x'; 1 << 16];
    let mut fds = [PollFd::new(stream.as_fd(), PollFlags::POLLOUT)];
    // As long as it takes more, now and then.
    while poll(&mut fds, PollTimeout::from(300u16)) == Ok(1) {
        let _ = (&stream).write(&piece);
    }
    stream.set_nonblocking(false).expect("a flag");
    eventually("stdout is full", || {
        let mut fds = [PollFd::new(stdout.as_fd(), PollFlags::POLLOUT)];
        (poll(&mut fds, PollTimeout::ZERO) == Ok(0)).then_some(())
    });
    stream
}

#[test]
fn who_needs_no_stdout_does_not_wait_for_it() {
    let (listen, _unread, stdout) = stuck("-k -v", |cmd| cmd.signal(Signal::SIGTERM));
    let _loud = fills(listen.port, &stdout);
    let begun = Instant::now();
    // One comes, says nothing, and goes in order; one goes with a reset.
    let quiet = dial(V4, listen.port);
    quiet.shutdown(Shutdown::Write).expect("half-closed");
    let (bytes, end) = drain(quiet);
    end.expect("an end in order");
    assert_eq!(bytes, b"");
    reset(dial(V4, listen.port));
    listen.wait_line("*: gone before a byte went either way *");
    listen.send_signal(Signal::SIGUSR1);
    listen.wait_line("sock: accept *: sent *, received *");
    took_between(begun.elapsed(), Duration::ZERO, Duration::ZERO);
    // And TERM; nobody will finish here.
    listen.send_signal(Signal::SIGTERM);
    listen.wait_line("*: closed by SIGTERM; the peer has 5s to finish");
    listen.send_signal(Signal::SIGTERM);
    eventually("the second counts", || {
        listen.send_signal(Signal::SIGTERM);
        (!listen.runs()).then_some(())
    });
    listen.finish();
}

/// A terminal that nobody reads any more takes a byte now and then, not two.
#[test]
fn a_frozen_terminal_holds_up_nobody_else() {
    let (_unread, terminal) = terminal();
    let stdout = terminal.try_clone().expect("a descriptor");
    let listen = sock("listen -k --reply ok 127.0.0.1:0")
        .stdout_to(Stdout::Fd(terminal))
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    let _loud = fills(listen.port, &stdout);
    let begun = Instant::now();
    let quiet = dial(V4, listen.port);
    quiet.shutdown(Shutdown::Write).expect("half-closed");
    drain(quiet).1.expect("an end in order");
    listen.send_signal(Signal::SIGINT);
    listen.finish();
    took_between(begun.elapsed(), Duration::ZERO, Duration::ZERO);
}

/// The last byte either way is what --idle counts from, whatever the next one
/// waits for.
#[test]
fn idle_ends_who_is_silent_and_who_is_not_heard() {
    let (listen, _unread, stdout) = stuck("-k -v --idle 1s", |cmd| cmd.signal(Signal::SIGINT));
    let loud = fills(listen.port, &stdout);
    let begun = Instant::now();
    let (_, end) = drain(dial(V4, listen.port));
    assert!(end.is_err(), "a reset");
    took(begun.elapsed(), Duration::from_secs(1));
    let (_, end) = drain(loud);
    assert!(end.is_err(), "a reset");
    listen.send_signal(Signal::SIGINT);
    let ended = listen.finish();
    assert!(ended.err.contains(": idle"), "{ended}");
}

#[test]
fn idle_ends_the_only_one() {
    let (listen, _unread, stdout) = stuck("--idle 0.7s", |cmd| cmd.code(124));
    let _loud = fills(listen.port, &stdout);
    let ended = listen.finish();
    let line = "ended by --idle 700ms: stdout did not take";
    assert!(ended.err.contains(line), "{ended}");
}

#[test]
fn idle_ends_datagrams() {
    let (listen, _unread, _stdout) = stuck("-u --idle 0.7s", |cmd| cmd.code(124));
    let socket = UdpSocket::bind((V4, 0)).expect("a port");
    socket.connect((V4, listen.port)).expect("an address");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(300) {
        // Refused once nobody is there.
        let _ = socket.send(&[b'x'; 1400]);
    }
    let ended = listen.finish();
    assert!(ended.err.contains("ended by --idle 700ms"), "{ended}");
}

/// What was said while nobody read is read later, all of it, and everybody is
/// answered.
#[test]
fn nothing_is_lost_while_it_waits() {
    const EACH: usize = 300_000;
    let (listen, mut unread, stdout) = stuck("-k", |cmd| cmd.signal(Signal::SIGTERM));
    let port = listen.port;
    let peers: Vec<_> = (b'a'..=b'j')
        .map(|letter| {
            std::thread::spawn(move || {
                let stream = dial(V4, port);
                let (mut writes, reads) = (&stream, stream.try_clone().expect("a copy"));
                let answers = std::thread::spawn(move || drain(reads));
                writes.write_all(&[letter; EACH]).expect("sent");
                stream.shutdown(Shutdown::Write).expect("half-closed");
                let (bytes, end) = answers.join().expect("nobody fails");
                end.expect("an end in order");
                assert!(bytes.starts_with(b"ok"), "answered");
            })
        })
        .collect();
    // Full, before anybody reads.
    let mut fds = [PollFd::new(unread.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut fds, PollTimeout::from(20_000u16)), Ok(1));
    let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
    let mut buffer = vec![0; 7919];
    while counts.values().sum::<usize>() < 10 * EACH {
        let length = unread.read(&mut buffer).expect("more");
        assert!(length > 0, "it ended early: {counts:?}");
        for byte in &buffer[..length] {
            *counts.entry(*byte).or_default() += 1;
        }
    }
    drop(stdout);
    assert!(counts.values().all(|count| *count == EACH), "{counts:?}");
    for peer in peers {
        peer.join().expect("served");
    }
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
    let mut rest = Vec::new();
    unread.read_to_end(&mut rest).expect("an end");
    assert_eq!(rest, b"");
}

/// The run is not over before stdout has it all, and TERM lets that happen.
#[test]
fn the_end_waits_for_stdout() {
    for (options, signal) in [("", None), ("", Some(())), ("-k", Some(()))] {
        let (listen, unread, stdout) = stuck(options, |cmd| match signal {
            Some(()) => cmd.signal(Signal::SIGTERM),
            None => cmd,
        });
        drop(stdout);
        let mut stream = dial(V4, listen.port);
        let text = vec![b'x'; 100_000];
        stream.write_all(&text).expect("sent");
        stream.shutdown(Shutdown::Write).expect("half-closed");
        // One answer for each that was printed: the rest waits.
        stream.read_exact(&mut [0; 2]).expect("an answer");
        if signal.is_some() {
            listen.send_signal(Signal::SIGTERM);
            listen.wait_line("*: closed by SIGTERM; the peer has 5s to finish");
        }
        let file: File = std::os::fd::OwnedFd::from(unread).into();
        let reader = std::thread::spawn(move || drain(file).0);
        drain(stream).1.expect("an end in order");
        listen.finish();
        assert!(reader.join().expect("nobody fails") == text);
    }
}
