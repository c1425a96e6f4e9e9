//! Questions in their order, lazily.

use super::*;
use crate::services::Compiled;

fn subject(at: At, ports: &str) -> Subject {
    Subject {
        place: 4,
        expect: None,
        lookup: None,
        name: "x".to_owned(),
        at,
        ports: Some(PortList::parse(ports, &Compiled).unwrap()),
    }
}

fn host() -> At {
    At::Addresses(vec![
        "[::1]:0".parse().unwrap(),
        "127.0.0.1:0".parse().unwrap(),
    ])
}

fn asked(subject: &Subject, each: bool) -> Vec<(String, usize, usize)> {
    Asks::new(&Arc::new(subject.clone()), each)
        .map(|ask| (ask.address.unwrap().to_string(), ask.index, ask.of))
        .collect()
}

#[test]
fn a_name_has_a_row_a_port_or_a_row_an_address() {
    let subject = subject(host(), "22,8000-8001");
    let row = |port| {
        [
            (format!("[::1]:{port}"), 0, 2),
            (format!("127.0.0.1:{port}"), 1, 2),
        ]
    };
    assert_eq!(asked(&subject, false), [22, 8000, 8001].map(row).concat());
    assert_eq!(subject.rows(false), 3);
    assert_eq!(subject.rows(true), 6);
    assert!(
        asked(&subject, true)
            .iter()
            .all(|row| (row.1, row.2) == (0, 1))
    );
}

#[test]
fn a_block_is_asked_port_by_port_and_never_counted_out() {
    let block = |text| At::Block(Cidr::parse(text).unwrap());
    let small = subject(block("10.0.0.0/31"), "22,80");
    let asked: Vec<_> = asked(&small, false).into_iter().map(|row| row.0).collect();
    let want = ["10.0.0.0:22", "10.0.0.1:22", "10.0.0.0:80", "10.0.0.1:80"];
    assert_eq!(asked, want);
    let huge = subject(block("::/0"), "1-65535");
    assert_eq!(huge.rows(false), u64::MAX);
    assert_eq!(Asks::new(&Arc::new(huge), true).take(3).count(), 3);
}

#[test]
fn ports_answer_for_themselves_ranges_and_blocks_together() {
    let parts = |subject: Subject| -> Vec<Part> {
        let asks = Asks::new(&Arc::new(subject), true);
        asks.map(|ask| ask.subject.part(ask.port)).collect()
    };
    let one = |range| Part::One { subject: 4, range };
    let unknown = subject(At::Unknown, "22,1-2,3-3");
    assert_eq!(
        parts(unknown),
        [Part::Named, one(Some(1)), one(Some(1)), one(Some(2))]
    );
    let block = At::Block(Cidr::parse("10.0.0.0/32").unwrap());
    assert_eq!(parts(subject(block, "22,1-1")), [one(None), one(None)]);
    let unix = Subject {
        place: 4,
        expect: None,
        lookup: None,
        name: "unix:/x".to_owned(),
        at: At::Unix("/x".into()),
        ports: None,
    };
    assert_eq!(parts(unix.clone()), [Part::Named]);
    assert_eq!(unix.rows(true), 1);
}
