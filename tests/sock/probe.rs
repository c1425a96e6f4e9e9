//! `probe` on loopback: its rows for people and programs, its codes, and that
//! trouble of our own never becomes an answer. What networks do to it is in the
//! module `firewall`.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::Value;

use crate::support::net::*;
use crate::support::wait::{PROMPT, took_between};
use crate::support::*;

/// The rows and the summary of a run, which must come last.
#[track_caller]
fn json(ended: &Ended) -> (Vec<Value>, Value) {
    let mut rows: Vec<Value> = ended
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{ended}")))
        .collect();
    let summary = rows.pop().expect("a summary");
    assert_eq!(summary["event"], "summary", "{ended}");
    for row in &rows {
        assert_eq!(row["event"], "probe", "{ended}");
    }
    (rows, summary)
}

#[test]
fn a_row_a_port_in_a_pipe() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let closed = refused.port();
    let ended = sock(format!("probe 127.0.0.1 {open},{closed}"))
        .code(4)
        .any_stdout()
        .run();
    let mut rows = ended.lines();
    rows.sort_by_key(|row| !row.contains("open"));
    let expected = format!(
        "127.0.0.1\t127.0.0.1\t{open}\ttcp\topen\tsyn-ack\t-\t*\t*\n\
         127.0.0.1\t127.0.0.1\t{closed}\ttcp\tclosed\treset\t-\t*\t*"
    );
    assert!(like::like(&expected, &rows.join("\n")), "{ended}");
    for line in rows {
        let columns: Vec<&str> = line.split('\t').collect();
        assert_eq!(columns.len(), 9, "{line}");
        let ms: f64 = columns[7].parse().expect("milliseconds");
        assert!((0.0..500.0).contains(&ms), "{line}");
    }
}

#[test]
fn an_open_port_is_0_in_every_spelling() {
    let (_listener, port) = listen(V4);
    for words in [
        format!("127.0.0.1 {port}"),
        format!("127.0.0.1:{port}"),
        format!("tcp://127.0.0.1:{port}/"),
        format!("localhost {port}"),
    ] {
        let ended = sock(format!("probe {words}")).any_stdout().run();
        assert_eq!(ended.lines().len(), 1, "{ended}");
        assert!(ended.text().contains("\topen\tsyn-ack\t"), "{ended}");
    }
}

/// Field by field, in the order that programs may rely on.
#[test]
fn json_rows_have_their_fields_in_order() {
    let (_listener, port) = listen(V4);
    let ended = sock(format!("probe --json 127.0.0.1 {port}"))
        .stdout(format!(
            "{{\"schema\":\"sock/1\",\"event\":\"probe\",\"target\":\"127.0.0.1\",\
             \"address\":\"127.0.0.1\",\"port\":{port},\"service\":*,\"protocol\":\"tcp\",\
             \"state\":\"open\",\"reason\":\"syn-ack\",\"by\":null,\"time_ms\":*,\"syns\":1,\
             \"expected\":\"open\",\"ok\":true,*}}\n\
             {{\"schema\":\"sock/1\",\"event\":\"summary\",\"probed\":1,\"open\":1,\"closed\":0,\
             \"rejected\":0,\"filtered\":0,\"silent\":0,\"unreachable\":0,\"error\":0,*\
             \"ok\":true,\"elapsed_ms\":*}}\n"
        ))
        .run();
    json(&ended);
}

/// Inside a range nothing is expected of a port by itself.
#[test]
fn nothing_is_expected_of_a_single_port_of_a_range() {
    let Some(own) = Namespace::lonely("tcp:8001") else {
        return;
    };
    let ended = sock("probe --json 127.0.0.1 8000-8002,8001")
        .inside(&own, "")
        .any_stdout()
        .run();
    let (rows, summary) = json(&ended);
    for row in &rows {
        if row["port"] != 8001 {
            assert_eq!(row["expected"], Value::Null, "{ended}");
            assert_eq!(row["ok"], Value::Null, "{ended}");
        }
    }
    assert_eq!(summary["ok"], true);
    let ended = sock("probe --json --expect closed 127.0.0.1 8000-8002")
        .inside(&own, "")
        .code(9)
        .any_stdout()
        .run();
    let (rows, summary) = json(&ended);
    for row in &rows {
        assert_eq!(row["ok"], row["port"] != 8001, "{ended}");
    }
    assert_eq!(summary["ok"], false);
}

#[test]
fn a_silent_port_is_filtered_after_its_syns() {
    let silent = Silent::new(V4);
    let port = silent.port();
    let ended = sock(format!("probe --json -w 1.3 127.0.0.1 {port}"))
        .code(5)
        .any_stdout()
        .run();
    took(ended.elapsed, Duration::from_millis(1300));
    let (rows, summary) = json(&ended);
    assert_eq!(rows[0]["state"], "filtered", "{ended}");
    assert_eq!(rows[0]["reason"], "no-answer", "{ended}");
    assert_eq!(rows[0]["syns"], 2, "{ended}");
    assert_eq!(summary["filtered"], 1, "{ended}");
}

/// Four seconds for a port named by itself, so that a host that is down shows.
#[test]
fn the_default_wait_is_four_seconds() {
    let silent = Silent::new(V4);
    let ended = sock(format!("probe 127.0.0.1 {}", silent.port()))
        .code(5)
        .stdout("127.0.0.1\t*\ttcp\tfiltered\tno-answer\t-\t*\n")
        .run();
    took(ended.elapsed, Duration::from_secs(4));
}

#[test]
fn udp_ports_reply_refuse_or_are_silent() {
    let echo = udp_echo(V4);
    let refused = UdpClosed::new(V4);
    let closed = refused.port();
    let mute = std::net::UdpSocket::bind((V4, 0)).expect("a port");
    let silent = mute.local_addr().expect("bound").port();
    sock(format!("probe -u 127.0.0.1 {echo}"))
        .stdout("127.0.0.1\t127.0.0.1\t*\tudp\topen\treply\t-\t*\n")
        .run();
    sock(format!("probe -u 127.0.0.1 {closed}"))
        .code(4)
        .stdout("127.0.0.1\t127.0.0.1\t*\tudp\tclosed\ticmp-port-unreachable\t127.0.0.1\t*\n")
        .run();
    let ended = sock(format!("probe -u -w 1 127.0.0.1 {silent}"))
        .code(5)
        .stdout("127.0.0.1\t127.0.0.1\t*\tudp\tsilent\tno-answer\t-\t*\n")
        .run();
    took(ended.elapsed, Duration::from_secs(1));
    sock(format!("probe -u -w 1 127.0.0.1 {closed},{silent}"))
        .code(9)
        .any_stdout()
        .run();
}

#[test]
fn unix_sockets_are_targets() {
    let dir = scratch();
    let _listener = std::os::unix::net::UnixListener::bind(dir.path().join("s")).expect("s");
    sock("probe ./s")
        .cwd(dir.path())
        .stdout("*s\t*\t*\tunix\topen\t*\n")
        .run();
    // A socket that nobody holds any more.
    drop(std::os::unix::net::UnixListener::bind(dir.path().join("old")).expect("old"));
    sock("probe ./old")
        .cwd(dir.path())
        .code(4)
        .stdout("*old\t*\t*\tunix\tclosed\t*\n")
        .run();
}

#[test]
fn expect_asserts_a_state() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let closed = refused.port();
    for (words, code) in [
        (format!("--expect closed 127.0.0.1 {closed}"), 0),
        (format!("--expect open 127.0.0.1 {open}"), 0),
        (format!("--expect open 127.0.0.1 {closed}"), 4),
        (format!("--expect closed 127.0.0.1 {open}"), 9),
        (format!("--expect closed 127.0.0.1 {open},{closed}"), 9),
        (format!("--expect filtered 127.0.0.1 {closed}"), 4),
    ] {
        sock(format!("probe {words}")).code(code).any_stdout().run();
    }
}

/// The code is the answer.
#[test]
fn quiet_says_nothing() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    sock(format!("probe --quiet 127.0.0.1 {open}")).run();
    sock(format!("probe --quiet 127.0.0.1 {}", refused.port()))
        .code(4)
        .run();
}

/// One row a name, its best evidence; `--all-addresses` gives each address its
/// row.
#[test]
fn a_name_has_the_best_of_its_addresses() {
    let Some(names) = Namespace::with_names() else {
        return;
    };
    if !ipv6() {
        return;
    }
    let (_listener, port) = listen(V4);
    let Ok(_refused) = Refused::at((V6, port).into()) else {
        return;
    };
    let ended = sock(format!("probe localhost {port}"))
        .inside(names, "")
        .stdout(format!("localhost\t127.0.0.1\t{port}\ttcp\topen\t*\n"))
        .run();
    assert_eq!(ended.lines().len(), 1);
    let ended = sock(format!("probe --all-addresses localhost {port}"))
        .inside(names, "")
        .any_end()
        .any_stdout()
        .run();
    let mut states: Vec<(String, String)> = ended
        .lines()
        .iter()
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            (columns[1].to_owned(), columns[4].to_owned())
        })
        .collect();
    states.sort();
    let expected = [("127.0.0.1", "open"), ("::1", "closed")];
    assert_eq!(
        states,
        expected.map(|(a, b)| (a.to_owned(), b.to_owned())),
        "{ended}"
    );
}

/// A name that does not resolve is 3, and the rest goes on.
#[test]
fn an_unknown_name_does_not_stop_the_rest() {
    let (_listener, port) = listen(V4);
    let ended = sock(format!(
        "probe -n no-such-name.invalid {port} 127.0.0.1 {port}"
    ))
    .code(3)
    .any_stdout()
    .any_stderr()
    .run();
    assert!(
        ended
            .text()
            .contains(&format!("127.0.0.1\t127.0.0.1\t{port}\ttcp\topen\t")),
        "{ended}"
    );
    assert!(
        [ended.text(), ended.err.clone()]
            .concat()
            .contains("no-such-name.invalid"),
        "{ended}"
    );
}

/// The same address of two names, lists and blocks.
#[test]
fn blocks_must_hold_one_open_port() {
    let Some(own) = Namespace::lonely("tcp:22") else {
        return;
    };
    let ended = sock("probe 127.0.0.4/30 22")
        .inside(&own, "")
        .any_stdout()
        .run();
    for address in ["127.0.0.5", "127.0.0.6"] {
        assert!(
            ended
                .text()
                .contains(&format!("\t{address}\t22\ttcp\topen\t")),
            "{ended}"
        );
    }
    sock("probe 127.0.0.4/30 23")
        .inside(&own, "")
        .code(4)
        .any_stdout()
        .run();
}

/// `while read h; do sock probe $h 22; done`
#[test]
fn nothing_else_reads_stdin() {
    let (_listener, port) = listen(V4);
    let (read, mut write) = std::io::pipe().expect("a pipe");
    write.write_all(b"the next host\n").expect("a pipe");
    drop(write);
    let mut kept = read.try_clone().expect("a copy");
    sock(format!("probe 127.0.0.1 {port}"))
        .stdin(Stdin::Fd(read.into()))
        .stdout("127.0.0.1\t*\topen\t*\n")
        .run();
    let mut rest = String::new();
    kept.read_to_string(&mut rest).expect("a pipe");
    assert_eq!(rest, "the next host\n");
}

/// At a terminal more than 25 ports of one state are one line, unless `--all`.
#[test]
fn a_terminal_is_spared_the_long_list() {
    let Some(own) = Namespace::lonely("tcp:22") else {
        return;
    };
    let ended = sock("probe 127.0.0.1 1-100")
        .inside(&own, "")
        .stdout_to(Stdout::Tty)
        .any_stdout()
        .run();
    let text = ended.text();
    assert!(ended.lines().len() < 12, "{ended}");
    assert!(text.contains("open"), "{ended}");
    assert!(text.contains("99"), "the closed ports are counted: {ended}");
    let ended = sock("probe --all 127.0.0.1 1-100")
        .inside(&own, "")
        .stdout_to(Stdout::Tty)
        .any_stdout()
        .run();
    assert!(ended.lines().len() >= 100, "{ended}");
    // A pipe is never spared.
    let ended = sock("probe 127.0.0.1 1-100")
        .inside(&own, "")
        .any_stdout()
        .run();
    assert_eq!(ended.lines().len(), 100, "{ended}");
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let (_listener, port) = listen(V4);
    let colour = |words: &str, no_color: &str, to: Stdout| {
        let mut command = sock(format!("probe {words} 127.0.0.1 {port}"))
            .stdout_to(to)
            .any_stdout();
        if !no_color.is_empty() {
            command = command.env("NO_COLOR", no_color);
        }
        command.run().out.contains(&0x1b)
    };
    assert!(colour("", "", Stdout::Tty), "a terminal");
    assert!(!colour("", "1", Stdout::Tty), "NO_COLOR");
    assert!(!colour("--color never", "", Stdout::Tty), "never");
    assert!(!colour("", "", Stdout::Capture), "a pipe");
}

/// `--timeout` prints what is known and marks the rest.
#[test]
fn a_timeout_prints_what_is_known() {
    let (_listener, open) = listen(V4);
    let silent = Silent::new(V4);
    let ended = sock(format!(
        "probe --timeout 0.6 127.0.0.1 {open},{}",
        silent.port()
    ))
    .code(124)
    .stdout("127.0.0.1\t*\ttcp\topen\t*\n127.0.0.1\t*\tunfinished\t*\n")
    .stderr("sock: *--timeout*\n")
    .run();
    took(ended.elapsed, Duration::from_millis(600));
}

/// Out of descriptors: the window shrinks, and closed stays closed.
#[test]
fn few_descriptors_are_no_answer() {
    let Some(own) = Namespace::lonely("tcp:22") else {
        return;
    };
    let ended = sock("probe 127.0.0.1 1-2000")
        .after("ulimit -n 16")
        .inside(&own, "")
        .any_stdout()
        .run();
    let closed = ended.text().matches("\tclosed\treset\t").count();
    assert_eq!(closed, 1999, "{ended}");
}

/// Every connection is ended with RST, so that it leaves nothing behind and no
/// server reads an end of file.
#[test]
fn a_probe_leaves_with_a_reset() {
    let (port, peer) = serve(V4, |stream| drain(&stream));
    sock(format!("probe 127.0.0.1 {port}")).any_stdout().run();
    let (_, end) = peer.join().expect("the peer");
    assert_eq!(
        end.expect_err("a reset").kind(),
        std::io::ErrorKind::ConnectionReset
    );
}

#[test]
fn open_and_closed_are_told_at_once() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let ended = sock(format!("probe 127.0.0.1 {open},{}", refused.port()))
        .code(4)
        .any_stdout()
        .run();
    took_between(ended.elapsed, Duration::ZERO, PROMPT);
}
