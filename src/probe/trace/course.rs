//! What has been heard, and what is asked next. Pure.
//!
//! While routers answer, one TTL is asked after the other, each from the same
//! port: the kernel allows no two connects of one flow at a time, and several
//! flows might take several paths. Where one is silent, two TTLs at once look
//! for what is behind it, and a packet of an uncounted TTL asks the port itself.
//! A host that is further away than it seemed thus sees four connects at most.

use super::Heard;
use crate::verdict::State;

/// The last TTL that is asked, as traceroute(8) has it.
const LIMIT: u8 = 30;
/// TTLs asked at once behind a silent one, which is still waited for.
const WINDOW: usize = 2;
/// Connects that an open port may see: the silent TTL, a window, and the port
/// itself.
const CONNECTS: usize = 4;
/// Silent TTLs in a row after which nothing more is expected.
const TAIL: usize = 7;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Ask these TTLs, and with `port` the port itself, and report what each
    /// heard.
    Ask { ttls: Vec<u8>, port: bool },
    /// Wait for the port itself.
    Wait,
    /// Everything is known that can be.
    Done,
}

/// The question to the port itself, with the TTL of any other packet.
#[derive(Debug, Default, PartialEq)]
enum Itself {
    #[default]
    Unasked,
    Asked,
    Heard(Heard),
}

/// How far a trace has come.
#[derive(Debug, Default)]
pub struct Course {
    /// By TTL, from 1 on; `None` while it is being asked.
    steps: Vec<Step>,
    itself: Itself,
}

/// One TTL.
#[derive(Debug, Default, PartialEq)]
pub struct Step {
    pub heard: Option<Heard>,
    asked: u8,
}

impl Step {
    fn is_silent(&self) -> bool {
        self.heard.as_ref().is_none_or(Heard::is_silence)
    }

    fn is_final(&self) -> bool {
        self.heard.as_ref().is_some_and(Heard::is_final)
    }
}

impl Course {
    /// What is to be done once all that was asked for has been heard (but for
    /// the port itself, which may take longer).
    pub fn advance(&mut self) -> Next {
        let next = self.decide();
        if let Next::Ask { ttls, port } = &next {
            for &ttl in ttls {
                let index = usize::from(ttl) - 1;
                if self.steps.len() <= index {
                    self.steps.resize_with(index + 1, Step::default);
                }
                self.steps[index].asked += 1;
            }
            if *port {
                self.itself = Itself::Asked;
            }
        }
        next
    }

    fn decide(&self) -> Next {
        let heard = self.last_heard();
        if let Some(end) = self.steps.iter().position(Step::is_final) {
            return self.again(end).unwrap_or(Next::Done);
        }
        let tail = self.steps.len() - heard;
        let is_answered = self.itself().is_some_and(Heard::is_final);
        let is_far = tail >= TAIL && !is_answered;
        let is_round = self.first_of_loop().is_some();
        if is_round || is_far || self.is_placed() || self.steps.len() >= LIMIT.into() {
            return match (self.again(heard), &self.itself) {
                (Some(again), _) => again,
                (None, Itself::Unasked) => Next::Ask {
                    ttls: Vec::new(),
                    port: true,
                },
                (None, Itself::Asked) => Next::Wait,
                (None, Itself::Heard(_)) => Next::Done,
            };
        }
        let width = if tail == 0 { 1 } else { WINDOW };
        let first = self.steps.len() as u8 + 1;
        let last = (first + width as u8 - 1).min(LIMIT);
        Next::Ask {
            ttls: (first..=last).collect(),
            port: tail > 0 && self.itself == Itself::Unasked,
        }
    }

    /// Whether it is known who answered the port itself: a router that was seen,
    /// or one who says that there is no way to the host.
    fn is_placed(&self) -> bool {
        let Some(itself) = self.itself() else {
            return false;
        };
        let was_seen = |by| {
            let mut routers = self.steps.iter().filter_map(|step| step.heard.as_ref());
            routers.any(|heard| heard.expired_at() == Some(by))
        };
        matches!(itself.verdict.state, State::Unreachable | State::Error)
            || itself.verdict.by.is_some_and(was_seen)
    }

    /// Silent TTLs before `end` are asked once more: routers ration ICMP.
    fn again(&self, end: usize) -> Option<Next> {
        let room = CONNECTS.saturating_sub(self.connects());
        let silent = (1..).zip(&self.steps[..end]);
        let ttls: Vec<u8> = silent
            .filter(|(_, step)| step.is_silent() && step.asked < 2)
            .map(|(ttl, _)| ttl)
            .take(room)
            .collect();
        (!ttls.is_empty()).then_some(Next::Ask { ttls, port: false })
    }

    /// Connects that the port has seen, or may see yet.
    fn connects(&self) -> usize {
        let steps = self.steps.iter().filter_map(|step| step.heard.as_ref());
        let heard = steps.chain(self.itself());
        heard
            .filter(|heard| heard.verdict.state == State::Open)
            .count()
            + usize::from(self.itself == Itself::Asked)
    }

    /// Reports what came of a TTL.
    pub fn heard(&mut self, ttl: u8, heard: Heard) {
        if let Some(step) = self.steps.get_mut(usize::from(ttl).wrapping_sub(1)) {
            step.heard = Some(heard);
        }
    }

    /// Reports what came of asking the port itself.
    pub fn heard_itself(&mut self, heard: Heard) {
        self.itself = Itself::Heard(heard);
    }

    /// What has been heard of each TTL, from 1 on.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the port itself said to a packet of an uncounted TTL.
    pub fn itself(&self) -> Option<&Heard> {
        match &self.itself {
            Itself::Heard(heard) => Some(heard),
            _ => None,
        }
    }

    /// The last TTL that was not met with silence; 0 for none.
    pub fn last_heard(&self) -> usize {
        let last = self.steps.iter().rposition(|step| !step.is_silent());
        last.map_or(0, |last| last + 1)
    }

    /// The index of a router that comes up again behind another one.
    pub fn first_of_loop(&self) -> Option<usize> {
        let routers: Vec<_> = (self.steps.iter())
            .map(|step| step.heard.as_ref().and_then(Heard::expired_at))
            .collect();
        (0..routers.len()).find(|&first| {
            let mut rest = routers[first..].iter().flatten();
            let Some(router) = routers[first].and(rest.next()) else {
                return false;
            };
            rest.skip_while(|next| *next == router)
                .any(|next| next == router)
        })
    }
}

#[cfg(test)]
mod tests;
