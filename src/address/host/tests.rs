use super::*;
use proptest::prelude::*;

#[test]
fn hosts_are_read_and_written() {
    let table = [
        "db.internal",
        "db.internal.",
        "my_service",
        "3com.com",
        "XN--bcher-kva.example",
        "localhost",
        "10.0.0.5",
        "::1",
        "::",
        "fe80::1%eth0",
        "fe80::1%2",
        "fe80::1%br-0.100",
        "::ffff:10.0.0.5",
    ];
    for text in table {
        let host: Host = text.parse().unwrap();
        assert_eq!(host.to_string(), text);
        let is_name = text.contains(|c| ('g'..='z').contains(&c)) && !text.contains(':');
        assert_eq!(host.ip().is_none(), is_name, "{text}");
    }
    assert_eq!(Host::parse("FE80:0::1").unwrap().to_string(), "fe80::1");
}

#[test]
fn errors_show_the_form_that_was_meant() {
    let long = "x".repeat(64);
    let longer = format!("{}x", "x.".repeat(127));
    let table = [
        ("", None),
        (".", None),
        ("a..b", None),
        (".a", None),
        ("-a", None),
        ("a b", None),
        ("a:b", None),
        (&long, None),
        (&longer, None),
        ("bücher.example", Some("xn--bcher-kva.example")),
        ("BÜCHER.Example.", Some("xn--bcher-kva.example.")),
        ("東京", Some("xn--1lqs71d")),
        ("a b ü", None),
        ("ü..b", None),
        ("“host”", None),
        ("127.1", Some("127.0.0.1")),
        ("10.1.2", Some("10.1.0.2")),
        ("010.0.0.1", Some("10.0.0.1")),
        ("10.0.0.1.80", Some("10.0.0.1:80")),
        ("10.0.0.256", None),
        ("1.2.3.4.5.6", None),
        ("fe80::1%", None),
        ("fe80::1%a/b", None),
        ("fe80::1%an-interface-name", None),
        ("10.0.0.1%eth0", None),
        ("example.com/x", Some("example.com")),
        ("/", None),
        ("a@", None),
    ];
    for (text, meant) in table {
        let error = Host::parse(text).unwrap_err();
        assert_eq!(error.meant.as_deref(), meant, "{text}");
    }
    let error = Host::parse("bob:secret@host").unwrap_err();
    assert_eq!(error.word, "host");
    assert_eq!(error.meant.as_deref(), Some("host"));
}

proptest! {
    #[test]
    fn round_trips(ip: IpAddr, zone in "[a-z0-9._-]{1,15}", name in "[a-z_][a-z0-9_-]{0,20}(\\.[a-z][a-z0-9]{0,20}){0,3}\\.?") {
        for text in [ip.to_string(), Host::from(ip).to_string(), name] {
            prop_assert_eq!(Host::parse(&text).unwrap().to_string(), text);
        }
        if let IpAddr::V6(ip) = ip {
            let host = Host::V6(ip, Some(zone));
            prop_assert_eq!(Host::parse(&host.to_string()).unwrap(), host);
        }
    }

    #[test]
    fn nothing_panics(text in any::<String>(), like in "[0-9a-f:.%/@ü\\[\\]-]{0,90}") {
        let _ = Host::parse(&text);
        let _ = Host::parse(&like);
    }
}
