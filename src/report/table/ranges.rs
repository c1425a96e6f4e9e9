//! Sets of numbers that are mostly runs: ports, addresses. Pure.

/// A set of numbers as its runs, lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges {
    runs: Vec<(u128, u128)>,
    /// Whether it had to leave some out.
    is_cut: bool,
}

/// Runs beyond these are left out: 65,536 ports never have as many, and nobody
/// reads on.
const MOST: usize = 1 << 16;

impl Ranges {
    /// Puts a number in. Numbers that come in order cost nothing to find.
    pub fn insert(&mut self, n: u128) {
        let at = match self.runs.last() {
            Some(&(low, high)) if low <= n => {
                if n <= high {
                    return;
                }
                self.runs.len()
            }
            _ => self.runs.partition_point(|&(low, _)| low <= n),
        };
        // Runs are kept apart by at least one number, so these are the only two
        // that can touch it.
        let before = (at.checked_sub(1)).filter(|&i| n <= self.runs[i].1.saturating_add(1));
        if before.is_some_and(|i| n <= self.runs[i].1) {
            return;
        }
        let after = (self.runs.get(at)).is_some_and(|&(low, _)| low.checked_sub(1) == Some(n));
        match (before, after) {
            (Some(i), true) => {
                self.runs[i].1 = self.runs[at].1;
                self.runs.remove(at);
            }
            (Some(i), false) => self.runs[i].1 = n,
            (None, true) => self.runs[at].0 = n,
            (None, false) if self.runs.len() >= MOST => self.is_cut = true,
            (None, false) => self.runs.insert(at, (n, n)),
        }
    }

    /// The number, if it is the only one.
    pub fn single(&self) -> Option<u128> {
        match self.runs[..] {
            [(low, high)] if low == high && !self.is_cut => Some(low),
            _ => None,
        }
    }

    /// The runs, separated by commas, as many as fit in `width` columns (the
    /// first always does), then `...` for those that do not.
    pub fn text(&self, width: usize, name: impl Fn(u128) -> String) -> String {
        let mut text = String::new();
        // Where to cut, should the rest not fit.
        let mut cut = 0;
        for &(low, high) in &self.runs {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&match high - low {
                0 => name(low),
                1 => format!("{},{}", name(low), name(high)),
                _ => format!("{}-{}", name(low), name(high)),
            });
            if cut == 0 || text.len() + MORE.len() <= width {
                cut = text.len();
            }
            if text.len() > width {
                text.truncate(cut);
                return text + if self.runs.len() > 1 { MORE } else { "" };
            }
        }
        text + if self.is_cut { MORE } else { "" }
    }
}

/// What stands for the rest.
const MORE: &str = ",...";

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[u128]) -> Ranges {
        let mut ranges = Ranges::default();
        numbers.iter().for_each(|&n| ranges.insert(n));
        ranges
    }

    #[test]
    fn numbers_become_runs_in_any_order() {
        let table: &[(&[u128], &str)] = &[
            (&[], ""),
            (&[5], "5"),
            (&[5, 5, 6], "5,6"),
            (&[1, 2, 3, 7, 9, 8], "1-3,7-9"),
            (&[3, 1, 2], "1-3"),
            (&[9, 1, 5, 4, 2, 0, 5, 0], "0-2,4,5,9"),
            (&[10, 8, 9, 8, 10], "8-10"),
        ];
        for (numbers, want) in table {
            let ranges = of(numbers);
            assert_eq!(ranges.text(80, |n| n.to_string()), *want, "{numbers:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_ellipsis() {
        let ranges = of(&[1, 3, 5, 7, 9, 11]);
        let text = |width| ranges.text(width, |n| n.to_string());
        assert_eq!(text(12), "1,3,5,7,9,11");
        assert_eq!(text(11), "1,3,5,7,...");
        assert_eq!(text(1), "1,...");
        assert_eq!(of(&[100]).text(1, |n| n.to_string()), "100");
        let ends = of(&[0, u128::MAX, u128::MAX - 1]);
        assert_eq!(ends.text(80, |n| format!("{n:x}")).len(), 2 + 2 * 32 + 1);
        assert_eq!((ranges.single(), of(&[7, 7]).single()), (None, Some(7)));
    }
}
