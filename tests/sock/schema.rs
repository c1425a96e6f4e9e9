//! tests/schema/sock-1.json describes what the types of `sock::event` are, no
//! more and no less. That every line of the test suite is of it, is checked
//! where processes end (support::command).

use std::collections::BTreeSet;

use sock::event::*;
use sock::verdict::{Greeting, State};

use crate::support::json::Json;
use crate::support::schema::{Stream, check, events};

/// The line of an event, as `report` makes it.
fn line(event: &Event) -> String {
    let text = serde_json::to_string(event).expect("it is data");
    format!("{{\"schema\":\"sock/1\",{}", &text[1..])
}

/// Every event, with all that can be there or with nothing of it.
fn samples(full: bool) -> Vec<Event> {
    fn some<T>(full: bool, value: T) -> Option<T> {
        full.then_some(value)
    }
    let text = || "x".to_owned();
    let word = || some(full, "x".to_owned());
    let (number, time) = (some(full, 7_u64), some(full, 0.5));
    let (port, count) = (some(full, 7_u16), some(full, 7_u32));
    let state = some(full, State::Open);
    let traffic = || Traffic {
        sent: number,
        received: number,
        elapsed_ms: 1.0,
        retransmits: count,
        rate: time,
        rtt_ms: time,
    };
    let figures = || {
        some(
            full,
            Figures {
                min: 1.0,
                avg: 1.0,
                max: 1.0,
                p50: 1.0,
                p95: 1.0,
                mdev: 0.0,
            },
        )
    };
    #[rustfmt::skip]
    let events = vec![
        Event::Resolve { host: text(), canonical: word(), addresses: vec![text()], time_ms: 1.0 },
        Event::Socket { fd: 3, family: "AF_INET", kind: "SOCK_STREAM" },
        Event::Bind { address: text() },
        Event::Listening { address: text(), protocol: "tcp", families: vec!["IPv4", "IPv6"] },
        Event::Peer { address: text(), local: text(), protocol: "udp" },
        Event::Queue(Queue { address: text(), protocol: "tcp", waiting: 1, backlog: 5,
            overflows: count, half_open: count, refused: number, new: 0 }),
        Event::Refused { address: text(), local: text(), reason: text(), refused: 1 },
        Event::PeerEnd { address: text(), reason: word(), traffic: traffic() },
        Event::Connect { address: text(), local: text(), time_ms: 1.0, rtt_ms: time, mss: count },
        Event::Attempt { stage: "connect", object: text(), reason: text(), errno: word() },
        Event::Close(traffic()),
        Event::Progress { stage: "send", object: text(), sent: 1, received: 1, elapsed_ms: 1.0,
            total: number, rate: time },
        Event::Carrier { carrier: "copy", from: "pipe", to: "socket", reason: word() },
        Event::Hex { direction: Direction::Sent, peer: text(), message: number, offset: 0,
            length: 1, data: vec![0], many: true },
        Event::Digest { algorithm: "sha256", direction: Direction::Received, peer: text(),
            name: "f".into(), bytes: 1, digest: text() },
        Event::Call { call: text(), result: text() },
        Event::Note { stage: "recv", object: text(), text: text() },
        Event::Error { stage: "usage", object: text(), reason: text(), errno: word(),
            hint: word(), code: 2 },
        Event::Probe(Probe { place: 0, target: text(), address: word(), port, service: word(),
            protocol: "tcp", state, reason: text(), by: word(), time_ms: time, syns: count,
            expected: state, ok: some(full, true), greeting: some(full, Greeting::Spoke),
            banner: word(), banner_ms: time, attempt: number, rtt_ms: time }),
        Event::Statistics(Statistics { target: text(), address: word(), port, service: word(),
            protocol: "tcp", attempts: 1, open: 1, closed: 0, rejected: 0, filtered: 0, silent: 0,
            unreachable: 0, error: 0, lost: 0, loss_percent: 0.0, syns_lost: number,
            lookup_ms: time, time_ms: figures(), rtt_ms: figures() }),
        Event::Hop(Hop { target: text(), address: text(), port: 7, protocol: "udp", ttl: 1,
            by: word(), name: word(), reason: text(), time_ms: time, icmp_ttl: some(full, 63),
            mss: port }),
        Event::Path(Path { target: text(), address: text(), port: 7, protocol: "tcp",
            ends: "host", ttl: some(full, 3), by: word(), against: port,
            differs: some(full, "lost"), until: word(), text: text() }),
        Event::Summary(Summary { limiting: vec![text()], ..Summary::default() }),
    ];
    events
}

#[test]
fn it_describes_every_event_and_no_other() {
    let mut seen = BTreeSet::new();
    for event in samples(true).iter().chain(&samples(false)) {
        let line = line(event);
        let name = Json::parse(&line).expect("an object");
        let name = name.at("event").text().to_owned();
        let right = [Stream::Out, Stream::Err].map(|stream| check(stream, &line));
        assert_eq!(
            right.iter().filter(|one| one.is_ok()).count(),
            1,
            "{line} {right:?}"
        );
        seen.insert(name);
    }
    let described: BTreeSet<String> = events().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(seen, described);
}

#[test]
fn it_says_of_every_field_what_it_is() {
    for (event, definition) in events() {
        let order = definition.at("required").list();
        let properties = definition.at("properties").fields();
        assert!(
            order
                .iter()
                .map(Json::text)
                .eq(properties.iter().map(|(name, _)| name.as_str())),
            "{event}: \"required\" and \"properties\" differ"
        );
        for (name, property) in properties {
            let known = property.get("const").is_some() || property.get("description").is_some();
            assert!(known, "{event}.{name} has no description");
        }
    }
}

/// What is written of a state is one of its names, and nobody expects trouble of
/// this machine.
#[test]
fn its_states_are_those_that_there_are() {
    let (_, probe) = events()
        .find(|(event, _)| *event == "probe")
        .expect("probe");
    let named = |field: &str| -> Vec<String> {
        let names = probe.at("properties").at(field).at("enum").list();
        let names = names.iter().filter(|name| !name.is("null"));
        names.map(|name| name.text().to_owned()).collect()
    };
    let names = |states: &[State]| -> Vec<&str> { states.iter().map(|one| one.name()).collect() };
    assert_eq!(named("state"), names(&State::ALL));
    assert_eq!(named("expected"), names(State::EXPECTABLE));
}

/// The check itself: what it must not let pass.
#[test]
fn lines_of_no_schema_are_found() {
    let good = r#"{"schema":"sock/1","event":"bind","address":"x"}"#;
    assert_eq!(check(Stream::Err, good), Ok(()));
    assert!(check(Stream::Out, good).is_err(), "not its stream");
    for line in [
        "",
        "[]",
        r#"{"schema":"sock/1","event":"bind","address":"x"} {}"#,
        r#"{"schema":"sock/2","event":"bind","address":"x"}"#,
        r#"{"schema":"sock/1","event":"bound","address":"x"}"#,
        r#"{"schema":"sock/1","event":"bind"}"#,
        r#"{"schema":"sock/1","event":"bind","address":null}"#,
        r#"{"schema":"sock/1","address":"x","event":"bind"}"#,
        r#"{"schema":"sock/1","event":"bind","address":"x","port":1}"#,
        r#"{"schema":"sock/1","event":"socket","fd":-1,"family":"AF_INET","kind":"SOCK_STREAM"}"#,
        r#"{"schema":"sock/1","event":"socket","fd":1.5,"family":"AF_INET","kind":"SOCK_STREAM"}"#,
        r#"{"schema":"sock/1","event":"socket","fd":1,"family":"AF_X25","kind":"SOCK_STREAM"}"#,
    ] {
        assert!(check(Stream::Err, line).is_err(), "{line}");
    }
}
