//! Questions in flight: where they are kept, and what becomes of them when
//! their moments come.

use std::time::Instant;

use socket2::Socket;

use super::accepted::Accepted;
use super::{Outcome, Question, tcp, udp};
use crate::verdict::Protocol;

/// A question in flight. Only Internet questions ever are.
pub struct Flight {
    /// What is asked.
    pub question: Question,
    /// With what; closing it ends the question.
    pub socket: Socket,
    /// A second socket that asks the same.
    pub twin: Twin,
    /// When connect() was called.
    pub began: Instant,
    /// Datagrams sent; 0 for TCP, where the kernel counts.
    pub sent: u32,
    /// Times the question has met itself before.
    pub met: u32,
    /// Whether the first resend of the SYN was stopped on this machine, once
    /// that can be told.
    pub dropped: Option<bool>,
    /// The handshake is over, and the server is listened to.
    pub accepted: Option<Accepted>,
}

/// Whether one of many TCP questions is asked over a second socket.
pub enum Twin {
    /// It is not, or no longer.
    None,
    /// It will be, `tcp::TWIN` after the first.
    Due,
    /// It is.
    Asks(Socket),
}

impl Flight {
    /// Reads the result of either socket.
    pub fn look_tcp(&mut self) -> Outcome {
        match (tcp::look(&self.socket), &self.twin) {
            (Outcome::Pending, Twin::Asks(twin)) => {
                let outcome = tcp::look(twin);
                self.over_twin(outcome)
            }
            (outcome, _) => self.with_twin(outcome),
        }
    }

    /// What the second socket has learned: what is told of a socket from now on
    /// is told of the one that was answered.
    pub fn over_twin(&mut self, outcome: Outcome) -> Outcome {
        match (&outcome, &mut self.twin) {
            (Outcome::Settled(..), Twin::Asks(twin)) => {
                std::mem::swap(&mut self.socket, twin);
                self.with_twin(outcome)
            }
            // It has met itself, of which the question is none the wiser.
            (Outcome::MetItself, _) => Outcome::Pending,
            _ => outcome,
        }
    }

    /// The same outcome, with the SYNs of the second socket.
    fn with_twin(&self, outcome: Outcome) -> Outcome {
        match (outcome, &self.twin) {
            (Outcome::Settled(evidence, Some(syns)), Twin::Asks(twin)) => {
                let all = syns + tcp::syns(twin).unwrap_or(0);
                Outcome::Settled(evidence, Some(all))
            }
            (outcome, _) => outcome,
        }
    }

    /// The next moment after `now` at which a TCP question needs attention.
    pub fn next_tcp(&self, now: Instant) -> Option<Instant> {
        let twin = matches!(self.twin, Twin::Due).then(|| self.began + tcp::TWIN);
        let known = (self.question.wait > tcp::RETRIED).then(|| self.began + tcp::RETRIED);
        let moments = [twin, known, self.ends()];
        moments.into_iter().flatten().filter(|&at| at > now).min()
    }

    /// Whether the moment of the second socket has come.
    pub fn is_twin_due(&self, now: Instant) -> bool {
        matches!(self.twin, Twin::Due) && self.began + tcp::TWIN <= now
    }

    /// The end of the wait; none if that is beyond the clock.
    pub fn ends(&self) -> Option<Instant> {
        self.began.checked_add(self.question.wait)
    }

    /// The first moment at which the question needs attention.
    pub fn first(&self) -> Option<Instant> {
        match self.question.protocol {
            Protocol::Udp => Some(self.began + udp::resend_after(self.question.wait)),
            _ => self.next_tcp(self.began),
        }
    }

    /// A moment of a UDP question has come: the end, or the time to ask again.
    /// Returns the next moment.
    pub fn due_udp(&mut self, payload: &[u8], now: Instant) -> (Outcome, Option<Instant>) {
        let ends = self.ends();
        if ends.is_some_and(|ends| ends <= now) {
            return (udp::expire(&self.socket, self.sent), None);
        }
        let outcome = udp::send(&self.socket, payload, self.sent);
        self.sent += 1;
        let last = udp::last_after(self.question.wait).filter(|_| self.sent == 2);
        (outcome, last.map(|after| self.began + after).or(ends))
    }

    /// A moment of a TCP question has come: the end, or the time at which a
    /// SYN that was stopped on this machine is known by its resend. Where that
    /// is suspected, an end before it waits for it.
    pub fn due_tcp(&mut self, now: Instant) -> (Outcome, Option<Instant>) {
        let ends = self.ends();
        let known = self.began + tcp::RETRIED;
        if known <= now && self.dropped.is_none() {
            self.dropped = Some(tcp::is_retry_stopped(&self.socket));
        }
        if ends.is_none_or(|ends| ends > now) {
            return (Outcome::Pending, self.next_tcp(now));
        }
        if self.dropped.is_none() && tcp::is_retry_stopped(&self.socket) {
            return (Outcome::Pending, Some(known));
        }
        let dropped = self.dropped.unwrap_or(false);
        // The second socket may have been answered in this very moment.
        let outcome = match self.look_tcp() {
            Outcome::Pending => self.with_twin(tcp::expire(&self.socket, dropped)),
            found => found,
        };
        (outcome, None)
    }
}

/// All questions in flight, each under a token that is never given out again:
/// events and deadlines of those that are over may still come up.
#[derive(Default)]
pub struct Flights {
    slots: Vec<Slot>,
    /// Indices of empty slots.
    free: Vec<u32>,
}

/// The generation counts who had this place before.
#[derive(Default)]
struct Slot {
    generation: u32,
    flight: Option<Flight>,
}

impl Flights {
    /// A place for a flight that is about to begin.
    pub fn reserve(&mut self) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() as u32 - 1
        });
        u64::from(self.slots[index as usize].generation) << 32 | u64::from(index)
    }

    /// Fills a reserved place; without a flight it is free again.
    pub fn settle(&mut self, token: u64, flight: Option<Flight>) {
        let Some(slot) = self.slots.get_mut(index(token)) else {
            return;
        };
        if flight.is_none() {
            self.free.push(token as u32);
        }
        slot.flight = flight;
    }

    /// The flight of `token`, if it is still under way.
    pub fn get(&mut self, token: u64) -> Option<&mut Flight> {
        self.slots
            .get_mut(index(token))
            .filter(|slot| slot.is_of(token))
            .and_then(|slot| slot.flight.as_mut())
    }

    /// Ends one whose server is being listened to.
    pub fn take_accepted(&mut self) -> Option<Flight> {
        let accepted = |slot: &&mut Slot| {
            slot.flight
                .as_ref()
                .is_some_and(|flight| flight.accepted.is_some())
        };
        self.slots.iter_mut().find(accepted)?.flight.take()
    }

    /// Ends the flight of `token`.
    pub fn take(&mut self, token: u64) -> Option<Flight> {
        let slot = (self.slots.get_mut(index(token))).filter(|slot| slot.is_of(token))?;
        let flight = slot.flight.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(token as u32);
        Some(flight)
    }

    /// Whether the flight of `token` is under way.
    pub fn holds(&self, token: u64) -> bool {
        (self.slots.get(index(token)))
            .is_some_and(|slot| slot.is_of(token) && slot.flight.is_some())
    }
}

impl Slot {
    fn is_of(&self, token: u64) -> bool {
        u64::from(self.generation) == token >> 32
    }
}

/// The lower half of a token; the upper is the generation.
fn index(token: u64) -> usize {
    token as u32 as usize
}
