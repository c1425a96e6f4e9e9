use super::*;

const R1: Router = Router {
    ttl: 1,
    by: IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 1, 1)),
};
const R2: Router = Router {
    ttl: 2,
    by: IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 2, 2)),
};

#[test]
fn ends_in_words() {
    let verdict = |state| Verdict {
        state,
        reason: "-".into(),
        by: (state == State::Rejected).then_some(R1.by),
    };
    let table = [
        (
            End::Here,
            State::Error,
            "its packets do not leave this machine",
        ),
        (
            End::Host { ttl: Some(3) },
            State::Open,
            "the host answers 3 hops away",
        ),
        (
            End::Host { ttl: Some(1) },
            State::Closed,
            "the host, or a firewall that resets in its name, answers 1 hop away",
        ),
        (
            End::Host { ttl: Some(3) },
            State::Rejected,
            "the host, or a NAT or firewall that speaks in its name, answers 3 hops away",
        ),
        (
            End::Host { ttl: None },
            State::Open,
            "the host answers, but no packet of a counted TTL got there",
        ),
        (
            End::Router {
                ttl: Some(1),
                by: R1.by,
            },
            State::Rejected,
            "its packets end at 10.0.1.1, hop 1",
        ),
        (
            End::Router {
                ttl: None,
                by: R1.by,
            },
            State::Rejected,
            "its packets end at 10.0.1.1, which is none of the hops that were seen",
        ),
        (
            End::Loop(R1),
            State::Unreachable,
            "its packets go round in a circle from 10.0.1.1, hop 1, on",
        ),
        (
            End::Past(R2),
            State::Filtered,
            "its packets end somewhere past 10.0.2.2, hop 2: dropped by that router, by the \
             host or between them, which looks alike from here",
        ),
        (
            End::Unseen,
            State::Filtered,
            "neither a router nor the host answers: its packets may be dropped anywhere, \
             even by the first router",
        ),
    ];
    for (end, state, said) in table {
        assert_eq!(ends(end, &verdict(state)), said);
    }
}

#[test]
fn an_mss_clamp_in_words() {
    assert_eq!(
        rewrites_mss(1460, 1000, R2.by),
        "the MSS of its SYNs is rewritten from 1460 to 1000 before 10.0.2.2"
    );
}

#[test]
fn differences_in_words() {
    let table = [
        (
            Difference::None,
            "the same as port 443 as far as can be seen",
        ),
        (
            Difference::NoReference,
            "port 443 does not get to the host either: compare with one that is open",
        ),
        (
            Difference::Lost {
                after: Some(R1),
                until: R2,
            },
            "its packets get to 10.0.1.1, hop 1, and not to 10.0.2.2, hop 2, \
             as those of port 443 do: dropped by one of the two or between them",
        ),
        (
            Difference::Lost {
                after: None,
                until: R1,
            },
            "its packets do not get to 10.0.1.1, hop 1, as those of port 443 do: \
             dropped there or before",
        ),
        (
            Difference::LostLast { after: Some(R2) },
            "its packets end past 10.0.2.2, hop 2, where those of port 443 go on to the host: \
             dropped by that router, by the host or between them, which looks alike from here",
        ),
        (
            Difference::LostLast { after: None },
            "no router answers, and the host only at port 443: \
             its packets may be dropped anywhere, even by the first router",
        ),
        (
            Difference::Refused { by: R1.by },
            "10.0.1.1 lets those of port 443 pass",
        ),
        (
            Difference::Nearer { ttl: 2, host: 3 },
            "its answer comes from 2 hops away, that of port 443 from 3 hops away: \
             probably not from the host, but from a firewall or proxy on the way",
        ),
        (
            Difference::Faster,
            "its reset comes much faster than port 443 answers: \
             probably not from the host, but from a firewall on the way",
        ),
    ];
    for (difference, said) in table {
        assert_eq!(differs(difference, 443), said);
    }
}
