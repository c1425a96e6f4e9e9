//! DSCP: the six bits by which routers tell traffic apart (RFC 2474). Pure.

use std::fmt;
use std::str::FromStr;

use crate::word::{WordError, nearest};

/// A differentiated services code point, 0 to 63. What [`fmt::Display`]
/// writes, [`Dscp::from_str`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dscp(u8);

/// The names of IANA's registry: class selectors (RFC 2474), assured
/// forwarding (RFC 2597), expedited forwarding (RFC 3246), voice-admit
/// (RFC 5865) and lower effort (RFC 8622).
const NAMES: &[(&str, u8)] = &[
    ("cs0", 0),
    ("le", 1),
    ("cs1", 8),
    ("af11", 10),
    ("af12", 12),
    ("af13", 14),
    ("cs2", 16),
    ("af21", 18),
    ("af22", 20),
    ("af23", 22),
    ("cs3", 24),
    ("af31", 26),
    ("af32", 28),
    ("af33", 30),
    ("cs4", 32),
    ("af41", 34),
    ("af42", 36),
    ("af43", 38),
    ("cs5", 40),
    ("voice-admit", 44),
    ("ef", 46),
    ("cs6", 48),
    ("cs7", 56),
];

impl Dscp {
    /// Every name, with its code point.
    pub fn names() -> impl Iterator<Item = (&'static str, u8)> {
        NAMES.iter().copied()
    }

    /// The byte that carries it, IPv4's TOS and IPv6's traffic class: its two
    /// low bits belong to ECN (RFC 3168).
    pub fn byte(self) -> u8 {
        self.0 << 2
    }
}

impl FromStr for Dscp {
    type Err = WordError;

    /// A name in any case, or a number.
    fn from_str(word: &str) -> Result<Self, WordError> {
        let name = word.trim().to_ascii_lowercase();
        if let Some((_, point)) = NAMES.iter().find(|known| known.0 == name) {
            return Ok(Dscp(*point));
        }
        let number = match name.strip_prefix("0x") {
            Some(hex) => u8::from_str_radix(hex, 16).ok(),
            None => name.parse().ok(),
        };
        let error = WordError::new(
            word,
            "a code point from 0 to 63, or one of ef, cs0 to cs7, af11 to af43, le, voice-admit",
        );
        match number {
            Some(point @ 0..=63) => Ok(Dscp(point)),
            // As a whole byte of the header, which tcpdump and ping -Q show.
            Some(byte) if byte % 4 == 0 => Err(error.meant(Dscp(byte >> 2).to_string())),
            Some(_) => Err(error),
            None => Err(match nearest(&name, NAMES.iter().map(|known| known.0)) {
                Some(meant) => error.meant(meant),
                None => error,
            }),
        }
    }
}

impl fmt::Display for Dscp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|known| known.1 == self.0) {
            Some((name, _)) => f.pad(name),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let table = [
            ("ef", Ok(("ef", 0xb8))),
            ("EF", Ok(("ef", 0xb8))),
            ("46", Ok(("ef", 0xb8))),
            ("0x2e", Ok(("ef", 0xb8))),
            ("af41", Ok(("af41", 0x88))),
            ("cs7", Ok(("cs7", 0xe0))),
            ("le", Ok(("le", 4))),
            ("voice-admit", Ok(("voice-admit", 0xb0))),
            ("0", Ok(("cs0", 0))),
            ("63", Ok(("63", 0xfc))),
            ("184", Err(Some("ef"))),
            ("0xb8", Err(Some("ef"))),
            ("185", Err(None)),
            ("256", Err(None)),
            ("af44", Err(Some("af41"))),
            ("voiceadmit", Err(Some("voice-admit"))),
            ("urgent", Err(None)),
            ("", Err(None)),
            ("-1", Err(None)),
        ];
        for (word, want) in table {
            let read = word.parse::<Dscp>();
            let shown = read.as_ref().map(|d| (d.to_string(), d.byte()));
            let shown = shown.as_ref().map(|(name, byte)| (name.as_str(), *byte));
            assert_eq!(shown.map_err(|e| e.meant.as_deref()), want, "{word}");
        }
    }

    #[test]
    fn round_trips() {
        for point in 0..64 {
            let dscp = Dscp(point);
            assert_eq!(dscp.to_string().parse(), Ok(dscp));
        }
    }
}
