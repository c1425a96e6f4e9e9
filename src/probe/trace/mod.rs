//! The path of one port: SYNs (or datagrams) of that very port with rising TTL,
//! without privileges. Below the length of the path a router says that the
//! packet died there; at its end the port itself answers, or nobody does.
//!
//! `course` decides what is asked next, `path` reads where the packets end,
//! `compare` holds two paths against each other; these are pure, as is `quote`,
//! which reads what an ICMP error shows of our SYN. `flow` makes the sockets of
//! one trace, `walk` asks and waits.
//!
//! Nothing here resolves names or writes anything for people.

mod compare;
mod course;
mod flow;
mod path;
mod quote;
#[cfg(test)]
mod samples;
mod walk;

use std::net::IpAddr;
use std::time::Duration;

use crate::verdict::{State, Verdict};

pub use compare::compare;
pub use course::Course;
#[cfg(test)]
use course::Next;
pub use flow::Flow;
pub use path::Path;
pub use walk::{Call, Walk};

/// What came back for one packet, or did not.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// What it would say about the port if its TTL had not been counted.
    pub verdict: Verdict,
    /// From connect() to the answer, or to the end of the wait.
    pub time: Duration,
    /// The round trip as the kernel measured it, without the time it took to
    /// look; of a completed handshake only.
    pub rtt: Option<Duration>,
    /// SYNs or datagrams sent.
    pub syns: Option<u32>,
    /// The TTL with which the ICMP packet arrived.
    pub ttl: Option<u8>,
    /// The maximum segment size of our SYN as the sender of the ICMP packet
    /// saw it.
    pub mss: Option<u16>,
}

impl Heard {
    /// Nobody answered.
    pub fn is_silence(&self) -> bool {
        matches!(self.verdict.state, State::Filtered | State::Silent)
    }

    /// A router let the packet die of old age, and said so.
    pub fn expired_at(&self) -> Option<IpAddr> {
        self.verdict
            .by
            .filter(|_| self.verdict.reason == "icmp-time-exceeded")
    }

    /// The packet got as far as packets of this port get.
    pub fn is_final(&self) -> bool {
        !self.is_silence() && self.verdict.reason != "icmp-time-exceeded"
    }
}
