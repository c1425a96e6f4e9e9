//! Rows and the answers that make them.

use super::*;
use crate::ports::PortList;
use crate::verb::probe::subject::At;
use crate::verdict::{State, Verdict};
use std::time::Duration;

fn name(addresses: usize, ports: &str) -> Vec<Subject> {
    let ip = |n| SocketAddr::from(([127, 0, 0, 1 + n as u8], 0));
    vec![Subject {
        name: "name".to_owned(),
        at: At::Addresses((0..addresses).map(ip).collect()),
        ports: Some(PortList::parse(ports, &crate::services::Compiled).unwrap()),
    }]
}

fn answer(id: usize, state: State) -> Answer {
    Answer {
        id,
        verdict: Verdict::new(state, "x"),
        time: Duration::ZERO,
        syns: None,
        local: None,
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
        let subjects = name(states.len(), "9");
        let mut rows = Rows::new(&subjects, false);
        let ids: Vec<_> = (subjects[0].asks(0, false))
            .map(|ask| rows.admit(&ask).unwrap())
            .collect();
        rows.exhausted();
        for (turn, &index) in order.iter().enumerate() {
            assert!(!rows.is_over());
            let told = said(rows.take(answer(ids[index], states[index]), &subjects));
            let is_last = turn + 1 == order.len();
            let want = is_last.then(|| (format!("127.0.0.{}:9", 1 + speaks), states[*speaks]));
            assert_eq!(told, want);
        }
        assert!(rows.is_over());
    }
}

#[test]
fn an_open_address_ends_the_row_and_spares_the_others() {
    let subjects = name(3, "1,2");
    let mut rows = Rows::new(&subjects, false);
    let mut asks = subjects[0].asks(0, false);
    let mut admit = |rows: &mut Rows| rows.admit(&asks.next().unwrap());
    let first = admit(&mut rows).unwrap();
    let second = admit(&mut rows).unwrap();
    assert!(said(rows.take(answer(second, State::Open), &subjects)).is_some());
    assert_eq!(admit(&mut rows), None);
    assert_eq!(rows.waiting(), 0);
    // The next row must not be taken for this one, which is still asked.
    let next = admit(&mut rows).unwrap();
    assert_ne!(first / rows.width, next / rows.width);
    assert_eq!(rows.take(answer(first, State::Closed), &subjects), None);
    assert_eq!(rows.unfinished().count(), 1);
    assert_eq!((rows.begun(0), rows.waiting()), (2, 1));
}

#[test]
fn memory_is_what_is_in_flight() {
    let subjects = name(2, "1-65535");
    let mut rows = Rows::new(&subjects, false);
    for ask in subjects[0].asks(0, false) {
        let id = rows.admit(&ask).unwrap();
        rows.take(answer(id, State::Closed), &subjects);
    }
    assert_eq!((rows.slots.len(), rows.begun(0)), (1, 65535));
}
