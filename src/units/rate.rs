//! RATE: bytes a second.

use std::fmt;

use super::Size;
use crate::word::WordError;

/// Bytes a second, never 0. What [`fmt::Display`] writes, [`Rate::parse`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub u64);

impl Rate {
    /// Reads a size, with or without `/s`: `10MB/s`, `64k`.
    ///
    /// # Errors
    /// As for [`Size::parse`], rates in bits, other times than a second, and 0,
    /// with which nothing would ever be sent.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let word = text.trim();
        let size = word.strip_suffix("/s").unwrap_or(word);
        if size.contains('/') {
            return Err(WordError::new(text, "bytes a second, such as 10MB/s"));
        }
        let error = |error: WordError| error.within(text, |size| format!("{size}/s"));
        let wrong = |mut error: WordError| {
            error.expected =
                error
                    .expected
                    .replacen("size such as", "rate in bytes a second such as", 1);
            error
        };
        match Size::parse(size).map_err(|e| wrong(error(e)))? {
            Size(0) => Err(WordError::new(text, "a rate above 0")),
            Size(bytes) => Ok(Self(bytes)),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Size(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readings() {
        let table = [
            ("10MB/s", Ok("10MB/s")),
            ("64k", Ok("64KiB/s")),
            ("1500", Ok("1500/s")),
            ("1.5 MiB/s", Ok("1536KiB/s")),
            ("0", Err(None)),
            ("10Mbit/s", Err(Some("1250kB/s"))),
            ("80Mb/s", Err(Some("10MB/s"))),
            ("10MB/min", Err(None)),
            ("/s", Err(None)),
            ("", Err(None)),
        ];
        for (text, want) in table {
            let read = Rate::parse(text);
            let read = read.as_ref().map(Rate::to_string);
            let read = read.as_deref().map_err(|error| error.meant.as_deref());
            assert_eq!(read, want, "{text}");
        }
        let error = Rate::parse("fast").unwrap_err().to_string();
        assert!(error.starts_with("`fast`: expected a rate in bytes a second such as 512"));
    }

    proptest! {
        #[test]
        fn round_trips(bytes in 1u64..) {
            prop_assert_eq!(Rate::parse(&Rate(bytes).to_string()).unwrap(), Rate(bytes));
        }
    }
}
