//! The bar: where it is shown, what it says, that it goes, and that nothing
//! waits for it.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::termios::{FlowArg, tcflow};
use serde_json::Value;

use crate::support::files::noise;
use crate::support::net::*;
use crate::support::tty::terminal;
use crate::support::wait::DEADLINE;
use crate::support::*;

/// What a terminal shows in the end: CR, the wiping of a line, and newlines.
fn screen(written: &str) -> String {
    let mut lines = vec![String::new()];
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        let last = lines.last_mut().expect("one at least");
        if let Some(after) = rest.strip_prefix("\r\x1b[2K") {
            last.clear();
            rest = after;
            continue;
        }
        match c {
            '\n' => lines.push(String::new()),
            '\r' | '\x1b' => panic!("what is that? {rest:?}"),
            c => last.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    lines.join("\n")
}

/// A peer that reads what it is sent once it is told to, to the end.
fn reads_when_told() -> (u16, mpsc::Sender<()>, std::thread::JoinHandle<usize>) {
    let (go, told) = mpsc::channel();
    let (port, peer) = serve(V4, move |stream| {
        let _ = told.recv_timeout(DEADLINE);
        drain(&stream).0.len()
    });
    (port, go, peer)
}

/// Waits for this on stderr, and returns all of it.
#[track_caller]
fn shows(running: &Running, text: &str) -> String {
    running.wait(&format!("{text:?} on the terminal"), |state| {
        let shown = String::from_utf8_lossy(&state.err).into_owned();
        shown.contains(text).then_some(shown)
    })
}

const MUCH: usize = 64 << 20;

#[test]
fn a_transfer_shows_how_far_it_is_and_leaves_nothing_behind() {
    let dir = scratch();
    let file = dir.path().join("file");
    std::fs::write(&file, vec![0; MUCH]).expect("a file");
    for (words, by_argument) in [("send", true), ("send", false), ("connect", false)] {
        let (port, go, peer) = reads_when_told();
        let mut command = sock(format!("{words} 127.0.0.1 {port}"))
            .stderr_to(Stdout::Tty)
            .any_stderr();
        command = match by_argument {
            true => command.arg(&file),
            false => command.stdin(Stdin::File(file.clone())),
        };
        let running = command.spawn();
        let shown = shows(&running, "/s");
        assert!(running.age() >= Duration::from_millis(300), "{shown:?}");
        for part in ["sent ", " of 64.0 MiB", "%, "] {
            assert!(shown.contains(part), "{part}: {shown:?}");
        }
        go.send(()).expect("the peer waits");
        assert_eq!(peer.join().expect("the peer"), MUCH);
        let ended = running.finish();
        assert_eq!(screen(&ended.err), "", "{ended}");
    }
}

/// The total is what was asked for, or what is generated.
#[test]
fn whoever_knows_how_much_will_come_says_it() {
    let (go, told) = mpsc::channel();
    let (port, peer) = serve(V4, move |mut stream: std::net::TcpStream| {
        stream.write_all(&[0; 1024]).expect("a KiB");
        told.recv_timeout(DEADLINE).expect("the test goes on");
        stream.write_all(&[0; 3072]).expect("the rest");
    });
    let recv = sock(format!("recv 127.0.0.1 {port} --bytes 4KiB"))
        .stderr_to(Stdout::Tty)
        .any_stdout()
        .any_stderr()
        .spawn();
    shows(&recv, "received 1.0 KiB of 4.0 KiB ");
    shows(&recv, " 25%, ");
    go.send(()).expect("the peer waits");
    peer.join().expect("the peer");
    assert_eq!(screen(&recv.finish().err), "");

    let mut listen = sock("listen 127.0.0.1:0 --generate 64MiB")
        .stderr_to(Stdout::Tty)
        .any_stderr()
        .spawn();
    listen.announced();
    let peer = dial(V4, listen.port);
    shows(&listen, " of 64.0 MiB ");
    peer.shutdown(std::net::Shutdown::Write)
        .expect("half-close");
    assert_eq!(drain(&peer).0.len(), MUCH);
    drop(peer);
    let shown = screen(&listen.finish().err);
    assert!(
        shown
            .lines()
            .all(|line| line.starts_with("listening") || line.contains(" 127."))
    );
}

/// Nobody knows how much a pipe will give.
#[test]
fn without_a_total_it_turns_and_tells_the_rate() {
    let (port, go, peer) = reads_when_told();
    let mut send = sock(format!("send 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .stderr_to(Stdout::Tty)
        .any_stderr()
        .spawn();
    send.write("hello");
    let shown = shows(&send, "sent 5 B, ");
    assert!(shown.contains("B/s, ") && !shown.contains('%'), "{shown:?}");
    // USR1 has its line, and the bar goes on behind it.
    send.send_signal(Signal::SIGUSR1);
    let line = shows(&send, "received 0 B");
    shows(
        &send,
        &format!("{}\n", line.lines().next().expect("a line")),
    );
    send.wait("the bar behind it", |state| {
        let text = String::from_utf8_lossy(&state.err).into_owned();
        text.rsplit_once('\n')?
            .1
            .contains("sent 5 B, ")
            .then_some(())
    });
    send.close_stdin();
    go.send(()).expect("the peer waits");
    assert_eq!(peer.join().expect("the peer"), 5);
    let shown = screen(&send.finish().err);
    assert_eq!(shown.lines().count(), 1, "{shown:?}");
    assert!(shown.starts_with("sock: send 127.0.0.1:"), "{shown:?}");
}

/// One that runs for longer than it takes a bar to come, and then ends by its
/// timer.
#[track_caller]
fn waits(words: &str, prepare: impl FnOnce(command::Cmd) -> command::Cmd) -> Running {
    let (listener, port) = listen(V4);
    let command = sock(words.replace("PORT", &port.to_string()) + " --timeout 1")
        .stderr_to(Stdout::Tty)
        .code(124)
        .any_stdout()
        .any_stderr();
    let running = prepare(command).spawn();
    // A peer that says nothing until the run has ended.
    std::thread::spawn(move || {
        let peer = listener.accept();
        peer.map(|peer| drain(&peer))
    });
    running
}

#[test]
fn it_is_shown_where_it_helps_and_disturbs_nothing() {
    type Prepare = fn(command::Cmd) -> command::Cmd;
    let pipe: Prepare = |command| command.stdin(Stdin::Pipe);
    let typed: Prepare = |command| command.stdin(Stdin::Tty);
    let looked: Prepare = |command| command.stdin(Stdin::Pipe).stdout_to(Stdout::Tty);
    let unseen: Prepare = |command| command.stdin(Stdin::Pipe).stderr_to(Stdout::Capture);
    let cases = [
        ("send 127.0.0.1 PORT", pipe, true),
        ("recv 127.0.0.1 PORT", pipe, true),
        ("connect 127.0.0.1 PORT", pipe, true),
        // What is sent is not shown: stdout does not matter.
        ("send 127.0.0.1 PORT", looked, true),
        ("send 127.0.0.1 PORT", typed, false),
        ("connect 127.0.0.1 PORT", typed, false),
        ("connect 127.0.0.1 PORT", looked, false),
        ("recv 127.0.0.1 PORT", looked, false),
        ("recv 127.0.0.1 PORT", unseen, false),
        ("recv 127.0.0.1 PORT --progress never", pipe, false),
        ("recv 127.0.0.1 PORT --quiet", pipe, false),
        ("recv 127.0.0.1 PORT --json", pipe, false),
        ("recv 127.0.0.1 PORT --hex", pipe, false),
        ("recv 127.0.0.1 PORT --progress always", looked, true),
        ("connect 127.0.0.1 PORT --progress always", typed, true),
    ];
    let running = cases.map(|(words, prepare, shows)| (words, waits(words, prepare), shows));
    for (words, running, shows) in running {
        let shown = running.finish().err;
        assert_eq!(shown.contains("B/s"), shows, "{words}: {shown:?}");
        if shows {
            // The last words have a line of their own.
            let left = screen(&shown);
            assert!(left.starts_with("sock: "), "{words}: {left:?}");
            assert_eq!(left.lines().count(), 1, "{words}: {left:?}");
        }
    }
}

#[test]
fn what_is_over_at_once_shows_nothing() {
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let ended = sock(format!("send 127.0.0.1 {port}"))
        .input(noise(50, 1000))
        .stderr_to(Stdout::Tty)
        .run();
    peer.join().expect("the peer");
    assert_eq!(ended.err, "");
}

/// A terminal that was stopped with Ctrl-S, and a pipe that nobody reads.
#[test]
fn a_stuck_terminal_holds_up_neither_a_run_nor_a_timer() {
    let (master, slave) = terminal();
    tcflow(&slave, FlowArg::TCOOFF).expect("stopped");
    let (unread, mut full) = std::io::pipe().expect("a pipe");
    let filling = std::thread::spawn(move || {
        let _ = full.write_all(&[0; 65536]);
        full
    });
    let full = filling.join().expect("a full pipe");
    for (words, to) in [
        ("--progress auto", slave),
        ("--progress always", full.into()),
    ] {
        let (listener, port) = listen(V4);
        let running = sock(format!("recv 127.0.0.1 {port} {words} --timeout 1.2"))
            .stderr_to(Stdout::Fd(to))
            .stdout("hello")
            .code(124)
            .spawn();
        let mut peer = listener.accept().expect("a peer");
        peer.write_all(b"hello").expect("five bytes");
        running.wait_text("hello");
        took(running.finish().elapsed, Duration::from_millis(1200));
    }
    drop((master, unread));
}

/// sendfile(2) goes on underneath: counting looks at no bytes.
#[test]
fn nothing_is_copied_because_of_it() {
    let dir = scratch();
    let file = dir.path().join("file");
    std::fs::write(&file, vec![0; MUCH]).expect("a file");
    let (port, go, peer) = reads_when_told();
    let send = sock(format!("send -vv 127.0.0.1 {port} --progress always"))
        .arg(&file)
        .stderr_to(Stdout::Tty)
        .any_stderr()
        .spawn();
    let shown = shows(&send, " of 64.0 MiB ");
    assert!(
        shown.contains("carrier  sendfile: regular file to socket\n"),
        "{shown:?}"
    );
    go.send(()).expect("the peer waits");
    assert_eq!(peer.join().expect("the peer"), MUCH);
    let ended = send.finish();
    assert!(!ended.err.contains("carrier  copy"), "{ended}");
}

/// Whoever asks for it without a terminal gets lines: one a second, and one at
/// the end, however short it was.
#[test]
fn always_are_lines_where_there_is_no_terminal() {
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    sock(format!("send 127.0.0.1 {port} --progress always"))
        .input("hello")
        .stderr("sock: send 127.0.0.1:*: sent 5 B, received 0 B, *s, *B/s\n")
        .run();
    peer.join().expect("the peer");

    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let ended = sock(format!(
        "send 127.0.0.1 {port} --progress always --rate 100kB/s --bytes 120kB --json"
    ))
    .input(noise(51, 120_000))
    .any_stderr()
    .run();
    assert_eq!(peer.join().expect("the peer").len(), 120_000);
    let events: Vec<Value> = ended
        .err
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    // More where the machine stood still.
    assert!(events.len() >= 2, "{ended}");
    for event in &events {
        assert_eq!(event["event"], "progress", "{ended}");
        assert_eq!(event["total"], 120_000, "{ended}");
        let rate = event["rate"].as_f64().expect("a rate");
        assert!((50_000.0..150_000.0).contains(&rate), "{ended}");
    }
    let last = events.last().expect("some");
    assert_eq!(last["sent"], 120_000, "{ended}");
}

#[test]
fn a_probe_has_its_bar_too() {
    let silent = Silent::new(V4);
    let ports = format!("{0},1-40", silent.port());
    let probe = |words: &str| {
        sock(format!("probe 127.0.0.1 {ports} -w 1.5 {words}"))
            .any_stdout()
            .any_stderr()
            .any_end()
    };
    let ended = probe("")
        .stdout_to(Stdout::Tty)
        .stderr_to(Stdout::Tty)
        .run();
    assert!(ended.err.contains(" of 41 answered"), "{ended}");
    assert_eq!(screen(&ended.err), "", "{ended}");
    for (words, lines) in [("--progress never", false), ("--progress always", true)] {
        let ended = probe(words).run();
        assert_eq!(ended.err.contains(" of 41 answered"), lines, "{ended}");
    }
}

/// A window that is closed takes the bar with it and nothing else.
#[test]
fn the_far_end_of_a_terminal_that_closes_ends_nothing() {
    let (port, go, peer) = reads_when_told();
    let (mut master, slave) = terminal();
    let mut send = sock(format!("send 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .stderr_to(Stdout::Fd(slave))
        .spawn();
    send.write("hello");
    let mut some = [0; 16];
    assert!(master.read(&mut some).expect("a bar") > 0);
    drop(master);
    send.write(" and more");
    send.close_stdin();
    go.send(()).expect("the peer waits");
    assert_eq!(peer.join().expect("the peer"), 14);
    send.finish();
}
