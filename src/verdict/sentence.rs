//! A verdict in words, for a tired person: what happened, and what it is
//! usually a sign of. One sentence, no full stop, plain ASCII.

use std::net::IpAddr;
use std::time::Duration;

use super::{ICMP_LIMITED, Protocol, State, Verdict};

/// Says why a port got its verdict.
///
/// `target` is the address that was asked, `syns` how many SYNs (or datagrams)
/// it took, `time` from the first of them to the answer or to the deadline.
pub fn sentence(
    protocol: Protocol,
    verdict: &Verdict,
    target: Option<IpAddr>,
    syns: Option<u32>,
    time: Duration,
) -> String {
    // An offender is never a mapped address, and the target should compare.
    let target = target.map(|ip| ip.to_canonical());
    match verdict.state {
        State::Open => open(protocol, verdict, syns, time),
        State::Closed => closed(protocol, verdict),
        State::Rejected => rejected(verdict, target),
        State::Filtered if verdict.reason == "backlog-full" => {
            "its accept queue is full: the server is there, but accepts nobody".to_owned()
        }
        State::Filtered if verdict.reason == ICMP_LIMITED => {
            let by = match verdict.by {
                Some(by) if Some(by) != target => by.to_string(),
                _ => "the host, or a NAT or firewall that speaks in its name,".to_owned(),
            };
            format!(
                "not known: no answer{}, but {by} rejects others here and limits its \
                 ICMP errors, and had none to spare",
                sent(syns, "SYN"),
            )
        }
        State::Filtered => format!(
            "no answer{} in {}: dropped on the way or by the host; \
             typical of a cloud security group",
            sent(syns, "SYN"),
            seconds(time)
        ),
        State::Silent if verdict.reason == ICMP_LIMITED => format!(
            "not known: no answer{}, but the host limits its ICMP errors, and had none to spare",
            sent(syns, "datagram"),
        ),
        State::Silent => format!(
            "no answer{} in {}: open or filtered, UDP cannot tell",
            sent(syns, "datagram"),
            seconds(time)
        ),
        State::Unreachable => unreachable(protocol, verdict, target),
        State::Error => error(verdict),
    }
}

/// The kernel sends a SYN again after a second (RFC 6298 section 2), timers may be
/// early by a tick.
pub const RESENT: Duration = Duration::from_millis(990);

fn open(protocol: Protocol, verdict: &Verdict, syns: Option<u32>, time: Duration) -> String {
    match (protocol, &*verdict.reason) {
        (Protocol::Unix, "datagram") => "a datagram socket is bound to this name".to_owned(),
        (Protocol::Unix, _) => "a server listens and accepts".to_owned(),
        (Protocol::Udp, _) => format!("it replied in {}", short(time)),
        (Protocol::Tcp, _) => match syns {
            // Sooner it is a second socket that asked too, and not a lost packet.
            Some(2..) if time < RESENT => {
                format!("the handshake completed in {}", short(time))
            }
            Some(2) => format!("the handshake completed in {}: 1 SYN lost", short(time)),
            Some(syns @ 3..) => format!(
                "the handshake completed in {}: {} SYNs lost",
                short(time),
                syns - 1
            ),
            _ => format!("the handshake completed in {}", short(time)),
        },
    }
}

fn closed(protocol: Protocol, verdict: &Verdict) -> String {
    match (protocol, &*verdict.reason) {
        (Protocol::Unix, "no-such-file") => "there is no socket of this name",
        (Protocol::Unix, _) => {
            "nobody listens on this name: it is free, left behind, or not a socket"
        }
        (Protocol::Udp, _) => {
            "the host, or a NAT or firewall that speaks in its name, \
             answered ICMP port-unreachable: nothing listens here"
        }
        (Protocol::Tcp, _) => "the host answered RST: it is up, nothing listens here",
    }
    .to_owned()
}

fn rejected(verdict: &Verdict, target: Option<IpAddr>) -> String {
    let what = icmp_name(&verdict.reason);
    match verdict.by {
        Some(by) if Some(by) != target => {
            format!("{by} rejected it (ICMP {what}): a firewall on the way")
        }
        _ => format!(
            "rejected (ICMP {what}) by the host, or a NAT or firewall that speaks in its name"
        ),
    }
}

fn unreachable(protocol: Protocol, verdict: &Verdict, target: Option<IpAddr>) -> String {
    let by = match verdict.by {
        Some(by) if Some(by) != target => by.to_string(),
        _ => "the host, or a NAT or firewall that speaks in its name,".to_owned(),
    };
    match &*verdict.reason {
        "no-route" => "this machine has no route to it".to_owned(),
        "route-prohibited" => "the routing table of this machine prohibits it".to_owned(),
        "route-blackhole" => "the routing table of this machine discards it (blackhole)".to_owned(),
        "broadcast" => {
            let how = match protocol {
                Protocol::Udp => ": send to it with `sock send -u --broadcast`",
                Protocol::Tcp | Protocol::Unix => "",
            };
            format!("a broadcast address of a network of this machine, which no host has{how}")
        }
        "multicast" => {
            "the address of a multicast group, which no host has: TCP needs one host".to_owned()
        }
        "neighbour-failure" => "nobody on the local network answers for this address: \
             the host is down, or the address is wrong"
            .to_owned(),
        "icmp-net-unreachable" => format!("{by} has no route to it"),
        "icmp-host-unreachable" if verdict.by == target => {
            format!("{by} says that it cannot be reached: it is down, or the address is wrong")
        }
        "icmp-host-unreachable" => {
            format!("{by} cannot reach the host: it is down, or the address is wrong")
        }
        "icmp-time-exceeded" => {
            format!("the packet died of old age at {by}: a routing loop, or a TTL too small")
        }
        other => format!("{by} could not deliver it (ICMP {})", icmp_name(other)),
    }
}

fn error(verdict: &Verdict) -> String {
    match &*verdict.reason {
        "local-firewall" => {
            let did = match verdict.by {
                Some(_) => "rejected",
                None => "dropped",
            };
            format!("a firewall on this machine {did} it: nothing is known about the port")
        }
        "self-connect" => {
            "the connection met itself: choose a source port other than the target's".to_owned()
        }
        "EMFILE" | "ENFILE" => format!(
            "this machine is out of descriptors ({}): raise `ulimit -n`, or ask fewer at once",
            verdict.reason
        ),
        "ENOBUFS" => "this machine has no room for so many at once (ENOBUFS), as for neighbours \
             that do not answer (gc_thresh3 of arp(7)): --concurrency 300 asks fewer"
            .to_owned(),
        "EADDRNOTAVAIL" => "this machine is out of local ports (EADDRNOTAVAIL), \
             or the source address is not its own"
            .to_owned(),
        "EACCES" | "EPERM" => format!("permission denied on this machine ({})", verdict.reason),
        "EAFNOSUPPORT" => "this machine cannot speak this address family (EAFNOSUPPORT)".to_owned(),
        other => format!("trouble on this machine ({other}): nothing is known about the port"),
    }
}

/// ` to 3 SYNs`; nothing where nobody counted.
fn sent(count: Option<u32>, what: &str) -> String {
    match count {
        Some(1) => format!(" to 1 {what}"),
        Some(n) => format!(" to {n} {what}s"),
        None => String::new(),
    }
}

/// The name of an ICMP error without our prefix.
fn icmp_name(reason: &str) -> &str {
    reason.strip_prefix("icmp-").unwrap_or(reason)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Milliseconds below a second: a round trip in tenths of a second says nothing.
pub(super) fn short(time: Duration) -> String {
    match time.as_secs_f64() * 1e3 {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        _ => seconds(time),
    }
}

#[cfg(test)]
mod tests;
