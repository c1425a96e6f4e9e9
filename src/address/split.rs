//! One word of an address taken apart, before anybody asks what it is for.

use super::host::Host;
use super::unix::Unix;
use super::url::Url;
use crate::word::WordError;

/// What the shape of a word says. Hosts and ports are still text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// `unix:...`, `/...`, `./...`, `../...`
    Unix(Unix),
    /// `scheme://...`
    Url(Url),
    /// `:PORT` or `*:PORT`: the text of the port.
    Any(&'a str),
    /// `HOST:PORT` or `[V6]:PORT`: the text of both.
    Both(&'a str, &'a str),
    /// A word without a port: a host, a block, a port list or a service name.
    Bare(&'a str),
}

impl<'a> Word<'a> {
    /// Takes `word` apart.
    ///
    /// # Errors
    /// Empty words, brackets that do not hold IPv6, colons that can be read in
    /// two ways, and whatever is wrong with a Unix address or a URL.
    pub(crate) fn read(word: &'a str) -> Result<Self, WordError> {
        if word.is_empty() {
            return Err(WordError::new(word, "an address, not an empty word"));
        }
        if let Some(error) = elsewhere(word) {
            return Err(error);
        }
        if Unix::looks_like(word) {
            return Unix::parse(word).map(Self::Unix);
        }
        if word.contains("://") {
            return Url::parse(word).map(Self::Url);
        }
        if let Some((user, host)) = word.rsplit_once('@') {
            return Err(user_before(user, host));
        }
        if let Some(port) = word.strip_prefix("*:") {
            return Ok(Self::Any(port));
        }
        match word.strip_prefix(':') {
            Some(port) if !port.contains(':') => Ok(Self::Any(port)),
            _ => host_and_port(word).map(|(host, port)| match port {
                Some(port) => Self::Both(host, port),
                None => Self::Bare(host),
            }),
        }
    }
}

/// What a shell would have read, had it been asked: `~` at the beginning of a
/// word, and bash's /dev/tcp in a redirection.
fn elsewhere(word: &str) -> Option<WordError> {
    if word.starts_with("~/") {
        let expected = "a path (a shell reads `~` only without quotes)";
        return Some(WordError::new(word, expected));
    }
    if let Some(path) = word.strip_prefix("unix:")
        && path.starts_with("~/")
    {
        let expected = "a path (a shell reads `~` only where a word begins)";
        return Some(WordError::new(word, expected).meant(path));
    }
    let (protocol, rest) = word.strip_prefix("/dev/")?.split_once('/')?;
    let (host, port) = rest.split_once('/')?;
    let option = match protocol {
        "tcp" => "",
        "udp" => "-u ",
        _ => return None,
    };
    let error = WordError::new(word, "HOST PORT (the path is one of bash, and no file)");
    Some(error.meant(format!("{option}{host} {port}")))
}

/// What stands before an `@` may be a password: it is not shown again.
fn user_before(user: &str, host: &str) -> WordError {
    match (user, host) {
        ("", _) => WordError::new(format!("@{host}"), "an address").meant(format!("unix:@{host}")),
        (_, "") => WordError::new("@", "a host"),
        _ => WordError::new(host, "a host without the user that stood before its `@`").meant(host),
    }
}

/// The host, without its brackets, and the port of a word that is no URL.
pub(super) fn host_and_port(word: &str) -> Result<(&str, Option<&str>), WordError> {
    if let Some(rest) = word.strip_prefix('[') {
        return bracketed(word, rest);
    }
    if word.matches(':').count() < 2 {
        return Ok(match word.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (word, None),
        });
    }
    if is_v6(word) {
        return Ok((word, None));
    }
    // A block of addresses: what follows its slash cannot be part of the address.
    if let Some((literal, rest)) = word.split_once('/')
        && is_v6(literal)
    {
        return Ok(match rest.split_once(':') {
            Some((length, port)) => (&word[..literal.len() + 1 + length.len()], Some(port)),
            None => (word, None),
        });
    }
    Err(match word.rsplit_once(':') {
        Some((literal, port)) if is_v6(literal) => {
            WordError::new(word, "brackets around an IPv6 address before a port")
                .meant(format!("[{literal}]:{port}"))
        }
        _ => WordError::new(word, "HOST:PORT, [IPv6]:PORT or an IPv6 address"),
    })
}

fn bracketed<'a>(word: &'a str, rest: &'a str) -> Result<(&'a str, Option<&'a str>), WordError> {
    let error = |expected| WordError::new(word, expected);
    let Some((inner, after)) = rest.split_once(']') else {
        return Err(error("a closing bracket after the IPv6 address"));
    };
    let literal = inner.split('/').next().unwrap_or(inner);
    // `[fe80::1%25eth0]` is how a URL writes a zone (RFC 6874); url.rs undoes it.
    if !is_v6(literal) {
        let error = error("an IPv6 address within the brackets");
        return Err(match Host::parse(inner) {
            Ok(host) => error.meant(format!("{host}{after}")),
            Err(_) => error,
        });
    }
    match after.strip_prefix(':') {
        Some(port) => Ok((inner, Some(port))),
        None if after.is_empty() => Ok((inner, None)),
        None => Err(match after.strip_prefix('/') {
            Some(block) => {
                let (length, port) = match block.split_once(':') {
                    Some((length, port)) => (length, format!(":{port}")),
                    None => (block, String::new()),
                };
                error("the length of the block within the brackets")
                    .meant(format!("[{literal}/{length}]{port}"))
            }
            None => {
                error("a colon and a port after the brackets").meant(format!("[{inner}]:{after}"))
            }
        }),
    }
}

/// Whether it has the shape of an IPv6 address. Its zone is judged by
/// [`Host::parse`], whose error says more; a colon cannot be in one.
pub(crate) fn is_v6(text: &str) -> bool {
    let (literal, zone) = text.split_once('%').unwrap_or((text, ""));
    literal.parse::<std::net::Ipv6Addr>().is_ok() && !zone.contains(':')
}
