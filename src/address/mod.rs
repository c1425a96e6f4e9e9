//! Addresses as people type and logs print them (DESIGN 2). Pure.
//!
//! Three questions are asked of the same words: where to go ([`dial()`]), where
//! to wait ([`local()`], [`local_one`]) and, in `targets`, what to probe. What a
//! single word looks like is decided in one place for all of them (`split`);
//! what its neighbours mean is decided by each.

use std::fmt;

use crate::services::Services;
use crate::word::WordError;

mod dial;
mod host;
mod local;
pub(crate) mod reading;
pub(crate) mod split;
mod unix;
pub(crate) mod url;

#[cfg(test)]
mod readings_test;

pub use dial::{Dial, dial};
pub use host::Host;
pub use local::{ListenAt, Local, local, local_one};
pub use unix::{LONGEST as LONGEST_UNIX, Unix};

use host::Bracketed;
use reading::{host_in, is_port_word, local_ports_in, needs_port, only};
use split::Word;

/// One end of a conversation, as one word. What [`fmt::Display`] writes,
/// [`Address::parse`] reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A port of a host: `HOST:PORT`, `[V6]:PORT`.
    Inet {
        /// The host.
        host: Host,
        /// The port; 0 where the system is to choose.
        port: u16,
    },
    /// A port of every address of this machine: `*:PORT`.
    Local {
        /// The port; 0 where the system is to choose.
        port: u16,
    },
    /// A Unix socket: `unix:PATH`, `unix:@NAME`.
    Unix(Unix),
}

impl Address {
    /// Reads an address that is one word: `HOST:PORT`, `[V6]:PORT`, `PORT`,
    /// `:PORT`, `*:PORT`, `unix:...`. Port 0 is an address here; who dials
    /// refuses it.
    ///
    /// # Errors
    /// Everything else, URLs and lists of ports included.
    pub fn parse(word: &str, svc: &dyn Services) -> Result<Self, WordError> {
        match Word::read(word)? {
            Word::Unix(unix) => Ok(Self::Unix(unix)),
            Word::Any(port) => Ok(Self::Local {
                port: one_port(word, port, svc)?,
            }),
            Word::Both(host, port) => Ok(Self::Inet {
                host: host_in(word, host)?,
                port: one_port(word, port, svc)?,
            }),
            Word::Bare(port) if is_port_word(port, svc) => Ok(Self::Local {
                port: one_port(word, port, svc)?,
            }),
            Word::Bare(host) => Err(needs_port(&Host::parse(host)?, svc)),
            Word::Url(_) => Err(WordError::new(word, "HOST:PORT, not a URL")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet { host, port } => write!(f, "{}:{port}", Bracketed(host)),
            Self::Local { port } => write!(f, "*:{port}"),
            Self::Unix(unix) => write!(f, "{unix}"),
        }
    }
}

fn one_port(word: &str, port: &str, svc: &dyn Services) -> Result<u16, WordError> {
    only(word, port, &local_ports_in(word, port, svc)?)
}
