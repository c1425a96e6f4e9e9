//! Addresses of our own link that no host has: absent neighbours, broadcasts and
//! groups, whose silence is not that of a firewall.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::wait::took;
use crate::support::*;

const NOBODY: &str = "nobody on the local network answers for this address";

/// Two hosts, of whose addresses nobody else has asked for any.
fn pair() -> Option<Namespace> {
    Namespace::new(include_str!("../peers/pair.sh"), &[])
}

/// The rows of a probe from host a.
#[track_caller]
fn rows(ns: &Namespace, words: &str) -> Vec<Value> {
    let ended = sock(format!("probe --json {words}"))
        .inside(ns, "a")
        .any_end()
        .any_stdout()
        .run();
    let rows = ended.lines().into_iter().map(|line| {
        let row: Value = serde_json::from_str(&line).expect("a JSON object a line");
        row
    });
    rows.filter(|row| row["event"] == "probe").collect()
}

/// State, reason and by of the only row.
#[track_caller]
fn verdict(ns: &Namespace, words: &str) -> String {
    let rows = rows(ns, words);
    assert_eq!(rows.len(), 1, "{words}: {rows:?}");
    said(&rows[0])
}

fn said(row: &Value) -> String {
    let word = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}", word("state"), word("reason"), word("by"))
}

fn count(rows: &[Value], verdict: &str) -> usize {
    rows.iter().filter(|row| said(row) == verdict).count()
}

/// A block is given 1.3 s a port, and the kernel takes 3.1 s to give a neighbour
/// up: its table knows sooner, and costs the block no time.
#[test]
fn a_block_says_which_of_its_hosts_are_not_there() {
    let Some(ns) = pair() else { return };
    for protocol in ["", "-u"] {
        let begun = Instant::now();
        let rows = rows(&ns, &format!("{protocol} 10.9.1.0/24 9"));
        took(begun.elapsed(), Duration::from_millis(1300));
        assert_eq!(rows.len(), 256);
        let nobody = count(&rows, "unreachable neighbour-failure 10.9.1.1");
        let broadcast = count(&rows, "unreachable broadcast -");
        let closed = rows.iter().filter(|row| row["state"] == "closed");
        assert_eq!((nobody + broadcast, closed.count()), (254, 2), "{rows:?}");
        // Kernels before 5.14 take the first address for one too.
        assert!((1..=2).contains(&broadcast), "{rows:?}");
        let last = rows.iter().find(|row| row["address"] == "10.9.1.255");
        assert_eq!(said(last.expect("a row")), "unreachable broadcast -");
    }
    let rows = rows(&ns, "fd09:1::/121 9");
    assert_eq!(rows.len(), 128);
    assert!(
        count(&rows, "unreachable neighbour-failure fd09:1::1") >= 125,
        "{rows:?}"
    );
    assert_eq!(count(&rows, "filtered no-answer -"), 0, "{rows:?}");
}

#[test]
fn a_short_wait_for_one_host_says_so_too() {
    let Some(ns) = pair() else { return };
    for (words, own) in [
        ("10.9.1.77 80", "10.9.1.1"),
        ("-u 10.9.1.78 9", "10.9.1.1"),
        ("fd09:1::77 80", "fd09:1::1"),
        ("-u fd09:1::78 9", "fd09:1::1"),
    ] {
        let expected = format!("unreachable neighbour-failure {own}");
        assert_eq!(
            verdict(&ns, &format!("-w 0.5 {words}")),
            expected,
            "{words}"
        );
    }
}

/// A host that answers ARP, and nothing else, is behind a firewall; one behind
/// a router that is down is what it was; and what the question did not use
/// says nothing about it.
#[test]
fn the_silence_of_others_is_silence() {
    let Some(ns) = pair() else { return };
    ns.script(
        "b",
        "nft add table inet mute
         nft add chain inet mute in '{ type filter hook input priority 0; }'
         nft add rule inet mute in meta l4proto '{ tcp, udp }' drop",
    );
    ns.script("a", "ip route add 10.5.0.0/24 via 10.9.1.99");
    let filtered = "filtered no-answer -";
    let silent = "silent no-answer -";
    assert_eq!(verdict(&ns, "-w 0.5 10.9.1.2 80"), filtered);
    assert_eq!(verdict(&ns, "-w 0.5 fd09:1::2 80"), filtered);
    assert_eq!(verdict(&ns, "-w 0.5 -u 10.9.1.2 80"), silent);
    assert_eq!(verdict(&ns, "-w 0.5 10.5.0.1 80"), filtered);

    let nobody = "unreachable neighbour-failure 10.9.1.1";
    assert_eq!(verdict(&ns, "-w 0.5 10.9.1.50 80"), nobody);
    // Its entry is still there, and its packets go elsewhere from now on.
    ns.script("a", "ip route add 10.9.1.50 via 10.9.1.2");
    assert_eq!(verdict(&ns, "-w 0.5 10.9.1.50 80"), filtered);
}

/// Who answers ARP while it is waited for is a host again.
#[test]
fn a_host_that_comes_up_is_there() {
    let Some(ns) = pair() else { return };
    let nobody = "unreachable neighbour-failure 10.9.1.1";
    assert_eq!(verdict(&ns, "-w 0.3 10.9.1.60 80"), nobody);
    ns.script("b", "ip address add 10.9.1.60/24 dev ba");
    assert_eq!(verdict(&ns, "-w 4 10.9.1.60 80"), "closed reset -");
}

#[test]
fn the_other_verbs_say_so_too() {
    let Some(ns) = pair() else { return };
    for words in [
        "connect -w 0.5 10.9.1.81 80",
        "connect -w 0.5 fd09:1::81 80",
        "send -w 0.5 10.9.1.82 80",
        "recv -w 0.5 10.9.1.83 80",
        "connect -u --idle 0.5 10.9.1.84 9",
        "connect -u --idle 0.5 fd09:1::84 9",
        "send -u --await-reply 0.5 --message q 10.9.1.85 9",
    ] {
        let ended = sock(words)
            .inside(&ns, "a")
            .input("q")
            .code(6)
            .any_stderr()
            .run();
        assert!(ended.err.contains(NOBODY), "{words}: {ended}");
        assert_eq!(ended.err.lines().count(), 1, "{words}: {ended}");
    }
}

#[test]
fn a_trace_ends_on_this_machine() {
    let Some(ns) = pair() else { return };
    for words in ["10.9.1.90 80", "-u 10.9.1.91 9", "fd09:1::90 80"] {
        let ended = sock(format!("probe -w 1 --trace {words}"))
            .inside(&ns, "a")
            .code(6)
            .any_stdout()
            .run();
        let text = ended.text();
        assert!(text.contains("\tpath\there\t"), "{words}: {ended}");
        assert!(
            text.contains("\tunreachable\tneighbour-failure\t"),
            "{words}: {ended}"
        );
    }
}

#[test]
fn no_host_has_a_broadcast_address_or_that_of_a_group() {
    let Some(ns) = pair() else { return };
    for (words, reason) in [
        ("10.9.1.255 22", "broadcast"),
        ("-u 10.9.1.255 22", "broadcast"),
        ("127.255.255.255 22", "broadcast"),
        ("-u 127.255.255.255 22", "broadcast"),
        ("255.255.255.255 22", "broadcast"),
        ("239.1.1.1 22", "multicast"),
        ("ff02::1%ab 22", "multicast"),
    ] {
        let expected = format!("unreachable {reason} -");
        assert_eq!(verdict(&ns, words), expected, "{words}");
    }
    for (address, part) in [
        (
            "10.9.1.255",
            "a broadcast address of a network of this machine",
        ),
        ("239.1.1.1", "the address of a multicast group"),
    ] {
        let ended = sock(format!("connect {address} 22"))
            .inside(&ns, "a")
            .code(6)
            .any_stderr()
            .run();
        assert!(ended.err.contains(part), "{ended}");
    }
}

/// A prohibited route says EACCES as a broadcast address does, and is none.
#[test]
fn a_prohibited_route_is_no_broadcast() {
    let Some(ns) = pair() else { return };
    ns.script("a", "ip route add prohibit 192.0.2.3");
    for protocol in ["", "-u"] {
        let expected = "unreachable route-prohibited -";
        assert_eq!(verdict(&ns, &format!("{protocol} 192.0.2.3 9")), expected);
    }
}
