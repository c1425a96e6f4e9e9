//! Option tests that start no process.

use clap::FromArgMatches;

use super::*;
use crate::services::Compiled;

fn plan(line: &str) -> Result<Plan, String> {
    let words = std::iter::once("sock").chain(line.split_whitespace());
    let said = |error: clap::Error| {
        let text = error.render().to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        first.replace('\n', " ")
    };
    let matches = cli::command().try_get_matches_from(words).map_err(said)?;
    let cli = Cli::from_arg_matches(&matches).map_err(said)?;
    Plan::new(cli, Facts::default(), &Compiled).map_err(|refusal| said(refusal.error))
}

fn verb(line: &str) -> Verb {
    match plan(line).map(|plan| plan.errand) {
        Ok(Errand::Verb(verb)) => *verb,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_port_alone_listens_in_recv_only() {
    let Verb::Recv(recv) = verb("recv 5005") else {
        panic!()
    };
    assert!(matches!(recv.way, Way::Wait(_)));
    let Verb::Recv(recv) = verb("recv host 5005") else {
        panic!()
    };
    assert!(matches!(recv.way, Way::Dial(_)));
    assert!(plan("connect 5005").unwrap_err().contains("localhost"));
    assert!(plan("recv").unwrap_err().contains("recv -l 5005"));
}

#[test]
fn words_after_the_address_are_files() {
    let Verb::Send(send) = verb("send host 5005 a b") else {
        panic!()
    };
    assert!(matches!(send.what, What::Input { files, .. } if files.len() == 2));
    let Verb::Send(send) = verb("send -l 5005 a") else {
        panic!()
    };
    assert!(matches!(send.what, What::Input { files, .. } if files.len() == 1));
    assert!(plan("connect host 5005 extra").is_err());
}

#[test]
fn combinations_that_make_no_sense_are_named() {
    for (line, part) in [
        ("send -u -l 5005", "send -u -l"),
        ("connect --seqpacket h 1", "--seqpacket"),
        ("connect --source 1.2.3 h 1", "--source 1.2.3"),
        ("connect --source 1.2.3.4 unix:/x", "Unix socket"),
        ("recv -l 5005 --count 3", "--count"),
        ("send h 1 --message x file", "--message"),
        ("send h 1 --count 3", "--message"),
        ("probe -u unix:/x", "-u"),
        ("probe h 1 --expect opne", "did you mean `open`"),
        ("probe h 1 --expect error", "trouble of this machine"),
        ("probe h 1 --pause connect=1s", "sock connect --pause"),
        ("listen -u 1,2", "one address"),
        ("listen --backlog 0", "from 1"),
        ("listen --backlog -1", "from 1"),
        ("connect h 1 --grace 5M", "5m"),
        ("connect h 1 --quiet -v", "--quiet"),
        ("send -l 5005 --retry 3", "--retry"),
        ("send h 1 --backlog 3", "--listen"),
        ("recv h 1 --force", "--output"),
        ("connect 127.0.0.1 80 ::1 80", "::1"),
        ("listen 1 --echo --grace 1", "--grace"),
        ("connect h 1 --pause conect=1", "`connect`"),
        ("connect h 1 -4 -6", "'-6'"),
        ("connect h 1 --recv-flags peek", "peek"),
    ] {
        let said = plan(line).expect_err(line);
        assert!(said.contains(part), "{line}: {said}");
    }
}

#[test]
fn colour_and_tables_are_for_terminals() {
    let cli = |line: &str| {
        let words = std::iter::once("sock").chain(line.split_whitespace());
        let matches = cli::command().try_get_matches_from(words).unwrap();
        Cli::from_arg_matches(&matches).unwrap()
    };
    let terminal = Facts {
        stdout_terminal: true,
        ..Facts::default()
    };
    let style = |line: &str, facts: Facts| Plan::new(cli(line), facts, &Compiled).unwrap().style;
    assert!(style("probe h 1", terminal).color);
    let no_color = Facts {
        no_color: true,
        ..terminal
    };
    assert!(!style("probe h 1", no_color).color);
    assert!(style("probe h 1 --color always", no_color).color);
    assert!(!style("probe h 1 --json", terminal).table);
    assert!(!style("probe h 1", Facts::default()).table);
}

#[test]
fn sources_are_read_with_and_without_a_port() {
    use crate::stage::bind::Source;
    let read = |word| rules::source(Some(word), false).map(Option::unwrap);
    let source = |ip: Option<&str>, port| Source {
        ip: ip.map(|ip| ip.parse().unwrap()),
        port,
    };
    assert_eq!(read("10.0.0.9"), Ok(source(Some("10.0.0.9"), 0)));
    assert_eq!(read("10.0.0.9:40"), Ok(source(Some("10.0.0.9"), 40)));
    assert_eq!(read("::1"), Ok(source(Some("::1"), 0)));
    assert_eq!(read("[::1]:40"), Ok(source(Some("::1"), 40)));
    assert_eq!(read(":40"), Ok(source(None, 40)));
    for wrong in ["", "x", "1.2.3.4:x", "1.2.3.4:70000", "[::1", "::1]:1"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
