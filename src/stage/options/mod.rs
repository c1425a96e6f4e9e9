//! Socket options as data: what was asked for, which setsockopt(2) calls that
//! makes on a socket of some family, and the one place that makes them.
//!
//! Whether an option makes sense for a verb was decided before; whether the
//! kernel takes it is found out here.

mod apply;
mod calls;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

pub use apply::{apply, set};

use super::Stage;
use crate::dscp::Dscp;
use crate::mode::Mode;
use crate::units::{self, Size};

/// All that is set on the sockets of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// One setsockopt(2) each, or a few that mean one thing.
    pub set: Vec<SocketOption>,
    /// `--mptcp`: IPPROTO_MPTCP instead of TCP (RFC 8684).
    pub mptcp: bool,
    /// `--mode`: permissions of a Unix socket's path.
    pub mode: Option<Mode>,
    /// `--linger`: SO_LINGER when a connection is closed in order.
    pub linger: Option<Duration>,
    /// What was asked for and will do nothing.
    pub notes: Vec<Useless>,
}

/// An option that the kernel takes without a word, and does nothing with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Useless {
    pub stage: Stage,
    pub option: &'static str,
    pub why: &'static str,
}

/// One option of socket() or bind(), as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketOption {
    /// `--sndbuf`: bytes (SO_SNDBUF, socket(7)).
    SendBuffer(u32),
    /// `--rcvbuf`: bytes (SO_RCVBUF, socket(7)).
    ReceiveBuffer(u32),
    /// `--nodelay`: TCP_NODELAY, tcp(7).
    NoDelay,
    /// `--keepalive`: whole seconds before the first question and between two
    /// (SO_KEEPALIVE, TCP_KEEPIDLE and TCP_KEEPINTVL).
    KeepAlive(u16),
    /// `--user-timeout`: how long sent bytes may stay unacknowledged
    /// (TCP_USER_TIMEOUT, RFC 5482); whole milliseconds.
    UserTimeout(Duration),
    /// `--dscp`: IP_TOS, IPV6_TCLASS.
    Dscp(Dscp),
    /// `--ttl`: IP_TTL, IPV6_UNICAST_HOPS, and those of multicast.
    Ttl(u8),
    /// `--mss`: bytes of payload a segment may carry (TCP_MAXSEG).
    MaxSegment(u16),
    /// `--congestion`: TCP_CONGESTION.
    Congestion(String),
    /// `--mark`: SO_MARK, for rules of routing and firewalls.
    Mark(u32),
    /// `--interface`: SO_BINDTODEVICE.
    Interface(String),
    /// `--multicast` of who listens: IP_ADD_MEMBERSHIP.
    Join {
        group: IpAddr,
        interface: Option<String>,
    },
    /// `--multicast` of who sends: IP_MULTICAST_IF.
    SendTo {
        group: IpAddr,
        interface: Option<String>,
    },
    /// `--broadcast`: SO_BROADCAST.
    Broadcast,
    /// `--reuse-port`: SO_REUSEPORT.
    ReusePort,
    /// `--freebind`: IP_FREEBIND.
    Freebind,
}

impl SocketOption {
    /// The stage at whose beginning it is set, and that fails with it.
    pub fn stage(&self) -> Stage {
        match self {
            SocketOption::ReusePort | SocketOption::Freebind => Stage::Bind,
            _ => Stage::Socket,
        }
    }
}

/// As it is typed.
impl fmt::Display for SocketOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use SocketOption::*;
        match self {
            SendBuffer(bytes) => write!(f, "--sndbuf {}", Size(u64::from(*bytes))),
            ReceiveBuffer(bytes) => write!(f, "--rcvbuf {}", Size(u64::from(*bytes))),
            NoDelay => f.write_str("--nodelay"),
            KeepAlive(seconds) => write!(f, "--keepalive {seconds}s"),
            UserTimeout(time) => write!(f, "--user-timeout {}", units::display(*time)),
            Dscp(dscp) => write!(f, "--dscp {dscp}"),
            Ttl(hops) => write!(f, "--ttl {hops}"),
            MaxSegment(bytes) => write!(f, "--mss {bytes}"),
            Congestion(name) => write!(f, "--congestion {name}"),
            Mark(mark) => write!(f, "--mark {mark:#x}"),
            Interface(name) => write!(f, "--interface {name}"),
            Join { group, .. } | SendTo { group, .. } => write!(f, "--multicast {group}"),
            Broadcast => f.write_str("--broadcast"),
            ReusePort => f.write_str("--reuse-port"),
            Freebind => f.write_str("--freebind"),
        }
    }
}
