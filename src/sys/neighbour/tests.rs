use super::*;

const REACHABLE: u16 = 0x02;
const STALE: u16 = 0x04;
const DELAY: u16 = 0x08;
const PROBE: u16 = 0x10;

/// A message of the kernel's about `ip` on link 7, used so many ticks ago.
fn message(ip: &str, state: u16, used: u32) -> Vec<u8> {
    let (family, address) = match ip.parse().unwrap() {
        IpAddr::V4(v4) => (libc::AF_INET, v4.octets().to_vec()),
        IpAddr::V6(v6) => (libc::AF_INET6, v6.octets().to_vec()),
    };
    let mut bytes = vec![family as u8, 0, 0, 0];
    bytes.extend(7u32.to_ne_bytes());
    bytes.extend(state.to_ne_bytes());
    bytes.extend([0, 1]);
    let ages: Vec<u8> = [u32::MAX, used, 0, 1]
        .into_iter()
        .flat_map(u32::to_ne_bytes)
        .collect();
    for (kind, value) in [(NDA_DST, address), (NDA_CACHEINFO, ages)] {
        bytes.extend((4 + value.len() as u16).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
    }
    bytes
}

fn table(messages: &[Vec<u8>]) -> Table {
    let ended = Instant::now();
    let mut entries: Vec<Entry> = messages.iter().flat_map(|bytes| entry(bytes)).collect();
    entries.sort_unstable_by_key(|entry| entry.ip);
    Table {
        began: ended,
        ended,
        entries,
    }
}

/// What a table says about a peer that has been asked for a second.
fn says(messages: &[Vec<u8>], peer: &str) -> bool {
    let table = table(messages);
    let since = table.ended.checked_sub(Duration::from_secs(1)).unwrap();
    table.is_unanswered(peer.parse().unwrap(), since)
}

#[test]
fn a_table_is_full_of_those_who_do_not_answer() {
    let absent = |last: u8| message(&format!("10.0.1.{last}"), NUD_INCOMPLETE, 0);
    let mut all: Vec<_> = (1..=5).map(absent).collect();
    all.extend((6..=9).map(|last| message(&format!("10.0.1.{last}"), REACHABLE, 0)));
    all.push(message("fd00:1::9", NUD_FAILED, 0));
    assert!(!table(&all).is_full(true, 8));
    all.push(absent(10));
    assert!(table(&all).is_full(true, 8));
    assert!(!table(&all).is_full(false, 8));
}

#[test]
fn only_who_was_asked_for_in_vain_is_nobody() {
    for (ip, peer) in [("10.0.1.9", "10.0.1.9:22"), ("fd00:1::9", "[fd00:1::9]:22")] {
        for (state, expected) in [
            (NUD_INCOMPLETE, true),
            (NUD_FAILED, true),
            (REACHABLE, false),
            (STALE, false),
            (DELAY, false),
            (PROBE, false),
            (0x40, false),
            (0, false),
        ] {
            let others = ["10.0.1.8", "10.0.1.10", "fd00:1::8", "fd00:1::a"];
            let mut table = others.map(|ip| message(ip, NUD_FAILED, 0)).to_vec();
            assert!(!says(&table, peer), "there is no entry");
            table.push(message(ip, state, 99));
            assert_eq!(says(&table, peer), expected, "{ip} in state {state:#x}");
        }
    }
}

#[test]
fn an_entry_that_the_question_did_not_use_says_nothing() {
    for (used, expected) in [
        (0, true),
        (100, true),
        (101, true),
        (102, false),
        (6000, false),
    ] {
        let table = [message("10.0.1.9", NUD_FAILED, used)];
        assert_eq!(says(&table, "10.0.1.9:22"), expected, "{used} ticks ago");
    }
}

#[test]
fn a_mapped_address_is_asked_about_as_ipv4() {
    let table = [message("10.0.1.9", NUD_FAILED, 0)];
    assert!(says(&table, "[::ffff:10.0.1.9]:22"));
}

#[test]
fn on_another_link_somebody_may_answer() {
    let failed = message("fe80::9", NUD_FAILED, 0);
    let mut answers = message("fe80::9", REACHABLE, 0);
    answers[4..8].copy_from_slice(&8u32.to_ne_bytes());
    let table = [failed, answers];
    for (peer, expected) in [
        ("[fe80::9]:22", false),
        ("[fe80::9%7]:22", true),
        ("[fe80::9%8]:22", false),
        ("[fe80::9%9]:22", false),
    ] {
        assert_eq!(says(&table, peer), expected, "{peer}");
    }
}

#[test]
fn what_is_cut_short_is_nothing() {
    let whole = message("fd00::9", NUD_FAILED, 0);
    for length in 0..whole.len() {
        assert_eq!(entry(&whole[..length]), None, "{length}");
        assert_eq!(entry(&vec![0xff; length]), None, "{length}");
    }
}

#[test]
fn a_table_is_believed_for_a_moment_and_not_by_a_younger_question() {
    let mut neighbours = Neighbours::default();
    let peer = "127.0.0.1:9".parse().unwrap();
    let since = Instant::now();
    let mut ask = |since, now| {
        assert!(!neighbours.is_unanswered(peer, since, now));
        let table = neighbours.read.as_ref().unwrap();
        (table.began, table.good_until())
    };
    let (first, good_until) = ask(since, since);
    assert_eq!(ask(since, good_until - TICK).0, first);
    let second = ask(since, good_until).0;
    assert!(second > first);
    assert!(ask(Instant::now(), since).0 > second);
}
