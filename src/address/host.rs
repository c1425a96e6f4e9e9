//! A host: a name, or an address of either family, IPv6 with its zone.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::word::WordError;

/// A host as it was typed. Names are not resolved here and keep their case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name in ASCII, with or without the root's dot at its end.
    Name(String),
    /// An IPv4 address, all four numbers of it.
    V4(Ipv4Addr),
    /// An IPv6 address and its zone: the name or number of an interface
    /// (RFC 4007 section 11).
    V6(Ipv6Addr, Option<String>),
}

impl Host {
    /// The address, if it is one. The zone is not part of it.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(ip) => Some(IpAddr::V4(*ip)),
            Self::V6(ip, _) => Some(IpAddr::V6(*ip)),
        }
    }

    /// Reads a host without brackets.
    ///
    /// # Errors
    /// Names that cannot be looked up, in particular those outside ASCII
    /// (their punycode form is what was meant), and numbers that are an
    /// address only to inet_aton(3), which takes `010` for 8.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        if let Ok(ip) = text.parse() {
            return Ok(Self::V4(ip));
        }
        let (literal, zone) = match text.split_once('%') {
            Some((literal, zone)) => (literal, Some(zone)),
            None => (text, None),
        };
        if let Ok(ip) = literal.parse() {
            return Ok(Self::V6(
                ip,
                zone.map(|zone| checked_zone(text, zone)).transpose()?,
            ));
        }
        check_name(text).map(|()| Self::Name(text.to_owned()))
    }
}

impl FromStr for Host {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        Self::parse(text)
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::V4(ip),
            IpAddr::V6(ip) => Self::V6(ip, None),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(ip) => write!(f, "{ip}"),
            Self::V6(ip, None) => write!(f, "{ip}"),
            Self::V6(ip, Some(zone)) => write!(f, "{ip}%{zone}"),
        }
    }
}

/// A host before a colon and a port: IPv6 stands in brackets.
pub(super) struct Bracketed<'a>(pub &'a Host);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            host @ Host::V6(..) => write!(f, "[{host}]"),
            host => write!(f, "{host}"),
        }
    }
}

/// The longest name of an interface, bytes (IFNAMSIZ without its NUL, netdevice(7)).
const LONGEST_INTERFACE: usize = 15;

fn checked_zone(text: &str, zone: &str) -> Result<String, WordError> {
    let is_fine = !zone.is_empty()
        && zone.len() <= LONGEST_INTERFACE
        && zone
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"/%:[]".contains(&b));
    match is_fine {
        true => Ok(zone.to_owned()),
        false => Err(WordError::new(
            text,
            "an interface (a name of at most 15 bytes, or a number) after `%`",
        )),
    }
}

/// The longest name and the longest label, bytes (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

fn check_name(text: &str) -> Result<(), WordError> {
    let error = |expected: &str| Err(WordError::new(text, expected));
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() {
        return error("a host name or an IP address");
    }
    if let Some((_, host)) = text.rsplit_once('@') {
        // What stands before the @ may be a password: it is not shown again.
        let error = WordError::new(host, "a host without the user that stood before its `@`");
        return Err(if host.is_empty() {
            error
        } else {
            error.meant(host)
        });
    }
    if let Some((host, _)) = text.split_once('/') {
        let error = WordError::new(text, "a host, without a slash and what follows it");
        return Err(if host.is_empty() {
            error
        } else {
            error.meant(host)
        });
    }
    if !text.is_ascii() {
        let error = WordError::new(text, "a name in ASCII");
        return Err(match punycode(text) {
            Some(meant) => error.meant(meant),
            None => error,
        });
    }
    if text.contains('%') {
        return error("an IPv6 address before `%`");
    }
    let is_name_byte = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if !text.bytes().all(is_name_byte) || text.starts_with('-') {
        return error("a host name (letters, digits, dots, hyphens) or an IP address");
    }
    if name.len() > LONGEST_NAME {
        return error("a name of at most 253 bytes");
    }
    if name.split('.').any(str::is_empty) {
        return error("a name without empty parts between its dots");
    }
    if name.split('.').any(|label| label.len() > LONGEST_LABEL) {
        return error("a name whose parts have at most 63 bytes");
    }
    if name.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(not_an_address(text, name));
    }
    Ok(())
}

/// Numbers and dots that are not an IPv4 address.
fn not_an_address(text: &str, name: &str) -> WordError {
    let error = WordError::new(text, "four numbers from 0 to 255, without leading zeros");
    let octet = |part: &str| part.parse::<u8>().ok();
    let parts: Vec<&str> = name.split('.').collect();
    let numbers: Option<Vec<u8>> = parts.iter().map(|part| octet(part)).collect();
    match (numbers.as_deref(), parts.last()) {
        // 127.1, the short form of inet_aton(3)
        (Some(&[a, d]), _) => error.meant(format!("{a}.0.0.{d}")),
        (Some(&[a, b, d]), _) => error.meant(format!("{a}.{b}.0.{d}")),
        (Some(&[a, b, c, d]), _) => error.meant(format!("{a}.{b}.{c}.{d}")),
        // 10.0.0.1.80, as tcpdump and netstat of BSD write a port
        (_, Some(port)) if parts.len() == 5 && port.parse::<u16>().is_ok() => {
            match parts[..4].join(".").parse::<Ipv4Addr>() {
                Ok(ip) => error.meant(format!("{ip}:{port}")),
                Err(_) => error,
            }
        }
        _ => error,
    }
}

/// The ASCII form of a name (RFC 3492), if it is plainly one: letters and
/// digits, each label short enough. Only lower-casing is done beforehand, not
/// the whole of IDNA, which is why it is a suggestion and nothing else.
fn punycode(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let label = |label: &str| {
        if label.chars().count() > LONGEST_LABEL || !label.chars().all(is_plain) {
            return None;
        }
        let ascii = match label.is_ascii() {
            true => label.to_owned(),
            false => format!("xn--{}", punycode::encode(label).ok()?),
        };
        (ascii.len() <= LONGEST_LABEL).then_some(ascii)
    };
    let labels: Option<Vec<String>> = text.to_lowercase().split('.').map(label).collect();
    let name = labels?.join(".");
    check_name(&name).is_ok().then_some(name)
}

#[cfg(test)]
mod tests;
