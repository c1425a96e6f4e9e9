//! How often one host is asked over UDP. Pure.
//!
//! A closed UDP port is known by an ICMP error, and hosts ration these: Linux
//! sends six to one address at once and then one a second
//! (`net.ipv4.icmp_ratelimit` in icmp(7)). Ask faster, and closed ports look
//! silent. So each host has the budget that its kernel keeps, and a question
//! is put only while the host could still answer it and all others in flight.
//! Questions that end without ICMP have cost nothing. A survey of a host that
//! answers is therefore slow, about a port a second, and right.
//!
//! Not all is seen from here: the host may have spent its budget on somebody
//! else of our address. Silence soon after an ICMP error is taken for that: the
//! host gets a rest, and the questions that showed it are asked once more.

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
    last_icmp: Option<Instant>,
}

/// What came of a question, as far as the host's budget goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// An ICMP error.
    Icmp,
    /// Nothing until the deadline.
    Nothing,
    /// A reply, or trouble of our own.
    Other,
}

impl Pace {
    /// Counts a question in, if the host could answer it now.
    pub fn admit(&mut self, now: Instant) -> bool {
        let admitted = self.in_flight + self.spent(now) < BURST;
        self.in_flight += u32::from(admitted);
        admitted
    }

    /// A question is over.
    pub fn finished(&mut self, heard: Heard, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let empty = REFILL * BURST;
        match heard {
            Heard::Icmp => {
                self.last_icmp = Some(now);
                let full_at = self.full_at.map_or(now, |at| at.max(now)) + REFILL;
                self.full_at = Some(full_at.min(now + empty));
            }
            Heard::Nothing if self.is_rationing(now) => self.full_at = Some(now + empty),
            Heard::Nothing | Heard::Other => {}
        }
    }

    /// Whether silence may only mean that the host has no ICMP errors left: it
    /// sent one not long ago.
    pub fn is_rationing(&self, now: Instant) -> bool {
        (self.last_icmp).is_some_and(|at| now < at + REFILL * BURST)
    }

    /// Whether a host nobody has heard of would be treated the same.
    pub fn is_rested(&self, now: Instant) -> bool {
        self.in_flight == 0 && self.spent(now) == 0 && !self.is_rationing(now)
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
            pace.finished(Heard::Icmp, start);
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
            pace.finished(Heard::Nothing, now);
        }
    }

    #[test]
    fn silence_after_icmp_gives_the_host_a_rest() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(pace.admit(start) && pace.admit(start) && pace.admit(start));
        pace.finished(Heard::Icmp, start);
        pace.finished(Heard::Nothing, start + REFILL);
        pace.finished(Heard::Other, start + REFILL);
        assert!(!pace.admit(start + REFILL));
        assert_eq!(pace.next(), Some(start + 2 * REFILL));
        assert!(pace.admit(start + 2 * REFILL));

        // Long after the last ICMP error silence is only silence.
        let later = start + 60 * REFILL;
        pace.finished(Heard::Nothing, later);
        assert!((0..6).all(|_| pace.admit(later)));
    }
}
