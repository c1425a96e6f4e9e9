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
    /// UDP silence of a host that rations its ICMP errors, and may have had none
    /// left for this port.
    Rationed,
    /// Silence, but our own SYNs never left: TCP_INFO shows retransmissions
    /// that were made (`total_retrans`) and none outstanding (`retrans`).
    LocalDrop,
    /// This machine has no address that could talk to the target's family or
    /// scope: EADDRNOTAVAIL although ports are free.
    NoSource,
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
        Evidence::Rationed => Verdict::new(State::Silent, ICMP_LIMITED),
        Evidence::LocalDrop => Verdict::new(State::Error, LOCAL_FIREWALL),
        Evidence::NoSource => Verdict::new(State::Unreachable, "no-route"),
        Evidence::SelfConnect => Verdict::new(State::Error, "self-connect"),
        Evidence::Errno {
            icmp: Some(icmp), ..
        } if !icmp.origin_local => by_icmp(protocol, target, own, icmp),
        Evidence::Errno { errno, .. } => by_errno(protocol, target, own, Errno::from_raw(*errno)),
    }
}

/// Silence that says less than silence.
pub const ICMP_LIMITED: &str = "icmp-limited";
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
        reason = "neighbour-failure".into();
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
mod tests {
    use super::*;
    use Protocol::{Tcp, Udp, Unix};
    use State::*;

    const V4: [&str; 3] = ["10.0.1.5", "10.0.0.9", "10.0.0.1"];
    const V6: [&str; 3] = ["fd00:1::5", "fd00::9", "fd00::1"];

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Judges one ICMP error; `from` is 0 for the target, 1 for ourselves,
    /// 2 for a box on the way.
    fn icmp(protocol: Protocol, kind: u8, code: u8, v6: bool, from: usize) -> (State, String) {
        let hosts = if v6 { V6 } else { V4 };
        let entry = Icmp {
            v6,
            kind,
            code,
            offender: Some(ip(hosts[from])),
            errno: Errno::EHOSTUNREACH as i32,
            origin_local: false,
        };
        let evidence = Evidence::Errno {
            errno: entry.errno,
            icmp: Some(entry),
        };
        let verdict = judge(protocol, Some(ip(hosts[0])), Some(ip(hosts[1])), &evidence);
        assert_eq!(verdict.by, entry.offender);
        (verdict.state, verdict.reason.into_owned())
    }

    fn errno(protocol: Protocol, errno: Errno) -> (State, String) {
        let evidence = Evidence::errno(errno as i32);
        let verdict = judge(protocol, Some(ip(V4[0])), None, &evidence);
        assert_eq!(verdict.by, None);
        (verdict.state, verdict.reason.into_owned())
    }

    #[test]
    fn icmp_by_a_box_on_the_way_or_the_host() {
        let rows: &[(u8, u8, bool, State, &str)] = &[
            (3, 0, false, Unreachable, "icmp-net-unreachable"),
            (3, 1, false, Unreachable, "icmp-host-unreachable"),
            (3, 2, false, Rejected, "icmp-protocol-unreachable"),
            (3, 9, false, Rejected, "icmp-net-prohibited"),
            (3, 10, false, Rejected, "icmp-host-prohibited"),
            (3, 13, false, Rejected, "icmp-admin-prohibited"),
            (11, 0, false, Unreachable, "icmp-time-exceeded"),
            (12, 0, false, Unreachable, "icmp-parameter-problem"),
            (40, 7, false, Unreachable, "icmp-40-7"),
            (1, 0, true, Unreachable, "icmp-net-unreachable"),
            (1, 1, true, Rejected, "icmp-admin-prohibited"),
            (1, 3, true, Unreachable, "icmp-host-unreachable"),
            (1, 5, true, Rejected, "icmp-policy"),
            (1, 6, true, Rejected, "icmp-reject-route"),
            (3, 0, true, Unreachable, "icmp-time-exceeded"),
        ];
        for &(kind, code, v6, state, reason) in rows {
            for protocol in [Tcp, Udp] {
                for from in [0, 2] {
                    let got = icmp(protocol, kind, code, v6, from);
                    assert_eq!(
                        got,
                        (state, reason.to_owned()),
                        "{kind}/{code} v6 {v6} from {from}"
                    );
                }
            }
        }
    }

    #[test]
    fn port_unreachable_is_closed_only_for_udp_and_only_by_the_target() {
        for (kind, code, v6) in [(3, 3, false), (1, 4, true)] {
            let said = |state| (state, "icmp-port-unreachable".to_owned());
            assert_eq!(icmp(Tcp, kind, code, v6, 0), said(Rejected));
            assert_eq!(icmp(Tcp, kind, code, v6, 2), said(Rejected));
            assert_eq!(icmp(Udp, kind, code, v6, 0), said(Closed));
            assert_eq!(icmp(Udp, kind, code, v6, 2), said(Rejected));
        }
    }

    #[test]
    fn our_own_icmp_is_a_dead_neighbour_or_our_own_firewall() {
        for protocol in [Tcp, Udp] {
            for (kind, code, v6) in [(3, 1, false), (1, 3, true)] {
                let got = icmp(protocol, kind, code, v6, 1);
                assert_eq!(got, (Unreachable, "neighbour-failure".to_owned()));
            }
            let firewalls = [
                (3, 3, false),
                (3, 9, false),
                (3, 10, false),
                (3, 13, false),
                (1, 1, true),
                (1, 4, true),
                (1, 5, true),
                (1, 6, true),
            ];
            for (kind, code, v6) in firewalls {
                let got = icmp(protocol, kind, code, v6, 1);
                assert_eq!(got, (Error, "local-firewall".to_owned()), "{kind}/{code}");
            }
        }
    }

    #[test]
    fn asking_ourselves_makes_us_the_target() {
        let own = Some(ip("127.0.0.1"));
        let entry = Icmp {
            v6: false,
            kind: 3,
            code: 3,
            offender: own,
            errno: Errno::ECONNREFUSED as i32,
            origin_local: false,
        };
        let evidence = Evidence::Errno {
            errno: entry.errno,
            icmp: Some(entry),
        };
        for target in [own, Some(ip("0.0.0.0")), Some(ip("::ffff:127.0.0.1"))] {
            assert_eq!(judge(Udp, target, own, &evidence).state, Closed);
        }
        assert_eq!(judge(Tcp, own, own, &evidence).state, Rejected);
    }

    #[test]
    fn errnos_with_an_empty_queue() {
        let rows: &[(Protocol, Errno, State, &str)] = &[
            (Tcp, Errno::ECONNREFUSED, Closed, "reset"),
            (Tcp, Errno::ECONNRESET, Open, "syn-ack"),
            (Tcp, Errno::EPIPE, Open, "syn-ack"),
            (Tcp, Errno::ETIMEDOUT, Filtered, "no-answer"),
            (Tcp, Errno::ENETUNREACH, Unreachable, "no-route"),
            (Tcp, Errno::EHOSTUNREACH, Unreachable, "no-route"),
            (Tcp, Errno::EACCES, Unreachable, "route-prohibited"),
            (Tcp, Errno::EINVAL, Unreachable, "route-blackhole"),
            (Tcp, Errno::EPERM, Error, "EPERM"),
            (Tcp, Errno::EMFILE, Error, "EMFILE"),
            (Tcp, Errno::EADDRNOTAVAIL, Error, "EADDRNOTAVAIL"),
            (Udp, Errno::ECONNREFUSED, Closed, "icmp-port-unreachable"),
            (Udp, Errno::ENETUNREACH, Unreachable, "no-route"),
            (Udp, Errno::EHOSTUNREACH, Unreachable, "no-route"),
            (Udp, Errno::EACCES, Unreachable, "route-prohibited"),
            (Udp, Errno::EINVAL, Unreachable, "route-blackhole"),
            (Udp, Errno::EPERM, Error, "local-firewall"),
            (Udp, Errno::EMSGSIZE, Error, "EMSGSIZE"),
            (Unix, Errno::ECONNREFUSED, Closed, "refused"),
            (Unix, Errno::ENOENT, Closed, "no-such-file"),
            (Unix, Errno::EAGAIN, Filtered, "backlog-full"),
            (Unix, Errno::EPROTOTYPE, Open, "datagram"),
            (Unix, Errno::EACCES, Error, "EACCES"),
            (Unix, Errno::ENOTDIR, Error, "ENOTDIR"),
        ];
        for &(protocol, number, state, reason) in rows {
            assert_eq!(errno(protocol, number), (state, reason.to_owned()));
        }
    }

    #[test]
    fn einval_of_our_own_making_is_an_error() {
        let evidence = Evidence::errno(Errno::EINVAL as i32);
        let einval = Verdict::new(Error, "EINVAL");
        let zoneless = judge(Tcp, Some(ip("fe80::1")), None, &evidence);
        assert_eq!(zoneless, einval);
        let from_loopback = judge(Tcp, Some(ip(V4[0])), Some(ip("127.0.0.1")), &evidence);
        assert_eq!(from_loopback, einval);
    }

    #[test]
    fn an_entry_of_local_origin_is_judged_by_its_errno() {
        let errno = Errno::EMSGSIZE as i32;
        let icmp = Some(Icmp {
            v6: false,
            kind: 0,
            code: 0,
            offender: Some(ip(V4[1])),
            errno,
            origin_local: true,
        });
        let verdict = judge(Udp, None, None, &Evidence::Errno { errno, icmp });
        assert_eq!(verdict, Verdict::new(Error, "EMSGSIZE"));
    }

    #[test]
    fn evidence_that_is_no_error() {
        let rows = [
            (Tcp, Evidence::Connected, Open, "syn-ack"),
            (Unix, Evidence::Connected, Open, "connected"),
            (Udp, Evidence::Reply, Open, "reply"),
            (Tcp, Evidence::Silence, Filtered, "no-answer"),
            (Udp, Evidence::Silence, Silent, "no-answer"),
            (Tcp, Evidence::LocalDrop, Error, "local-firewall"),
            (Tcp, Evidence::NoSource, Unreachable, "no-route"),
            (Tcp, Evidence::SelfConnect, Error, "self-connect"),
        ];
        for (protocol, evidence, state, reason) in rows {
            let verdict = judge(protocol, None, None, &evidence);
            assert_eq!(verdict, Verdict::new(state, reason));
        }
    }
}
