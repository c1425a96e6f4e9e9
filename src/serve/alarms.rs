//! When somebody has to be looked at although nothing comes from there. Pure.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// At most one moment for each of many.
#[derive(Debug)]
pub struct Alarms<K> {
    due: BTreeSet<(Instant, K)>,
    set: HashMap<K, Instant>,
}

impl<K> Default for Alarms<K> {
    fn default() -> Self {
        Alarms {
            due: BTreeSet::new(),
            set: HashMap::new(),
        }
    }
}

impl<K: Clone + Ord + Hash> Alarms<K> {
    /// Sets the moment of one, instead of the one it had.
    pub fn set(&mut self, who: &K, moment: Option<Instant>) {
        let old = match moment {
            Some(moment) => self.set.insert(who.clone(), moment),
            None => self.set.remove(who),
        };
        if old == moment {
            return;
        }
        if let Some(old) = old {
            self.due.remove(&(old, who.clone()));
        }
        if let Some(moment) = moment {
            self.due.insert((moment, who.clone()));
        }
    }

    /// The moment of one.
    pub fn of(&self, who: &K) -> Option<Instant> {
        self.set.get(who).copied()
    }

    /// The next moment.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(moment, _)| *moment)
    }

    /// Whose moment is the next.
    pub fn first(&self) -> Option<K> {
        self.due.first().map(|(_, who)| who.clone())
    }

    /// Those whose moment has come, the first one first; they have none after that.
    pub fn take_due(&mut self, now: Instant) -> Vec<K> {
        let mut taken = Vec::new();
        while let Some((moment, _)) = self.due.first()
            && *moment <= now
        {
            if let Some((_, who)) = self.due.pop_first() {
                self.set.remove(&who);
                taken.push(who);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_has_one_moment_and_the_next_is_known() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut alarms = Alarms::default();
        assert_eq!(alarms.next(), None);
        alarms.set(&1, Some(at(5)));
        alarms.set(&2, Some(at(3)));
        alarms.set(&3, Some(at(3)));
        alarms.set(&1, Some(at(9)));
        alarms.set(&3, None);
        assert_eq!((alarms.next(), alarms.of(&1)), (Some(at(3)), Some(at(9))));
        assert!(alarms.take_due(at(2)).is_empty());
        assert_eq!(alarms.take_due(at(3)), [2]);
        assert_eq!(alarms.of(&2), None);
        alarms.set(&4, Some(at(8)));
        assert_eq!(alarms.take_due(at(20)), [4, 1]);
        assert_eq!((alarms.next(), alarms.set.len()), (None, 0));
    }
}
