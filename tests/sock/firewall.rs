//! What the network says, and who said it: every kind of answer that routers,
//! firewalls and routing tables can give to a connect(), for TCP and UDP, IPv4
//! and IPv6, told apart by a process without any capability.
//!
//! client - r1 - r2 - server; the rules are generated from the table of cases,
//! so that a case is one row: where, what nft does there, what must be said.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::support::command::Cmd;
use crate::support::*;

/// Who an ICMP error comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Nobody,
    Client,
    R1,
    R2,
    Server,
}
use By::{Client, Nobody, R1, R2, Server};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Family {
    V4,
    V6,
}
use Family::{V4, V6};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    Tcp,
    Udp,
}
use Protocol::{Tcp, Udp};

impl By {
    /// The address it speaks with: routers with that of the link to the client.
    fn address(self, family: Family) -> Option<&'static str> {
        Some(match (self, family) {
            (Nobody, _) => return None,
            (Client, V4) => "10.0.1.2",
            (Client, V6) => "fd00:1::2",
            (R1, V4) => "10.0.1.1",
            (R1, V6) => "fd00:1::1",
            (R2, V4) => "10.0.2.2",
            (R2, V6) => "fd00:2::2",
            (Server, V4) => "10.0.3.2",
            (Server, V6) => "fd00:3::2",
        })
    }
}

/// A verdict: state, reason, by.
type Says = (&'static str, &'static str, By);

/// One port of the server, what a host on the way does with it, and the verdict.
struct Case {
    port: u16,
    host: &'static str,
    /// The nft statement for packets to this port; empty for none.
    rule: &'static str,
    family: Option<Family>,
    tcp: Says,
    udp: Says,
}

const fn case(
    port: u16,
    host: &'static str,
    rule: &'static str,
    family: Option<Family>,
    tcp: Says,
    udp: Says,
) -> Case {
    Case {
        port,
        host,
        rule,
        family,
        tcp,
        udp,
    }
}

const OPEN: Says = ("open", "syn-ack", Nobody);
const REPLY: Says = ("open", "reply", Nobody);
const CLOSED: Says = ("closed", "reset", Nobody);
const FILTERED: Says = ("filtered", "no-answer", Nobody);
const SILENT: Says = ("silent", "no-answer", Nobody);
const UDP_CLOSED: Says = ("closed", "icmp-port-unreachable", Server);
const LOCAL_REJECT: Says = ("error", "local-firewall", Client);
const LOCAL_DROP: Says = ("error", "local-firewall", Nobody);

const fn rejected(reason: &'static str, by: By) -> Says {
    ("rejected", reason, by)
}

const fn unreachable(reason: &'static str, by: By) -> Says {
    ("unreachable", reason, by)
}

/// Every rule sits on a port that the server listens on, except 2001 and 2010.
#[rustfmt::skip]
const CASES: &[Case] = &[
    case(2000, "", "", None, OPEN, REPLY),
    case(2001, "", "", None, CLOSED, UDP_CLOSED),

    case(2010, "r1", "meta l4proto tcp reject with tcp reset", None, CLOSED, UDP_CLOSED),
    case(2011, "server", "meta l4proto tcp reject with tcp reset", None, CLOSED, REPLY),

    case(2020, "r1", "drop", None, FILTERED, SILENT),
    case(2021, "r2", "drop", None, FILTERED, SILENT),
    case(2022, "server", "drop", None, FILTERED, SILENT),
    // Its replies are dropped: see the chain `out` of the server.
    case(2023, "", "", None, FILTERED, SILENT),

    case(2030, "r1", "reject with icmpx admin-prohibited", None, rejected("icmp-admin-prohibited", R1), rejected("icmp-admin-prohibited", R1)),
    case(2031, "r2", "reject with icmpx admin-prohibited", None, rejected("icmp-admin-prohibited", R2), rejected("icmp-admin-prohibited", R2)),
    case(2032, "server", "reject with icmpx admin-prohibited", None, rejected("icmp-admin-prohibited", Server), rejected("icmp-admin-prohibited", Server)),

    case(2040, "r1", "reject", None, rejected("icmp-port-unreachable", R1), rejected("icmp-port-unreachable", R1)),
    case(2041, "r2", "reject", None, rejected("icmp-port-unreachable", R2), rejected("icmp-port-unreachable", R2)),
    case(2042, "server", "reject", None, rejected("icmp-port-unreachable", Server), UDP_CLOSED),

    case(2050, "r1", "reject with icmp net-unreachable", Some(V4), unreachable("icmp-net-unreachable", R1), unreachable("icmp-net-unreachable", R1)),
    case(2051, "r2", "reject with icmp host-unreachable", Some(V4), unreachable("icmp-host-unreachable", R2), unreachable("icmp-host-unreachable", R2)),
    case(2052, "r1", "reject with icmp prot-unreachable", Some(V4), rejected("icmp-protocol-unreachable", R1), rejected("icmp-protocol-unreachable", R1)),
    case(2053, "r2", "reject with icmp net-prohibited", Some(V4), rejected("icmp-net-prohibited", R2), rejected("icmp-net-prohibited", R2)),
    case(2054, "r1", "reject with icmp host-prohibited", Some(V4), rejected("icmp-host-prohibited", R1), rejected("icmp-host-prohibited", R1)),

    case(2060, "r1", "reject with icmpv6 no-route", Some(V6), unreachable("icmp-net-unreachable", R1), unreachable("icmp-net-unreachable", R1)),
    case(2061, "r2", "reject with icmpv6 addr-unreachable", Some(V6), unreachable("icmp-host-unreachable", R2), unreachable("icmp-host-unreachable", R2)),
    case(2062, "r1", "reject with icmpv6 policy-fail", Some(V6), rejected("icmp-policy", R1), rejected("icmp-policy", R1)),
    case(2063, "r2", "reject with icmpv6 reject-route", Some(V6), rejected("icmp-reject-route", R2), rejected("icmp-reject-route", R2)),

    case(2070, "client", "reject with icmpx admin-prohibited", None, LOCAL_REJECT, LOCAL_REJECT),
    case(2071, "client", "reject", None, LOCAL_REJECT, LOCAL_REJECT),
    case(2072, "client", "drop", None, LOCAL_DROP, LOCAL_DROP),
];

/// The network, made once for this module.
fn lab() -> Option<&'static Namespace> {
    static LAB: OnceLock<Option<Namespace>> = OnceLock::new();
    LAB.get_or_init(|| {
        let ports = CASES
            .iter()
            .filter(|case| ![2001, 2010].contains(&case.port))
            .fold(String::new(), |mut words, case| {
                let _ = write!(words, "tcp:{0} udp:{0} ", case.port);
                words
            });
        Namespace::new(
            include_str!("../peers/lab.sh"),
            &[
                ("SERVER", include_str!("../peers/server.py").to_owned()),
                ("PORTS", ports),
                ("RULES_client", rules("client", "output")),
                ("RULES_r1", rules("r1", "forward")),
                ("RULES_r2", rules("r2", "forward")),
                ("RULES_server", rules("server", "input")),
            ],
        )
    })
    .as_ref()
}

fn rules(host: &str, hook: &str) -> String {
    let mut text = format!(
        "add table inet lab\nadd chain inet lab in {{ type filter hook {hook} priority 0; }}\n"
    );
    for case in CASES.iter().filter(|case| case.host == host) {
        let family = match case.family {
            Some(V4) => "meta nfproto ipv4 ",
            Some(V6) => "meta nfproto ipv6 ",
            None => "",
        };
        let protocol = if case.rule.starts_with("meta l4proto") {
            ""
        } else {
            "meta l4proto { tcp, udp } "
        };
        let rule = match case.rule.split_once(" reject with tcp") {
            Some((tcp, rest)) => format!("{tcp} th dport {} reject with tcp{rest}", case.port),
            None => format!("th dport {} {}", case.port, case.rule),
        };
        let _ = writeln!(text, "add rule inet lab in {family}{protocol}{rule}");
    }
    if host == "server" {
        text.push_str(
            "add chain inet lab out { type filter hook output priority 0; }\n\
             add rule inet lab out meta l4proto { tcp, udp } th sport 2023 drop\n",
        );
    }
    text
}

/// A probe from the client, as JSON.
#[track_caller]
fn rows(words: &str) -> Option<Vec<Value>> {
    let ended = sock(format!("probe --json {words}"))
        .inside(lab()?, "client")
        .any_end()
        .any_stdout()
        .run();
    Some(
        ended
            .lines()
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).expect("a JSON object a line"))
            .filter(|row| row["event"] == "probe")
            .collect(),
    )
}

/// Compares a row with a verdict; what is wrong goes to `wrong`.
fn compare(wrong: &mut String, what: &str, row: &Value, says: Says, family: Family) {
    let (state, reason, by) = says;
    let by = by.address(family);
    if row["state"] != state || row["reason"] != reason || row["by"].as_str() != by {
        let _ = writeln!(
            wrong,
            "{what}: expected {state} {reason} by {by:?}, found {} {} by {} ({row})",
            row["state"], row["reason"], row["by"]
        );
    }
}

#[track_caller]
fn all_cases(family: Family, protocol: Protocol) {
    let cases: Vec<&Case> = CASES
        .iter()
        .filter(|case| case.family.is_none_or(|only| only == family))
        .collect();
    let ports: Vec<String> = cases.iter().map(|case| case.port.to_string()).collect();
    let server = Server.address(family).expect("it has one");
    let udp = if protocol == Udp { "-u" } else { "" };
    let Some(rows) = rows(&format!("{udp} -w 1.5 {server} {}", ports.join(","))) else {
        return;
    };
    assert_eq!(rows.len(), cases.len(), "a row a port");
    let mut wrong = String::new();
    for case in &cases {
        let row = rows
            .iter()
            .find(|row| row["port"] == case.port)
            .unwrap_or_else(|| panic!("no row for {}", case.port));
        let says = if protocol == Tcp { case.tcp } else { case.udp };
        let what = format!(
            "{protocol:?} {family:?} {} {:?} at {:?}",
            case.port, case.rule, case.host
        );
        compare(&mut wrong, &what, row, says, family);
        if says == FILTERED && row["syns"] != 2 {
            let _ = writeln!(wrong, "{what}: two SYNs in 1.5 s ({row})");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn tcp_over_ipv4_says_what_each_firewall_did() {
    all_cases(V4, Tcp);
}

#[test]
fn tcp_over_ipv6_says_what_each_firewall_did() {
    all_cases(V6, Tcp);
}

#[test]
fn udp_over_ipv4_says_what_each_firewall_did() {
    all_cases(V4, Udp);
}

#[test]
fn udp_over_ipv6_says_what_each_firewall_did() {
    all_cases(V6, Udp);
}

/// What routing tables say, ours and those on the way; at once, so that the
/// answer's time tells it from a host that is down.
#[rustfmt::skip]
const ROUTES: &[(&str, Family, Says)] = &[
    ("10.9.9.9", V4, unreachable("icmp-net-unreachable", R1)),
    ("fd00:9::9", V6, unreachable("icmp-net-unreachable", R1)),
    ("10.0.66.1", V4, unreachable("icmp-time-exceeded", R2)),
    ("fd00:66::1", V6, unreachable("icmp-time-exceeded", R2)),
    ("198.51.100.1", V4, unreachable("no-route", Nobody)),
    ("2001:db8:1::1", V6, unreachable("no-route", Nobody)),
    ("192.0.2.1", V4, unreachable("no-route", Nobody)),
    ("2001:db8::1", V6, unreachable("no-route", Nobody)),
    ("192.0.2.2", V4, unreachable("route-blackhole", Nobody)),
    ("2001:db8::2", V6, unreachable("route-blackhole", Nobody)),
    ("192.0.2.3", V4, unreachable("route-prohibited", Nobody)),
    ("2001:db8::3", V6, unreachable("route-prohibited", Nobody)),
    // An `unreachable` route is a route that does not lead there.
    ("192.0.2.4", V4, unreachable("no-route", Nobody)),
    ("2001:db8::4", V6, unreachable("no-route", Nobody)),
];

#[track_caller]
fn routes(protocol: &str) {
    let mut wrong = String::new();
    for &(target, family, says) in ROUTES {
        let Some(rows) = rows(&format!("{protocol} -w 1 {target} 80")) else {
            return;
        };
        assert_eq!(rows.len(), 1);
        let what = format!("{protocol} {target}");
        compare(&mut wrong, &what, &rows[0], says, family);
        let time = rows[0]["time_ms"].as_f64();
        if time.is_some_and(|ms| ms > 500.0) {
            let _ = writeln!(wrong, "{what}: not at once: {time:?} ms");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn routes_that_lead_nowhere_say_so_at_once() {
    routes("");
}

#[test]
fn routes_that_lead_nowhere_say_so_at_once_to_udp() {
    routes("-u");
}

/// Hosts that are down take the 3.1 s of three unanswered neighbour requests,
/// within the default `-w` of 4 s. Behind a router it is the last router that
/// says so, on our own link we ourselves.
#[track_caller]
fn host_down(protocol: &str) {
    const DOWN: &[(&str, Family, Says)] = &[
        ("10.0.3.99", V4, unreachable("icmp-host-unreachable", R2)),
        ("fd00:3::99", V6, unreachable("icmp-host-unreachable", R2)),
        ("10.0.1.99", V4, unreachable("neighbour-failure", Client)),
        ("fd00:1::99", V6, unreachable("neighbour-failure", Client)),
    ];
    let words: Vec<String> = DOWN.iter().map(|(host, ..)| format!("{host} 80")).collect();
    let Some(rows) = rows(&format!("{protocol} {}", words.join(" "))) else {
        return;
    };
    assert_eq!(rows.len(), DOWN.len());
    let mut wrong = String::new();
    for (target, family, says) in DOWN {
        let row = rows
            .iter()
            .find(|row| row["target"] == *target)
            .unwrap_or_else(|| panic!("no row for {target}"));
        compare(
            &mut wrong,
            &format!("{protocol} {target}"),
            row,
            *says,
            *family,
        );
        let ms = row["time_ms"].as_f64().unwrap_or(0.0);
        if !(2000.0..4000.0).contains(&ms) {
            let _ = writeln!(wrong, "{target}: about 3.1 s, not {ms} ms");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn hosts_that_are_down_are_unreachable() {
    host_down("");
}

#[test]
fn hosts_that_are_down_are_unreachable_for_udp() {
    host_down("-u");
}

#[test]
fn the_user_of_these_tests_has_no_capabilities() {
    let Some(lab) = lab() else { return };
    Cmd::new("grep")
        .words("CapEff /proc/self/status")
        .inside(lab, "client")
        .stdout("CapEff:\t0000000000000000\n")
        .run();
}

/// A host answers one port per connect: each state gives its code, and kinds of
/// wrong answers that differ give 9.
#[test]
fn each_state_has_its_code() {
    let Some(lab) = lab() else { return };
    #[rustfmt::skip]
    let codes: &[(&str, i32)] = &[
        ("10.0.3.2 2000", 0),
        ("10.0.3.2 2001", 4),
        ("10.0.3.2 2020", 5),
        ("-u 10.0.3.2 2020", 5),
        ("-u 10.0.3.2 2001", 4),
        ("10.0.3.2 2030", 6),
        ("10.0.3.2 2050", 6),
        ("10.0.3.2 2030,2050", 6),
        ("198.51.100.1 80", 6),
        ("10.0.3.2 2071", 1),
        ("10.0.3.2 2001,2020", 9),
        ("10.0.3.2 2001,2030", 9),
        ("10.0.3.2 2001,2072", 1),
        ("10.0.3.2 2000,2001", 4),
        ("10.0.3.2 2000-2001", 0),
        ("10.0.3.2 2000,2000-2001", 0),
        ("10.0.3.2 2001,2000-2001", 4),
    ];
    for &(words, code) in codes {
        sock(format!("probe -w 1.3 {words}"))
            .inside(lab, "client")
            .code(code)
            .any_stdout()
            .run();
    }
}

/// 22 and 80 by name and a range beside them, as people type it.
#[test]
fn filtered_ports_of_a_range_take_two_syns() {
    let Some(lab) = lab() else { return };
    let ended = sock("probe 10.0.3.2 2020-2023")
        .inside(lab, "client")
        .code(5)
        .any_stdout()
        .run();
    // Four at the same time, each for the range's 1.3 s.
    took(ended.elapsed, Duration::from_millis(1300));
}

/// The other verbs read the same evidence.
#[track_caller]
fn connect_fails(words: &str, code: i32, errno: &str, contains: &str) {
    let Some(lab) = lab() else { return };
    let ended = sock(format!("connect {words}"))
        .inside(lab, "client")
        .code(code)
        .any_stderr()
        .run();
    assert_eq!(ended.err.lines().count(), 1, "one line: {ended}");
    assert!(ended.err.starts_with("sock: connect "), "{ended}");
    assert!(ended.err.contains(contains), "{contains:?} in {ended}");
    if !errno.is_empty() {
        assert!(ended.err.contains(&format!("({errno})")), "{ended}");
    }
}

#[test]
fn connect_names_the_box_that_rejected_it() {
    connect_fails("10.0.3.2 2030", 6, "EHOSTUNREACH", "10.0.1.1");
    connect_fails("fd00:3::2 2030", 6, "EACCES", "fd00:1::1");
}

#[test]
fn connect_does_not_call_a_firewall_a_closed_port() {
    connect_fails("10.0.3.2 2040", 6, "ECONNREFUSED", "10.0.1.1");
    connect_fails("fd00:3::2 2041", 6, "ECONNREFUSED", "fd00:2::2");
}

#[test]
fn connect_says_that_there_is_no_route() {
    connect_fails("198.51.100.1 80", 6, "ENETUNREACH", "198.51.100.1:80");
    connect_fails("10.9.9.9 80", 6, "ENETUNREACH", "10.0.1.1");
}

#[test]
fn connect_says_that_nobody_answered() {
    connect_fails("-w 0.5 10.0.3.2 2020", 5, "", "10.0.3.2:2020");
}

/// Datagrams that were answered by an ICMP error: the error queue said why.
#[test]
fn a_rejected_datagram_conversation_is_6() {
    let Some(lab) = lab() else { return };
    for (port, code) in [(2030, 6), (2040, 6), (2001, 4), (2020, 5)] {
        let ended = sock(format!("connect -u 10.0.3.2 {port}"))
            .inside(lab, "client")
            .input("q")
            .code(code)
            .any_stderr()
            .run();
        assert!(ended.err.starts_with("sock: "), "{ended}");
    }
}
