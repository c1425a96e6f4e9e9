use super::*;
use crate::services::Compiled;
use proptest::prelude::*;

fn ports(text: &str) -> PortList {
    PortList::parse(text, &Compiled).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn lists_are_read_and_written() {
    let table = [
        ("80", "80", Some(80), false, 1),
        ("0080", "80", Some(80), false, 1),
        ("https", "443", Some(443), false, 1),
        ("http-alt,SSH", "8080,22", None, false, 2),
        (
            "22,80,8000-8100,https",
            "22,80,8000-8100,443",
            None,
            true,
            104,
        ),
        ("1-65535", "1-65535", None, true, 65535),
        ("80-80", "80-80", None, true, 1),
        ("22,22", "22,22", None, false, 1),
        ("1-10,5-15,7", "1-10,5-15,7", None, true, 15),
    ];
    for (text, shown, single, is_range, len) in table {
        let list = ports(text);
        assert_eq!(list.to_string(), shown);
        assert_eq!(
            (list.single(), list.is_range()),
            (single, is_range),
            "{text}"
        );
        assert_eq!((list.len(), list.is_empty()), (len, false), "{text}");
    }
}

#[test]
fn a_port_named_by_itself_wins_over_a_range_that_holds_it() {
    let all = |text: &str| -> Vec<(u16, Option<usize>)> {
        let list = ports(text);
        list.iter().map(|port| (port.number, port.range)).collect()
    };
    let (own, first, second) = (None, Some(0), Some(1));
    assert_eq!(all("1-3,2"), [(1, first), (3, first), (2, own)]);
    assert_eq!(all("2,1-3"), [(2, own), (1, second), (3, second)]);
    assert_eq!(all("1-2,2-3"), [(1, first), (2, first), (3, second)]);
    assert_eq!(all("9,8,9"), [(9, own), (8, own)]);
    assert_eq!(all("65534-65535"), [(65534, first), (65535, first)]);
}

#[test]
fn every_mistake_has_its_own_answer() {
    let range = "1 to 65535";
    let table = [
        ("", "a port or a list", None),
        (",", "each side of every comma", None),
        ("80,,90", "each side of every comma", Some("80,90")),
        ("80,", "each side of every comma", Some("80")),
        ("65536", range, None),
        ("99999999999999999999", range, None),
        ("0", "for listening only", None),
        ("22,0", "for listening only", None),
        ("10-5", "lower port to the higher", Some("5-10")),
        ("1-", "both its ends", Some("1-65535")),
        ("-5", "both its ends", Some("1-5")),
        ("-", "both its ends", None),
        ("1-2-3", "two ends", None),
        ("0-10", "within 1-65535", Some("1-10")),
        ("1-70000", "within 1-65535", None),
        ("htps", "a service name", Some("https")),
        ("22,htps,80", "a service name", Some("22,https,80")),
        ("22, 80", "a service name", Some("22,80")),
        ("8000..8100", "a range such as", Some("8000-8100")),
        ("8000–8100", "a range such as", Some("8000-8100")),
        ("22/tcp", "a port number", Some("22")),
        ("+80", "a port number", Some("80")),
        ("nothing-like-it", "a service name", None),
        ("\0", "a port number", None),
    ];
    for (text, expected, meant) in table {
        let error = PortList::parse(text, &Compiled).unwrap_err();
        assert!(error.expected.contains(expected), "{text}: {error}");
        assert_eq!(error.meant.as_deref(), meant, "{text}");
        assert_eq!(error.word, text);
    }
}

#[test]
fn zero_is_a_port_where_the_system_chooses() {
    let local = |text| PortList::parse_local(text, &Compiled);
    assert_eq!(local("0").unwrap().single(), Some(0));
    assert_eq!(local("0,80").unwrap().to_string(), "0,80");
    assert!(local("0-10").is_err());
    assert!(local("65536").unwrap_err().expected.contains("0 to 65535"));
}

#[test]
fn digits_commas_and_ranges_look_like_ports() {
    for text in ["1", "22,80", "1-5", "10-5", "1-", "80,,90", "-5"] {
        assert!(PortList::looks_like(text), "{text}");
    }
    for text in ["", "-", ",", "ssh", "10.0.0.1", "1a", "::1", "22,ssh", "１"] {
        assert!(!PortList::looks_like(text), "{text}");
    }
}

fn any_item() -> impl Strategy<Value = PortItem> {
    let range = |(a, b): (u16, u16)| PortItem::Range(a.min(b), a.max(b));
    prop_oneof![
        (1u16..).prop_map(PortItem::One),
        (1u16.., 1u16..).prop_map(range),
    ]
}

proptest! {
    // Ranges are long: a few cases are many ports.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_port_comes_once(items in prop::collection::vec(any_item(), 1..8)) {
        let list = PortList::of(items);
        let mut numbers: Vec<u16> = list.iter().map(|port| port.number).collect();
        numbers.sort_unstable();
        let mut wanted: Vec<u16> = list.items().iter().flat_map(|item| match *item {
            PortItem::One(port) => port..=port,
            PortItem::Range(low, high) => low..=high,
        }).collect();
        wanted.sort_unstable();
        wanted.dedup();
        prop_assert_eq!(numbers, wanted);
    }
}

proptest! {
    #[test]
    fn round_trips(items in prop::collection::vec(any_item(), 1..8)) {
        let list = PortList::of(items);
        prop_assert_eq!(PortList::parse(&list.to_string(), &Compiled).unwrap(), list);
    }

    #[test]
    fn nothing_panics(text in any::<String>(), like in "[0-9,a-c–./:-]{0,20}") {
        let _ = PortList::parse(&text, &Compiled);
        let _ = PortList::parse_local(&like, &Compiled);
    }
}
