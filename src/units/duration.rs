//! DUR: humantime, where a bare number or decimal means seconds.

use std::fmt;
use std::time::Duration;

use crate::word::WordError;

/// How long something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So long.
    For(Duration),
    /// For ever: `inf`.
    Inf,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(duration) => f.write_str(&display(*duration)),
            Self::Inf => f.write_str("inf"),
        }
    }
}

const EXPECTED: &str = "a duration such as 5, 1.5s, 250ms or 1m30s (a bare number means seconds)";

/// Digits that a number may have. Twelve are 30000 years in seconds; the limit
/// keeps sums of terms away from the end of what [`Duration`] can hold.
const MOST_DIGITS: usize = 12;

/// Characters that a duration may have: enough for every unit once.
const MOST_CHARACTERS: usize = 64;

/// What a duration may be: far enough from the end of what a clock can hold
/// that sums of several stay within it too.
const MOST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Reads a duration.
///
/// # Errors
/// Months and years, which are not a fixed time and of which `5M` was never
/// meant; negative and unending ones; and what humantime does not read.
pub fn duration(text: &str) -> Result<Duration, WordError> {
    let error = |expected: &str| WordError::new(text, expected);
    let word = text.trim();
    if word.eq_ignore_ascii_case("inf") {
        return Err(error("a duration that ends"));
    }
    if let Some(meant) = without_calendar(word) {
        return Err(
            error("a duration in weeks or less (months and years have no fixed length; `m` is minutes, `M` months)").meant(meant),
        );
    }
    let is_too_long = |run: &str| run.len() > MOST_DIGITS;
    if word.len() > MOST_CHARACTERS || word.split(|c: char| !c.is_ascii_digit()).any(is_too_long) {
        return Err(error("a duration of at most twelve digits a number"));
    }
    let is_split = |pair: &[u8]| pair[0].is_ascii_digit() && pair[1].is_ascii_whitespace();
    let is_decimal = |b: u8| b.is_ascii_digit() || b == b'.';
    let spelled = match (word.as_bytes(), word.starts_with('.')) {
        // humantime passes over blanks within a number: `1 5s` would be 15 s.
        (bytes, _) if has_gap(bytes, is_split) => return Err(error(EXPECTED)),
        (bytes, true) if bytes.iter().copied().all(is_decimal) => format!("0{word}s"),
        (bytes, true) if !bytes.is_empty() => format!("0{word}"),
        (bytes, false) if !bytes.is_empty() && bytes.iter().copied().all(is_decimal) => {
            format!("{word}s")
        }
        _ => word.to_owned(),
    };
    let read = humantime::parse_duration(&spelled).map_err(|_| {
        let lower = spelled.to_lowercase();
        let is_fine = |text: &str| humantime::parse_duration(text).is_ok();
        let seconds = format!("{spelled}s");
        match () {
            () if lower != spelled && is_fine(&lower) => error(EXPECTED).meant(lower),
            () if word.ends_with(|c: char| c.is_ascii_digit()) && is_fine(&seconds) => {
                error("a unit after every number").meant(seconds)
            }
            () => error(EXPECTED),
        }
    })?;
    match read > MOST {
        true => Err(error("a duration of at most 100 years")),
        false => Ok(read),
    }
}

/// Reads a duration, or `inf`.
///
/// # Errors
/// As for [`duration`].
pub fn duration_or_inf(text: &str) -> Result<Limit, WordError> {
    match text.trim().eq_ignore_ascii_case("inf") {
        true => Ok(Limit::Inf),
        false => duration(text).map(Limit::For).map_err(|mut error| {
            error.expected.push_str(", or inf");
            error
        }),
    }
}

/// A duration as [`duration`] reads it, to the nanosecond: `2s`, `1.5s`,
/// `250ms`, `5m`, `1h30m`.
pub fn display(duration: Duration) -> String {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    match (seconds, nanos) {
        (0, 0) => "0s".to_owned(),
        (0, n) if n % 1_000_000 == 0 => format!("{}ms", n / 1_000_000),
        (0, n) if n % 1_000 == 0 => format!("{}us", n / 1_000),
        (0, n) => format!("{n}ns"),
        (s, 0) => whole(s),
        (s, n) => format!("{s}.{}s", format!("{n:09}").trim_end_matches('0')),
    }
}

fn whole(seconds: u64) -> String {
    let terms = [
        (seconds / 3600, 'h'),
        (seconds / 60 % 60, 'm'),
        (seconds % 60, 's'),
    ];
    let told = terms.iter().filter(|term| term.0 > 0);
    told.map(|(n, unit)| format!("{n}{unit}")).collect()
}

fn has_gap(bytes: &[u8], is_split: impl Fn(&[u8]) -> bool) -> bool {
    let after = |at: usize| bytes[at..].iter().find(|b| !b.is_ascii_whitespace());
    let mut pairs = bytes.windows(2).enumerate();
    pairs.any(|(at, pair)| is_split(pair) && after(at + 1).is_some_and(u8::is_ascii_digit))
}

/// What was meant by a duration in months or years: minutes for `M`, days for
/// the words. `None` if it has neither.
fn without_calendar(text: &str) -> Option<String> {
    let mut meant = String::new();
    let mut found = false;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_alphabetic()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let days = match unit {
            "M" => None,
            "month" | "months" => Some(30),
            "y" | "yr" | "yrs" | "year" | "years" => Some(365),
            _ => {
                meant.push_str(number);
                meant.push_str(unit);
                rest = tail;
                continue;
            }
        };
        found = true;
        meant.push_str(&match (days, number.trim().parse::<u32>()) {
            (Some(days), Ok(n)) => format!("{}d", u64::from(n) * days),
            (Some(days), Err(_)) => format!("{days}d"),
            (None, _) => format!("{number}m"),
        });
        rest = tail;
    }
    found.then_some(meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readings() {
        let table = [
            ("5", 5_000_000_000),
            ("0", 0),
            ("1.5", 1_500_000_000),
            (".5", 500_000_000),
            (".5s", 500_000_000),
            ("0.000000001", 1),
            ("250ms", 250_000_000),
            ("5m", 300_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1h 30m", 5_400_000_000_000),
            ("5 min", 300_000_000_000),
            (" 2s ", 2_000_000_000),
            ("500ms500ms", 1_000_000_000),
            ("1w", 604_800_000_000_000),
        ];
        for (text, nanos) in table {
            let read = duration(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(read.as_nanos(), nanos, "{text}");
        }
        assert_eq!(duration_or_inf("INF"), Ok(Limit::Inf));
        assert_eq!(duration_or_inf("2").unwrap().to_string(), "2s");
    }

    #[test]
    fn errors_say_what_was_meant() {
        let table = [
            ("5M", Some("5m")),
            ("1h5M", Some("1h5m")),
            ("2months", Some("60d")),
            ("1y", Some("365d")),
            ("1h30", Some("1h30s")),
            ("5S", Some("5s")),
            ("10 MS", Some("10 ms")),
            ("inf", None),
            ("", None),
            ("-5", None),
            ("1.2.3", None),
            ("5.", None),
            ("1 5s", None),
            ("1e3", None),
            ("NaN", None),
            ("five", None),
            ("0.0000000001", None),
            ("18446744073709551615s1000000000ns", None),
            ("99999999999999999999", None),
            ("\u{e9}\0", None),
        ];
        for (text, meant) in table {
            let error = duration(text).unwrap_err();
            assert_eq!(error.meant.as_deref(), meant, "{text}");
        }
        let error = duration_or_inf("x").unwrap_err().to_string();
        assert!(error.ends_with("seconds), or inf"), "{error}");
    }

    #[test]
    fn displays() {
        let table = [
            (0, "0s"),
            (250_000_000, "250ms"),
            (1_500_000, "1500us"),
            (7, "7ns"),
            (1_500_000_000, "1.5s"),
            (90_000_000_000, "1m30s"),
            (3_600_000_000_000, "1h"),
            (61_000_000_001, "61.000000001s"),
        ];
        for (nanos, text) in table {
            assert_eq!(display(Duration::from_nanos(nanos)), text);
        }
    }

    proptest! {
        #[test]
        fn round_trips(nanos: u64) {
            let read = Duration::from_nanos(nanos % MOST.as_nanos() as u64);
            prop_assert_eq!(duration(&display(read)).unwrap(), read);
            let whole = Duration::from_secs(nanos % MOST.as_secs());
            prop_assert_eq!(duration(&display(whole)).unwrap(), whole);
        }

        #[test]
        fn nothing_panics(text in any::<String>(), like in "[0-9.]{0,25}[ smhdwyMn]{0,3}[0-9]{0,25}[a-z]{0,3}") {
            let _ = duration(&text);
            let _ = duration(&like);
        }
    }
}
