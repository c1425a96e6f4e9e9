//! How fast bytes may leave: `--rate` and `--interval`. Pure; moments come
//! from the caller.

use std::time::{Duration, Instant};

use crate::units::Rate;

/// How much lateness is made up for. A process that was not run for a moment
/// must not lose its mean; after a silence of the source nobody wants a burst.
const CREDIT: Duration = Duration::from_millis(100);

/// A token bucket, kept as the moment at which all that was sent is paid for,
/// and the least time between two writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    rate: Option<Rate>,
    interval: Option<Duration>,
    paid: Option<Instant>,
    due: Option<Instant>,
}

impl Pace {
    /// Nothing has been sent.
    pub fn new(rate: Option<Rate>, interval: Option<Duration>) -> Pace {
        Pace {
            rate,
            interval,
            ..Pace::default()
        }
    }

    /// Whether it never holds anything back.
    pub fn is_free(&self) -> bool {
        self.rate.is_none() && self.interval.is_none()
    }

    /// So many bytes have left.
    pub fn gave(&mut self, bytes: usize, now: Instant) {
        if let Some(rate) = self.rate {
            let oldest = now.checked_sub(CREDIT).unwrap_or(now);
            let from = self.paid.map_or(now, |paid| paid.max(oldest));
            self.paid = from.checked_add(cost(bytes, rate));
        }
        let spaced = self.interval.and_then(|interval| now.checked_add(interval));
        self.due = self.paid.max(spaced);
    }

    /// When more may leave; None: at any time.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether more may leave now.
    pub fn allows(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| now >= due)
    }
}

fn cost(bytes: usize, rate: Rate) -> Duration {
    let nanos = bytes as u128 * 1_000_000_000 / u128::from(rate.0);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Bytes sent in five seconds by who wakes up every `tick`, writes pieces
    /// of `chunk` bytes as long as it may, and sleeps through `gap`.
    fn sent(rate: u64, chunk: usize, tick: Duration, gap: std::ops::Range<u32>) -> u64 {
        let begun = Instant::now();
        let mut pace = Pace::new(Some(Rate(rate)), None);
        let mut sent = 0;
        let ticks = (5_000_000_000 / tick.as_nanos()) as u32;
        for n in (0..ticks).filter(|n| !gap.contains(n)) {
            while pace.allows(begun + tick * n) {
                pace.gave(chunk, begun + tick * n);
                sent += chunk as u64;
            }
        }
        sent
    }

    #[test]
    fn a_rate_is_exact_to_two_percent_over_five_seconds() {
        for (rate, chunk) in [
            (1000, 20),
            (64 << 10, 1310),
            (10_000_000, 64 << 10),
            (1 << 30, 256 << 10),
        ] {
            for tick in [MS / 10, MS, MS * 7, MS * 50] {
                let sent = sent(rate, chunk, tick, 0..0) as f64;
                let error = sent / (rate as f64 * 5.0) - 1.0;
                assert!(error.abs() < 0.02, "{rate} {tick:?}: {error}");
            }
        }
    }

    #[test]
    fn a_silence_is_not_made_up_for() {
        let sent = sent(100_000, 2000, MS, 1000..3000) as f64;
        // Three seconds of five, and the credit.
        assert!(
            (sent / 300_000.0 - 1.0) < 0.04 && sent >= 300_000.0,
            "{sent}"
        );
    }

    #[test]
    fn the_later_of_rate_and_interval_counts() {
        let now = Instant::now();
        let mut pace = Pace::new(Some(Rate(1000)), Some(MS * 300));
        assert!(pace.allows(now));
        pace.gave(100, now);
        assert_eq!(pace.due(), Some(now + MS * 300));
        pace.gave(900, now);
        assert_eq!(pace.due(), Some(now + MS * 1000));
        let mut free = Pace::default();
        free.gave(1 << 30, now);
        assert!(free.allows(now));
    }
}
