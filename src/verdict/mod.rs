//! From evidence to a verdict: what an errno, an error-queue entry or silence
//! says about a port, and who said it. Pure; shared by `connect` and `probe`,
//! so that both call the same thing by the same name.
//!
//! `judge` decides, `icmp` is the table of codes, `sentence` explains; `greeting`
//! is what came after the handshake, and `path` says where packets end.

mod greeting;
mod icmp;
mod judge;
mod path;
mod sentence;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Serialize;

use crate::failure::Class;

pub use greeting::Greeting;
pub use icmp::Icmp;
pub use judge::{Evidence, ICMP_LIMITED, judge};
pub use path::{Difference, End, Router, differs, ends, rewrites_mss, translates};
pub use sentence::{RESENT, sentence};

/// What carried the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// A TCP handshake, tcp(7).
    Tcp,
    /// A datagram and its answer, udp(7).
    Udp,
    /// A local socket, unix(7).
    Unix,
}

impl Protocol {
    /// `tcp`, `udp`, `unix`: as in events.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Unix => "unix",
        }
    }
}

/// What a port is, as far as anybody outside can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// TCP handshake completed; a UDP reply came; a Unix socket accepted.
    Open,
    /// The host itself said no.
    Closed,
    /// A firewall (or the host in its name) said no.
    Rejected,
    /// TCP silence.
    Filtered,
    /// UDP silence: open or filtered, nobody can tell.
    Silent,
    /// ICMP unreachable, time exceeded, neighbour failure, no route.
    Unreachable,
    /// Local trouble: not an answer.
    Error,
}

impl State {
    /// Every state, in the order in which they are listed to people.
    pub const ALL: [State; 7] = [
        State::Open,
        State::Closed,
        State::Rejected,
        State::Filtered,
        State::Silent,
        State::Unreachable,
        State::Error,
    ];

    /// What a port can be expected to be: all but trouble of our own.
    pub const EXPECTABLE: &[State] = State::ALL.split_at(6).0;

    /// The word for it in results and in `--expect`.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Closed => "closed",
            State::Rejected => "rejected",
            State::Filtered => "filtered",
            State::Silent => "silent",
            State::Unreachable => "unreachable",
            State::Error => "error",
        }
    }

    /// Its evidence in a few words.
    pub fn about(self) -> &'static str {
        match self {
            State::Open => "the handshake completed; a UDP reply came",
            State::Closed => "the host itself said no",
            State::Rejected => "a firewall said no",
            State::Filtered => "TCP silence",
            State::Silent => "UDP silence: open or filtered",
            State::Unreachable => "no way there",
            State::Error => "trouble of this machine: not an answer",
        }
    }

    /// How little this evidence says about a port with several addresses: the
    /// lowest rank speaks for all of them.
    ///
    /// Error stands before unreachable: hosts without IPv6 are common, and a
    /// missing IPv6 route must not hide that a local firewall ate the IPv4 SYN.
    pub fn rank(self) -> u8 {
        match self {
            State::Open => 0,
            State::Closed => 1,
            State::Rejected => 2,
            State::Filtered | State::Silent => 3,
            State::Error => 4,
            State::Unreachable => 5,
        }
    }

    /// What kind of failure it is; `None` if it is none.
    pub fn class(self) -> Option<Class> {
        match self {
            State::Open => None,
            State::Closed => Some(Class::Refused),
            State::Filtered | State::Silent => Some(Class::NoAnswer),
            State::Rejected | State::Unreachable => Some(Class::Rejected),
            State::Error => Some(Class::Local),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is no state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownState(pub String);

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not one of ", self.0)?;
        for (i, state) in State::EXPECTABLE.iter().enumerate() {
            write!(f, "{}{state}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownState {}

impl FromStr for State {
    type Err = UnknownState;

    /// Reads a state by its name, in any case.
    fn from_str(word: &str) -> Result<Self, UnknownState> {
        State::ALL
            .into_iter()
            .find(|state| state.name().eq_ignore_ascii_case(word))
            .ok_or_else(|| UnknownState(word.to_owned()))
    }
}

/// What is said about one port of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the port is.
    pub state: State,
    /// The evidence in one word: `syn-ack`, `icmp-port-unreachable`, `EMFILE`.
    pub reason: Cow<'static, str>,
    /// Who sent the ICMP error, where one came.
    pub by: Option<IpAddr>,
}

impl Verdict {
    /// A verdict that rests on no ICMP error.
    pub fn new(state: State, reason: impl Into<Cow<'static, str>>) -> Verdict {
        Verdict {
            state,
            reason: reason.into(),
            by: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_in_any_case() {
        for state in State::ALL {
            assert_eq!(state.name().parse(), Ok(state));
            assert_eq!(state.name().to_uppercase().parse(), Ok(state));
            assert_eq!(format!("{state:>12}").trim(), state.name());
        }
        let miss = "opne".parse::<State>().unwrap_err();
        assert_eq!(
            miss.to_string(),
            "`opne` is not one of open, closed, rejected, filtered, silent, unreachable"
        );
    }

    #[test]
    fn what_says_more_speaks_for_a_name() {
        let mut states = State::ALL;
        states.sort_by_key(|state| state.rank());
        let names = states.map(State::name).join(" ");
        let order = "open closed rejected filtered silent error unreachable";
        assert_eq!(names, order);
    }

    #[test]
    fn every_state_has_its_class() {
        assert_eq!(
            State::ALL.map(State::class),
            [
                None,
                Some(Class::Refused),
                Some(Class::Rejected),
                Some(Class::NoAnswer),
                Some(Class::NoAnswer),
                Some(Class::Rejected),
                Some(Class::Local),
            ]
        );
    }
}
