//! The TOS byte (RFC 1349) as nc and socat take it, as a code point of ours.

use std::str::FromStr;

use crate::dscp::Dscp;

/// nc's names for a whole byte.
const NAMES: &[(&str, u8)] = &[
    ("critical", 0xa0),
    ("inetcontrol", 0xc0),
    ("lowcost", 0x02),
    ("lowdelay", 0x10),
    ("netcontrol", 0xe0),
    ("reliability", 0x04),
    ("throughput", 0x08),
];

/// The value of `--dscp`, or the word as it is.
pub fn dscp(tos: &str) -> String {
    let named = NAMES.iter().find(|(name, _)| *name == tos);
    let byte = named
        .map(|(_, byte)| *byte)
        .or_else(|| match tos.strip_prefix("0x") {
            Some(hex) => u8::from_str_radix(hex, 16).ok(),
            None => tos.parse().ok(),
        });
    let Some(byte) = byte else {
        return tos.to_owned();
    };
    let point = (byte >> 2).to_string();
    Dscp::from_str(&point).map_or(point, |dscp| dscp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_a_code_point_and_two_bits() {
        let table = [
            ("ef", "ef"),
            ("lowdelay", "4"),
            ("critical", "cs5"),
            ("0xb8", "ef"),
            ("184", "ef"),
            ("0", "cs0"),
            ("frob", "frob"),
        ];
        for (tos, point) in table {
            assert_eq!(dscp(tos), point, "{tos}");
        }
    }
}
