use super::*;
use Protocol::{Tcp, Udp, Unix};
use State::*;

const ROUTER: Option<&str> = Some("10.0.0.1");
const TARGET: Option<&str> = Some("10.0.1.5");
const OURSELVES: Option<&str> = Some("10.0.0.9");

/// What is said of a port that took three packets and this long.
fn say(protocol: Protocol, state: State, reason: &'static str, by: Option<&str>) -> String {
    let verdict = Verdict {
        state,
        reason: reason.into(),
        by: by.map(|by| by.parse().unwrap()),
    };
    let target = TARGET.map(|target| target.parse().unwrap());
    let time = Duration::from_millis(4001);
    sentence(protocol, &verdict, target, Some(3), time)
}

#[test]
#[rustfmt::skip]
fn sentences() {
    type Row = (Protocol, State, &'static str, Option<&'static str>, &'static str);
    let rows: &[Row] = &[
        (Tcp, Open, "syn-ack", None, "the handshake completed in 4.0 s: 2 SYNs lost"),
        (Udp, Open, "reply", None, "it replied in 4.0 s"),
        (Unix, Open, "connected", None, "a server listens and accepts"),
        (Unix, Open, "datagram", None, "a datagram socket is bound to this name"),

        (Tcp, Closed, "reset", None, "the host answered RST: it is up, nothing listens here"),
        (Udp, Closed, "icmp-port-unreachable", TARGET, "the host, or a NAT or firewall that speaks in its name, answered ICMP port-unreachable: nothing listens here"),
        (Unix, Closed, "refused", None, "nobody listens on this name: it is free, left behind, or not a socket"),
        (Unix, Closed, "no-such-file", None, "there is no socket of this name"),

        (Tcp, Filtered, "no-answer", None, "no answer to 3 SYNs in 4.0 s: dropped on the way or by the host; typical of a cloud security group"),
        (Tcp, Filtered, ICMP_LIMITED, TARGET, "not known: no answer to 3 SYNs, but the host, or a NAT or firewall that speaks in its name, rejects others here and limits its ICMP errors, and had none to spare"),
        (Tcp, Filtered, ICMP_LIMITED, ROUTER, "not known: no answer to 3 SYNs, but 10.0.0.1 rejects others here and limits its ICMP errors, and had none to spare"),
        (Unix, Filtered, "backlog-full", None, "its accept queue is full: the server is there, but accepts nobody"),
        (Udp, Silent, "no-answer", None, "no answer to 3 datagrams in 4.0 s: open or filtered, UDP cannot tell"),
        (Udp, Silent, ICMP_LIMITED, None, "not known: no answer to 3 datagrams, but the host limits its ICMP errors, and had none to spare"),

        (Tcp, Rejected, "icmp-admin-prohibited", ROUTER, "10.0.0.1 rejected it (ICMP admin-prohibited): a firewall on the way"),
        (Udp, Rejected, "icmp-port-unreachable", ROUTER, "10.0.0.1 rejected it (ICMP port-unreachable): a firewall on the way"),
        (Tcp, Rejected, "icmp-port-unreachable", TARGET, "rejected (ICMP port-unreachable) by the host, or a NAT or firewall that speaks in its name"),
        (Tcp, Rejected, "icmp-policy", TARGET, "rejected (ICMP policy) by the host, or a NAT or firewall that speaks in its name"),

        (Tcp, Unreachable, "icmp-net-unreachable", ROUTER, "10.0.0.1 has no route to it"),
        (Tcp, Unreachable, "icmp-net-unreachable", TARGET, "the host, or a NAT or firewall that speaks in its name, has no route to it"),
        (Tcp, Unreachable, "icmp-host-unreachable", ROUTER, "10.0.0.1 cannot reach the host: it is down, or the address is wrong"),
        (Tcp, Unreachable, "icmp-host-unreachable", TARGET, "the host, or a NAT or firewall that speaks in its name, says that it cannot be reached: it is down, or the address is wrong"),
        (Tcp, Unreachable, "icmp-time-exceeded", ROUTER, "the packet died of old age at 10.0.0.1: a routing loop, or a TTL too small"),
        (Tcp, Unreachable, "icmp-beyond-scope", ROUTER, "10.0.0.1 could not deliver it (ICMP beyond-scope)"),
        (Tcp, Unreachable, "icmp-40-7", ROUTER, "10.0.0.1 could not deliver it (ICMP 40-7)"),
        (Tcp, Unreachable, "neighbour-failure", OURSELVES, "nobody on the local network answers for this address: the host is down, or the address is wrong"),
        (Tcp, Unreachable, "broadcast", None, "a broadcast address of a network of this machine, which no host has"),
        (Udp, Unreachable, "broadcast", None, "a broadcast address of a network of this machine, which no host has: send to it with `sock send -u --broadcast`"),
        (Tcp, Unreachable, "multicast", None, "the address of a multicast group, which no host has: TCP needs one host"),
        (Tcp, Unreachable, "no-route", None, "this machine has no route to it"),
        (Udp, Unreachable, "route-prohibited", None, "the routing table of this machine prohibits it"),
        (Tcp, Unreachable, "route-blackhole", None, "the routing table of this machine discards it (blackhole)"),

        (Tcp, Error, "local-firewall", OURSELVES, "a firewall on this machine rejected it: nothing is known about the port"),
        (Udp, Error, "local-firewall", None, "a firewall on this machine dropped it: nothing is known about the port"),
        (Tcp, Error, "self-connect", None, "the connection met itself: choose a source port other than the target's"),
        (Tcp, Error, "ENOBUFS", None, "this machine has no room for so many at once (ENOBUFS), as for neighbours that do not answer (gc_thresh3 of arp(7)): --concurrency 300 asks fewer"),
        (Tcp, Error, "EMFILE", None, "this machine is out of descriptors (EMFILE): raise `ulimit -n`, or ask fewer at once"),
        (Tcp, Error, "EADDRNOTAVAIL", None, "this machine is out of local ports (EADDRNOTAVAIL), or the source address is not its own"),
        (Unix, Error, "EACCES", None, "permission denied on this machine (EACCES)"),
        (Tcp, Error, "EAFNOSUPPORT", None, "this machine cannot speak this address family (EAFNOSUPPORT)"),
        (Udp, Error, "EMSGSIZE", None, "trouble on this machine (EMSGSIZE): nothing is known about the port"),
    ];
    for &(protocol, state, reason, by, expected) in rows {
        assert_eq!(say(protocol, state, reason, by), expected, "{state} {reason}");
    }
}

#[test]
fn lost_syns_are_named() {
    let verdict = Verdict::new(Open, "syn-ack");
    let lost = sentence(Tcp, &verdict, None, Some(2), Duration::from_millis(1080));
    assert_eq!(lost, "the handshake completed in 1.1 s: 1 SYN lost");
    // Sooner than a resend, the second is one of another socket.
    let time = Duration::from_micros(410);
    for syns in [None, Some(1), Some(2)] {
        let said = sentence(Tcp, &verdict, None, syns, time);
        assert_eq!(said, "the handshake completed in 0.41 ms", "{syns:?}");
    }
}

#[test]
fn times_below_a_second_are_milliseconds() {
    let times = [410, 12_300, 999_400, 1_080_000].map(Duration::from_micros);
    assert_eq!(
        times.map(short),
        ["0.41 ms", "12 ms", "999 ms", "1.1 s"].map(str::to_owned)
    );
}
