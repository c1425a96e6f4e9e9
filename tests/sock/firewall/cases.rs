//! The table of cases: where on the way, what nft does there, and what must be
//! said; and the nft scripts that follow from it.

use std::fmt::Write as _;
use std::sync::LazyLock;

/// Who an ICMP error comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By {
    Nobody,
    Client,
    R1,
    R2,
    Server,
    /// An address that R1 translates to that of the server.
    Public,
}
pub use By::{Client, Nobody, Public, R1, R2, Server};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    V4,
    V6,
}
pub use Family::{V4, V6};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protocol {
    Tcp,
    Udp,
}
pub use Protocol::{Tcp, Udp};

impl By {
    /// The address it speaks with: routers with that of the link to the client.
    pub fn address(self, family: Family) -> Option<&'static str> {
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
            (Public, V4) => "10.0.7.1",
            (Public, V6) => "fd00:7::1",
        })
    }
}

/// A verdict: state, reason, by.
pub type Says = (&'static str, &'static str, By);

/// One port of the server, what a host on the way does with it, and the verdict.
#[derive(Clone, Copy)]
pub struct Case {
    pub port: u16,
    pub host: &'static str,
    /// The nft statement for packets to this port, of TCP only after `tcp: `;
    /// empty for none.
    pub rule: &'static str,
    pub family: Option<Family>,
    pub tcp: Says,
    pub udp: Says,
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
pub const FILTERED: Says = ("filtered", "no-answer", Nobody);
const SILENT: Says = ("silent", "no-answer", Nobody);
const UDP_CLOSED: Says = ("closed", "icmp-port-unreachable", Server);
const LOCAL_REJECT: Says = ("error", "local-firewall", Client);
const LOCAL_DROP: Says = ("error", "local-firewall", Nobody);

pub const fn unreachable(reason: &'static str, by: By) -> Says {
    ("unreachable", reason, by)
}

/// Every rule sits on a port that the server listens on, except 2001 and 2010.
#[rustfmt::skip]
const SINGLE: &[Case] = &[
    case(2000, "", "", None, OPEN, REPLY),
    case(2001, "", "", None, CLOSED, UDP_CLOSED),
    // A clamp: R2 sees another MSS than R1.
    case(2003, "r1", "tcp: tcp flags syn tcp option maxseg size set 1000", None, OPEN, REPLY),

    case(2010, "r1", "tcp: reject with tcp reset", None, CLOSED, UDP_CLOSED),
    case(2011, "server", "tcp: reject with tcp reset", None, CLOSED, REPLY),
    case(2012, "r2", "tcp: reject with tcp reset", None, CLOSED, REPLY),

    case(2020, "r1", "drop", None, FILTERED, SILENT),
    case(2021, "r2", "drop", None, FILTERED, SILENT),
    case(2022, "server", "drop", None, FILTERED, SILENT),
    // Its replies are dropped: see the chain `out` of the server.
    case(2023, "", "", None, FILTERED, SILENT),
    case(2024, "client", "drop", None, LOCAL_DROP, LOCAL_DROP),
];

/// Everything that a firewall may send back over ICMP, with the first of the
/// ports of [`PLACES`].
#[rustfmt::skip]
const REJECTS: &[(u16, &str, Option<Family>, &str, &str)] = &[
    (2030, "reject with icmpx admin-prohibited", None, "rejected", "icmp-admin-prohibited"),
    (2040, "reject", None, "rejected", "icmp-port-unreachable"),

    (2050, "reject with icmp net-unreachable", Some(V4), "unreachable", "icmp-net-unreachable"),
    (2060, "reject with icmp host-unreachable", Some(V4), "unreachable", "icmp-host-unreachable"),
    (2070, "reject with icmp prot-unreachable", Some(V4), "rejected", "icmp-protocol-unreachable"),
    (2080, "reject with icmp net-prohibited", Some(V4), "rejected", "icmp-net-prohibited"),
    (2090, "reject with icmp host-prohibited", Some(V4), "rejected", "icmp-host-prohibited"),

    (2150, "reject with icmpv6 no-route", Some(V6), "unreachable", "icmp-net-unreachable"),
    (2160, "reject with icmpv6 addr-unreachable", Some(V6), "unreachable", "icmp-host-unreachable"),
    (2170, "reject with icmpv6 policy-fail", Some(V6), "rejected", "icmp-policy"),
    (2180, "reject with icmpv6 reject-route", Some(V6), "rejected", "icmp-reject-route"),
];

/// Where it may do so, each on the next port.
const PLACES: [(&str, By); 4] = [
    ("r1", R1),
    ("r2", R2),
    ("server", Server),
    ("client", Client),
];

/// All cases.
pub fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let rejects = REJECTS
            .iter()
            .flat_map(|&(first, rule, family, state, reason)| {
                (first..).zip(PLACES).filter_map(move |(port, (host, by))| {
                    let says = (state, reason, by);
                    let (tcp, udp) = match (by, reason) {
                        // Our own kernel says the same of a neighbour that is down.
                        (Client, "icmp-host-unreachable") => return None,
                        (Client, _) => (LOCAL_REJECT, LOCAL_REJECT),
                        (Server, "icmp-port-unreachable") => (says, UDP_CLOSED),
                        _ => (says, says),
                    };
                    Some(case(port, host, rule, family, tcp, udp))
                })
            });
        SINGLE.iter().copied().chain(rejects).collect()
    });
    &CASES
}

/// The nft script of a host, whose rules are in the chain of this hook.
pub fn rules(host: &str, hook: &str) -> String {
    let mut text = format!(
        "add table inet lab\nadd chain inet lab in {{ type filter hook {hook} priority 0; }}\n"
    );
    for case in cases().iter().filter(|case| case.host == host) {
        let family = match case.family {
            Some(V4) => "meta nfproto ipv4 ",
            Some(V6) => "meta nfproto ipv6 ",
            None => "",
        };
        let (protocol, rule) = match case.rule.strip_prefix("tcp: ") {
            Some(rule) => ("tcp", rule),
            None => ("{ tcp, udp }", case.rule),
        };
        let rule = format!("meta l4proto {protocol} th dport {} {rule}", case.port);
        let _ = writeln!(text, "add rule inet lab in {family}{rule}");
    }
    if host == "r1" {
        text.push_str(
            "add chain inet lab nat { type nat hook prerouting priority -100; }\n\
             add rule inet lab nat ip daddr 10.0.7.1 dnat ip to 10.0.3.2\n\
             add rule inet lab nat ip6 daddr fd00:7::1 dnat ip6 to fd00:3::2\n",
        );
    }
    if host == "server" {
        text.push_str(
            "add chain inet lab out { type filter hook output priority 0; }\n\
             add rule inet lab out meta l4proto { tcp, udp } th sport 2023 drop\n",
        );
    }
    text
}
