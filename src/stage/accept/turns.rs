//! Listeners that take turns. Pure.

/// Whose turn it is: with one peer at a time, a listener where somebody always
/// waits must not keep the others from theirs.
#[derive(Debug, Default)]
pub struct Turns {
    /// The one after the last that had its turn.
    first: usize,
}

impl Turns {
    /// The first that is ready, of those whose turn is longest ago.
    pub fn next(&mut self, ready: impl Iterator<Item = bool>) -> Option<usize> {
        let mut wraps = None;
        for (at, _) in ready.enumerate().filter(|(_, ready)| *ready) {
            if at >= self.first {
                self.first = at + 1;
                return Some(at);
            }
            wraps = wraps.or(Some(at));
        }
        self.first = wraps? + 1;
        wraps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_that_is_ready_has_its_turn() {
        let mut turns = Turns::default();
        let mut next = |ready: [bool; 3]| turns.next(ready.into_iter());
        let all = [true; 3];
        assert_eq!([(); 4].map(|()| next(all)), [0, 1, 2, 0].map(Some));
        assert_eq!(next([true, false, false]), Some(0));
        assert_eq!(next([true, false, true]), Some(2));
        assert_eq!(next([false; 3]), None);
        assert_eq!(next([false, true, false]), Some(1));
        assert_eq!(next([true, true, false]), Some(0));
        assert_eq!(turns.next(std::iter::empty()), None);
    }
}
