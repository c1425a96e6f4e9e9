//! What is said about the questions of a host, on the way to it and back.

use std::time::Instant;

use crate::probe::Question;

/// The id of a control, which no question of a survey has: its answer is for the
/// pace alone.
pub const CONTROL: usize = usize::MAX;

/// What came of a question, as far as the host's budget goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// An ICMP error.
    Icmp,
    /// A reply, or trouble of our own.
    Other,
}

/// What silence is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The port is silent.
    Believed,
    /// The host may have had no ICMP error left, and there is no time to find out.
    Limited,
    /// The question will come up again.
    Doubted,
}

/// What to do about the doubts now.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Ask this, once, for as long as its wait says.
    Ask(Question),
    /// This has come to its end.
    Over(Question, Asked, Silence),
    /// Nothing before this moment, or, without one, before something finishes.
    Wait(Option<Instant>),
    /// There are none.
    Nothing,
}

/// How often, and since when, a question has been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// When the first datagram was sent.
    pub began: Instant,
    /// Datagrams sent, or SYNs.
    pub sent: u32,
    /// When the last was.
    pub(super) last: Instant,
    /// Silent looks at a host that could have answered.
    pub(super) sure: u32,
    /// In a wave.
    pub(super) is_check: bool,
}

impl Asked {
    /// Since when what answers now has been asked: in a wave by one datagram,
    /// before by the first of a few.
    pub fn since(&self) -> Instant {
        match self.is_check {
            true => self.last,
            false => self.began,
        }
    }

    pub(super) fn new(now: Instant) -> Asked {
        Asked::before(now, 0)
    }

    /// What was asked since `began`, and sent so often, and met with silence.
    pub fn before(began: Instant, sent: u32) -> Asked {
        Asked {
            began,
            sent,
            last: began,
            sure: 0,
            is_check: false,
        }
    }
}
