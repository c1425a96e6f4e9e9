//! Exit codes, and what the other verbs make of the same evidence.

use std::time::Duration;

use super::*;

/// A host answers one port per connect: each state gives its code, and kinds of
/// wrong answers that differ give 9.
#[test]
fn each_state_has_its_code() {
    let Some(lab) = lab() else { return };
    #[rustfmt::skip]
    let codes: &[(&str, i32)] = &[
        ("10.0.3.2 2000", 0),
        ("10.0.3.2 2001", 4),
        ("10.0.3.2 2020", 5),
        ("-u 10.0.3.2 2020", 5),
        ("-u 10.0.3.2 2001", 4),
        ("10.0.3.2 2030", 6),
        ("10.0.3.2 2050", 6),
        ("10.0.3.2 2030,2050", 6),
        ("198.51.100.1 80", 6),
        ("10.0.3.2 2043", 1),
        ("10.0.3.2 2001,2020", 9),
        ("10.0.3.2 2001,2030", 9),
        ("10.0.3.2 2001,2024", 1),
        ("10.0.3.2 2000,2001", 4),
        ("10.0.3.2 2000-2001", 0),
        ("10.0.3.2 2000,2000-2001", 0),
        ("10.0.3.2 2001,2000-2001", 4),
    ];
    for &(words, code) in codes {
        sock(format!("probe -w 1.3 {words}"))
            .inside(lab, "client")
            .code(code)
            .any_stdout()
            .run();
    }
}

/// 22 and 80 by name and a range beside them, as people type it.
#[test]
fn filtered_ports_of_a_range_take_two_syns() {
    let Some(lab) = lab() else { return };
    let ended = sock("probe 10.0.3.2 2020-2023")
        .inside(lab, "client")
        .code(5)
        .any_stdout()
        .run();
    // Four at the same time, each for the range's 1.3 s.
    took(ended.elapsed, Duration::from_millis(1300));
}

/// The other verbs read the same evidence.
#[track_caller]
fn connect_fails(words: &str, code: i32, errno: &str, contains: &str) {
    let Some(lab) = lab() else { return };
    let ended = sock(format!("connect {words}"))
        .inside(lab, "client")
        .code(code)
        .any_stderr()
        .run();
    assert_eq!(ended.err.lines().count(), 1, "one line: {ended}");
    assert!(ended.err.starts_with("sock: connect "), "{ended}");
    assert!(ended.err.contains(contains), "{contains:?} in {ended}");
    if !errno.is_empty() {
        assert!(ended.err.contains(&format!("({errno})")), "{ended}");
    }
}

#[test]
fn connect_names_the_box_that_rejected_it() {
    connect_fails("10.0.3.2 2030", 6, "EHOSTUNREACH", "10.0.1.1");
    connect_fails("fd00:3::2 2030", 6, "EACCES", "fd00:1::1");
}

#[test]
fn connect_does_not_call_a_firewall_a_closed_port() {
    connect_fails("10.0.3.2 2040", 6, "ECONNREFUSED", "10.0.1.1");
    connect_fails("fd00:3::2 2041", 6, "ECONNREFUSED", "fd00:2::2");
}

#[test]
fn connect_says_that_there_is_no_route() {
    connect_fails("198.51.100.1 80", 6, "ENETUNREACH", "198.51.100.1:80");
    connect_fails("10.9.9.9 80", 6, "ENETUNREACH", "10.0.1.1");
}

#[test]
fn connect_says_that_nobody_answered() {
    connect_fails("-w 0.5 10.0.3.2 2020", 5, "", "10.0.3.2:2020");
}

/// Datagrams that were answered by an ICMP error: the error queue said why.
#[test]
fn a_rejected_datagram_conversation_is_6() {
    let Some(lab) = lab() else { return };
    for (port, code) in [(2030, 6), (2040, 6), (2001, 4), (2020, 5)] {
        let ended = sock(format!("connect -u 10.0.3.2 {port}"))
            .inside(lab, "client")
            .input("q")
            .code(code)
            .any_stderr()
            .run();
        assert!(ended.err.starts_with("sock: "), "{ended}");
    }
}
