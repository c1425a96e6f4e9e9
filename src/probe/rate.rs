//! How many questions are put in a second, at most. Pure.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// How far a run that was held up may catch up at once. Sleeping is exact to a
/// few milliseconds only: what was missed in them is no burst.
const CATCH_UP: Duration = Duration::from_millis(20);

/// A clock that ticks once for each question that may be put.
#[derive(Debug, Clone)]
pub struct Rate {
    interval: Duration,
    /// When the next one may be put; `None` before the first.
    next: Option<Instant>,
}

impl Rate {
    /// At most so many a second.
    pub fn new(a_second: NonZeroU32) -> Rate {
        Rate {
            interval: Duration::from_secs(1) / a_second.get(),
            next: None,
        }
    }

    /// The moment before which nothing may be put, if that is not yet over.
    pub fn not_before(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&next| next > now)
    }

    /// One is put.
    pub fn spend(&mut self, now: Instant) {
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        let due = self.next.unwrap_or(now).max(earliest);
        self.next = Some(due + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_in(a_second: u32, nap: Duration, time: Duration) -> u32 {
        let start = Instant::now();
        let mut rate = Rate::new(a_second.try_into().unwrap());
        let (mut now, mut put) = (start, 0);
        while now < start + time {
            while rate.not_before(now).is_none() {
                rate.spend(now);
                put += 1;
            }
            now += nap;
        }
        put
    }

    #[test]
    fn naps_do_not_lower_the_rate() {
        let second = Duration::from_secs(1);
        for (a_second, nap_ms) in [(1, 1), (10, 7), (500, 1), (500, 13), (20_000, 3)] {
            let nap = Duration::from_millis(nap_ms);
            let put = put_in(a_second, nap, 10 * second);
            let want = 10 * a_second;
            let off = put.abs_diff(want);
            assert!(off <= 1 + want / 50, "{put} instead of {want}");
        }
    }

    #[test]
    fn a_long_pause_is_no_credit() {
        let start = Instant::now();
        let mut rate = Rate::new(100.try_into().unwrap());
        rate.spend(start);
        let later = start + Duration::from_secs(60);
        let mut burst = 0;
        while rate.not_before(later).is_none() {
            rate.spend(later);
            burst += 1;
        }
        assert!((1..=3).contains(&burst), "{burst}");
    }
}
