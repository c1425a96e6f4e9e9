//! Whose time is up: a queue of moments. Pure.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Moments at which somebody wants to be woken, soonest first.
///
/// Most questions are answered long before their time; their entries are not
/// searched for, but stay until they come up or `tidy` drops them, so a token
/// must not be used again for somebody else.
#[derive(Debug, Default)]
pub struct Deadlines {
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
}

/// Below this many entries tidying costs more than it saves.
const UNTIDY: usize = 256;

impl Deadlines {
    /// Wakes `token` at `at`.
    pub fn push(&mut self, at: Instant, token: u64) {
        self.heap.push(Reverse((at, token)));
    }

    /// The soonest moment.
    pub fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes one token whose moment has come.
    pub fn pop_due(&mut self, now: Instant) -> Option<u64> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, token))| token)
    }

    /// Drops the entries of those who no longer wait, if they outnumber the
    /// `waiting` by far: memory stays bounded by what is in flight.
    pub fn tidy(&mut self, waiting: usize, mut waits: impl FnMut(u64) -> bool) {
        if self.heap.len() > UNTIDY + 4 * waiting {
            self.heap.retain(|Reverse((_, token))| waits(*token));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn soonest_first_and_only_when_due() {
        let now = Instant::now();
        let at = |ms| now + Duration::from_millis(ms);
        let mut deadlines = Deadlines::default();
        assert_eq!(deadlines.next(), None);
        for (ms, token) in [(30, 3), (10, 1), (20, 2)] {
            deadlines.push(at(ms), token);
        }
        assert_eq!(deadlines.next(), Some(at(10)));
        assert_eq!(deadlines.pop_due(at(9)), None);
        assert_eq!(deadlines.pop_due(at(20)), Some(1));
        assert_eq!(deadlines.pop_due(at(20)), Some(2));
        assert_eq!(deadlines.pop_due(at(20)), None);
    }

    #[test]
    fn the_answered_are_dropped_in_bulk() {
        let now = Instant::now();
        let mut deadlines = Deadlines::default();
        (0..10_000).for_each(|token| deadlines.push(now, token));
        deadlines.tidy(10, |token| token < 10);
        assert_eq!(deadlines.heap.len(), 10);
    }
}
