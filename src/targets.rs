//! Targets of `probe`: names, addresses, CIDR blocks, Unix sockets. Pure.

use std::fmt;

use crate::address::{Host, Unix};
use crate::ports::PortList;

mod cidr;
mod lines;
mod reading;
#[cfg(test)]
mod tests;

pub use cidr::Cidr;
pub use lines::{LineForm, line, parse_expectation, parse_line};
pub use reading::{after_stdin, targets};

/// What is probed, without its ports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetHost {
    /// One host, by name or address.
    Host(Host),
    /// Every address of a block.
    Cidr(Cidr),
    /// A Unix socket.
    Unix(Unix),
}

/// What is probed. What [`fmt::Display`] writes, [`targets`] reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The host, block or socket.
    pub host: TargetHost,
    /// Its own ports, or those of `--ports`; `None` for a Unix socket only.
    pub ports: Option<PortList>,
}

impl Target {
    /// How many addresses and ports it stands for, a name counted as one.
    pub fn len(&self) -> u64 {
        let ports = self.ports.as_ref().map_or(1, |ports| ports.len() as u64);
        ports.saturating_mul(match &self.host {
            TargetHost::Cidr(block) => u64::try_from(block.len()).unwrap_or(u64::MAX),
            TargetHost::Host(_) | TargetHost::Unix(_) => 1,
        })
    }

    /// Never: a target is at least one address.
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl fmt::Display for TargetHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "{host}"),
            Self::Cidr(block) => write!(f, "{block}"),
            Self::Unix(unix) => write!(f, "{unix}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_v6 = match &self.host {
            TargetHost::Host(host) => matches!(host, Host::V6(..)),
            TargetHost::Cidr(block) => block.is_v6(),
            TargetHost::Unix(_) => false,
        };
        match &self.ports {
            Some(ports) if is_v6 => write!(f, "[{}]:{ports}", self.host),
            Some(ports) => write!(f, "{}:{ports}", self.host),
            None => write!(f, "{}", self.host),
        }
    }
}
