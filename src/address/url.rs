//! A pasted URL, of which only the host and the port are wanted.

use super::host::{Bracketed, Host};
use super::split::host_and_port;
use crate::services::Services;
use crate::word::WordError;

/// The part of a URL that says where (RFC 3986 section 3.2). User information
/// is dropped while reading and is nowhere in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    /// In lower case.
    scheme: String,
    pub(crate) host: Host,
    /// The port that was written, if one was.
    written: Option<u16>,
    /// An `@` follows what was read, which may thus be part of a password.
    is_doubtful: bool,
}

/// Schemes that mean TLS from the first byte.
const TLS: &[&str] = &[
    "https",
    "wss",
    "imaps",
    "pop3s",
    "smtps",
    "submissions",
    "ldaps",
    "ftps",
    "amqps",
    "mqtts",
    "rediss",
    "sips",
    "stuns",
    "turns",
    "ircs",
    "xmpps",
    "nntps",
    "doh",
    "dot",
    "tls",
    "ssl",
];

/// Schemes whose port no table of services has under their name.
const PORTS: &[(&str, u16)] = &[
    ("ws", 80),
    ("wss", 443),
    ("doh", 443),
    ("ftps", 990),
    ("sftp", 22),
    ("ircs", 6697),
    ("rediss", 6379),
    ("xmpps", 5223),
    ("nntps", 563),
    ("neo4j", 7687),
    ("bolt", 7687),
    ("clickhouse", 9000),
];

impl Url {
    /// Reads `scheme://[user[:password]@]HOST[:PORT][/...]`.
    ///
    /// # Errors
    /// They show scheme, host and port only: no user, no path, no query.
    pub(crate) fn parse(word: &str) -> Result<Self, WordError> {
        // A slash in a password that nobody encoded ends the authority too
        // early; what was then taken for the host is not to be suggested.
        let rest = word.split_once("://").map_or(word, |parts| parts.1);
        let is_doubtful = rest[before_path(rest).len()..].contains('@');
        match Self::read(word) {
            Ok(url) => Ok(Self { is_doubtful, ..url }),
            Err(error) if is_doubtful => Err(WordError::new(error.word, error.expected)),
            Err(error) => Err(error),
        }
    }

    fn read(word: &str) -> Result<Self, WordError> {
        let (scheme, rest) = word.split_once("://").unwrap_or(("", word));
        let shown = format!("{scheme}://{}", before_path(last_part(rest)));
        if !is_scheme(scheme) {
            return Err(Self::wrong_scheme(scheme, before_path(last_part(rest))));
        }
        let authority = last_part(before_path(rest));
        if authority.is_empty() {
            return Err(WordError::new(shown, "a host after `://`"));
        }
        let wrap = |part: &str| format!("{scheme}://{part}");
        let plain = authority.replacen("%25", "%", 1);
        let parts = host_and_port(&plain).map_err(|error| error.within(&shown, wrap))?;
        let (host, written) = (parts.0, parts.1.unwrap_or_default());
        let host = Host::parse(host).map_err(|error| {
            let port = parts.1.map(|port| format!(":{port}")).unwrap_or_default();
            error.within(&shown, |host| format!("{scheme}://{host}{port}"))
        })?;
        let written = match written {
            "" => None,
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
            _ => Some(0),
        };
        if written == Some(0) || (written.is_none() && parts.1.is_some_and(|p| !p.is_empty())) {
            let error = WordError::new(&shown, "a port from 1 to 65535 after the host");
            return Err(error.meant(format!("{scheme}://{}", Bracketed(&host))));
        }
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            host,
            written,
            is_doubtful: false,
        })
    }

    /// What stands before the colons may be anything, a password too; only
    /// what follows the last of them is shown (`jdbc:postgresql://...`).
    fn wrong_scheme(scheme: &str, authority: &str) -> WordError {
        let last = scheme.rsplit([':', '@']).next().unwrap_or(scheme);
        let shown = format!("{last}://{authority}");
        let error = WordError::new(&shown, "SCHEME://HOST[:PORT]");
        match is_scheme(last) && Self::read(&shown).is_ok() {
            true => error.meant(shown),
            false => error,
        }
    }

    /// The port that was written, or that of the scheme.
    ///
    /// # Errors
    /// A scheme that has no port of its own, or that nobody knows.
    pub(crate) fn port(&self, svc: &dyn Services) -> Result<u16, WordError> {
        let port = self.written.or_else(|| scheme_port(&self.scheme, svc));
        port.ok_or_else(|| {
            let expected = "a port after the host: this scheme has none";
            if self.is_doubtful {
                return WordError::new(format!("{}://", self.scheme), expected);
            }
            let shown = format!("{}://{}", self.scheme, Bracketed(&self.host));
            WordError::new(&shown, expected).meant(format!("{shown}:80"))
        })
    }

    /// What a person has to be told who might believe that TLS is spoken.
    pub(crate) fn note(&self, port: u16) -> Option<String> {
        let scheme = &self.scheme;
        let is_tls = TLS
            .iter()
            .any(|tls| scheme.split('+').any(|part| part == *tls));
        is_tls.then(|| format!("{scheme}:// here means only port {port}: no TLS is spoken"))
    }
}

/// `svn+ssh` is reached as ssh is; in `postgresql+psycopg2` the second part is
/// a driver. `mongodb+srv` finds its port in the DNS, so it has none here.
fn scheme_port(scheme: &str, svc: &dyn Services) -> Option<u16> {
    let known = |name: &str| {
        let mut rows = PORTS.iter();
        let port = rows.find(|row| row.0 == name).map(|row| row.1);
        port.or_else(|| svc.port(name))
    };
    known(scheme).or_else(|| match scheme.split_once('+')? {
        (_, "srv") => None,
        (_, "ssh") => known("ssh"),
        (first, _) => known(first),
    })
}

/// RFC 3986 section 3.1.
fn is_scheme(text: &str) -> bool {
    let is_scheme_byte = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_scheme_byte)
}

fn before_path(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn last_part(text: &str) -> &str {
    text.rsplit('@').next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Compiled;
    use proptest::prelude::*;

    #[test]
    fn host_and_port_are_all_that_is_kept() {
        let table = [
            ("http://h", "h", 80),
            ("HTTPS://h/", "h", 443),
            ("https://h:8443/a?b#c", "h", 8443),
            ("https://h:/", "h", 443),
            ("https://bob@h", "h", 443),
            ("https://bob:se@cret@h?x=@y", "h", 443),
            ("https://h/@user", "h", 443),
            ("http://[::1]:8080/", "::1", 8080),
            ("http://[fe80::1%25eth0]", "fe80::1%eth0", 80),
            ("http://10.0.0.1", "10.0.0.1", 80),
            ("postgresql+psycopg2://u:p@db/app", "db", 5432),
            ("git+ssh://git@h/x.git", "h", 22),
            ("rediss://:p@cache", "cache", 6379),
            ("tcp://h:9", "h", 9),
            ("mongodb+srv://h:9", "h", 9),
        ];
        for (word, host, port) in table {
            let url = Url::parse(word).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(url.host.to_string(), host, "{word}");
            assert_eq!(url.port(&Compiled), Ok(port), "{word}");
        }
    }

    #[test]
    fn a_scheme_that_means_tls_is_told() {
        let note = |word: &str| Url::parse(word).unwrap().note(443);
        let want = "https:// here means only port 443: no TLS is spoken";
        assert_eq!(note("https://h").as_deref(), Some(want));
        for word in ["wss://h", "imaps://h", "stratum+tls://h:1"] {
            assert!(note(word).is_some(), "{word}");
        }
        for word in ["http://h", "ssh://h", "git+ssh://h"] {
            assert!(note(word).is_none(), "{word}");
        }
    }

    #[test]
    fn errors_show_neither_user_nor_path() {
        let table = [
            ("https://", "https://", None),
            ("file:///secret", "file://", None),
            (
                "gopherr://bob:secret@h/secret",
                "gopherr://h",
                Some("gopherr://h:80"),
            ),
            (
                "mongodb+srv://bob:secret@h/secret",
                "mongodb+srv://h",
                Some("mongodb+srv://h:80"),
            ),
            (
                "http://bob:secret@h:99999/secret",
                "http://h:99999",
                Some("http://h"),
            ),
            ("http://bob:secret@h:0/", "http://h:0", Some("http://h")),
            ("http://bob:secret@h:x", "http://h:x", Some("http://h")),
            ("http://bob:sec/ret@h/", "http://h", None),
            ("http://bob:sec#ret@h/", "http://h", None),
            ("http://bo b:sec/ret@h/", "http://h", None),
            ("http://a,b:1/", "http://a,b:1", None),
            (
                "http://ü.x:1/secret",
                "http://ü.x:1",
                Some("http://xn--tda.x:1"),
            ),
            ("bob:secret:http://h/", "http://h", Some("http://h")),
            (
                "jdbc:postgresql://db:5432/x",
                "postgresql://db:5432",
                Some("postgresql://db:5432"),
            ),
            ("://h", "://h", None),
            ("1a://h", "1a://h", None),
        ];
        for (word, shown, meant) in table {
            let error = match Url::parse(word) {
                Ok(url) => url.port(&Compiled).unwrap_err(),
                Err(error) => error,
            };
            assert_eq!(error.word, shown, "{word}");
            assert_eq!(error.meant.as_deref(), meant, "{word}");
            for secret in ["bob", "secret", "sec/", "ret@", "bo b"] {
                assert!(!error.to_string().contains(secret), "{word}: {error}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_leaks(
            tail in "[a-z0-9:/@%\\[\\]?#.ü ]{0,30}",
            secret in "[/?#:@%]{0,3}QQQ[/?#:@%]{0,3}",
            scheme in "[a-z+:.-]{0,8}",
        ) {
            let word = format!("{scheme}://bob:{secret}@{tail}");
            if let Err(error) = Url::parse(&word).and_then(|url| url.port(&Compiled)) {
                prop_assert!(!format!("{error:?}").contains("QQQ"), "{:?}", error);
            }
        }
    }
}
