//! Tables of tables.

use super::*;
use crate::report::Rows;

fn probe(place: usize, target: &str, address: &str, port: u16, state: State) -> Probe {
    let (reason, time_ms) = match state {
        State::Open => ("syn-ack", 0.41),
        State::Closed => ("reset", 0.05),
        State::Rejected => ("icmp-admin-prohibited", 0.9),
        _ => ("no-answer", 4000.2),
    };
    Probe {
        place,
        target: target.to_owned(),
        address: Some(address.to_owned()),
        port: Some(port),
        service: (port == 22).then(|| "ssh".to_owned()),
        protocol: "tcp",
        state: Some(state),
        reason: reason.to_owned(),
        by: (state == State::Rejected).then(|| "10.0.0.1".to_owned()),
        time_ms: Some(time_ms),
        syns: Some(3),
        expected: None,
        ok: None,
        greeting: None,
        banner: None,
        banner_ms: None,
        attempt: None,
        rtt_ms: None,
    }
}

fn render(rows: Vec<Probe>, all: bool, width: usize) -> Vec<String> {
    let mut table = Table::default();
    let probed = rows.len() as u64;
    for row in rows {
        table.push(row, all);
    }
    let counts = Summary {
        probed,
        elapsed_ms: 4004.0,
        ..Summary::default()
    };
    let text = table.render(&counts, false, width);
    assert!(
        text.lines().all(|line| line.chars().count() <= width),
        "{text}"
    );
    text.lines().map(str::to_owned).collect()
}

#[test]
fn rows_are_aligned_and_in_the_order_of_targets_then_ports() {
    let rows = vec![
        probe(1, "10.0.0.5", "10.0.0.5", 443, State::Filtered),
        probe(0, "db", "10.0.0.7", 5432, State::Rejected),
        probe(0, "db", "10.0.0.7", 22, State::Open),
    ];
    assert_eq!(
        render(rows, false, 100),
        [
            "db:22         10.0.0.7  open      0.4 ms  ssh  the handshake completed in 0.41 ms",
            "db:5432       10.0.0.7  rejected  0.9 ms       10.0.0.1 rejected it (ICMP admin-prohibited): a",
            "                                               firewall on the way",
            "10.0.0.5:443            filtered   4.0 s       no answer to 3 SYNs in 4.0 s: dropped on the way or",
            "                                               by the host; typical of a cloud security group",
            "3 probed in 4.0 s",
        ]
    );
}

#[test]
fn many_of_one_state_on_a_host_are_one_line() {
    let rows = |target: &'static str, ports: std::ops::RangeInclusive<u16>| {
        ports.map(move |port| probe(0, target, "127.0.0.1", port, State::Closed))
    };
    assert_eq!(
        render(rows("127.0.0.1", 1..=25).collect(), false, 100).len(),
        26
    );
    let mut many: Vec<_> = rows("127.0.0.1", 1..=21)
        .chain(rows("127.0.0.1", 23..=40))
        .collect();
    many.push(probe(0, "127.0.0.1", "127.0.0.1", 22, State::Open));
    many.push(probe(1, "::1", "::1", 22, State::Open));
    assert_eq!(render(many.clone(), true, 200).len(), 42);
    let folded = render(many, false, 100);
    assert_eq!(folded.len(), 4, "{folded:?}");
    assert!(
        folded[0].starts_with("127.0.0.1:22  open    0.4 ms  ssh  the"),
        "{folded:?}"
    );
    assert_eq!(
        folded[1],
        "127.0.0.1     closed  39 ports (reset): 1-21,23-40"
    );
    assert!(folded[2].starts_with("[::1]:22"), "{folded:?}");
}

#[test]
fn a_block_is_folded_as_a_whole_but_not_what_is_open() {
    let host = |n: u8, state| probe(0, "10.0.0.0/24", &format!("10.0.0.{n}"), 22, state);
    let mut rows: Vec<_> = (0..=99).map(|n| host(n, State::Filtered)).collect();
    rows.extend((100..=129).map(|n| host(n, State::Open)));
    let table = render(rows, false, 120);
    assert_eq!(table.len(), 32, "{table:?}");
    assert!(table[0].starts_with("10.0.0.100:22  open"), "{table:?}");
    assert_eq!(
        table[30],
        "10.0.0.0/24    filtered  100 hosts, port 22 (no-answer): 10.0.0.0-10.0.0.99"
    );
}

#[test]
fn narrow_terminals_get_the_sentence_below() {
    let rows = vec![probe(
        0,
        "a-rather-long-name.example.org",
        "10.0.0.5",
        22,
        State::Closed,
    )];
    assert_eq!(
        render(rows, false, 72),
        [
            "a-rather-long-name.example.org:22  10.0.0.5  closed  0.05 ms  ssh",
            "    the host answered RST: it is up, nothing listens here",
            "1 probed in 4.0 s",
        ]
    );
}

#[test]
fn colour_is_of_the_state_only() {
    let mut table = Table::default();
    table.push(probe(0, "h", "h", 22, State::Open), false);
    let text = table.render(&Summary::default(), true, 100);
    assert!(text.contains("h:22  \x1b[32mopen\x1b[0m  0.4 ms"), "{text}");
}

#[test]
fn unexpected_unfinished_and_hostile() {
    let mut row = probe(0, "x\x1b]0;y\x07", "10.0.0.5", 80, State::Open);
    (row.expected, row.ok) = (Some(State::Closed), Some(false));
    let table = render(vec![row], false, 120);
    assert!(table[0].starts_with("x\\u{1b}]0;y\\u{7}:80  "), "{table:?}");
    assert!(
        table[0].contains("expected closed: the handshake"),
        "{table:?}"
    );

    let unfinished = Probe {
        state: None,
        reason: "unfinished".to_owned(),
        by: None,
        time_ms: None,
        syns: None,
        ..probe(0, "unix:/run/a b", "-", 1, State::Open)
    };
    let unix = Probe {
        address: None,
        port: None,
        protocol: "unix",
        ..unfinished
    };
    assert_eq!(
        render(vec![unix.clone()], false, 100)[0],
        "unix:/run/a b  unfinished  -  the run ended before it was answered"
    );
    assert_eq!(
        tsv(&unix, Rows::default(), false),
        "unix:/run/a b\t-\t-\tunix\t-\tunfinished\t-\t-\t-\n"
    );
}

#[test]
fn a_row_in_a_pipe() {
    let rejected = probe(0, "db", "10.0.0.7", 22, State::Rejected);
    assert_eq!(
        tsv(&rejected, Rows::default(), false),
        "db\t10.0.0.7\t22\ttcp\trejected\ticmp-admin-prohibited\t10.0.0.1\t0.9\tssh\n"
    );
    let hostile = Probe {
        target: "a\tb\n".to_owned(),
        ..rejected
    };
    assert!(tsv(&hostile, Rows::default(), false).starts_with("a\\tb\\n\t"));
}

#[test]
fn the_summary_names_what_there_was() {
    let counts = Summary {
        probed: 4,
        open: 1,
        closed: 2,
        error: 1,
        unfinished: 7,
        elapsed_ms: 3004.2,
        ..Summary::default()
    };
    assert_eq!(
        summary(&counts),
        "4 probed: 1 open, 2 closed, 1 error, 7 unfinished in 3.0 s"
    );
    assert_eq!(summary(&Summary::default()), "0 probed in 0 ms");
}
