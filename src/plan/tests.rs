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
        ("listen 5005 cat", "did you mean `-- cat`"),
        ("probe h 22, 80", "did you mean `22,80`"),
        ("probe h 53/udp", "-u asks over UDP"),
        ("probe h foo", "`foo` is neither a port nor a service"),
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
        ("connect -u h 1 --nodelay", "--nodelay is for TCP"),
        ("recv unix:/x --keepalive 3", "this is a Unix socket"),
        ("probe -u h 1 --mss 500", "--mss is for TCP"),
        ("listen unix:/x --ttl 3", "--ttl is for TCP and UDP"),
        ("listen 1 --broadcast", "--broadcast is for UDP"),
        ("recv -l 1 --multicast 239.1.1.1", "--multicast is for UDP"),
        ("recv -u -l 1 --multicast 10.1.1.1", "address of a group"),
        (
            "send -u 10.0.0.1 1 --multicast 239.1.1.1",
            "send -u 239.1.1.1",
        ),
        ("connect h 1 --reuse-port", "goes with --source"),
        ("send h 1 --freebind", "goes with --source"),
        ("recv h 1 --mode 600", "goes with --listen"),
        ("listen 1 --mode 600", "has none"),
        ("listen unix:@x --mode 600", "has none"),
        ("listen unix:/x --mode 668", "in octal"),
        ("listen 1 --echo --linger 3", "only --linger 0"),
        ("listen 1 --discard --crlf", "--discard"),
        ("listen 1 --max-clients 3 -k", "--echo, --discard"),
        ("listen 1 --max-clients 3 --echo", "goes with -k"),
        ("listen 1 --max-clients 0 --echo -k", "at least 1"),
        ("listen 1 -u --max-clients 3 --echo -k", "nobody stays"),
        ("listen 1 --drain 3s", "--drain goes with"),
        ("listen 1 --sh cat -- cat", "--sh"),
        ("listen 1 --idle 3s -- cat", "--idle"),
        ("listen 1 --echo --crlf", "--echo sends it as it is"),
        (
            "listen 1 --generate 5 --crlf",
            "--generate sends it as it is",
        ),
        (
            "listen -u 1 --generate 5",
            "--generate sends to who connects",
        ),
        ("listen 1 --generate 5 --reply x", "--reply"),
        ("listen 1 --generate 5 --grace 1", "--grace"),
        (
            "connect h 1 --recv-flags waitall",
            "waitall is for sock recv",
        ),
        ("recv h 1 --recv-chunk 5MiB", "from one byte to 4MiB"),
        ("recv h 1 --recv-chunk 0", "from one byte to 4MiB"),
        ("send h 1 --rate 0", "above 0"),
        ("connect h 1 --linger 1.5", "whole seconds"),
        ("connect h 1 --keepalive 100ms", "whole seconds"),
        ("connect h 1 --user-timeout 0", "whole milliseconds"),
        ("connect h 1 --dscp af44", "did you mean `af41`"),
        ("connect h 1 --ttl 0", "1..=255"),
        ("connect h 1 --mss 87", "88..=32767"),
        ("connect h 1 --mark 0xfg", "0xffffffff"),
        ("connect h 1 --mark -1", "0xffffffff"),
        ("connect h 1 --sndbuf 0", "from one byte"),
        ("connect h 1 --interface sixteen-letters-", "15 characters"),
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

#[test]
fn socket_options_become_data_in_the_order_of_their_calls() {
    use crate::stage::options::SocketOption::*;
    let line = "connect h 1 --nodelay --rcvbuf 64k --sndbuf 1MiB --keepalive 1m --ttl 3 \
                --user-timeout 1.5 --dscp 46 --mss 500 --congestion reno --mark 0x10 \
                --interface lo --linger 0 --source 10.0.0.9 --reuse-port --freebind --mptcp";
    let Verb::Connect(connect) = verb(line) else {
        panic!()
    };
    let options = connect.dial.connect.socket;
    let set = vec![
        SendBuffer(1 << 20),
        ReceiveBuffer(1 << 16),
        NoDelay,
        KeepAlive(60),
        UserTimeout(Duration::from_millis(1500)),
        Congestion("reno".into()),
        Dscp("ef".parse().unwrap()),
        Ttl(3),
        MaxSegment(500),
        Mark(16),
        Interface("lo".into()),
        ReusePort,
        Freebind,
    ];
    assert_eq!(options.set, set);
    assert_eq!(
        (options.mptcp, options.linger),
        (true, Some(Duration::ZERO))
    );
    let typed: Vec<String> = set.iter().map(ToString::to_string).collect();
    let again = format!("connect h 1 --source 10.0.0.9 {}", typed.join(" "));
    let Verb::Connect(connect) = verb(&again) else {
        panic!()
    };
    assert_eq!(connect.dial.connect.socket.set, set, "as it is shown");
}

#[test]
fn a_group_is_joined_by_who_waits_and_sent_to_by_who_dials() {
    use crate::stage::options::SocketOption::{Join, SendTo};
    let group = "239.1.1.1".parse().unwrap();
    let Verb::Recv(recv) = verb("recv -u -l 5 --multicast 239.1.1.1") else {
        panic!()
    };
    let Way::Wait(wait) = recv.way else { panic!() };
    let interface = None;
    assert_eq!(wait.socket.set, [Join { group, interface }]);
    let Verb::Send(send) = verb("send -u 239.1.1.1 5 --multicast 239.1.1.1 --interface lo") else {
        panic!()
    };
    let Way::Dial(dial) = send.way else { panic!() };
    let interface = Some("lo".to_owned());
    assert_eq!(dial.connect.socket.set[1], SendTo { group, interface });
}

#[test]
fn what_has_no_effect_is_told_once() {
    let notes = |line: &str| match verb(line) {
        Verb::Listen(listen) => listen.wait.socket.notes,
        Verb::Connect(connect) => connect.dial.connect.socket.notes,
        other => panic!("{other:?}"),
    };
    assert_eq!(notes("listen unix:/x --rcvbuf 64k --linger 3").len(), 2);
    assert_eq!(notes("connect -u h 1 --linger 3").len(), 1);
    assert!(notes("connect h 1 --rcvbuf 64k --linger 3").is_empty());
}

#[test]
fn a_paced_stream_leaves_in_small_pieces_and_messages_stay_whole() {
    let options = |line: &str| match verb(line) {
        Verb::Send(send) => send.send,
        other => panic!("{other:?}"),
    };
    assert_eq!(options("send h 1 --rate 100kB/s").chunk, Some(2000));
    assert_eq!(
        options("send h 1 --rate 100kB/s --chunk 10").chunk,
        Some(10)
    );
    assert_eq!(options("send h 1 --rate 10").chunk, Some(1));
    assert_eq!(options("send -u h 1 --rate 10").chunk, Some(1452));
    assert_eq!(options("send h 1 --rate 10 --message long").chunk, None);
    assert_eq!(options("send h 1").chunk, None);
}
