//! Whoever only knocks (a port scan, a health check: gone with a reset before
//! a byte went either way) costs a listener nothing: no accept, no byte of what
//! it has to send, no time of its timers. And whoever comes while a peer is
//! served is refused, not left waiting.

use std::fs;
use std::io::{Read, Write};
use std::time::Duration;

use crate::support::files::noise;
use crate::support::net::*;
use crate::support::*;

#[test]
fn what_was_to_be_sent_is_for_the_next() {
    let dir = scratch();
    fs::write(dir.path().join("small"), "a small file").expect("a file");
    let noise = noise(7, 300_000);
    fs::write(dir.path().join("large"), &noise).expect("a file");
    for (file, bytes) in [("small", &b"a small file"[..]), ("large", &noise)] {
        let sender = sock(format!("send -l 127.0.0.1:0 {file}"))
            .cwd(dir.path())
            .any_stderr()
            .listener();
        for _ in 0..3 {
            reset(dial(V4, sender.port));
        }
        let (came, end) = drain(dial(V4, sender.port));
        assert!(end.is_ok() && came == bytes, "{} bytes", came.len());
        sender.finish();
    }
}

/// What was read for one that only knocked counts towards `--bytes` as it was
/// read, and not as --crlf makes it.
#[test]
fn what_was_read_for_one_counts_for_the_next() {
    let mut send = sock("send -l 127.0.0.1:0 --crlf --bytes 10")
        .stdin(Stdin::Pipe)
        .any_stderr()
        .listener();
    // Stopped, so that it finds both at once: bytes to send, and the reset.
    send.send_signal(Signal::SIGSTOP);
    send.write("a\nb\n");
    reset(dial(V4, send.port));
    send.send_signal(Signal::SIGCONT);
    send.wait_line("*still listening");
    let peer = dial(V4, send.port);
    send.write("c\nd\ne\nf\n");
    let came = drain(peer).0;
    assert_eq!(String::from_utf8_lossy(&came), "a\r\nb\r\nc\r\nd\r\ne\r\n");
    send.finish();
}

#[test]
fn nor_is_stdin_lost_to_a_relay() {
    for keep in ["", "-k "] {
        let listener = sock(format!("listen {keep}127.0.0.1:0"))
            .input("for a peer")
            .any_stderr()
            .any_end()
            .listener();
        reset(dial(V4, listener.port));
        let mut came = [0; 10];
        dial(V4, listener.port)
            .read_exact(&mut came)
            .expect("ten bytes");
        assert_eq!(&came, b"for a peer");
    }
}

#[test]
fn a_timer_is_not_put_off() {
    for verb in ["listen", "listen --echo", "recv -l", "send -l"] {
        let listener = sock(format!("{verb} --accept-timeout 1 127.0.0.1:0"))
            .input("x")
            .code(124)
            .any_stderr()
            .listener();
        let (_open, pace) = std::sync::mpsc::channel::<()>();
        for _ in 0..3 {
            // Where everything is slow it may be over already.
            if let Ok(knock) = std::net::TcpStream::connect((V4, listener.port)) {
                reset(knock);
            }
            assert!(pace.recv_timeout(Duration::from_millis(250)).is_err());
        }
        took(listener.finish().elapsed, Duration::from_secs(1));
    }
}

#[test]
fn whoever_comes_second_is_refused() {
    let recv = sock("recv -l 127.0.0.1:0").stdout("first").listener();
    let mut first = dial(V4, recv.port);
    first.write_all(b"first").expect("five bytes");
    recv.wait_stdout(5);
    // It is closed in the same turn, and a moment later.
    wait_closed(recv.port);
    sock(format!("send 127.0.0.1 {}", recv.port))
        .input("second")
        .code(4)
        .stderr("sock: connect *ECONNREFUSED*\n")
        .run();
    drop(first);
    recv.finish();
}

/// A port scanner in a hurry: a line a second, and every one counted. With -v
/// each that came has its end.
#[test]
fn a_flood_of_them_is_told_once_a_second() {
    // As many as there is room for in the queue.
    const KNOCKS: usize = 120;
    for words in ["", "-v", "--echo", "-v --echo", "-v --sh cat"] {
        let listen = sock(format!("listen -k {words} 127.0.0.1:0"))
            .signal(Signal::SIGTERM)
            .any_stdout()
            .any_stderr()
            .listener();
        // All of them are gone when it looks.
        listen.send_signal(Signal::SIGSTOP);
        for _ in 0..KNOCKS {
            reset(dial(V4, listen.port));
        }
        listen.send_signal(Signal::SIGCONT);
        // Who comes after all of them is served after all of them.
        let mut last = dial(V4, listen.port);
        last.write_all(b"last\n").expect("sent");
        match words.contains("--") {
            true => last.read_exact(&mut [0; 5]).expect("its echo"),
            false => drop(listen.wait_stdout(5)),
        }
        drop(last);
        listen.send_signal(Signal::SIGTERM);
        let ended = listen.finish();
        let (more, rest): (Vec<&str>, Vec<&str>) = (ended.err.lines())
            .filter(|line| line.contains("gone before a byte went"))
            .partition(|line| line.contains(" more were gone"));
        let count = |line: &&str| -> usize {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = words
                .iter()
                .position(|word| *word == "more")
                .expect("it is there");
            words[at - 1].parse().expect("a number")
        };
        let most = ended.elapsed.as_secs() as usize + 2;
        assert!(more.len() + rest.len() <= most, "once a second: {ended}");
        let knocks = rest.len() + more.iter().map(count).sum::<usize>();
        assert_eq!(knocks, KNOCKS, "{words}: {ended}");
        let lines = |stage: &str| ended.err.lines().filter(|l| l.starts_with(stage)).count();
        if words.contains("-v") {
            // The last one has come, too.
            assert_eq!(lines("accept "), KNOCKS + 1, "{words}: {ended}");
            assert!(lines("close ") >= KNOCKS, "{words}: {ended}");
        }
    }
}

/// Said and then reset, both before anybody accepts: a command has it all the
/// same, as whatever else serves does.
#[test]
fn what_came_before_a_reset_is_no_knock() {
    for options in ["", "-k"] {
        let dir = scratch();
        let listener = sock(format!("listen {options} 127.0.0.1:0 --sh"))
            .arg("cat >said")
            .cwd(dir.path())
            .any_stderr()
            .any_end()
            .listener();
        // Stopped, so that it finds both at once.
        listener.send_signal(Signal::SIGSTOP);
        let mut peer = dial(V4, listener.port);
        peer.write_all(b"precious").expect("sent");
        reset(peer);
        listener.send_signal(Signal::SIGCONT);
        eventually("it is heard", || {
            let said = fs::read(dir.path().join("said")).ok()?;
            (said == b"precious").then_some(())
        });
        if listener.runs() {
            listener.send_signal(Signal::SIGTERM);
        }
    }
}
