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
        Self::read(word).map_err(
            |error| match word.rfind('@') > word.rfind(['/', '?', '#']) {
                true => error,
                // An unencoded slash in a password ends the authority too early;
                // what was then taken for the host is not to be suggested.
                false if word.contains('@') => WordError::new(error.word, error.expected),
                false => error,
            },
        )
    }

    fn read(word: &str) -> Result<Self, WordError> {
        let (scheme, rest) = word.split_once("://").unwrap_or(("", word));
        let shown = format!("{scheme}://{}", before_path(last_part(rest)));
        let is_scheme_byte = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.bytes().all(is_scheme_byte)
        {
            // What stands before the colons may be anything, a password too.
            let scheme = scheme.rsplit([':', '@']).next().unwrap_or(scheme);
            let authority = before_path(last_part(rest));
            let error = WordError::new(format!("{scheme}://{authority}"), "SCHEME://HOST[:PORT]");
            return Err(match Self::parse(&format!("{scheme}://{authority}")) {
                Ok(_) => error.meant(format!("{scheme}://{authority}")),
                Err(_) => error,
            });
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
        })
    }

    /// The port that was written, or that of the scheme.
    ///
    /// # Errors
    /// A scheme that has no port of its own, or that nobody knows.
    pub(crate) fn port(&self, svc: &dyn Services) -> Result<u16, WordError> {
        let port = self.written.or_else(|| scheme_port(&self.scheme, svc));
        port.ok_or_else(|| {
            let shown = format!("{}://{}", self.scheme, Bracketed(&self.host));
            let error = WordError::new(
                shown.as_str(),
                "a port after the host: this scheme has none",
            );
            error.meant(format!("{shown}:80"))
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

fn before_path(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn last_part(text: &str) -> &str {
    text.rsplit('@').next().unwrap_or(text)
}
