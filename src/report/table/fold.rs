//! Which rows are folded together, and what is kept of them. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ranges::Ranges;
use crate::event::Probe;
use crate::targets::Cidr;
use crate::verdict::State;

/// Rows of one state on a host that are shown one by one.
const SHOWN: usize = 25;

/// What is folded together. Sorts as the table does: by target, and within it
/// what is folded by state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub place: usize,
    /// Hosts are folded one by one, where a target has several.
    host: Option<IpAddr>,
    /// The state as its rank among all.
    state: usize,
    /// Other than expected: a port that was named by itself and is not open
    /// must not disappear among a thousand that were only tried.
    surprises: bool,
}

impl Key {
    /// The key of a row. The hosts of a block are folded together: it is their
    /// number that is too large. But not what is open there: that was looked
    /// for, and a port without its host says nothing.
    pub fn of(row: &Probe) -> Key {
        let is_block = Cidr::parse(&row.target).is_ok();
        let is_open = row.state == Some(State::Open);
        let host = (row.address.as_deref().and_then(ip)).filter(|_| !is_block || is_open);
        Key {
            place: row.place,
            host,
            state: State::ALL
                .iter()
                .position(|state| row.state == Some(*state))
                .unwrap_or(State::ALL.len()),
            surprises: row.ok == Some(false),
        }
    }
}

/// Rows of one key.
#[derive(Debug, Default)]
pub struct Group {
    /// At most [`SHOWN`], unless all are to be shown.
    pub rows: Vec<Probe>,
    /// What is left of those that were more.
    pub fold: Option<Fold>,
}

/// What many rows have in common.
#[derive(Debug)]
pub struct Fold {
    /// One of them.
    pub like: Probe,
    pub count: u64,
    pub ports: Ranges,
    pub addresses: Ranges,
    /// Whether all have the same reason from the same address.
    pub is_alike: bool,
}

impl Group {
    pub fn push(&mut self, row: Probe, all: bool) {
        match &mut self.fold {
            Some(fold) => fold.take(&row),
            None => self.rows.push(row),
        }
        if !all && self.rows.len() > SHOWN {
            self.fold = std::mem::take(&mut self.rows)
                .into_iter()
                .fold(None, |fold, row| {
                    let mut fold = fold.unwrap_or_else(|| Fold::like(row.clone()));
                    fold.take(&row);
                    Some(fold)
                });
        }
    }
}

impl Fold {
    fn like(row: Probe) -> Fold {
        Fold {
            like: row,
            count: 0,
            ports: Ranges::default(),
            addresses: Ranges::default(),
            is_alike: true,
        }
    }

    fn take(&mut self, row: &Probe) {
        self.count += 1;
        self.is_alike &= (&row.reason, &row.by) == (&self.like.reason, &self.like.by);
        if let Some(port) = row.port {
            self.ports.insert(port.into());
        }
        if let Some(ip) = row.address.as_deref().and_then(ip) {
            self.addresses.insert(number(ip));
        }
    }

    /// Whether its rows have addresses of IPv6.
    pub fn is_v6(&self) -> bool {
        let address = self.like.address.as_deref().and_then(ip);
        address.is_some_and(|ip| ip.is_ipv6())
    }
}

/// The address without its zone.
pub fn ip(address: &str) -> Option<IpAddr> {
    let bare = address.split_once('%').map_or(address, |(bare, _)| bare);
    bare.parse().ok()
}

fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address that [`Fold::addresses`] holds as a number.
pub fn address(number: u128, is_v6: bool) -> IpAddr {
    match (is_v6, u32::try_from(number)) {
        (false, Ok(bits)) => Ipv4Addr::from_bits(bits).into(),
        _ => Ipv6Addr::from_bits(number).into(),
    }
}
