//! How often one host is asked over UDP. Pure.
//!
//! A closed UDP port is known by an ICMP error, and hosts ration these: Linux
//! sends six to one address at once and then one a second
//! (`net.ipv4.icmp_ratelimit` in icmp(7)). Ask faster, and closed ports look
//! silent. So each host has the budget that its kernel keeps, and a question
//! is put only while the host could still answer it and all others in flight.
//! Questions that end without ICMP have cost nothing. A survey of a host that
//! answers is therefore slow, about a port a second, and right.

use std::time::{Duration, Instant};

/// ICMP errors a host sends to one address at once.
const BURST: u32 = 6;
/// The time after which it may send another.
const REFILL: Duration = Duration::from_secs(1);

/// The budget of one host.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    in_flight: u32,
    /// When the whole burst is available again; `None` while it is.
    full_at: Option<Instant>,
}

impl Pace {
    /// Counts a question in, if the host could answer it now.
    pub fn admit(&mut self, now: Instant) -> bool {
        let admitted = self.in_flight + self.spent(now) < BURST;
        self.in_flight += u32::from(admitted);
        admitted
    }

    /// A question is over, with an ICMP error or without.
    pub fn finished(&mut self, icmp: bool, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if icmp {
            self.full_at = Some(self.full_at.map_or(now, |at| at.max(now)) + REFILL);
        }
    }

    /// When `admit` may say yes without anything having finished; `None` if
    /// time alone will not do.
    pub fn next(&self) -> Option<Instant> {
        let room = BURST.checked_sub(self.in_flight + 1)?;
        self.full_at.map(|at| at - REFILL * room)
    }

    fn spent(&self, now: Instant) -> u32 {
        let debt = (self.full_at).map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        debt.as_nanos().div_ceil(REFILL.as_nanos()) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_a_second() {
        let start = Instant::now();
        let mut pace = Pace::default();
        for _ in 0..6 {
            assert!(pace.admit(start));
        }
        assert!(!pace.admit(start));
        assert_eq!(pace.next(), None, "only an answer makes room");

        for _ in 0..6 {
            pace.finished(true, start);
        }
        assert!(!pace.admit(start), "the burst is spent");
        let second = start + REFILL;
        assert_eq!(pace.next(), Some(second));
        assert!(!pace.admit(second - Duration::from_millis(1)));
        assert!(pace.admit(second));
        assert!(!pace.admit(second));
        assert_eq!(pace.next(), Some(second + REFILL));
    }

    #[test]
    fn silence_costs_nothing() {
        let now = Instant::now();
        let mut pace = Pace::default();
        for _ in 0..100 {
            assert!(pace.admit(now));
            pace.finished(false, now);
        }
    }
}
