//! Whom a probe asks: each target with its addresses, and its questions one at
//! a time. Pure.

use std::iter;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::ports::{Port, PortItem, PortList};
use crate::targets::Cidr;
use crate::verdict::State;

/// A target, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Its place among all targets.
    pub place: usize,
    /// The host, block or socket as it was typed.
    pub name: String,
    /// Where it is.
    pub at: At,
    /// None for a Unix socket only.
    pub ports: Option<PortList>,
    /// The state that every row is to have; without one, as its form says.
    pub expect: Option<State>,
    /// How long its name took to be looked up.
    pub lookup: Option<Duration>,
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq)]
pub enum At {
    /// The addresses of a host, in the order in which they are asked; their
    /// port is 0.
    Addresses(Vec<SocketAddr>),
    /// Every address of a block.
    Block(Cidr),
    /// A local socket, as `probe::Peer` names it.
    Unix(PathBuf),
    /// The run ended before its name was looked up.
    Unknown,
}

/// One question of a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub subject: Arc<Subject>,
    pub port: Option<Port>,
    /// With the port; `None` for Unix sockets, and where it is unknown.
    pub address: Option<SocketAddr>,
    /// Which of the questions of its row it is, from 0 on.
    pub index: usize,
    /// How many questions that row has.
    pub of: usize,
}

/// What a row has to answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// A port (or a Unix socket) named by itself: it is to be open.
    Named,
    /// One of a range (by its index) or, without one, of a block: one of all
    /// is to be open.
    One {
        /// The subject's place.
        subject: usize,
        range: Option<usize>,
    },
}

/// The questions of a subject, lazily, those of a row next to each other. A name
/// has a row a port or, if `each`, a row an address and port, as a block has.
pub struct Asks {
    subject: Arc<Subject>,
    each: bool,
    ports: Box<dyn Iterator<Item = Option<Port>> + Send>,
    /// The port under way, and which of its addresses come next.
    port: Option<Port>,
    next: u128,
    /// How many there are; 0 before the first port.
    of: u128,
}

impl Asks {
    /// All of them, from the first.
    pub fn new(subject: &Arc<Subject>, each: bool) -> Asks {
        Asks {
            ports: match &subject.ports {
                Some(ports) => Box::new(ports.iter().map(Some)),
                None => Box::new(iter::once(None)),
            },
            subject: Arc::clone(subject),
            each,
            port: None,
            next: 0,
            of: 0,
        }
    }

    /// Whose they are.
    pub fn subject(&self) -> &Arc<Subject> {
        &self.subject
    }
}

impl Iterator for Asks {
    type Item = Ask;

    fn next(&mut self) -> Option<Ask> {
        if self.next == self.of {
            self.port = self.ports.next()?;
            self.next = 0;
            self.of = self.subject.addresses();
        }
        let index = self.next;
        self.next += 1;
        let address = match &self.subject.at {
            At::Addresses(addresses) => addresses.get(index as usize).copied(),
            At::Block(block) => block.nth(index).map(|ip| (ip, 0).into()),
            At::Unix(_) | At::Unknown => None,
        };
        let is_shared = matches!(self.subject.at, At::Addresses(_)) && !self.each;
        let (index, of) = match is_shared {
            true => (index as usize, self.of as usize),
            false => (0, 1),
        };
        Some(Ask {
            subject: Arc::clone(&self.subject),
            port: self.port,
            address: address.map(|address| with_port(address, self.port)),
            index,
            of,
        })
    }
}

impl Subject {
    /// How many addresses each port is asked at; 1 where there is none.
    fn addresses(&self) -> u128 {
        match &self.at {
            At::Addresses(addresses) => addresses.len() as u128,
            At::Block(block) => block.len(),
            At::Unix(_) | At::Unknown => 1,
        }
    }

    /// How many rows it has.
    pub fn rows(&self, each: bool) -> u64 {
        let ports = self.ports.as_ref().map_or(1, |ports| ports.len() as u64);
        ports.saturating_mul(match &self.at {
            At::Block(block) => u64::try_from(block.len()).unwrap_or(u64::MAX),
            At::Addresses(addresses) if each => addresses.len() as u64,
            At::Addresses(_) | At::Unix(_) | At::Unknown => 1,
        })
    }

    /// The address that question `index` of a row asks.
    pub fn address(&self, index: usize, port: Option<Port>) -> Option<SocketAddr> {
        match &self.at {
            At::Addresses(addresses) => addresses.get(index).map(|&ip| with_port(ip, port)),
            _ => None,
        }
    }

    /// The state that the row of `port` is to have.
    pub fn expected(&self, port: Option<Port>) -> Option<State> {
        (self.expect).or((self.part(port) == Part::Named).then_some(State::Open))
    }

    /// What the row of `port` has to answer for.
    pub fn part(&self, port: Option<Port>) -> Part {
        let subject = self.place;
        match (&self.at, port.and_then(|port| port.range)) {
            (At::Block(_), _) => Part::One {
                subject,
                range: None,
            },
            (_, Some(range)) => Part::One {
                subject,
                range: Some(range),
            },
            (_, None) => Part::Named,
        }
    }

    /// Every range that holds the port, whichever of them asked: a port is
    /// asked once, but `22,20-30` names it twice.
    pub fn ranges_with(&self, port: Option<Port>) -> impl Iterator<Item = Part> {
        let subject = self.place;
        let items = match self.at {
            At::Block(_) => &[],
            _ => self.ports.as_ref().map_or(&[][..], PortList::items),
        };
        let holds = move |item: &PortItem| match (item, port) {
            (PortItem::Range(first, last), Some(port)) => (*first..=*last).contains(&port.number),
            _ => false,
        };
        let ranges = items
            .iter()
            .enumerate()
            .filter(move |(_, item)| holds(item));
        ranges.map(move |(range, _)| Part::One {
            subject,
            range: Some(range),
        })
    }
}

fn with_port(mut address: SocketAddr, port: Option<Port>) -> SocketAddr {
    address.set_port(port.map_or(0, |port| port.number));
    address
}

#[cfg(test)]
mod tests;
