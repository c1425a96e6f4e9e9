//! `--pause STAGE=DUR`: after each stage, in the order in which `-vv` shows
//! them, and for as long; a stage that a run never comes to is wrong usage.

use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use crate::support::net::*;
use crate::support::*;

const PAUSE: Duration = Duration::from_millis(150);

/// Lines of `-vv`, and how many pauses lie between each and the one before.
type Marks = &'static [(&'static str, u32)];

const DIALS: &[(&str, &str, Marks)] = &[
    (
        "connect",
        "resolve socket connect send recv close",
        &[
            ("socket *", 1),
            ("connect *", 1),
            ("*shutdown(*", 2),
            ("close *", 1),
        ],
    ),
    (
        "send",
        "resolve socket connect send recv close",
        &[
            ("socket *", 1),
            ("connect *", 1),
            ("*shutdown(*", 2),
            ("close *", 1),
        ],
    ),
    (
        "recv",
        "resolve socket connect recv close",
        &[("socket *", 1), ("connect *", 1), ("close *", 2)],
    ),
    (
        "connect --source 127.0.0.1",
        "socket bind connect close",
        &[
            ("socket *", 0),
            ("*bind(*", 1),
            ("connect *", 1),
            ("close *", 1),
        ],
    ),
];

/// What comes before the announcement is told after it.
const WAITS: &[(&str, &str, Marks)] = &[
    (
        "listen",
        "resolve socket bind listen accept send recv close",
        &[
            ("listening on *", 3),
            ("accept *", 1),
            ("*shutdown(*", 2),
            ("close *", 1),
        ],
    ),
    (
        "send -l",
        "resolve socket bind listen accept send recv close",
        &[
            ("listening on *", 3),
            ("accept *", 1),
            ("*shutdown(*", 2),
            ("close *", 1),
        ],
    ),
    (
        "recv -l",
        "resolve socket bind listen accept recv close",
        &[("listening on *", 3), ("accept *", 1), ("close *", 2)],
    ),
];

fn words(verb: &str, stages: &str, at: &str) -> String {
    let pauses = stages
        .split(' ')
        .map(|stage| format!(" --pause {stage}=0.15"));
    format!("{verb} -vv {at}{}", pauses.collect::<String>())
}

/// Follows the lines, each no sooner than its pauses, and the end.
fn follow(running: Running, marks: Marks, begun: Instant, about: &str) {
    // As late as a line may be seen.
    let early = Duration::from_millis(50);
    let mut last = begun;
    for (mark, pauses) in marks {
        running.wait_line(mark);
        let now = Instant::now();
        assert!(now - last + early >= PAUSE * *pauses, "{about}: {mark}");
        last = now;
    }
    let ended = running.finish();
    assert!(ended.at - last + early >= PAUSE, "{about}: close");
    let all: u32 = marks.iter().map(|(_, pauses)| pauses).sum();
    took(ended.elapsed, PAUSE * (all + 1));
}

#[test]
fn a_dialling_run_pauses_after_each_stage() {
    for (verb, stages, marks) in DIALS {
        // Who only receives has nothing to say that the peer could wait for.
        let first = *verb == "recv";
        let (port, peer) = serve(V4, move |stream| {
            if first {
                stream.shutdown(Shutdown::Write).expect("half-close");
            }
            drain(&stream)
        });
        let begun = Instant::now();
        let at = format!("127.0.0.1:{port}");
        let running = sock(words(verb, stages, &at))
            .input("up")
            .any_stderr()
            .spawn();
        follow(running, marks, begun, verb);
        peer.join().expect("the peer").1.expect("an end in order");
    }
}

#[test]
fn a_waiting_run_pauses_after_each_stage() {
    for (verb, stages, marks) in WAITS {
        let begun = Instant::now();
        let mut running = sock(words(verb, stages, "127.0.0.1:0"))
            .input("up")
            .any_stdout()
            .any_stderr()
            .spawn();
        running.announced();
        let mut peer = dial(V4, running.port);
        let peer = std::thread::spawn(move || {
            peer.write_all(b"down").expect("four bytes");
            peer.shutdown(Shutdown::Write).expect("half-close");
            drain(&peer)
        });
        follow(running, marks, begun, verb);
        peer.join().expect("the peer").1.expect("an end in order");
    }
}

#[test]
fn a_stage_that_never_comes_is_wrong() {
    for (words, stage) in [
        ("connect 127.0.0.1 9", "listen"),
        ("connect 127.0.0.1 9", "bind"),
        ("connect -u 127.0.0.1 9", "recv"),
        ("connect ./s", "resolve"),
        ("send 127.0.0.1 9", "accept"),
        ("send -l 9", "connect"),
        ("send -u 127.0.0.1 9", "recv"),
        ("recv 127.0.0.1 9", "send"),
        ("recv -l 9", "resolve"),
        ("recv -u -l 9", "accept"),
        ("listen --echo 9", "recv"),
    ] {
        let ended = sock(format!("{words} --pause {stage}=1"))
            .code(2)
            .any_stderr()
            .run();
        let first = format!("error: --pause {stage}: ");
        assert!(ended.err.starts_with(&first), "{ended}");
    }
}
