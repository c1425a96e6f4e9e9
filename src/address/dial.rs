//! Where to go: the address of `connect`, `send` and `recv` that dial.

use super::Address;
use super::host::Host;
use super::reading::{host_in, needs_port, only, ports_in};
use super::split::Word;
use crate::ports::PortList;
use crate::services::Services;
use crate::word::WordError;

/// An address to dial, and how many words it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Never [`Address::Local`], and its port is never 0.
    pub address: Address,
    /// The words that were read, 1 or 2; those after them are not ours.
    pub used: usize,
    /// What a person has to be told about a URL whose scheme means TLS.
    pub note: Option<String>,
}

/// Reads the address that `words` begin with: `HOST PORT`, `HOST:PORT`,
/// `unix:...` or a URL. A first word is a port only if it is made of digits,
/// commas and ranges, so that `redis 6379` is a host named redis.
///
/// # Errors
/// No address, an address of this machine only, and more than one port.
pub fn dial(words: &[String], svc: &dyn Services) -> Result<Dial, WordError> {
    let Some(word) = words.first() else {
        return Err(WordError::new("", "HOST PORT, HOST:PORT or unix:PATH"));
    };
    let one = |address| Dial {
        address,
        used: 1,
        note: None,
    };
    match Word::read(word)? {
        Word::Unix(unix) => Ok(one(Address::Unix(unix))),
        Word::Url(url) => {
            let port = url.port(svc)?;
            let note = url.note(port);
            let address = Address::Inet {
                host: url.host,
                port,
            };
            Ok(Dial {
                note,
                ..one(address)
            })
        }
        Word::Both(host, port) => {
            let host = host_in(word, host)?;
            let list = ports_in(word, port, svc)?;
            let port = only(word, port, &list)?;
            Ok(one(Address::Inet { host, port }))
        }
        Word::Any(port) => {
            ports_in(word, port, svc)?;
            Err(nobody_to_dial(word, &format!("localhost:{port}")))
        }
        Word::Bare("*") => Err(nobody_to_dial(word, "localhost 80")),
        Word::Bare(port) if PortList::looks_like(port) => Err(no_host(port, words.get(1), svc)),
        Word::Bare(host) => {
            let host = Host::parse(host)?;
            let Some(next) = words.get(1) else {
                return Err(needs_port(&host, svc));
            };
            let port = port_after(&host, next, svc)?;
            let address = Address::Inet { host, port };
            Ok(Dial {
                used: 2,
                ..one(address)
            })
        }
    }
}

fn port_after(host: &Host, word: &str, svc: &dyn Services) -> Result<u16, WordError> {
    let list = PortList::parse(word, svc).map_err(|error| {
        if word.contains('@') {
            // Perhaps a second address, with a password before its @.
            return needs_port(host, svc);
        }
        let other = WordError::new(word, "a port number or a service name after the host");
        let meant = error
            .meant
            .as_deref()
            .map(|meant| PortList::parse(meant, svc));
        match meant {
            // Several of them are not to be dialled.
            Some(Ok(list)) if list.single().is_none() => other,
            Some(_) => error,
            None if PortList::looks_like(word) => error,
            None => other,
        }
    })?;
    only(word, word, &list).map_err(|error| error.within(word, |port| format!("{host} {port}")))
}

fn nobody_to_dial(word: &str, meant: &str) -> WordError {
    let expected = "a host to dial (this is an address to listen on, which takes -l)";
    WordError::new(word, expected).meant(meant)
}

/// Ports come after their host; alone they are something to listen on.
fn no_host(word: &str, next: Option<&String>, svc: &dyn Services) -> WordError {
    let port = match PortList::parse(word, svc) {
        Ok(list) => list.iter().next().map_or(0, |port| port.number),
        Err(error) => return error,
    };
    // Only what cannot be a FILE of `send` is taken for a host in the wrong place.
    let swapped = next.filter(|next| {
        *next == "localhost" || Host::parse(next).is_ok_and(|host| host.ip().is_some())
    });
    let host = swapped.map_or("localhost", String::as_str);
    let expected = "a host before the port (or -l, to listen on it)";
    WordError::new(word, expected).meant(format!("{host} {port}"))
}
