//! What a network may say, for tests.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::Heard;
use crate::verdict::{State, Verdict};

/// The address of the router at a TTL.
pub fn router(ttl: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, ttl, 1).into()
}

pub fn expired(ttl: u8) -> Heard {
    final_("unreachable", "icmp-time-exceeded", Some(router(ttl)))
}

pub fn silence() -> Heard {
    final_("filtered", "no-answer", None)
}

pub fn final_(state: &str, reason: &'static str, by: Option<IpAddr>) -> Heard {
    Heard {
        verdict: Verdict {
            state: state.parse::<State>().expect("a state"),
            reason: reason.into(),
            by,
        },
        time: Duration::from_millis(1),
        rtt: None,
        syns: Some(1),
        ttl: None,
        mss: None,
    }
}
