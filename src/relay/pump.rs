//! The books of one direction: what is open, how much has passed, and what to
//! wait for. Pure; moments come from the caller.

use std::time::Instant;

use crate::stage::pace::Pace;

/// One direction of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Pump {
    flow: Flow,
    doomed: bool,
    taken: u64,
    given: u64,
    limit: Option<u64>,
    reads: Option<u64>,
    pace: Pace,
    last_taken: Instant,
    last_given: Instant,
    sink_is_full: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flow {
    Open,
    /// The source has ended; what is held still has to go.
    Ending,
    /// The sink knows that everything has been delivered.
    Finished(Instant),
    /// The sink takes no more.
    Broken,
}

impl Pump {
    /// A direction that is open since `now`.
    pub fn new(now: Instant) -> Pump {
        Pump {
            flow: Flow::Open,
            doomed: false,
            taken: 0,
            given: 0,
            limit: None,
            reads: None,
            pace: Pace::default(),
            last_taken: now,
            last_given: now,
            sink_is_full: false,
        }
    }

    /// Ends by itself after so many bytes (`--bytes`).
    pub fn limit(mut self, bytes: Option<u64>) -> Pump {
        self.limit = bytes;
        if bytes == Some(0) {
            self.flow = Flow::Ending;
        }
        self
    }

    /// Ends by itself after so many reads (`--count`, of datagrams).
    pub fn reads(mut self, count: Option<u64>) -> Pump {
        self.reads = count;
        self
    }

    /// Writes no faster than this (`--rate`, `--interval`).
    pub fn pace(mut self, pace: Pace) -> Pump {
        self.pace = pace;
        self
    }

    /// How many bytes the next read may take.
    pub fn room(&self) -> usize {
        let left = self.limit.map_or(u64::MAX, |limit| limit - self.taken);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// Whether the source should be read, when nothing is held.
    pub fn wants_read(&self) -> bool {
        self.flow == Flow::Open
    }

    /// Whether what is held may be written now.
    pub fn may_write(&self, now: Instant) -> bool {
        matches!(self.flow, Flow::Open | Flow::Ending) && self.pace.allows(now)
    }

    /// When held bytes may be written, if not now.
    pub fn wakes(&self) -> Option<Instant> {
        self.pace.due()
    }

    /// Whether the source waits for the sink, though nothing is held.
    pub fn waits_for_sink(&self) -> bool {
        self.sink_is_full
    }

    /// The sink takes nothing at the moment, or it may be asked again.
    pub fn sink_is_full(&mut self, full: bool) {
        self.sink_is_full = full;
    }

    /// The source gave so many bytes.
    pub fn took(&mut self, bytes: usize, now: Instant) {
        self.taken += bytes as u64;
        self.last_taken = now;
        self.reads = self.reads.map(|left| left.saturating_sub(1));
        if self.limit.is_some_and(|limit| self.taken >= limit) || self.reads == Some(0) {
            self.flow = Flow::Ending;
        }
    }

    /// The sink took so many bytes.
    pub fn gave(&mut self, bytes: usize, now: Instant) {
        self.given += bytes as u64;
        self.last_given = now;
        self.pace.gave(bytes, now);
    }

    /// The source has ended.
    pub fn source_ended(&mut self, now: Instant) {
        if self.flow == Flow::Open {
            self.flow = Flow::Ending;
            self.last_taken = now;
        }
    }

    /// Everything was delivered and the sink has been told.
    pub fn finished(&mut self, now: Instant) {
        self.flow = Flow::Finished(now);
    }

    /// The end of the source will not be the end in order.
    pub fn breaks_at_end(&mut self) {
        self.doomed = true;
    }

    /// Whether the sink must not be told of the end.
    pub fn is_doomed(&self) -> bool {
        self.doomed
    }

    /// The sink takes no more.
    pub fn broken(&mut self) {
        self.flow = Flow::Broken;
    }

    /// The source has ended, or has given all that was asked for.
    pub fn has_ended(&self) -> bool {
        self.flow != Flow::Open
    }

    /// Nothing will move any more.
    pub fn is_over(&self) -> bool {
        matches!(self.flow, Flow::Finished(_) | Flow::Broken)
    }

    /// When everything had been delivered.
    pub fn finished_at(&self) -> Option<Instant> {
        match self.flow {
            Flow::Finished(moment) => Some(moment),
            _ => None,
        }
    }

    /// `--bytes`, if the source has ended before it gave so many.
    pub fn short_of(&self) -> Option<u64> {
        self.limit
            .filter(|limit| self.has_ended() && self.taken < *limit && self.reads != Some(0))
    }

    /// Bytes the sink has taken.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// Bytes the source has given.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The last read or write that moved something.
    pub fn last_moved(&self) -> Instant {
        self.last_taken.max(self.last_given)
    }

    /// The last read that gave something (or the end).
    pub fn last_taken(&self) -> Instant {
        self.last_taken
    }

    /// The last write that moved something.
    pub fn last_given(&self) -> Instant {
        self.last_given
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_limit_ends_the_direction_and_a_short_source_is_missed() {
        let now = Instant::now();
        let mut pump = Pump::new(now).limit(Some(10));
        assert_eq!(pump.room(), 10);
        pump.took(4, now);
        assert_eq!((pump.room(), pump.wants_read()), (6, true));
        let mut short = pump.clone();
        short.source_ended(now);
        assert_eq!(short.short_of(), Some(10));
        pump.took(6, now);
        assert_eq!((pump.wants_read(), pump.short_of()), (false, None));
        assert!(Pump::new(now).limit(Some(0)).has_ended());
    }

    #[test]
    fn an_interval_holds_the_next_write_back_and_nothing_else() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let mut pump = Pump::new(now).pace(Pace::new(None, Some(second)));
        assert!(pump.may_write(now));
        pump.gave(1, now);
        assert!(!pump.may_write(now));
        assert!(pump.wants_read());
        assert!(pump.may_write(now + second));
        assert_eq!(pump.wakes(), Some(now + second));
    }

    #[test]
    fn a_broken_sink_stops_both_sides() {
        let now = Instant::now();
        let mut pump = Pump::new(now);
        pump.broken();
        assert!(!pump.wants_read() && !pump.may_write(now) && pump.is_over());
        assert_eq!(pump.finished_at(), None);
    }
}
