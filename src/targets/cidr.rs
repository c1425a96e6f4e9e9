//! A block of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::word::WordError;

/// A block of addresses. The address is kept as it was typed, bits of the host
/// included, so that the block is printed as it was typed; it stands for the
/// whole block all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    address: IpAddr,
    /// Leading bits that all addresses of the block share.
    length: u8,
}

impl Cidr {
    /// The block of `address` whose addresses share `length` leading bits;
    /// `None` if an address has fewer bits.
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        (u32::from(length) <= bits(&address)).then_some(Self { address, length })
    }

    /// Reads `10.0.0.0/24` or `fd00::/120`.
    ///
    /// # Errors
    /// Lengths above 32 or 128, and what is not ADDRESS/LENGTH.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let error = || WordError::new(text, "a block of addresses such as 10.0.0.0/24");
        Self::read(text).unwrap_or_else(|| Err(error()))
    }

    /// The block, if `text` is an address and a slash and so cannot be anything else.
    pub(crate) fn read(text: &str) -> Option<Result<Self, WordError>> {
        let (address, length) = text.split_once('/')?;
        let ip: IpAddr = address.parse().ok()?;
        let digits = (length.len() <= 3 && length.bytes().all(|b| b.is_ascii_digit()))
            .then(|| length.parse().ok())
            .flatten();
        Some(match digits.and_then(|length| Self::new(ip, length)) {
            Some(block) => Ok(block),
            None => {
                let most = bits(&ip);
                let error =
                    WordError::new(text, format!("a length from 0 to {most} after the slash"));
                Err(
                    match length.parse::<Ipv4Addr>().ok().and_then(mask_length) {
                        Some(length) => error.meant(format!("{ip}/{length}")),
                        None => error,
                    },
                )
            }
        })
    }

    /// Whether its addresses are IPv6.
    pub fn is_v6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// A block of IPv4 addresses that are mapped into IPv6 as the block of IPv4
    /// that it is.
    #[must_use]
    pub fn to_canonical(self) -> Self {
        match (self.address.to_canonical(), self.length.checked_sub(96)) {
            (address @ IpAddr::V4(_), Some(length)) if self.is_v6() => Self { address, length },
            _ => self,
        }
    }

    /// How many addresses it has; one less than the truth for `::/0`, which has 2^128.
    pub fn len(&self) -> u128 {
        let (first, last) = self.bounds();
        (last - first).saturating_add(1)
    }

    /// Never: a block has at least one address.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether `ip` is one of its addresses. An IPv4 address mapped into IPv6
    /// is not looked through.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (first, last) = self.bounds();
        ip.is_ipv6() == self.is_v6() && (first..=last).contains(&number(&ip))
    }

    /// Every address from the lowest to the highest, lazily. Network and
    /// broadcast addresses are among them: somebody may have been given one.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + use<> {
        let (block, mut next) = (*self, 0);
        std::iter::from_fn(move || {
            let ip = block.nth(next)?;
            next = next.saturating_add(1);
            Some(ip)
        })
    }

    /// The address that has `n` others of the block below it.
    pub fn nth(&self, n: u128) -> Option<IpAddr> {
        let (first, last) = self.bounds();
        let bits = first.checked_add(n).filter(|bits| *bits <= last)?;
        Some(match (self.is_v6(), u32::try_from(bits)) {
            (false, Ok(bits)) => IpAddr::V4(Ipv4Addr::from_bits(bits)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        })
    }

    fn bounds(&self) -> (u128, u128) {
        let free = bits(&self.address) - u32::from(self.length);
        let host = 1u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
        let first = number(&self.address) & !host;
        (first, first | host)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

fn bits(ip: &IpAddr) -> u32 {
    if ip.is_ipv6() { 128 } else { 32 }
}

fn number(ip: &IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits().into(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// The length that 255.255.255.0 and the like stand for.
fn mask_length(mask: Ipv4Addr) -> Option<u32> {
    let ones = mask.to_bits().leading_ones();
    (mask.to_bits().count_ones() == ones).then_some(ones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_block_is_every_address_of_it() {
        let all = |text: &str| -> Vec<String> {
            let block = Cidr::parse(text).unwrap();
            assert_eq!(block.to_string(), text);
            assert_eq!(block.len(), block.iter().count() as u128);
            block.iter().map(|ip| ip.to_string()).collect()
        };
        assert_eq!(
            all("10.0.0.0/30"),
            ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"]
        );
        assert_eq!(all("10.0.0.6/31"), ["10.0.0.6", "10.0.0.7"]);
        assert_eq!(all("10.0.0.7/31"), ["10.0.0.6", "10.0.0.7"]);
        assert_eq!(all("255.255.255.255/32"), ["255.255.255.255"]);
        assert_eq!(all("fd00::f/127"), ["fd00::e", "fd00::f"]);
        let top = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        assert_eq!(all(&format!("{top}/128")), [top]);
    }

    #[test]
    fn blocks_beyond_counting_cost_nothing() {
        let everything = Cidr::parse("::/0").unwrap();
        assert_eq!(everything.len(), u128::MAX);
        assert_eq!(everything.iter().nth(2).unwrap().to_string(), "::2");
        assert_eq!(Cidr::parse("0.0.0.0/0").unwrap().len(), 1 << 32);
        assert_eq!(Cidr::parse("fd00::/64").unwrap().len(), 1 << 64);
        assert!(everything.contains("::1".parse().unwrap()));
        assert!(!everything.contains("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn mapped_blocks_are_blocks_of_ipv4() {
        let canonical = |text: &str| Cidr::parse(text).unwrap().to_canonical().to_string();
        assert_eq!(canonical("::ffff:10.0.0.0/104"), "10.0.0.0/8");
        assert_eq!(canonical("::ffff:0.0.0.0/96"), "0.0.0.0/0");
        assert_eq!(canonical("::ffff:10.0.0.1/128"), "10.0.0.1/32");
        for text in ["::/0", "::ffff:0.0.0.0/95", "10.0.0.0/8", "fd00::/8"] {
            assert_eq!(canonical(text), text);
        }
    }

    #[test]
    fn lengths_are_checked() {
        let table = [
            ("10.0.0.0/33", None),
            ("10.0.0.0/", None),
            ("10.0.0.0/+8", None),
            ("10.0.0.0/-1", None),
            ("fd00::/129", None),
            ("fd00::/1000", None),
            ("10.0.0.0/255.255.255.0", Some("10.0.0.0/24")),
            ("10.0.0.0/255.0.255.0", None),
            ("10.0.0/24", None),
            ("host/24", None),
            ("10.0.0.0", None),
        ];
        for (text, meant) in table {
            let error = Cidr::parse(text).unwrap_err();
            assert_eq!(error.meant.as_deref(), meant, "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(ip: IpAddr, length in 0u8..=128) {
            if let Some(block) = Cidr::new(ip, length) {
                prop_assert_eq!(Cidr::parse(&block.to_string()).unwrap(), block);
                prop_assert!(block.contains(ip));
            }
        }
    }
}
