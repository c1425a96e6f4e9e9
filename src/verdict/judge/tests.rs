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
fn a_missing_neighbour_is_told_by_ourselves_however_it_is_known() {
    for [target, own, _] in [V4, V6] {
        let mut said = vec![judge(
            Tcp,
            Some(ip(target)),
            Some(ip(own)),
            &Evidence::NoNeighbour,
        )];
        let v6 = ip(own).is_ipv6();
        let (kind, code) = if v6 { (1, 3) } else { (3, 1) };
        let entry = Icmp {
            v6,
            kind,
            code,
            offender: Some(ip(own)),
            errno: Errno::EHOSTUNREACH as i32,
            origin_local: false,
        };
        let evidence = Evidence::Errno {
            errno: entry.errno,
            icmp: Some(entry),
        };
        said.push(judge(Tcp, Some(ip(target)), Some(ip(own)), &evidence));
        assert_eq!(said[0], said[1]);
        assert_eq!(said[0].by, Some(ip(own)));
    }
}

#[test]
fn only_tcp_cannot_reach_any_group() {
    let evidence = Evidence::errno(Errno::ENETUNREACH as i32);
    for (target, reason) in [
        ("239.1.1.1", "multicast"),
        ("::ffff:239.1.1.1", "multicast"),
        ("ff02::1", "multicast"),
        ("240.0.0.1", "no-route"),
        ("fe80::1", "no-route"),
    ] {
        let verdict = judge(Tcp, Some(ip(target)), None, &evidence);
        assert_eq!(verdict, Verdict::new(Unreachable, reason), "{target}");
        let verdict = judge(Udp, Some(ip(target)), None, &evidence);
        assert_eq!(verdict, Verdict::new(Unreachable, "no-route"), "{target}");
    }
}

#[test]
fn evidence_that_is_no_error() {
    let rows = [
        (Tcp, Evidence::Connected, Open, "syn-ack"),
        (Unix, Evidence::Connected, Open, "connected"),
        (Udp, Evidence::Reply, Open, "reply"),
        (Tcp, Evidence::Silence, Filtered, "no-answer"),
        (Udp, Evidence::Silence, Silent, "no-answer"),
        (Tcp, Evidence::Rationed(None), Filtered, ICMP_LIMITED),
        (Udp, Evidence::Rationed(None), Silent, ICMP_LIMITED),
        (Tcp, Evidence::LocalDrop, Error, "local-firewall"),
        (Tcp, Evidence::NoSource, Unreachable, "no-route"),
        (Tcp, Evidence::NoNeighbour, Unreachable, "neighbour-failure"),
        (Udp, Evidence::NoNeighbour, Unreachable, "neighbour-failure"),
        (Tcp, Evidence::Broadcast, Unreachable, "broadcast"),
        (Udp, Evidence::Broadcast, Unreachable, "broadcast"),
        (Tcp, Evidence::SelfConnect, Error, "self-connect"),
    ];
    for (protocol, evidence, state, reason) in rows {
        let verdict = judge(protocol, None, None, &evidence);
        assert_eq!(verdict, Verdict::new(state, reason));
    }
}
