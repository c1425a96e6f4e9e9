//! How many ICMP errors one host can surely send now. Pure.
//!
//! Linux sends six to one address at once and then one a second
//! (`net.ipv4.icmp_ratelimit` in icmp(7); `inet_peer_xrlim_allow` is the code).
//! What it had left when a run began nobody can know, so a budget begins empty
//! and is always a lower bound.

use std::time::{Duration, Instant};

/// ICMP errors a host keeps for one address.
pub const BURST: u32 = 6;
/// The time after which it has another. The kernel's is 1 s; what is asked a
/// little later than that is never denied for a packet that was on the way for
/// a little less than the one before.
pub const REFILL: Duration = Duration::from_millis(1050);

/// The lower bound, as the moment at which it was 0.
#[derive(Debug, Clone)]
pub struct Budget {
    empty_at: Instant,
}

impl Budget {
    /// Of a host of which nothing is known.
    pub fn unknown(now: Instant) -> Budget {
        Budget { empty_at: now }
    }

    /// ICMP errors that the host can send now, at least.
    pub fn whole(&self, now: Instant) -> u32 {
        let since = now.saturating_duration_since(self.empty_at);
        let whole = since.as_nanos() / REFILL.as_nanos();
        u32::try_from(whole).map_or(BURST, |whole| whole.min(BURST))
    }

    /// The host has sent one. What it sends beyond the bound shows that the
    /// bound was too low, and costs nothing.
    pub fn spend(&mut self, now: Instant) {
        let full = now.checked_sub(REFILL * BURST).unwrap_or(self.empty_at);
        self.empty_at = (self.empty_at.max(full) + REFILL).min(now);
    }

    /// When it can send one.
    pub fn next(&self) -> Instant {
        self.empty_at + REFILL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_empty_fills_to_the_burst_and_never_owes() {
        let start = Instant::now() + REFILL * 100;
        let mut budget = Budget::unknown(start);
        assert_eq!((budget.whole(start), budget.next()), (0, start + REFILL));
        budget.spend(start);
        assert_eq!(budget.next(), start + REFILL, "it had more than we knew");
        assert_eq!(budget.whole(start + REFILL * 3), 3);
        assert_eq!(budget.whole(start + REFILL * 99), BURST);
        let later = start + REFILL * 50;
        for left in (0..BURST).rev() {
            budget.spend(later);
            assert_eq!(budget.whole(later), left);
        }
        assert_eq!(budget.next(), later + REFILL);
    }
}
