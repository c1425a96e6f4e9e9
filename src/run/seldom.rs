//! At most once a second. Pure.

use std::time::{Duration, Instant};

/// How often something that lasts, or comes in floods, is told.
pub(super) const EVERY: Duration = Duration::from_secs(1);

/// Something that is told again only after a while.
#[derive(Debug, Default)]
pub struct Seldom(Option<Instant>);

impl Seldom {
    /// Whether it is to be told; then it counts as told.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let due = self.0.is_none_or(|told| now >= told + EVERY);
        if due {
            self.0 = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_at_once_and_then_once_a_second() {
        let start = Instant::now();
        let mut seldom = Seldom::default();
        let told: Vec<u64> = (0..40)
            .map(|n| n * 100)
            .filter(|ms| seldom.is_due(start + Duration::from_millis(*ms)))
            .collect();
        assert_eq!(told, [0, 1000, 2000, 3000]);
    }
}
