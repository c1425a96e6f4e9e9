//! Who is seen to run out, and whom that is about.

use super::*;
use crate::probe::Peer;
use crate::verdict::Protocol;

const PROMPT: Duration = Duration::from_millis(1);
const SERVER: &str = "10.0.1.5";
const ROUTER: &str = "10.0.9.1";

/// Milliseconds since the one before, the time it took, whether there had been
/// silence before.
type Heard = (u64, Duration, bool);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn question(target: &str, port: u16) -> Question {
    Question {
        id: usize::from(port),
        peer: Peer::Inet((ip(target), port).into()),
        protocol: Protocol::Tcp,
        wait: Duration::from_millis(1300),
        of_many: true,
    }
}

/// Rejections of ports of a server.
fn heard(by: &str, rows: &[Heard]) -> Rations {
    let mut now = Instant::now();
    let mut rations = Rations::default();
    for (port, &(ms, time, is_again)) in (1..).zip(rows) {
        now += Duration::from_millis(ms);
        rations.rejected(&question(SERVER, port), ip(by), time, is_again, now);
    }
    rations
}

#[test]
fn who_has_sent_a_ration_or_kept_one_waiting_is_seen_to_run_out() {
    let late = Duration::from_millis(1003);
    let twin = Duration::from_millis(201);
    let rows: &[(&[Heard], bool)] = &[
        (&[], false),
        (&[(0, PROMPT, false); 1], false),
        (&[(0, PROMPT, false); 4], false),
        (&[(0, PROMPT, false); 5], true),
        (&[(100, PROMPT, false); 5], true),
        // As `--max-rate` may have it: it has more meanwhile.
        (&[(300, PROMPT, false); 5], false),
        (&[(300, PROMPT, false); 9], true),
        (&[(1000, PROMPT, false); 500], false),
        // A SYN was lost, the second socket was heard.
        (&[(0, twin, false)], false),
        // The first SYN had no answer, the second had.
        (&[(0, late, false)], true),
        (&[(0, PROMPT, true)], true),
        // What has been seen stays.
        (&[(0, late, false), (60_000, PROMPT, false)], true),
    ];
    for (rows, runs_out) in rows {
        let rations = heard(SERVER, rows);
        let by = rations.of(ip(SERVER));
        assert_eq!(by, runs_out.then_some(ip(SERVER)), "{rows:?}");
    }
}

#[test]
fn a_router_has_one_ration_for_the_neighbours_a_host_for_itself() {
    let spent = [(0, PROMPT, false); 5];
    let router = heard(ROUTER, &spent);
    let of = |rations: &Rations, target| rations.of(ip(target));
    assert_eq!(of(&router, SERVER), Some(ip(ROUTER)));
    assert_eq!(of(&router, "::ffff:10.0.1.5"), Some(ip(ROUTER)));
    assert_eq!(of(&router, "10.0.1.254"), Some(ip(ROUTER)));
    assert_eq!(of(&router, "10.0.2.5"), None);

    let server = heard(SERVER, &spent);
    assert_eq!(of(&server, SERVER), Some(ip(SERVER)));
    assert_eq!(of(&server, "10.0.1.254"), None);

    assert_eq!(of(&heard("127.0.0.1", &spent), SERVER), None);

    let now = Instant::now();
    let mut rations = Rations::default();
    for host in 1..6 {
        let target = format!("fd00:1::{host}");
        rations.rejected(&question(&target, 22), ip("fd00::1"), PROMPT, false, now);
    }
    assert_eq!(of(&rations, "fd00:1::77"), Some(ip("fd00::1")));
    assert_eq!(of(&rations, "fd00:1:0:1::77"), None);
}

#[test]
fn who_never_ran_out_does_not_hide_who_did() {
    let now = Instant::now();
    for others in [[SERVER, ROUTER], [ROUTER, SERVER]] {
        let mut rations = heard(others[0], &[(0, PROMPT, false); 5]);
        rations.rejected(&question(SERVER, 9), ip(others[1]), PROMPT, false, now);
        assert_eq!(rations.of(ip(SERVER)), Some(ip(others[0])));
    }
}

#[test]
fn doubts_are_given_back_once_with_what_is_known_of_the_ration() {
    let mut rations = heard(SERVER, &[(0, PROMPT, false); 5]);
    let asked = Asked::before(Instant::now(), 4);
    assert!(!rations.has_doubts());
    assert!(rations.doubt(ip(SERVER), question(SERVER, 80), asked));
    assert!(rations.has_doubts());
    let doubted = rations.doubts();
    assert_eq!(doubted.len(), 1);
    assert_eq!(doubted[0].by, ip(SERVER));
    assert_eq!(doubted[0].questions, [(question(SERVER, 80), asked)]);
    assert_eq!(doubted[0].ration.slowest, Some(PROMPT));
    assert_eq!(doubted[0].ration.rejected, question(SERVER, 1));
    assert!(!rations.has_doubts() && rations.doubts().is_empty());
}

#[test]
fn memory_is_bounded() {
    let start = Instant::now();
    let mut rations = Rations::default();
    for i in 0..4 * MOST as u32 {
        let target = Ipv4Addr::from_bits(1 << 24 | i).to_string();
        let now = start + PROMPT * i;
        rations.rejected(&question(&target, 22), ip(&target), PROMPT, false, now);
        assert!(rations.rations.len() <= MOST && rations.speaks.len() <= MOST);
    }
    let asked = Asked::before(start, 1);
    let kept = (0..2 * MOST_DOUBTS)
        .filter(|_| rations.doubt(ip(SERVER), question(SERVER, 22), asked))
        .count();
    assert_eq!(kept, MOST_DOUBTS);
}
