//! Where to wait: the addresses of `listen`, and of `send` and `recv` with -l.

use std::fmt;

use super::host::{Bracketed, Host};
use super::reading::{host_in, is_port_word, local_ports_in, misspelt_port, needs_port};
use super::split::Word;
use super::unix::Unix;
use crate::ports::PortList;
use crate::services::Services;
use crate::word::WordError;

/// Ports of this machine to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListenAt {
    /// The address to bind; `None` means every address of this machine.
    pub host: Option<Host>,
    /// The ports; 0 is one of the system's choice.
    pub ports: PortList,
}

/// Something to listen on. What [`fmt::Display`] writes, [`local`] reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Local {
    /// Ports: `*:PORTS`, `HOST:PORTS`, `[V6]:PORTS`.
    Inet(ListenAt),
    /// A Unix socket: `unix:PATH`, `unix:@NAME`.
    Unix(Unix),
}

impl Local {
    /// How many sockets it takes; the addresses of a name count as one.
    pub fn sockets(&self) -> usize {
        match self {
            Self::Inet(at) => at.ports.len(),
            Self::Unix(_) => 1,
        }
    }
}

impl fmt::Display for ListenAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{}:{}", Bracketed(host), self.ports),
            None => write!(f, "*:{}", self.ports),
        }
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(at) => write!(f, "{at}"),
            Self::Unix(unix) => write!(f, "{unix}"),
        }
    }
}

/// Reads all `words` as local addresses: ports (service names count), `:PORT`,
/// `*:PORT`, `HOST:PORT`, `unix:...`, and a HOST with all the port words after
/// it. No words are port 0: one port of the system's choice.
///
/// # Errors
/// Hosts without a port, URLs, and whatever is wrong with one of the words.
pub fn local(words: &[String], svc: &dyn Services) -> Result<Vec<Local>, WordError> {
    if words.is_empty() {
        return Ok(vec![any_port()]);
    }
    let mut found = Vec::new();
    let mut rest = words;
    while !rest.is_empty() {
        let read = first(rest, svc, usize::MAX);
        let (local, used) = match (read, rest) {
            (Err(error), [word, after @ ..]) if !found.is_empty() => {
                return Err(command(word, after, svc).unwrap_or(error));
            }
            (read, _) => read?,
        };
        found.push(local);
        rest = &rest[used..];
    }
    Ok(found)
}

/// Reads the one local address that `words` begin with, of one port, and says
/// how many words it took: 0 if there are none, and otherwise 1 or 2.
///
/// # Errors
/// As for [`local`], and more than one port.
pub fn local_one(words: &[String], svc: &dyn Services) -> Result<(Local, usize), WordError> {
    if words.is_empty() {
        return Ok((any_port(), 0));
    }
    let (local, used) = first(words, svc, 1)?;
    match &local {
        Local::Inet(at) if at.ports.single().is_none() => {
            let port = at.ports.iter().next().map_or(0, |port| port.number);
            let error = WordError::new(at.ports.to_string(), "one port only");
            Err(error.meant(port.to_string()))
        }
        _ => Ok((local, used)),
    }
}

fn any_port() -> Local {
    let ports = PortList::from(0);
    Local::Inet(ListenAt { host: None, ports })
}

/// The address that `words` begin with; a host takes at most `most` words of ports.
fn first(words: &[String], svc: &dyn Services, most: usize) -> Result<(Local, usize), WordError> {
    let Some((word, after)) = words.split_first() else {
        return Ok((any_port(), 0));
    };
    let at = |host, ports| Local::Inet(ListenAt { host, ports });
    match Word::read(word)? {
        Word::Unix(unix) => Ok((Local::Unix(unix), 1)),
        Word::Url(url) => {
            let error = WordError::new(word, "an address of this machine, not a URL");
            Err(match url.port(svc) {
                Ok(port) => error.meant(format!("*:{port}")),
                Err(_) => error,
            })
        }
        Word::Any(port) => Ok((at(None, local_ports_in(word, port, svc)?), 1)),
        Word::Both(host, port) => {
            let host = host_in(word, host)?;
            let ports = local_ports_in(word, port, svc)?;
            Ok((at(Some(host), ports), 1))
        }
        Word::Bare("*") => match ports_of(after, svc, most)? {
            Some((ports, used)) => Ok((at(None, ports), 1 + used)),
            None => Err(WordError::new(word, "a port after `*`").meant("*:80")),
        },
        Word::Bare(ports) if is_port_word(ports, svc) => {
            Ok((at(None, PortList::parse_local(ports, svc)?), 1))
        }
        Word::Bare(text) => {
            let host = host_or_ports(text, svc)?;
            match ports_of(after, svc, most)? {
                Some((ports, used)) => Ok((at(Some(host), ports), 1 + used)),
                None => Err(portless(&host, after.first(), svc)),
            }
        }
    }
}

/// The words of ports that `words` begin with, as one list.
fn ports_of(
    words: &[String],
    svc: &dyn Services,
    most: usize,
) -> Result<Option<(PortList, usize)>, WordError> {
    let mut found: Option<PortList> = None;
    let mut used = 0;
    for word in words.iter().take(most) {
        if !is_port_word(word, svc) {
            break;
        }
        let ports = PortList::parse_local(word, svc)?;
        found = Some(match found {
            Some(before) => before.and(ports),
            None => ports,
        });
        used += 1;
    }
    Ok(found.map(|ports| (ports, used)))
}

/// A word that is no host may still be ports in another tool's notation.
fn host_or_ports(text: &str, svc: &dyn Services) -> Result<Host, WordError> {
    Host::parse(text).map_err(|error| misspelt_port(text, svc).unwrap_or(error))
}

/// `5005 cat`: a name without a port behind an address is rather a command.
fn command(word: &str, after: &[String], svc: &dyn Services) -> Option<WordError> {
    let is_name = matches!(
        Word::read(word),
        Ok(Word::Bare(text)) if matches!(Host::parse(text), Ok(Host::Name(_)))
    );
    let misspelt = misspelt_port(word, svc).is_some()
        || after
            .first()
            .is_some_and(|next| is_port_word(next, svc) || misspelt_port(next, svc).is_some());
    (is_name && !misspelt).then(|| {
        WordError::new(word, "an address with a port; a command comes after --")
            .meant(format!("-- {word}"))
    })
}

fn portless(host: &Host, next: Option<&String>, svc: &dyn Services) -> WordError {
    if let Some(error) = next.and_then(|next| misspelt_port(next, svc)) {
        return error;
    }
    let name = host.to_string();
    match svc.nearest(&name) {
        Some(service) if next.is_none() => {
            WordError::new(name, "a port, a service name or HOST:PORT").meant(service)
        }
        _ => needs_port(host, svc),
    }
}
