//! The evidence table: one function from what the kernel told to a verdict.

use std::net::IpAddr;

use nix::errno::Errno;

use super::icmp::{HOST_UNREACHABLE, PORT_UNREACHABLE, meaning};
use super::{Icmp, Protocol, State, Verdict};

/// What a question to a port has brought to light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// connect() completed (and the peer's name was there to be read).
    Connected,
    /// A datagram came back.
    Reply,
    /// connect(), send() or SO_ERROR gave this errno; `icmp` is the entry of
    /// the error queue that belongs to it. Empty says as much as full: without
    /// an entry no packet of anybody's caused the error.
    Errno {
        /// The number, as in errno(3).
        errno: i32,
        /// The ICMP error behind it.
        icmp: Option<Icmp>,
    },
    /// The deadline passed and nothing had come.
    Silence,
    /// Silence where ICMP errors are rationed, and there may have been none left
    /// for this port; over TCP with who rejects others there.
    Rationed(Option<IpAddr>),
    /// Silence, because nobody on our own link answers for the target's address:
    /// what was sent still waits for a neighbour.
    NoNeighbour,
    /// Silence, but our own SYNs never left: TCP_INFO shows retransmissions
    /// that were made (`total_retrans`) and none outstanding (`retrans`).
    LocalDrop,
    /// This machine has no address that could talk to the target's family or
    /// scope: EADDRNOTAVAIL although ports are free.
    NoSource,
    /// The routing table says that the address is a broadcast address, and
    /// nothing was sent.
    Broadcast,
    /// The socket met itself: local and remote end were the same (RFC 9293
    /// section 3.5, simultaneous open), again and again.
    SelfConnect,
}

impl Evidence {
    /// An errno with nothing in the error queue.
    pub fn errno(errno: i32) -> Evidence {
        Evidence::Errno { errno, icmp: None }
    }
}

/// What the evidence says about the port.
///
/// `target` is the address that was asked and `own` the local address it was
/// asked from (`None` where unknown, and for Unix sockets): an ICMP error from
/// the target, from ourselves and from a third address mean different things.
pub fn judge(
    protocol: Protocol,
    target: Option<IpAddr>,
    own: Option<IpAddr>,
    evidence: &Evidence,
) -> Verdict {
    match evidence {
        Evidence::Connected if protocol == Protocol::Unix => Verdict::new(State::Open, "connected"),
        Evidence::Connected => Verdict::new(State::Open, "syn-ack"),
        Evidence::Reply => Verdict::new(State::Open, "reply"),
        Evidence::Silence => silence(protocol),
        Evidence::Rationed(by) => Verdict {
            reason: ICMP_LIMITED.into(),
            by: *by,
            ..silence(protocol)
        },
        Evidence::NoNeighbour => Verdict {
            by: own.map(|own| own.to_canonical()),
            ..Verdict::new(State::Unreachable, NEIGHBOUR_FAILURE)
        },
        Evidence::LocalDrop => Verdict::new(State::Error, LOCAL_FIREWALL),
        Evidence::NoSource => Verdict::new(State::Unreachable, "no-route"),
        Evidence::Broadcast => Verdict::new(State::Unreachable, "broadcast"),
        Evidence::SelfConnect => Verdict::new(State::Error, "self-connect"),
        Evidence::Errno {
            icmp: Some(icmp), ..
        } if !icmp.origin_local => by_icmp(protocol, target, own, icmp),
        Evidence::Errno { errno, .. } => by_errno(protocol, target, own, Errno::from_raw(*errno)),
    }
}

/// Silence that says less than silence.
pub const ICMP_LIMITED: &str = "icmp-limited";
const NEIGHBOUR_FAILURE: &str = "neighbour-failure";
const LOCAL_FIREWALL: &str = "local-firewall";

fn silence(protocol: Protocol) -> Verdict {
    let state = match protocol {
        Protocol::Udp => State::Silent,
        Protocol::Tcp | Protocol::Unix => State::Filtered,
    };
    Verdict::new(state, "no-answer")
}

fn by_icmp(
    protocol: Protocol,
    target: Option<IpAddr>,
    own: Option<IpAddr>,
    icmp: &Icmp,
) -> Verdict {
    let (mut state, mut reason) = meaning(icmp);
    let by = icmp.offender.map(|by| by.to_canonical());
    let own = own.map(|own| own.to_canonical());
    // connect() to the unspecified address goes to this machine.
    let target = (target.map(|ip| ip.to_canonical()))
        .and_then(|ip| if ip.is_unspecified() { own } else { Some(ip) });
    let by_target = by.is_some() && by == target;
    // When we ask ourselves we are the target, and speak as such.
    let by_ourselves = by.is_some() && by == own && !by_target;

    if protocol == Protocol::Udp && reason == PORT_UNREACHABLE && by_target {
        state = State::Closed;
    }
    if by_ourselves && reason == HOST_UNREACHABLE {
        // Our own kernel reports that ARP or neighbour discovery got no answer.
        reason = NEIGHBOUR_FAILURE.into();
    } else if by_ourselves && reason != "icmp-time-exceeded" {
        // A route that is missing or forbidden here fails without a packet
        // (see `by_errno`), so this one was made by a firewall of ours.
        state = State::Error;
        reason = LOCAL_FIREWALL.into();
    }
    Verdict { state, reason, by }
}

fn by_errno(
    protocol: Protocol,
    target: Option<IpAddr>,
    own: Option<IpAddr>,
    errno: Errno,
) -> Verdict {
    let (state, reason) = match (protocol, errno) {
        (Protocol::Unix, Errno::ECONNREFUSED) => (State::Closed, "refused"),
        (Protocol::Unix, Errno::ENOENT) => (State::Closed, "no-such-file"),
        (Protocol::Unix, Errno::EAGAIN) => (State::Filtered, "backlog-full"),
        // The kernel found a socket of another type bound to the name.
        (Protocol::Unix, Errno::EPROTOTYPE) => (State::Open, "datagram"),
        (Protocol::Unix, _) => return name(errno),

        (Protocol::Tcp, Errno::ECONNREFUSED) => (State::Closed, "reset"),
        (Protocol::Udp, Errno::ECONNREFUSED) => (State::Closed, PORT_UNREACHABLE),
        // A RST in answer to a SYN is ECONNREFUSED; these two come only after
        // the handshake: it was open, and hung up before anybody looked.
        (Protocol::Tcp, Errno::ECONNRESET | Errno::EPIPE) => (State::Open, "syn-ack"),
        // The kernel ran out of SYN retries (net.ipv4.tcp_syn_retries) first.
        (Protocol::Tcp, Errno::ETIMEDOUT) => return silence(protocol),
        // connect() of TCP says so whatever the routes are.
        (Protocol::Tcp, Errno::ENETUNREACH) if is_multicast(target) => {
            (State::Unreachable, "multicast")
        }
        (_, Errno::ENETUNREACH | Errno::EHOSTUNREACH) => (State::Unreachable, "no-route"),
        (_, Errno::EACCES) => (State::Unreachable, "route-prohibited"),
        (_, Errno::EINVAL) if !is_badly_asked(target, own) => {
            (State::Unreachable, "route-blackhole")
        }
        (Protocol::Udp, Errno::EPERM) => (State::Error, LOCAL_FIREWALL),
        _ => return name(errno),
    };
    Verdict::new(state, reason)
}

fn is_multicast(target: Option<IpAddr>) -> bool {
    target.is_some_and(|target| target.to_canonical().is_multicast())
}

/// EINVAL also means a link-local target without its zone, and a loopback
/// source for a target elsewhere: mistakes of ours, not a blackhole.
fn is_badly_asked(target: Option<IpAddr>, own: Option<IpAddr>) -> bool {
    let zoned = matches!(target, Some(IpAddr::V6(v6)) if v6.is_unicast_link_local());
    let from_loopback = own.is_some_and(|own| own.is_loopback())
        && target.is_some_and(|target| !target.is_loopback());
    zoned || from_loopback
}

/// Local trouble under the name that errno(3) gives it.
fn name(errno: Errno) -> Verdict {
    Verdict::new(State::Error, format!("{errno:?}"))
}

#[cfg(test)]
mod tests;
