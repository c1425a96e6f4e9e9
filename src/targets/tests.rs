//! Targets with `--ports` and from files; the readings of words without them
//! are in `address/readings_test.rs`, beside those of the other verbs.

use super::*;
use crate::services::Compiled;
use crate::word::WordError;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn shown(found: &[Target]) -> String {
    let shown: Vec<String> = found.iter().map(Target::to_string).collect();
    shown.join(" ")
}

fn with_ports(line: &str, ports: &str) -> Result<String, WordError> {
    let ports = PortList::parse(ports, &Compiled)?;
    targets(&words(line), Some(&ports), &Compiled).map(|(found, _)| shown(&found))
}

#[test]
fn with_ports_every_word_is_a_target() {
    let table = [
        ("h1 h2", "h1:22,80 h2:22,80"),
        ("redis mysql", "redis:22,80 mysql:22,80"),
        ("h1:443 ::1 [::1]:5", "h1:443 [::1]:22,80 [::1]:5"),
        ("10.0.0.0/24 unix:/x", "10.0.0.0/24:22,80 unix:/x"),
        ("https://h http://h:81", "h:443 h:81"),
    ];
    for (line, want) in table {
        assert_eq!(with_ports(line, "22,80").unwrap(), want, "{line}");
    }
    let error = with_ports("h1 443 h2", "22").unwrap_err();
    assert_eq!(error.word, "443");
    assert_eq!(error.meant.as_deref(), Some("--ports 22,443 h1 h2"));
    assert_eq!(with_ports("443", "22").unwrap_err().meant, None);
}

#[test]
fn urls_that_mean_tls_are_told_once() {
    let note = |line| targets(&words(line), None, &Compiled).unwrap().1;
    assert_eq!(note("http://h h:22"), None);
    let https = "https:// here means only port 443: no TLS is spoken";
    assert_eq!(note("https://a https://b h 1").as_deref(), Some(https));
    let both = format!("{https}; imaps:// here means only port 993: no TLS is spoken");
    assert_eq!(note("https://a imaps://b"), Some(both));
}

#[test]
fn a_file_has_one_target_a_line() {
    let ports = PortList::from(22);
    let read = |line: &str, ports| {
        let target = parse_line(line, ports, &Compiled)?;
        Ok::<_, WordError>(target.map(|target| target.to_string()))
    };
    let table = [
        ("", None, None),
        ("  # comment", None, None),
        ("h:80 # web\r", Some("h:80"), Some("h:80")),
        ("\u{feff}h 80", Some("h:80"), Some("h:80")),
        ("h 80 443", Some("h:80,443"), Some("h:80,443")),
        ("unix:/x#y", Some("unix:/x#y"), Some("unix:/x#y")),
        (
            "10.0.0.0/30:22",
            Some("10.0.0.0/30:22"),
            Some("10.0.0.0/30:22"),
        ),
    ];
    for (line, alone, with) in table {
        assert_eq!(read(line, None).unwrap().as_deref(), alone, "{line}");
        assert_eq!(read(line, Some(&ports)).unwrap().as_deref(), with, "{line}");
    }
    assert_eq!(read("h", Some(&ports)).unwrap().as_deref(), Some("h:22"));
    assert!(read("h", None).is_err());
    let error = read("a:1 b:2", None).unwrap_err();
    assert_eq!(
        (error.word.as_str(), error.expected.as_str()),
        ("a:1 b:2", "one target a line")
    );
    assert!(read("80", Some(&ports)).is_err());
}
