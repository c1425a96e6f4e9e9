//! One direction of a session: a pump, a carrier, and the ends between which it
//! moves bytes. What it waits for is computed anew each turn.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use super::carrier::{Carrier, Passed};
use super::end::{Sink, Source, Step};
use super::ending::Side;
use super::pump::Pump;
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::stage::Stage;

/// Moves of one direction between two looks at the other one, the timers and
/// the signals.
const ROUNDS: usize = 64;

/// As long as moves take between two such looks, however few they are.
pub(super) const TURN: Duration = Duration::from_millis(10);

/// A stream that gives less than this is at its end for now: to ask it again
/// would cost a call, and poll(2) is asked in any case.
const TALK: usize = 4096;

/// One direction: its books and what moves its bytes.
pub struct Direction<'a> {
    pub pump: Pump,
    pub carrier: &'a mut dyn Carrier,
    pub source: &'a mut dyn Source,
    pub sink: &'a mut dyn Sink,
}

/// What a direction waits for.
pub(super) enum Want<'a> {
    Read(BorrowedFd<'a>, PollFlags),
    Write(Option<BorrowedFd<'a>>),
    At(Instant),
    Nothing,
}

impl<'a> Direction<'a> {
    /// The same direction, lent for a shorter time.
    pub fn lend<'b>(self) -> Direction<'b>
    where
        'a: 'b,
    {
        Direction {
            pump: self.pump,
            carrier: self.carrier,
            source: self.source,
            sink: self.sink,
        }
    }

    /// What can be waited for at that moment.
    pub(super) fn interest(&self, now: Instant) -> Want<'_> {
        if self.pump.is_over() {
            return Want::Nothing;
        }
        if self.carrier.holds() {
            return match self.pump.wakes() {
                Some(moment) if !self.pump.may_write(now) => Want::At(moment),
                _ => Want::Write(self.sink.fd()),
            };
        }
        if self.pump.wants_read() {
            return match self.pump.waits_for_sink() {
                true => Want::Write(self.sink.fd()),
                false => Want::Read(self.source.fd(), self.source.interest()),
            };
        }
        // Ended and empty: only the sink has to be told, which is no wait.
        Want::Write(None)
    }

    /// Moves what can be moved; `talks` says that little from the source means
    /// that there is no more, `about` is what a short end is told of.
    ///
    /// # Errors
    /// Those of its ends, and a short end.
    pub(super) fn turn(
        &mut self,
        run: &mut Run,
        now: Instant,
        talks: bool,
        about: (Stage, &str),
    ) -> Result<(), Failure> {
        self.pump.sink_is_full(false);
        let ends = now + TURN;
        let mut at = now;
        let mut little = false;
        for _ in 0..ROUNDS {
            if self.pump.is_over() || at >= ends {
                return Ok(());
            }
            if self.carrier.holds() {
                if !self.pump.may_write(at) {
                    return Ok(());
                }
                match self.carrier.drain(run, self.sink)? {
                    Step::Moved(bytes) => {
                        at = Instant::now();
                        self.pump.gave(bytes, at);
                    }
                    Step::Discarded(_) => at = Instant::now(),
                    Step::NotReady | Step::End => return Ok(()),
                }
            } else if little {
                return Ok(());
            } else if self.pump.wants_read() {
                let room = self.pump.room();
                let step = match self.carrier.pass(run, self.source, self.sink, room)? {
                    Passed::Moved(bytes) => {
                        at = Instant::now();
                        self.pump.took(bytes, at);
                        self.pump.gave(bytes, at);
                        little = talks && bytes < TALK;
                        continue;
                    }
                    Passed::SinkFull => {
                        self.pump.sink_is_full(true);
                        return Ok(());
                    }
                    Passed::Held(bytes) => Step::Moved(bytes),
                    Passed::SourceEmpty => Step::NotReady,
                    Passed::Not => self.carrier.fill(run, self.source, room)?,
                };
                match step {
                    Step::Moved(bytes) | Step::Discarded(bytes) => {
                        at = Instant::now();
                        self.pump.took(bytes, at);
                        little = talks && bytes < TALK;
                    }
                    Step::End => self.pump.source_ended(Instant::now()),
                    Step::NotReady => return Ok(()),
                }
            } else if self.pump.is_doomed() {
                self.pump.broken();
            } else {
                run.pause(about.0)?;
                if let Some(limit) = self.pump.short_of() {
                    return Err(self.short(limit, about));
                }
                self.sink.finish(run)?;
                self.pump.finished(Instant::now());
            }
        }
        Ok(())
    }

    fn short(&self, limit: u64, (stage, object): (Stage, &str)) -> Failure {
        let taken = self.pump.taken();
        let reason = format!("ended after {taken} of --bytes {limit}");
        StageError::new(stage, object, Class::Cut, reason).into()
    }

    /// As far as its end goes.
    pub(super) fn side(&self) -> Side {
        Side {
            ended: self.pump.has_ended(),
            holds: self.carrier.holds() || self.pump.waits_for_sink(),
            finished: self.pump.finished_at(),
            over: self.pump.is_over(),
            last_taken: self.pump.last_taken(),
            last_given: self.pump.last_given(),
        }
    }
}
