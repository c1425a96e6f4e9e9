//! Whom a probe asks: each target with its addresses, and its questions one at
//! a time. Pure.

use std::iter;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::ports::{Port, PortItem, PortList};
use crate::targets::Cidr;

/// A target, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The host, block or socket as it was typed.
    pub name: String,
    /// Where it is.
    pub at: At,
    /// None for a Unix socket only.
    pub ports: Option<PortList>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The subject's index.
    pub subject: usize,
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
        subject: usize,
        range: Option<usize>,
    },
}

impl Subject {
    /// Its questions, lazily, those of a row next to each other. A name has a
    /// row a port or, if `each`, a row an address and port, as a block has.
    pub fn asks(&self, subject: usize, each: bool) -> Box<dyn Iterator<Item = Ask> + '_> {
        let ask = move |port: Option<Port>, address: Option<SocketAddr>| Ask {
            subject,
            port,
            address: address.map(|address| with_port(address, port)),
            index: 0,
            of: 1,
        };
        let ports = self.ports.iter().flat_map(|ports| ports.iter());
        match &self.at {
            At::Unix(_) => Box::new(iter::once(ask(None, None))),
            At::Unknown => Box::new(ports.map(move |port| ask(Some(port), None))),
            At::Block(block) => {
                let block = *block;
                Box::new(ports.flat_map(move |port| {
                    (block.iter()).map(move |ip| ask(Some(port), Some((ip, 0).into())))
                }))
            }
            At::Addresses(addresses) => Box::new(ports.flat_map(move |port| {
                addresses.iter().enumerate().map(move |(index, address)| {
                    let one = ask(Some(port), Some(*address));
                    match each {
                        true => one,
                        false => Ask {
                            index,
                            of: addresses.len(),
                            ..one
                        },
                    }
                })
            })),
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

    /// The most questions that share a row.
    pub fn width(&self, each: bool) -> usize {
        match &self.at {
            At::Addresses(addresses) if !each => addresses.len().max(1),
            _ => 1,
        }
    }

    /// The address that question `index` of a row asks.
    pub fn address(&self, index: usize, port: Option<Port>) -> Option<SocketAddr> {
        match &self.at {
            At::Addresses(addresses) => addresses.get(index).map(|&ip| with_port(ip, port)),
            _ => None,
        }
    }

    /// What the row of `port` has to answer for; `subject` is our index.
    pub fn part(&self, subject: usize, port: Option<Port>) -> Part {
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
    pub fn ranges_with(&self, subject: usize, port: Option<Port>) -> impl Iterator<Item = Part> {
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
