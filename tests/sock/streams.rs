//! The three inherited descriptors: payload is on stdout and nothing else is,
//! none of them becomes non-blocking, and none of them can hold a timer up.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::support::command::Cmd;
use crate::support::files::{Noise, noise};
use crate::support::net::*;
use crate::support::*;

/// Descriptor 1 closed at start is code 1: what is opened in its place must not
/// take the payload.
#[test]
fn a_closed_stdout_is_1() {
    let (_listener, port) = listen(V4);
    for words in [
        format!("connect 127.0.0.1 {port}"),
        format!("recv 127.0.0.1 {port}"),
        format!("probe 127.0.0.1 {port}"),
        "listen 127.0.0.1:0".to_owned(),
        "recv -l 127.0.0.1:0".to_owned(),
    ] {
        let ended = sock(words).after("exec 1>&-").code(1).any_stderr().run();
        assert!(ended.err.contains("stdout"), "{ended}");
    }
}

/// `recv -o` and `send` have no need of it.
#[test]
fn a_closed_stdout_matters_only_to_its_user() {
    let dir = scratch();
    let mut recv = sock("recv -l 127.0.0.1:0 -o F")
        .cwd(dir.path())
        .after("exec 1>&-")
        .spawn();
    recv.listening();
    sock(format!("send 127.0.0.1 {}", recv.port))
        .after("exec 1>&-")
        .input("payload")
        .run();
    recv.finish();
    assert_eq!(fs::read(dir.path().join("F")).expect("F"), b"payload");
}

/// With stdin and stderr closed the socket must not become either of them.
#[test]
fn closed_stdin_and_stderr_do_no_harm() {
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"payload").expect("some bytes");
        stream
            .shutdown(std::net::Shutdown::Write)
            .expect("half-close");
        drain(&stream).0
    });
    sock(format!("recv -vv 127.0.0.1 {port}"))
        .after("exec 0<&- 2>&-")
        .stdout("payload")
        .run();
    assert_eq!(
        peer.join().expect("the peer"),
        b"",
        "nothing was said there"
    );
}

/// A stderr that takes nothing more: what it cannot take at once is dropped.
#[test]
fn a_full_stderr_delays_nothing() {
    let (_unread, mut write) = std::io::pipe().expect("a pipe");
    fill(&mut write);
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"hello").expect("five bytes");
        drain(&stream).0
    });
    let ended = sock(format!("connect -vv 127.0.0.1 {port}"))
        .stderr_to(Stdout::Fd(write.try_clone().expect("a copy").into()))
        .input("x")
        .stdout("hello")
        .run();
    assert!(ended.elapsed < wait::PROMPT + SLACK, "{ended}");
    assert_eq!(peer.join().expect("the peer"), b"x");

    let refused = Refused::new(V4);
    let ended = sock(format!("connect 127.0.0.1 {}", refused.port()))
        .stderr_to(Stdout::Fd(write.try_clone().expect("a copy").into()))
        .code(4)
        .run();
    assert!(ended.elapsed < wait::PROMPT + SLACK, "{ended}");
    assert!(!nonblocking(&write), "and it was left as it was");
}

/// A dump waits for a slow reader, not for one that has gone: poll(2) says so
/// again and again, and nothing would come of it.
#[test]
fn a_stderr_whose_reader_has_gone_is_not_waited_for() {
    const CALLS: usize = 1000;
    if peer("strace").is_none() {
        return;
    }
    let dir = scratch();
    for socket in [false, true] {
        let stderr: OwnedFd = match socket {
            true => UnixStream::pair().expect("a pair").0.into(),
            false => std::io::pipe().expect("a pipe").1.into(),
        };
        let (port, peer) = serve(V4, |mut stream| {
            stream.write_all(b"hello").expect("it reads");
            drain(&stream).0
        });
        let log = dir.path().join("calls").display().to_string();
        sock(format!("connect --hex --timeout 1 127.0.0.1 {port}"))
            .via(["strace", "-f", "-o", &log])
            .stdin(Stdin::Pipe)
            .stderr_to(Stdout::Fd(stderr))
            .stdout("hello")
            .code(124)
            .run();
        peer.join().expect("the peer");
        let calls = fs::read_to_string(log).expect("its log").lines().count();
        assert!(calls < CALLS, "{calls} calls, socket: {socket}");
    }
}

/// Fills a pipe to the last byte and leaves it blocking.
fn fill(pipe: &mut std::io::PipeWriter) {
    fcntl(&*pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).expect("non-blocking");
    while pipe.write(&[b'x'; 512]).is_ok() {}
    while pipe.write(b"x").is_ok() {}
    fcntl(&*pipe, FcntlArg::F_SETFL(OFlag::empty())).expect("blocking");
}

fn nonblocking(fd: &impl AsFd) -> bool {
    let flags = fcntl(fd, FcntlArg::F_GETFL).expect("flags");
    OFlag::from_bits_truncate(flags).contains(OFlag::O_NONBLOCK)
}

/// A reader that has gone ends the run as SIGPIPE does, whoever listens.
#[test]
fn a_reader_that_has_gone_is_sigpipe() {
    for words in ["listen 127.0.0.1:0", "recv -l 127.0.0.1:0"] {
        let (read, write) = std::io::pipe().expect("a pipe");
        drop(read);
        let listener = sock(words)
            .stdin(Stdin::Pipe)
            .stdout_to(Stdout::Fd(write.into()))
            .signal(Signal::SIGPIPE)
            .listener();
        // It may be gone before we are through: nobody reads it either way.
        if let Ok(mut client) = TcpStream::connect((V4, listener.port)) {
            let _ = client.write_all(b"for nobody");
        }
        listener.finish();
    }
}

/// The flags of pipes, socket pairs and terminals, while it runs and after.
#[test]
fn inherited_descriptors_stay_blocking() {
    type Pair = (OwnedFd, OwnedFd);
    let pipe = || -> Pair {
        let (read, write) = std::io::pipe().expect("a pipe");
        (read.into(), write.into())
    };
    let socket = || -> Pair {
        let (a, b) = UnixStream::pair().expect("a pair");
        (a.into(), b.into())
    };
    let terminal = || -> Pair {
        let (master, slave) = tty::terminal();
        (slave, OwnedFd::from(master))
    };
    let makers: [&dyn Fn() -> Pair; 3] = [&pipe, &socket, &terminal];
    for words in ["connect", "connect -vv", "send", "recv"] {
        for make in makers {
            let (listener, port) = listen(V4);
            // For stdin the child reads the first end; for stdout and stderr it
            // writes to the second.
            let (stdin, mut feed) = {
                let (a, b) = make();
                (a, fs::File::from(b))
            };
            let ((_out, stdout), (_err, stderr)) = (make(), make());
            let copies: Vec<OwnedFd> = [&stdin, &stdout, &stderr]
                .map(|fd| fd.try_clone().expect("a copy"))
                .into();
            let running = sock(format!("{words} 127.0.0.1 {port}"))
                .stdin(Stdin::Fd(stdin))
                .stdout_to(Stdout::Fd(stdout))
                .stderr_to(Stdout::Fd(stderr))
                .any_end()
                .spawn();
            let mut peer = listener.accept().expect("it dials");
            peer.write_all(b"to you\n").expect("some bytes");
            feed.write_all(b"to the peer\n").expect("some bytes");
            if !words.starts_with("recv") {
                let mut heard = [0; 12];
                peer.read_exact(&mut heard).expect("what was typed");
            }
            for copy in &copies {
                assert!(!nonblocking(copy), "{words}: while it runs");
            }
            running.send_signal(Signal::SIGTERM);
            running.finish();
            for copy in &copies {
                assert!(!nonblocking(copy), "{words}: after it");
            }
        }
    }
}

/// stdout is a pipe that nobody reads, and the peer never stops.
#[track_caller]
fn stuck(command: impl FnOnce(u16) -> Cmd) {
    let (port, _peer) = serve(V4, flood);
    let (_unread, write) = std::io::pipe().expect("a pipe");
    let ended = command(port)
        .stdout_to(Stdout::Fd(write.into()))
        .code(124)
        .stderr("sock: *--timeout*\n")
        .run();
    took(ended.elapsed, Duration::from_millis(800));
}

#[test]
fn a_stuck_stdout_does_not_hold_connect() {
    stuck(|port| sock(format!("connect --timeout 0.8 127.0.0.1 {port}")).stdin(Stdin::Pipe));
}

#[test]
fn a_stuck_stdout_does_not_hold_recv() {
    stuck(|port| sock(format!("recv --timeout 0.8 127.0.0.1 {port}")));
}

/// Both directions at once: a peer that neither reads nor stops.
#[test]
fn a_peer_stuck_both_ways_does_not_hold_connect() {
    stuck(|port| {
        sock(format!("connect --timeout 0.8 127.0.0.1 {port}"))
            .stdin(Stdin::Stream(Box::new(Noise::new(13, 64 << 20))))
    });
}

#[test]
fn a_stuck_stdout_does_not_hold_a_listener() {
    for words in ["listen", "recv -l"] {
        let (_unread, write) = std::io::pipe().expect("a pipe");
        let listener = sock(format!("{words} --timeout 1.5 127.0.0.1:0"))
            .stdin(Stdin::Pipe)
            .stdout_to(Stdout::Fd(write.into()))
            .code(124)
            .stderr("sock: *--timeout*\n")
            .listener();
        flood(dial(V4, listener.port));
        took(listener.finish().elapsed, Duration::from_millis(1500));
    }
}

/// The peer's kernel is full and nobody there reads.
#[test]
fn a_stuck_peer_does_not_hold_send() {
    let (_listener, port) = listen(V4);
    let ended = sock(format!("send --timeout 0.8 127.0.0.1 {port}"))
        .stdin(Stdin::Stream(Box::new(Noise::new(14, 64 << 20))))
        .code(124)
        .stderr("sock: *--timeout*\n")
        .run();
    took(ended.elapsed, Duration::from_millis(800));
}

/// A probe with a reader that has stopped.
#[test]
fn a_stuck_stdout_does_not_hold_probe() {
    let (_unread, mut write) = std::io::pipe().expect("a pipe");
    fill(&mut write);
    let silent = Silent::new(V4);
    let ended = sock(format!("probe --timeout 0.8 127.0.0.1 {}", silent.port()))
        .stdout_to(Stdout::Fd(write.into()))
        .code(124)
        .any_stderr()
        .run();
    took(ended.elapsed, Duration::from_millis(800));
}

/// `>>` is an ordinary place to write to.
#[test]
fn a_file_may_be_appended_to() {
    let dir = scratch();
    let file = dir.path().join("log");
    fs::write(&file, "before ").expect("a file");
    let append = fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .expect("the file");
    let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"after"));
    sock(format!("recv 127.0.0.1 {port}"))
        .stdout_to(Stdout::Fd(append.into()))
        .run();
    assert_eq!(fs::read(&file).expect("the file"), b"before after");
}

/// stdin of every kind is read to its end.
#[test]
fn stdin_may_be_a_file_a_socket_or_nothing() {
    let dir = scratch();
    let bytes = noise(15, 200_000);
    fs::write(dir.path().join("file"), &bytes).expect("a file");
    let (mut ours, theirs) = UnixStream::pair().expect("a pair");
    let socket = bytes.clone();
    let feeder = std::thread::spawn(move || ours.write_all(&socket));
    for (stdin, expected) in [
        (Stdin::File(dir.path().join("file")), bytes.as_slice()),
        (Stdin::Fd(theirs.into()), &bytes),
        (Stdin::Null, b""),
    ] {
        let (port, peer) = serve(V4, |stream| drain(&stream).0);
        sock(format!("connect 127.0.0.1 {port}")).stdin(stdin).run();
        assert!(peer.join().expect("the peer") == expected);
    }
    feeder
        .join()
        .expect("the feeder")
        .expect("all of it was read");
}

/// stdout carries payload alone, however much is said.
#[test]
fn stdout_is_payload_only() {
    let bytes = noise(16, 100_000);
    let sent = bytes.clone();
    let (port, _peer) = serve(V4, move |mut stream| stream.write_all(&sent));
    let ended = sock(format!("connect -vv --color always 127.0.0.1 {port}"))
        .stdout_bytes(bytes)
        .any_stderr()
        .run();
    assert!(ended.err.lines().count() > 3, "it said something: {ended}");
}
