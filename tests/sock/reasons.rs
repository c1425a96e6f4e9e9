//! sock-probe(1) lists under REASONS what stands in REASON: every word that can
//! occur there, and no other.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use nix::errno::Errno;
use sock::verdict::{Evidence, Icmp, Protocol, State, judge};

const PAGE: &str = include_str!("generated/text/probe.md");

/// What is between backticks before the colon of an item.
fn listed() -> BTreeSet<String> {
    let section = PAGE.split("# REASONS").nth(1).expect("the section");
    let section = section.split("\n# ").next().expect("its text");
    let items = section.split("\n- ").skip(1);
    let heads = items.filter_map(|item| item.split(':').next());
    let words = heads.flat_map(|head| head.split('`').skip(1).step_by(2));
    words.map(str::to_owned).collect()
}

/// All that judge() makes of what a kernel can say.
fn occurring() -> HashSet<(State, String)> {
    let [target, own, third, group] = ["10.0.3.2", "10.0.1.2", "10.0.1.1", "239.1.1.1"]
        .map(|ip| Some(ip.parse::<IpAddr>().expect("an address")));
    let mut all = vec![
        Evidence::Connected,
        Evidence::Reply,
        Evidence::Silence,
        Evidence::Rationed(None),
        Evidence::NoNeighbour,
        Evidence::Broadcast,
        Evidence::LocalDrop,
        Evidence::NoSource,
        Evidence::SelfConnect,
    ];
    // Numbers that are no errno have no name.
    let known = (1..=133).filter(|&n| Errno::from_raw(n) != Errno::UnknownErrno);
    all.extend(known.map(Evidence::errno));
    for v6 in [false, true] {
        for (kind, code) in (0..=20).flat_map(|kind| (0..=20).map(move |code| (kind, code))) {
            all.extend([target, own, third].map(|offender| Evidence::Errno {
                errno: 113,
                icmp: Some(Icmp {
                    v6,
                    kind,
                    code,
                    offender,
                    errno: 113,
                    origin_local: false,
                }),
            }));
        }
    }
    let protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Unix];
    let verdicts = protocols.into_iter().flat_map(|protocol| {
        let all = all.iter();
        all.flat_map(move |evidence| {
            [target, group].map(|target| judge(protocol, target, own, evidence))
        })
    });
    verdicts
        .map(|verdict| (verdict.state, verdict.reason.into_owned()))
        .collect()
}

#[test]
fn every_reason_is_in_the_manual() {
    let listed = listed();
    for (state, reason) in occurring() {
        // The page says of these what they are, and not each name.
        let errno = state == State::Error
            && reason
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let icmp = state == State::Unreachable && reason.starts_with("icmp-");
        assert!(
            errno || icmp || listed.contains(&reason),
            "{state} {reason}"
        );
    }
}

#[test]
fn no_other_reason_is_in_the_manual() {
    let occurring: BTreeSet<String> = occurring().into_iter().map(|row| row.1).collect();
    for word in listed() {
        assert!(occurring.contains(&word) || word == "icmp-", "{word}");
    }
}
