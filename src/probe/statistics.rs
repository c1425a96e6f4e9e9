//! Times of the same thing, and what they amount to. Pure.
//!
//! A percentile is one of the times that were measured, by nearest rank: p95 is
//! the least of them that at least 95 in a hundred do not exceed. `mdev` is what
//! ping(8) calls so, the standard deviation of all of them: the root of the
//! mean square of their distances to the mean.

use std::time::Duration;

use crate::event::Figures;

/// Times so far. Four bytes each: a day of one a second is a third of a MiB.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// Microseconds; what is longer than an hour counts as that.
    micros: Vec<u32>,
}

impl Samples {
    /// One more.
    pub fn add(&mut self, time: Duration) {
        let micros = (time.as_nanos() + 500) / 1000;
        self.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
    }

    /// What they amount to, in milliseconds; nothing of nothing.
    pub fn figures(&self) -> Option<Figures> {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let count = sorted.len() as f64;
        let mean = sorted.iter().map(|&time| f64::from(time)).sum::<f64>() / count;
        let square = |&time: &u32| (f64::from(time) - mean).powi(2);
        let variance = sorted.iter().map(square).sum::<f64>() / count;
        Some(Figures {
            min: millis(min.into()),
            avg: millis(mean),
            max: millis(max.into()),
            p50: millis(percentile(&sorted, 50).into()),
            p95: millis(percentile(&sorted, 95).into()),
            mdev: millis(variance.sqrt()),
        })
    }
}

/// The nearest rank, of times in order and at least one.
fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

/// Microseconds as milliseconds with three decimals.
fn millis(micros: f64) -> f64 {
    micros.round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figures(micros: &[u64]) -> Option<[f64; 6]> {
        let mut samples = Samples::default();
        (micros.iter()).for_each(|&time| samples.add(Duration::from_micros(time)));
        let Figures {
            min,
            avg,
            max,
            p50,
            p95,
            mdev,
        } = samples.figures()?;
        Some([min, avg, max, p50, p95, mdev])
    }

    #[test]
    fn min_avg_max_p50_p95_mdev() {
        let to_hundred: Vec<u64> = (1..=100).rev().map(|ms| ms * 1000).collect();
        let table: &[(&[u64], Option<[f64; 6]>)] = &[
            (&[], None),
            (&[37], Some([0.037, 0.037, 0.037, 0.037, 0.037, 0.0])),
            (&[3000, 1000], Some([1.0, 2.0, 3.0, 1.0, 3.0, 1.0])),
            (&[1000, 2000, 3000], Some([1.0, 2.0, 3.0, 2.0, 3.0, 0.816])),
            // One lost SYN among twenty: the median does not see it, p95 just not.
            (
                &[[1000; 19].as_slice(), &[1_001_000]].concat(),
                Some([1.0, 51.0, 1001.0, 1.0, 1.0, 217.945]),
            ),
            (&to_hundred, Some([1.0, 50.5, 100.0, 50.0, 95.0, 28.866])),
            (
                &[u64::MAX / 1000],
                Some(
                    [4_294_967.295; 5]
                        .map(|x| x)
                        .into_iter()
                        .chain([0.0])
                        .collect::<Vec<_>>()
                        .try_into()
                        .unwrap(),
                ),
            ),
        ];
        for (micros, expected) in table {
            assert_eq!(figures(micros), *expected, "{micros:?}");
        }
    }

    proptest! {
        #[test]
        fn figures_are_in_order(micros in proptest::collection::vec(0u64..10_000_000, 1..200)) {
            let [min, avg, max, p50, p95, mdev] = figures(&micros).unwrap();
            prop_assert!(min <= p50 && p50 <= p95 && p95 <= max);
            prop_assert!(min <= avg && avg <= max && mdev <= max - min + 0.001);
            let within = |limit: f64| micros.iter().filter(|&&time| time as f64 / 1e3 <= limit).count();
            prop_assert!(within(p50) * 100 >= micros.len() * 50);
            prop_assert!(within(p95) * 100 >= micros.len() * 95);
        }
    }
}
