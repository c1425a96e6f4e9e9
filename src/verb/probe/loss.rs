//! Answers other than expected, of which a share is allowed. Pure.

use std::collections::HashMap;
use std::hash::Hash;

use crate::exit::Miss;

/// What was measured again and again, unit by unit.
#[derive(Debug)]
pub struct Losses<U> {
    /// Percent of its attempts that a unit may lose.
    most: f64,
    units: HashMap<U, Loss>,
}

#[derive(Debug, Default)]
struct Loss {
    attempts: u64,
    lost: u64,
    /// Each kind once.
    misses: Vec<Miss>,
}

impl<U: Eq + Hash> Losses<U> {
    /// None yet; up to `most` percent of a unit's attempts may be lost.
    pub fn new(most: f64) -> Losses<U> {
        Losses {
            most,
            units: HashMap::new(),
        }
    }

    /// An attempt, with all that was other than expected about it.
    pub fn count(&mut self, unit: U, misses: impl IntoIterator<Item = Miss>) {
        let loss = self.units.entry(unit).or_default();
        loss.attempts += 1;
        let mut is_lost = false;
        for miss in misses {
            is_lost = true;
            if !loss.misses.contains(&miss) {
                loss.misses.push(miss);
            }
        }
        loss.lost += u64::from(is_lost);
    }

    /// The misses of the units that lost too much.
    pub fn over(self) -> impl Iterator<Item = Miss> {
        let most = self.most;
        let units = self.units.into_values();
        let over = units.filter(move |loss| percent(loss.lost, loss.attempts) > most);
        over.flat_map(|loss| loss.misses)
    }
}

/// `lost` of `attempts` in percent; 0 of none.
pub fn percent(lost: u64, attempts: u64) -> f64 {
    match attempts {
        0 => 0.0,
        _ => lost as f64 * 100.0 / attempts as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Class::{NoAnswer, Refused};

    #[test]
    fn each_unit_may_lose_its_share_and_no_more() {
        let over = |most: f64| {
            let mut losses = Losses::new(most);
            for attempt in 0..10 {
                losses.count("a", (attempt < 2).then_some(Miss::Class(NoAnswer)));
                losses.count("b", (attempt < 1).then_some(Miss::Class(Refused)));
                losses.count("c", None);
            }
            let mut over: Vec<Miss> = losses.over().collect();
            over.sort_by_key(|miss| format!("{miss:?}"));
            over
        };
        assert_eq!(over(0.0), [Miss::Class(NoAnswer), Miss::Class(Refused)]);
        assert_eq!(over(10.0), [Miss::Class(NoAnswer)]);
        assert_eq!(over(19.9), [Miss::Class(NoAnswer)]);
        assert_eq!(over(20.0), []);
    }
}
