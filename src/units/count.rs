//! How many times: a number from 1 on, or without end.

use std::fmt;

use crate::word::WordError;

/// A number of times. What [`fmt::Display`] writes, [`Count::parse`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many; at least 1.
    Times(u64),
    /// Until something else ends it.
    Inf,
}

impl Count {
    /// Reads a number or `inf`.
    ///
    /// # Errors
    /// 0, and what is no number.
    pub fn parse(word: &str) -> Result<Count, WordError> {
        if word.eq_ignore_ascii_case("inf") {
            return Ok(Count::Inf);
        }
        times(word).map(Count::Times).map_err(|error| WordError {
            expected: format!("{}, or inf", error.expected),
            ..error
        })
    }

    /// Whether there is another after so many.
    pub fn exceeds(self, times: u64) -> bool {
        match self {
            Count::Times(count) => count > times,
            Count::Inf => true,
        }
    }
}

/// Reads a number of times that has an end.
///
/// # Errors
/// 0, and what is no number.
pub fn times(word: &str) -> Result<u64, WordError> {
    match word.parse() {
        Ok(times @ 1..) => Ok(times),
        _ => Err(WordError::new(word, "a number from 1 on")),
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Count::Times(times) => times.fmt(f),
            Count::Inf => f.write_str("inf"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_no_end() {
        for (word, count) in [
            ("1", Count::Times(1)),
            ("300", Count::Times(300)),
            ("INF", Count::Inf),
        ] {
            assert_eq!(Count::parse(word), Ok(count));
            assert_eq!(Count::parse(&count.to_string()), Ok(count));
        }
        for word in ["0", "-1", "1.5", "many", ""] {
            let error = Count::parse(word).unwrap_err();
            assert_eq!(error.expected, "a number from 1 on, or inf", "{word}");
        }
        assert!(Count::Times(2).exceeds(1) && !Count::Times(2).exceeds(2));
        assert!(Count::Inf.exceeds(u64::MAX));
    }
}
