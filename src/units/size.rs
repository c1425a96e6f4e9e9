//! SIZE: bytes, with binary and decimal units.

use std::fmt;

use crate::word::WordError;

/// A number of bytes. What [`fmt::Display`] writes, [`Size::parse`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

const EXPECTED: &str = "a size such as 512, 64k, 1MiB or 10MB (k is 1024, kB is 1000)";

/// The letters of the units, each a thousand (or 1024) times the one before.
const LETTERS: [char; 6] = ['k', 'm', 'g', 't', 'p', 'e'];

impl Size {
    /// Reads bytes: `512`, `64k` and `64KiB` (65536), `64kB` (64000), `1.5M`.
    /// A letter alone is binary, as with dd(1); case does not count.
    ///
    /// # Errors
    /// Other units, sizes in bits, fractions of a byte, and more than 2^64 - 1.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let error = |expected: &str| WordError::new(text, expected);
        let word = text.trim();
        let digits = word
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(word.len());
        let (number, unit) = (&word[..digits], word[digits..].trim_start());
        if let Some(meant) = of_bits(number, unit) {
            return Err(error("bytes, not bits").meant(meant));
        }
        let Some(unit) = unit_bytes(unit) else {
            return Err(error(EXPECTED));
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let (Ok(whole), Some(fraction)) = (whole.parse::<u64>(), decimal(fraction)) else {
            return Err(match whole.is_empty() || number.ends_with('.') {
                true => error(EXPECTED),
                false => error("a size below 16 EiB"),
            });
        };
        let (numerator, denominator) = fraction;
        let rest = u128::from(unit) * u128::from(numerator);
        if !rest.is_multiple_of(denominator.into()) {
            return Err(error("a whole number of bytes"));
        }
        let bytes = u128::from(whole) * u128::from(unit) + rest / u128::from(denominator);
        let bytes = u64::try_from(bytes).map_err(|_| error("a size below 16 EiB"))?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Size {
    /// The largest unit that is exact, a binary one if both kinds are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |base: u64| {
            let power = (1..=6)
                .rev()
                .find(|power| self.0.is_multiple_of(base.pow(*power)))?;
            Some((self.0 / base.pow(power), LETTERS[power as usize - 1]))
        };
        match (self.0, exact(1024), exact(1000)) {
            (0, ..) | (_, None, None) => write!(f, "{}", self.0),
            (_, Some((n, 'k')), _) => write!(f, "{n}KiB"),
            (_, Some((n, letter)), _) => write!(f, "{n}{}iB", letter.to_ascii_uppercase()),
            (_, None, Some((n, 'k'))) => write!(f, "{n}kB"),
            (_, None, Some((n, letter))) => write!(f, "{n}{}B", letter.to_ascii_uppercase()),
        }
    }
}

fn unit_bytes(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    let mut letters = unit.chars();
    let power = match letters.next() {
        None => return Some(1),
        Some('b') if unit == "b" => return Some(1),
        Some(letter) => LETTERS.iter().position(|l| *l == letter)? as u32 + 1,
    };
    match letters.as_str() {
        "" | "i" | "ib" => Some(1024u64.pow(power)),
        "b" => Some(1000u64.pow(power)),
        _ => None,
    }
}

/// Digits behind a point, as numerator and denominator.
fn decimal(digits: &str) -> Option<(u64, u64)> {
    let is_fine = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let digits = digits.trim_end_matches('0');
    match (is_fine, digits) {
        (false, _) => None,
        (true, "") => Some((0, 1)),
        (true, _) => {
            let denominator = 10u64.checked_pow(u32::try_from(digits.len()).ok()?)?;
            Some((digits.parse().ok()?, denominator))
        }
    }
}

/// The same in bytes, if the unit means bits: `Mbit`, or `Mb` beside `MB`.
fn of_bits(number: &str, unit: &str) -> Option<String> {
    let lower = unit.to_ascii_lowercase();
    let bits = ["bit", "bits", "bps"]
        .iter()
        .find_map(|end| lower.strip_suffix(end));
    let letter = match (bits, unit.as_bytes()) {
        (Some(letter), _) => letter.to_owned(),
        (None, [b'K' | b'M' | b'G' | b'T' | b'P' | b'E', b'b']) => lower[..1].to_owned(),
        _ => return None,
    };
    let bytes = unit_bytes(&format!("{letter}b"))?.checked_mul(number.parse().ok()?)? / 8;
    Some(Size(bytes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readings() {
        let table = [
            ("0", 0, "0"),
            ("512", 512, "512"),
            ("512B", 512, "512"),
            ("64k", 65536, "64KiB"),
            ("64K", 65536, "64KiB"),
            ("64 KiB", 65536, "64KiB"),
            ("64Ki", 65536, "64KiB"),
            ("1MiB", 1 << 20, "1MiB"),
            ("1.5M", 3 << 19, "1536KiB"),
            ("10MB", 10_000_000, "10MB"),
            ("1kB", 1000, "1kB"),
            ("1kb", 1000, "1kB"),
            ("1.5kB", 1500, "1500"),
            ("2T", 2 << 40, "2TiB"),
            ("18446744073709551615", u64::MAX, "18446744073709551615"),
        ];
        for (text, bytes, shown) in table {
            let size = Size::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                (size.0, size.to_string().as_str()),
                (bytes, shown),
                "{text}"
            );
        }
    }

    #[test]
    fn errors() {
        let table = [
            ("", None),
            ("k", None),
            (".5k", None),
            ("1.k", None),
            ("-1", None),
            ("+1", None),
            ("1x", None),
            ("1kx", None),
            ("1.5", None),
            ("1.0001k", None),
            ("1.2.3k", None),
            ("18446744073709551616", None),
            ("16E", None),
            ("1.99999999999999999999999k", None),
            ("8Mb", Some("1MB")),
            ("10Mbit", Some("1250kB")),
            ("é", None),
        ];
        for (text, meant) in table {
            let error = Size::parse(text).unwrap_err();
            assert_eq!(error.meant.as_deref(), meant, "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(bytes: u64, shift in 0u32..64, power in 0u32..6) {
            for bytes in [bytes, (bytes >> shift) << shift, (bytes % 1000) * 1000u64.pow(power)] {
                let size = Size(bytes);
                prop_assert_eq!(Size::parse(&size.to_string()).unwrap(), size);
            }
        }

        #[test]
        fn nothing_panics(text in any::<String>(), like in "[0-9.]{0,40}[kKMbBit/s]{0,4}") {
            let _ = Size::parse(&text);
            let _ = Size::parse(&like);
        }
    }
}
