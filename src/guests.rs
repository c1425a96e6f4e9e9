//! Who may come in: `--allow` and `--deny`. Pure.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::address::Host;
use crate::targets::Cidr;
use crate::word::WordError;

/// One who is named by an option or by a line of a file. What [`fmt::Display`]
/// writes, [`Guest::parse`] reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guest {
    /// Addresses: `10.0.0.0/8`, `::1`.
    Block(Cidr),
    /// All addresses of a name.
    Name(String),
    /// `@FILE`: one on each line; what begins with `#` is a comment.
    File(PathBuf),
}

/// What a line of a file may hold.
const NAMED: &str = "an address, a block of addresses such as 10.0.0.0/8, a name";

impl Guest {
    /// Reads one word.
    ///
    /// # Errors
    /// What is neither a block, an address, a name nor `@FILE`.
    pub fn parse(word: &str) -> Result<Self, WordError> {
        match word.strip_prefix('@') {
            Some("") => Err(WordError::new(word, "a file after `@`")),
            Some(file) => Ok(Self::File(file.into())),
            None => Self::host(word, &format!("{NAMED} or @FILE")),
        }
    }

    /// Reads the lines of a file: who is named there, and which lines are wrong,
    /// by number from 1 on, and why. A file cannot name another one.
    pub fn lines(text: &[u8]) -> (Vec<Self>, Vec<(usize, String)>) {
        let (mut guests, mut wrong) = (Vec::new(), Vec::new());
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let read = match std::str::from_utf8(line) {
                Ok(line) => match line.split('#').next().unwrap_or_default().trim() {
                    "" => continue,
                    word if word.starts_with('@') => {
                        Err(format!("`{word}`: a file cannot name another one"))
                    }
                    word => Self::host(word, NAMED).map_err(|error| error.to_string()),
                },
                Err(_) => Err("no UTF-8: no line of text".to_owned()),
            };
            match read {
                Ok(guest) => guests.push(guest),
                Err(why) => wrong.push((index + 1, why)),
            }
        }
        (guests, wrong)
    }

    fn host(word: &str, expected: &str) -> Result<Self, WordError> {
        if word.contains('/') {
            return Cidr::parse(word).map(Self::Block);
        }
        match Host::parse(word) {
            Ok(Host::Name(name)) => Ok(Self::Name(name)),
            Ok(Host::V6(_, Some(_))) => Err(WordError::new(word, "an address without its zone")),
            Ok(host) => host
                .ip()
                .and_then(whole)
                .map(Self::Block)
                .ok_or_else(|| WordError::new(word, expected)),
            Err(error) if error.meant.is_some() => Err(error),
            Err(_) => Err(WordError::new(word, expected)),
        }
    }
}

impl fmt::Display for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(block) => write!(f, "{block}"),
            Self::Name(name) => f.write_str(name),
            Self::File(path) => write!(f, "@{}", path.display()),
        }
    }
}

/// The block of one address.
pub fn whole(ip: IpAddr) -> Option<Cidr> {
    Cidr::new(ip, if ip.is_ipv6() { 128 } else { 32 })
}

/// What was typed, with nothing looked up or read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub allow: Vec<Guest>,
    pub deny: Vec<Guest>,
}

impl Typed {
    /// Nobody was named: everybody may come.
    pub fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }
}

/// The guests by address. IPv4 mapped into IPv6 is IPv4, on both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guests {
    allow: Option<Vec<Cidr>>,
    deny: Vec<Cidr>,
}

impl Guests {
    /// `allow` is None where nobody was named: not the same as a file in which
    /// nobody is.
    pub fn new(allow: Option<Vec<Cidr>>, deny: Vec<Cidr>) -> Guests {
        let canonical = |blocks: Vec<Cidr>| blocks.into_iter().map(Cidr::to_canonical).collect();
        Guests {
            allow: allow.map(canonical),
            deny: canonical(deny),
        }
    }

    /// Whether somebody is allowed by name, and all others are not.
    pub fn are_named(&self) -> bool {
        self.allow.is_some()
    }

    /// Why this one may not come in; None if he may. `--deny` wins.
    pub fn objection(&self, ip: IpAddr) -> Option<String> {
        let ip = ip.to_canonical();
        let of = |blocks: &[Cidr]| blocks.iter().find(|block| block.contains(ip)).copied();
        if let Some(block) = of(&self.deny) {
            return Some(format!("denied by {block}"));
        }
        match &self.allow {
            Some(allow) if of(allow).is_none() => Some("not allowed".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_written() {
        for word in ["10.0.0.0/8", "fd00::/8", "db.internal", "@/etc/guests"] {
            assert_eq!(Guest::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Guest::parse("10.0.0.1").unwrap().to_string(), "10.0.0.1/32");
        assert_eq!(Guest::parse("::1").unwrap().to_string(), "::1/128");
        for (word, meant) in [
            ("", None),
            ("@", None),
            ("10.0.0.0/33", None),
            ("10.0.0.0/255.0.0.0", Some("10.0.0.0/8")),
            ("host/24", None),
            ("10.0.0", Some("10.0.0.0")),
            ("10.0.0.1:80", None),
            ("fe80::1%eth0", None),
            ("a b", None),
            ("*", None),
        ] {
            let error = Guest::parse(word).unwrap_err();
            assert_eq!(error.meant.as_deref(), meant, "{word}");
        }
    }

    #[test]
    fn files_have_one_on_a_line() {
        let text = "# ours\n10.0.0.0/8 # all of it\n\n  db.internal\n";
        let (read, wrong) = Guest::lines(text.as_bytes());
        let read: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(read, ["10.0.0.0/8", "db.internal"]);
        assert_eq!(wrong, []);
        assert_eq!(Guest::lines(b""), (Vec::new(), Vec::new()));
        for (text, lines, wrong) in [
            (&b"::1\n10.0.0.0/40\n::2"[..], 2, &[2][..]),
            (b"@other\na b\r\n\r\n::1\r\n", 1, &[1, 2]),
            (b"\xff\xfe\n\0\n", 0, &[1, 2]),
        ] {
            let (read, found) = Guest::lines(text);
            let numbers: Vec<usize> = found.iter().map(|(number, _)| *number).collect();
            assert_eq!((read.len(), &*numbers), (lines, wrong), "{text:?}");
        }
    }

    #[test]
    fn deny_wins_and_mapped_is_ipv4() {
        let blocks = |words: &[&str]| -> Vec<Cidr> {
            words.iter().map(|w| Cidr::parse(w).unwrap()).collect()
        };
        let guests = Guests::new(
            Some(blocks(&["10.0.0.0/8", "::ffff:192.0.2.0/120", "fd00::/8"])),
            blocks(&["10.1.0.0/16"]),
        );
        for (ip, objection) in [
            ("10.0.0.1", None),
            ("::ffff:10.0.0.1", None),
            ("10.1.2.3", Some("denied by 10.1.0.0/16")),
            ("::ffff:10.1.2.3", Some("denied by 10.1.0.0/16")),
            ("192.0.2.7", None),
            ("192.0.3.7", Some("not allowed")),
            ("fd00::1", None),
            ("::1", Some("not allowed")),
        ] {
            let found = guests.objection(ip.parse().unwrap());
            assert_eq!(found.as_deref(), objection, "{ip}");
        }
        let everybody = Guests::default();
        assert_eq!(everybody.objection("::1".parse().unwrap()), None);
        let nobody = Guests::new(Some(Vec::new()), Vec::new());
        assert!(nobody.objection("::1".parse().unwrap()).is_some());
    }
}
