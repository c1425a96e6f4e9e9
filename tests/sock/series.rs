//! `probe --count`: the same again, and what all attempts amount to.

use std::time::Duration;

use serde_json::Value;

use crate::support::net::*;
use crate::support::*;

/// The attempts, the statistics and the summary of a run.
#[track_caller]
fn json(ended: &Ended) -> (Vec<Value>, Vec<Value>, Value) {
    let parse = |line: &String| serde_json::from_str::<Value>(line).expect("JSON");
    let mut events: Vec<Value> = ended.lines().iter().map(parse).collect();
    let summary = events.pop().expect("a summary");
    assert_eq!(summary["event"], "summary", "{ended}");
    let at = events
        .iter()
        .position(|event| event["event"] == "statistics");
    let sums = events.split_off(at.unwrap_or(events.len()));
    assert!(
        events.iter().all(|event| event["event"] == "probe"),
        "{ended}"
    );
    assert!(
        sums.iter().all(|event| event["event"] == "statistics"),
        "{ended}"
    );
    (events, sums, summary)
}

/// A server of which nft does something with the SYNs to port 2000.
fn behind(rules: &str) -> Option<Namespace> {
    let script = format!(
        "nft -f - <<'END'
table inet t {{
  set seen {{ type inet_service; flags dynamic; size 1024; }}
  chain in {{
    type filter hook input priority 0;
    {rules}
  }}
}}
END
"
    );
    Namespace::lonely_after(&script, "tcp:2000")
}

#[test]
fn a_line_an_attempt_and_then_their_statistics() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let closed = refused.port();
    let ended = sock(format!(
        "probe --json --count 3 --interval 0.2 127.0.0.1 {open},{closed}"
    ))
    .code(4)
    .any_stdout()
    .run();
    took(ended.elapsed, Duration::from_millis(400));
    let (rows, sums, summary) = json(&ended);
    let attempts: Vec<_> = rows.iter().map(|row| row["attempt"].as_u64()).collect();
    assert_eq!(attempts, [1, 1, 2, 2, 3, 3].map(Some), "{ended}");
    for row in &rows {
        let is_open = row["port"] == open;
        assert_eq!(row["rtt_ms"].is_f64(), is_open, "{ended}");
    }
    assert_eq!(summary["probed"], 6, "{ended}");
    assert_eq!(summary["ok"], false, "{ended}");
    assert_eq!(sums.len(), 2, "{ended}");
    for sum in &sums {
        let is_open = sum["port"] == open;
        assert_eq!(sum["attempts"], 3, "{ended}");
        assert_eq!(
            sum["loss_percent"],
            if is_open { 0.0 } else { 100.0 },
            "{ended}"
        );
        assert_eq!(sum["rtt_ms"].is_null(), !is_open, "{ended}");
        let of = |name: &str| sum["time_ms"][name].as_f64().expect("a time");
        assert!(of("min") <= of("p50") && of("p50") <= of("p95"), "{ended}");
        assert!(of("min") <= of("avg") && of("avg") <= of("max"), "{ended}");
        // The times are those of the lines.
        let mut times: Vec<f64> = (rows.iter().filter(|row| row["port"] == sum["port"]))
            .map(|row| row["time_ms"].as_f64().expect("a time"))
            .collect();
        times.sort_by(f64::total_cmp);
        assert_eq!([of("min"), of("p50"), of("max")], times[..], "{ended}");
        assert_eq!(of("p95"), of("max"), "{ended}");
    }
}

#[test]
fn rows_in_a_pipe_and_the_rest_for_a_person() {
    let (_listener, port) = listen(V4);
    let row = format!("127.0.0.1\t127.0.0.1\t{port}\ttcp\topen\tsyn-ack\t-\t*\t*");
    let line = "127.0.0.1:*: 2 attempts: 2 open; 0% lost; \
                connect min/avg/max/p50/p95/mdev = */*/*/*/*/* ms; \
                rtt min/avg/max/p50/p95/mdev = */*/*/*/*/* ms";
    sock(format!("probe --count 2 --interval 0 127.0.0.1 {port}"))
        .stdout(format!("{row}\t1\t1\t*\n{row}\t2\t1\t*\n"))
        .stderr(format!("sock: probe {line}\n"))
        .run();
    let ended = sock(format!("probe --count 2 --interval 0 127.0.0.1 {port}"))
        .stdout_to(Stdout::Tty)
        .any_stdout()
        .run();
    let lines = ended.lines();
    let expected = [
        "127.0.0.1:*  1  *open*  *  rtt *",
        "127.0.0.1:*  2  *open*  *  rtt *",
        "--- 127.0.0.1:* ---",
        "2 attempts: 2 open; 0% lost",
        "connect min/avg/max/p50/p95/mdev = */*/*/*/*/* ms",
        "rtt min/avg/max/p50/p95/mdev = */*/*/*/*/* ms",
        "2 probed: 2 open in *",
    ];
    assert_eq!(lines.len(), expected.len(), "{ended}");
    for (line, pattern) in lines.iter().zip(expected) {
        assert!(like::like(pattern, line.trim_end()), "{pattern}: {ended}");
    }
}

/// As ping(8) does it.
#[test]
fn without_end_until_ctrl_c() {
    let (_listener, port) = listen(V4);
    let client = sock(format!(
        "probe --json --count inf --interval 0.05 127.0.0.1 {port}"
    ))
    .signal(Signal::SIGINT)
    .any_stdout()
    .any_stderr()
    .spawn();
    client.wait("three attempts", |state| {
        let said = String::from_utf8_lossy(&state.out);
        said.contains("\"attempt\":3").then_some(())
    });
    client.send_signal(Signal::SIGINT);
    let ended = client.finish();
    let (rows, sums, summary) = json(&ended);
    assert_eq!(sums.len(), 1, "{ended}");
    let answered = rows.iter().filter(|row| row["state"] == "open").count();
    assert_eq!(
        sums[0]["attempts"].as_u64(),
        Some(answered as u64),
        "{ended}"
    );
    assert!(answered >= 3 && summary["probed"] == answered, "{ended}");
}

#[test]
fn timers_act_between_attempts() {
    let (_listener, port) = listen(V4);
    let ended = sock(format!(
        "probe --json --count 2 --interval inf --timeout 0.4 127.0.0.1 {port}"
    ))
    .any_end()
    .any_stdout()
    .any_stderr()
    .run();
    // `inf` makes no sense here, and is said so.
    assert_eq!(ended.code, Some(2), "{ended}");
    let ended = sock(format!(
        "probe --json --count 2 --interval 1h --timeout 0.4 127.0.0.1 {port}"
    ))
    .code(124)
    .any_stdout()
    .any_stderr()
    .run();
    took(ended.elapsed, Duration::from_millis(400));
    let (rows, sums, summary) = json(&ended);
    assert_eq!((rows.len(), sums.len()), (1, 1), "{ended}");
    assert_eq!(summary["unfinished"], 0, "{ended}");
}

#[test]
fn usr1_between_attempts_tells_how_many_have_answered() {
    let (_listener, port) = listen(V4);
    let client = sock(format!("probe --count inf --interval 1h 127.0.0.1 {port}"))
        .signal(Signal::SIGINT)
        .any_stdout()
        .any_stderr()
        .spawn();
    client.wait("the first attempt", |state| {
        String::from_utf8_lossy(&state.out)
            .contains("\t1\t1\t")
            .then_some(())
    });
    client.send_signal(Signal::SIGUSR1);
    client.wait_line("sock: connect *: 1 *answered, *");
    client.send_signal(Signal::SIGINT);
    let ended = client.finish();
    assert!(
        ended.err.contains(": 1 attempt: 1 open; 0% lost; "),
        "{ended}"
    );
}

/// Every fourth SYN is refused.
#[test]
fn a_share_of_the_attempts_may_be_lost() {
    let Some(own) =
        behind("tcp dport 2000 tcp flags syn numgen inc mod 4 == 3 reject with tcp reset")
    else {
        return;
    };
    for (words, code) in [("", 4), ("--max-loss 24.9", 4), ("--max-loss 25%", 0)] {
        let ended = sock(format!(
            "probe --json --count 8 --interval 0 {words} 127.0.0.1 2000"
        ))
        .inside(&own, "")
        .code(code)
        .any_stdout()
        .run();
        let (_, sums, summary) = json(&ended);
        assert_eq!(sums[0]["lost"], 2, "{ended}");
        assert_eq!(sums[0]["loss_percent"], 25.0, "{ended}");
        assert_eq!(summary["ok"], code == 0, "{ended}");
    }
    // Of a range one port is to be open, in each attempt.
    for (words, code) in [("", 4), ("--max-loss 25", 0)] {
        sock(format!(
            "probe --json --count 4 --interval 0 {words} 127.0.0.1 2000-2001"
        ))
        .inside(&own, "")
        .code(code)
        .any_stdout()
        .run();
    }
}

/// The first SYN of each connection is dropped: that is a lost packet, and not
/// a slow network.
#[test]
fn a_lost_syn_is_named() {
    let Some(own) = behind(
        "tcp dport 2000 tcp flags & (syn|ack) == syn tcp sport != @seen add @seen { tcp sport } drop",
    ) else {
        return;
    };
    let ended = sock("probe --json --count 2 127.0.0.1 2000")
        .inside(&own, "")
        .any_stdout()
        .run();
    let (rows, sums, _) = json(&ended);
    for row in &rows {
        assert_eq!(
            (&row["state"], &row["syns"]),
            (&"open".into(), &2.into()),
            "{ended}"
        );
        assert!(row["time_ms"].as_f64().expect("a time") > 990.0, "{ended}");
        assert!(
            row["rtt_ms"].as_f64().expect("a round trip") < 500.0,
            "{ended}"
        );
    }
    assert_eq!(
        (&sums[0]["syns_lost"], &sums[0]["lost"]),
        (&2.into(), &0.into()),
        "{ended}"
    );
    assert!(sums[0]["time_ms"]["min"].as_f64() > Some(990.0), "{ended}");
    assert!(sums[0]["rtt_ms"]["max"].as_f64() < Some(500.0), "{ended}");

    for (words, says) in [
        (
            "--count 1",
            "127.0.0.1:2000  1  *  1.*s  1 SYN lost, rtt * ms",
        ),
        (
            "",
            "*the handshake completed in 1.* s: 1 SYN lost, rtt * ms",
        ),
    ] {
        let ended = sock(format!("probe --color never {words} 127.0.0.1 2000"))
            .inside(&own, "")
            .stdout_to(Stdout::Tty)
            .any_stdout()
            .run();
        let text = ended.text().replace("\r\n", "\n");
        let text = text.split("\n---").next().unwrap_or_default();
        let first = text.split("\n1 probed").next().unwrap_or_default();
        let words: Vec<&str> = first.split_whitespace().collect();
        let pattern: Vec<&str> = says.split_whitespace().collect();
        assert!(
            like::like(&pattern.join(" "), &words.join(" ")),
            "{says}: {ended}"
        );
    }
}

/// The time to look a name up is no part of any attempt.
#[test]
fn resolution_is_told_apart() {
    let Some(names) = Namespace::with_names() else {
        return;
    };
    let (_listener, port) = listen(V4);
    let ended = sock(format!(
        "probe -4 --json --count 2 --interval 0 localhost {port}"
    ))
    .inside(names, "")
    .any_stdout()
    .run();
    let (_, sums, _) = json(&ended);
    assert!(sums[0]["lookup_ms"].as_f64() > Some(0.0), "{ended}");
    assert_eq!(sums[0]["address"], "127.0.0.1", "{ended}");
    let ended = sock(format!("probe --json --count 1 127.0.0.1 {port}"))
        .any_stdout()
        .run();
    assert!(json(&ended).1[0]["lookup_ms"].is_null(), "{ended}");
}

#[test]
fn datagrams_are_numbered_by_their_attempt() {
    let echo = udp_echo(V4);
    let ended = sock(format!(
        "probe -u --json --banner --count 3 --interval 0 127.0.0.1 {echo} --data"
    ))
    .arg("ping {n:02}")
    .any_stdout()
    .run();
    let (rows, sums, _) = json(&ended);
    let said: Vec<_> = rows.iter().map(|row| row["banner"].as_str()).collect();
    assert_eq!(said, ["ping 01", "ping 02", "ping 03"].map(Some), "{ended}");
    assert!(
        sums[0]["syns_lost"].is_null() && sums[0]["time_ms"].is_object(),
        "{ended}"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (words, says) in [
        ("--interval 1 127.0.0.1 9", "--interval goes with --count"),
        ("--max-loss 5 127.0.0.1 9", "--max-loss goes with --count"),
        ("--count 0 127.0.0.1 9", "a number from 1 on, or inf"),
        (
            "--count 2 --max-loss 101 127.0.0.1 9",
            "from 0 to 100 percent",
        ),
        (
            "--count 2 --max-loss nan 127.0.0.1 9",
            "from 0 to 100 percent",
        ),
        ("--count 2 127.0.0.0/8 9", "at most 65536 ports"),
        (
            "--count 2 --wait 1s 127.0.0.1 9",
            "--count does not go with --wait",
        ),
        (
            "--count 2 --trace 127.0.0.1 9",
            "--count does not go with --trace",
        ),
    ] {
        let ended = sock(format!("probe {words}")).code(2).any_stderr().run();
        assert!(ended.err.contains(says), "{ended}");
    }
}
