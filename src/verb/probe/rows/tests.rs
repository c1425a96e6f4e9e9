//! Rows and the answers that make them.

use super::*;
use crate::ports::PortList;
use crate::verb::probe::subject::{Asks, At};
use crate::verdict::{State, Verdict};
use std::time::Duration;

fn name(addresses: usize, ports: &str) -> Arc<Subject> {
    let ip = |n| SocketAddr::from(([127, 0, 0, 1 + n as u8], 0));
    Arc::new(Subject {
        place: 1,
        name: "name".to_owned(),
        at: At::Addresses((0..addresses).map(ip).collect()),
        ports: Some(PortList::parse(ports, &crate::services::Compiled).unwrap()),
        expect: None,
        lookup: None,
    })
}

fn answer(id: usize, state: State) -> Answer {
    Answer {
        id,
        verdict: Verdict::new(state, "x"),
        time: Duration::ZERO,
        syns: None,
        local: None,
        rtt: None,
        banner: None,
    }
}

/// Which address spoke for the row, and what it said.
fn said(told: Option<Told>) -> Option<(String, State)> {
    let told = told?;
    Some((told.address?.to_string(), told.answer?.verdict.state))
}

#[test]
fn the_best_evidence_speaks_and_of_equals_the_first_address() {
    use State::{Closed, Filtered, Open, Unreachable};
    let rows: &[(&[State], &[usize], usize)] = &[
        (&[Unreachable, Filtered], &[0, 1], 1),
        (&[Closed, Closed, Filtered], &[2, 1, 0], 0),
        (&[Filtered, Closed, Open], &[0, 1, 2], 2),
    ];
    for (states, order, speaks) in rows {
        let subject = name(states.len(), "9");
        let mut rows = Rows::default();
        let ids: Vec<_> = Asks::new(&subject, false)
            .map(|ask| rows.admit(&ask).unwrap())
            .collect();
        rows.exhausted();
        for (turn, &index) in order.iter().enumerate() {
            assert!(!rows.is_over());
            let told = said(rows.take(answer(ids[index], states[index])));
            let is_last = turn + 1 == order.len();
            let want = is_last.then(|| (format!("127.0.0.{}:9", 1 + speaks), states[*speaks]));
            assert_eq!(told, want);
        }
        assert!(rows.is_over());
    }
}

#[test]
fn an_open_address_ends_the_row_and_spares_the_others() {
    let subject = name(3, "1,2");
    let mut rows = Rows::default();
    let mut asks = Asks::new(&subject, false);
    let mut admit = |rows: &mut Rows| rows.admit(&asks.next().unwrap());
    let first = admit(&mut rows).unwrap();
    let second = admit(&mut rows).unwrap();
    assert!(said(rows.take(answer(second, State::Open))).is_some());
    assert_eq!(admit(&mut rows), None);
    assert_eq!(rows.waiting(), 0);
    // The next row must not be taken for this one, which is still asked.
    let next = admit(&mut rows).unwrap();
    assert_ne!(first >> INDEX_BITS, next >> INDEX_BITS);
    assert_eq!(rows.take(answer(first, State::Closed)), None);
    assert_eq!(rows.unfinished().count(), 1);
    assert_eq!(rows.waiting(), 1);
}

#[test]
fn memory_is_what_is_in_flight() {
    let subject = name(2, "1-65535");
    let mut rows = Rows::default();
    for ask in Asks::new(&subject, false) {
        let id = rows.admit(&ask).unwrap();
        rows.take(answer(id, State::Closed));
    }
    assert_eq!((rows.slots.len(), rows.subjects.len()), (1, 1));
    assert!(!rows.retires(1), "there may be more");
    rows.exhausted_one(1);
    assert!(rows.retires(1) && rows.subjects.is_empty());
}
