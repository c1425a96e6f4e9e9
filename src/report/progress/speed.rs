//! How fast it goes at present: the mean of the last few seconds. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What was longer ago says nothing about how it goes on.
const WINDOW: Duration = Duration::from_secs(3);

/// Positions of the last few seconds.
#[derive(Debug)]
pub struct Speed(VecDeque<(Instant, u64)>);

impl Speed {
    /// Nothing had moved at that moment.
    pub fn since(began: Instant) -> Speed {
        Speed(VecDeque::from([(began, 0)]))
    }

    /// So much has moved by now: units a second.
    pub fn at(&mut self, now: Instant, position: u64) -> f64 {
        self.0.push_back((now, position));
        // The one before the window is where the window begins.
        while self.0.get(1).is_some_and(|(at, _)| now - *at >= WINDOW) {
            self.0.pop_front();
        }
        let (from, before) = self.0[0];
        let seconds = (now - from).as_secs_f64();
        match seconds > 0.0 {
            true => position.saturating_sub(before) as f64 / seconds,
            false => 0.0,
        }
    }
}

/// The time until `left` units have moved; None where nobody can tell.
pub fn time_left(left: u64, rate: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(left as f64 / rate).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_what_was_long_ago() {
        let began = Instant::now();
        let at = |tenths: u64| began + Duration::from_millis(100 * tenths);
        let mut speed = Speed::since(began);
        assert_eq!(speed.at(began, 0), 0.0);
        // 1000 a second from the beginning on, though first asked after a second.
        assert_eq!(speed.at(at(10), 1000), 1000.0);
        for tenth in 11..=100 {
            speed.at(at(tenth), 1000);
        }
        assert_eq!(speed.at(at(101), 1000), 0.0, "it stands still");
        assert_eq!(speed.at(at(111), 4000), 1000.0);
    }

    #[test]
    fn nobody_knows_when_what_stands_still_ends() {
        assert_eq!(time_left(10, 0.0), None);
        assert_eq!(time_left(10, 5.0), Some(Duration::from_secs(2)));
        assert_eq!(time_left(0, 5.0), Some(Duration::ZERO));
    }
}
