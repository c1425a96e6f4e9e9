//! Permissions in octal, as chmod(1) takes them. Pure.

use std::fmt;
use std::str::FromStr;

use crate::word::WordError;

/// The nine permission bits of a file. What [`fmt::Display`] writes,
/// [`Mode::from_str`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode(u32);

impl Mode {
    /// The bits, for chmod(2).
    pub fn bits(self) -> u32 {
        self.0
    }
}

impl FromStr for Mode {
    type Err = WordError;

    /// Octal digits, with or without leading zeros or `0o`.
    fn from_str(word: &str) -> Result<Self, WordError> {
        let digits = word.trim();
        let digits = digits.strip_prefix("0o").unwrap_or(digits);
        let is_octal = digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
        match u32::from_str_radix(digits, 8) {
            Ok(bits @ 0..=0o777) if is_octal => Ok(Mode(bits)),
            Ok(bits) if is_octal => Err(WordError::new(
                word,
                "permissions in octal, at most 0777: a socket has no other bits",
            )
            .meant(Mode(bits & 0o777).to_string())),
            _ => Err(WordError::new(
                word,
                "permissions in octal, such as 0600 or 0660",
            )),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings() {
        let table = [
            ("660", Ok("0660")),
            ("0660", Ok("0660")),
            ("0o600", Ok("0600")),
            ("0", Ok("0000")),
            ("777", Ok("0777")),
            ("1777", Err(Some("0777"))),
            ("4660", Err(Some("0660"))),
            ("668", Err(None)),
            ("+660", Err(None)),
            ("rw-rw----", Err(None)),
            ("", Err(None)),
        ];
        for (word, want) in table {
            let read = word.parse::<Mode>();
            let shown = read.as_ref().map(Mode::to_string);
            let shown = shown.as_deref().map_err(|e| e.meant.as_deref());
            assert_eq!(shown, want, "{word}");
        }
    }

    #[test]
    fn round_trips() {
        for bits in 0..=0o777 {
            let mode = Mode(bits);
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
    }
}
