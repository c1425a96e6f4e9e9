//! `probe` in scripts: what is expected, what differs, and waiting for it.

use std::time::Duration;

use serde_json::Value;

use crate::support::net::*;
use crate::support::wait::took_between;
use crate::support::*;

/// A TCP socket that waits for an answer, as /proc/net shows it.
const SYN_SENT: &str = "02";

/// Two rows, one of them no longer true, and a range that holds.
#[test]
fn a_file_of_expectations_shows_surprises_only() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let closed = refused.port();
    let dir = scratch();
    let file = format!(
        "# expected\n127.0.0.1 {open} open\n127.0.0.2 {open} closed\n\
         127.0.0.1 {closed} OPEN   # it was\n127.0.0.3 {open}-{open} closed\n"
    );
    std::fs::write(dir.path().join("e"), &file).expect("a file");
    let ended = sock("probe --expect open --expect-file e")
        .cwd(dir.path())
        .code(2)
        .any_stderr()
        .run();
    let why = "error: --expect open: every row of --expect-file has its own STATE";
    assert!(ended.err.starts_with(why), "{ended}");
    let surprise = format!("-127.0.0.1 {closed} open\n+127.0.0.1 {closed} closed  # *RST*\n");
    sock("probe --expect-file e")
        .cwd(dir.path())
        .code(4)
        .stdout(surprise.as_str())
        .run();
    let ended = sock("probe --all --expect-file -")
        .input(&file)
        .code(4)
        .any_stdout()
        .run();
    let mut lines = ended.lines();
    lines.sort();
    let same = lines.iter().filter(|line| line.starts_with(' ')).count();
    assert_eq!((lines.len(), same), (5, 3), "{ended}");
    // What it says can be expected from now on.
    let now: String = lines
        .iter()
        .filter(|line| !line.starts_with('-'))
        .map(|line| format!("{}\n", &line[1..]))
        .collect();
    sock("probe --expect-file -").input(now).run();
    let ended = sock("probe --json --expect-file e")
        .cwd(dir.path())
        .code(4)
        .any_stdout()
        .run();
    let rows: Vec<Value> = ended
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(rows.len(), 2, "{ended}");
    assert_eq!(rows[0]["expected"], "open", "{ended}");
    assert_eq!(rows[0]["ok"], false, "{ended}");
    assert_eq!(rows[1]["probed"], 4, "{ended}");
}

/// An open port that was to be closed is 9, and so are several kinds of wrong.
#[test]
fn what_must_be_closed_is_proved_too() {
    let (_listener, open) = listen(V4);
    sock("probe --expect-file -")
        .input(format!("127.0.0.1 {open} closed\n"))
        .code(9)
        .stdout(format!(
            "-127.0.0.1 {open} closed\n+127.0.0.1 {open} open  # *\n"
        ))
        .run();
    let ended = sock("probe --expect-file -")
        .input(format!(
            "127.0.0.1 {open} opne\n127.0.0.1 {open}\n{open} open\n"
        ))
        .code(1)
        .any_stderr()
        .run();
    for (line, number) in ended.err.lines().zip(1..) {
        assert!(
            line.starts_with(&format!("sock: resolve stdin:{number}: ")),
            "{ended}"
        );
    }
    assert_eq!(ended.err.lines().count(), 3, "{ended}");
}

/// At a terminal a table of the surprises, and the summary of all.
#[test]
fn surprises_at_a_terminal() {
    let (_listener, open) = listen(V4);
    let ended = sock("probe --color never --expect-file -")
        .input(format!(
            "127.0.0.1 {open} closed\n127.0.0.2 {open} closed\n"
        ))
        .stdout_to(Stdout::Tty)
        .code(9)
        .any_stdout()
        .run();
    let lines = ended.lines();
    assert!(lines[0].contains("expected closed"), "{ended}");
    assert!(!ended.text().contains("127.0.0.2"), "{ended}");
    assert!(
        lines[lines.len() - 1].starts_with("2 probed: 1 open, 1 closed"),
        "{ended}"
    );
}

/// Until a server is up, and not longer.
#[test]
fn a_wait_ends_when_all_is_as_expected() {
    let (listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let port = refused.port();
    let running = sock(format!("probe --wait 15s 127.0.0.1 {open},{port}"))
        .stdout(format!(
            "127.0.0.1\t127.0.0.1\t{open}\ttcp\topen\t*\n\
             127.0.0.1\t127.0.0.1\t{port}\ttcp\topen\t*\n"
        ))
        .spawn();
    // The second round has begun: the first was not as expected.
    for _ in 0..2 {
        listener.accept().expect("a question");
    }
    let _listener = refused.listen();
    let ended = running.finish();
    took_between(ended.elapsed, Duration::ZERO, Duration::from_secs(2));
}

#[test]
fn any_is_satisfied_with_one() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let words = format!("127.0.0.1 {open},{}", refused.port());
    sock(format!("probe --quiet --wait 10 --any {words}")).run();
    sock(format!("probe --wait 10 --any --expect closed {words}"))
        .any_stdout()
        .run();
    sock(format!("probe --any {words}"))
        .code(2)
        .any_stderr()
        .run();
}

/// The code of the last answers, and these only once.
#[test]
fn an_expired_wait_has_the_code_of_the_last_answers() {
    let refused = Refused::new(V4);
    let closed = refused.port();
    let ended = sock(format!("probe --wait 1 127.0.0.1 {closed}"))
        .code(4)
        .stdout(format!(
            "127.0.0.1\t127.0.0.1\t{closed}\ttcp\tclosed\treset\t*\n"
        ))
        .run();
    took(ended.elapsed, Duration::from_millis(950));
    let silent = Silent::new(V4);
    let ended = sock(format!(
        "probe --quiet --wait 1 127.0.0.1 {}",
        silent.port()
    ))
    .code(5)
    .run();
    took(ended.elapsed, Duration::from_secs(1));
    sock(format!("probe -n --wait 0.3 no-such-name.invalid {closed}"))
        .code(3)
        .stderr("sock: resolve no-such-name.invalid: *\n")
        .run();
    // stdin is read once, and asked again and again.
    let ended = sock("probe --wait 0.5 -")
        .input(format!("127.0.0.1 {closed}\n"))
        .code(4)
        .any_stdout()
        .run();
    assert_eq!(ended.lines().len(), 1, "{ended}");
}

/// However long the silence of a round takes: who comes up before the end is seen.
#[test]
fn a_wait_has_no_blind_end() {
    let silent = Silent::new(V4);
    let port = silent.port();
    let running = sock(format!("probe -w 2 --wait 5.5 127.0.0.1 {port}"))
        .stdout(format!("127.0.0.1\t127.0.0.1\t{port}\ttcp\topen\t*\n"))
        .spawn();
    let first = port_held_by(&running, &["tcp"], SYN_SENT);
    let second = || port_held_by(&running, &["tcp"], SYN_SENT) != first;
    eventually("a second round", || second().then_some(()));
    drop(silent);
    let _listener = Listener::at(V4, port).expect("it is free");
    running.finish();
}

/// Silence that was not waited out is not what is told in the end.
#[test]
fn a_round_that_is_cut_short_does_not_hide_the_one_before() {
    let silent = Silent::new(V4);
    let port = silent.port();
    for (ends, code, stderr) in [
        ("--wait 2", 5, ""),
        ("--wait 10 --timeout 1.5", 124, "sock: *--timeout*\n"),
    ] {
        let ended = sock(format!("probe -w 0.8 {ends} 127.0.0.1 {port}"))
            .code(code)
            .any_stdout()
            .stderr(stderr)
            .run();
        let lines = ended.lines();
        let fields: Vec<&str> = lines[0].split('\t').collect();
        assert_eq!((lines.len(), fields[4]), (1, "filtered"), "{ended}");
        let ms: f64 = fields[7].parse().expect("milliseconds");
        assert!(ms >= 800.0, "{ended}");
    }
}

/// What can be read only once is read once, and asked again and again.
#[test]
fn a_wait_reads_a_fifo_once() {
    let refused = Refused::new(V4);
    let closed = refused.port();
    let dir = scratch();
    let fifo = dir.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    let running = sock("probe --wait 1 --targets fifo")
        .cwd(dir.path())
        .code(4)
        .stdout(format!("127.0.0.1\t127.0.0.1\t{closed}\ttcp\tclosed\t*\n"))
        .spawn();
    std::fs::write(&fifo, format!("127.0.0.1 {closed}\n")).expect("a reader");
    running.finish();
    // Without a writer it is --timeout that ends the wait for one.
    sock("probe --wait 9 --timeout 0.3 --targets fifo")
        .cwd(dir.path())
        .code(124)
        .stderr("sock: *--timeout*\n")
        .run();
}

/// A signal ends a wait with what was known last.
#[test]
fn a_signal_ends_a_wait() {
    let silent = Silent::new(V4);
    let running = sock(format!("probe --wait 15 127.0.0.1 {}", silent.port()))
        .signal(Signal::SIGTERM)
        .stdout("127.0.0.1\t*\tunfinished\t*\n")
        .stderr("sock: *SIGTERM*\n")
        .spawn();
    port_held_by(&running, &["tcp"], SYN_SENT);
    running.send_signal(Signal::SIGTERM);
    running.finish();
}
