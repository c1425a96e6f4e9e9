//! What this command has asked for and taken itself. Pure but for
//! getsockname(2).

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::address::Unix;
use crate::failure::StageError;
use crate::stage::bind::Bound;
use crate::stage::resolve::Family;

/// One thing to bind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A port of every address of the family.
    Any(u16, Family),
    Inet(SocketAddr),
    Unix(Unix),
}

impl Place {
    /// An address; IPv4 mapped into IPv6 is IPv4.
    pub fn inet(mut address: SocketAddr) -> Place {
        address.set_ip(address.ip().to_canonical());
        Place::Inet(address)
    }

    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Place::Inet(address) => Some(address.ip()),
            _ => None,
        }
    }

    /// The addresses and families that it takes; None of a Unix socket.
    pub fn covers(&self) -> Option<Covered> {
        let any = |port| SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
        Some(match self {
            Place::Any(port, Family::Any) => Covered(any(*port), true, true),
            Place::Any(port, family) => {
                let v6 = *family == Family::V6;
                Covered(any(*port), !v6, v6)
            }
            Place::Inet(address) => Covered(*address, address.is_ipv4(), address.is_ipv6()),
            Place::Unix(_) => return None,
        })
    }

    /// Each time another one.
    fn is_chosen_by_the_kernel(&self) -> bool {
        match self {
            Place::Any(port, _) => *port == 0,
            Place::Inet(address) => address.port() == 0,
            Place::Unix(_) => false,
        }
    }
}

/// What was asked for already.
#[derive(Debug, Default)]
pub struct Asked(HashSet<Place>);

impl Asked {
    /// Whether nobody has asked for this before.
    pub fn is_new(&mut self, place: Place) -> bool {
        place.is_chosen_by_the_kernel() || self.0.insert(place)
    }
}

/// An address, and whether it is taken for IPv4 and for IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered(SocketAddr, bool, bool);

impl Covered {
    /// Whether only one of them can listen.
    fn overlaps(&self, other: &Covered) -> bool {
        let family = (self.1 && other.1) || (self.2 && other.2);
        let any = self.0.ip().is_unspecified() || other.0.ip().is_unspecified();
        let same = || self.0.ip() == other.0.ip() && scope(&self.0) == scope(&other.0);
        self.0.port() == other.0.port() && family && (any || same())
    }
}

fn scope(address: &SocketAddr) -> u32 {
    match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(v6) => v6.scope_id(),
    }
}

/// What a bound socket takes; None of a Unix socket.
pub fn covered(bound: &Bound) -> Option<Covered> {
    let address = bound.socket.local_addr().ok()?.as_socket()?;
    let has = |family| bound.families.contains(&family);
    Some(Covered(address, has("IPv4"), has("IPv6")))
}

/// What this command has.
pub struct Places<'a>(pub Vec<&'a Bound>);

impl Places<'_> {
    /// The error with the holder's name, if this command has the address itself.
    pub fn named(&self, error: StageError, wanted: Option<Covered>) -> StageError {
        let has = |one: &&&Bound| {
            let covered = covered(one);
            wanted.is_some_and(|wanted| covered.is_some_and(|has| has.overlaps(&wanted)))
        };
        match self.0.iter().find(has) {
            Some(one) => error.hint(format!("{} of this command has it", one.address)),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_twice_is_not_new_unless_the_kernel_chooses() {
        let mut asked = Asked::default();
        let inet = |text: &str| Place::Inet(text.parse().unwrap());
        for (place, new) in [
            (inet("127.0.0.1:80"), true),
            (inet("127.0.0.1:80"), false),
            (inet("127.0.0.1:81"), true),
            (inet("[::1]:80"), true),
            (inet("127.0.0.1:0"), true),
            (inet("127.0.0.1:0"), true),
            (Place::Any(80, Family::Any), true),
            (Place::Any(80, Family::Any), false),
            (Place::Any(0, Family::Any), true),
            (Place::Any(0, Family::Any), true),
        ] {
            assert_eq!(asked.is_new(place.clone()), new, "{place:?}");
        }
    }

    #[test]
    fn addresses_overlap_by_family_and_port() {
        let inet = |text: &str| Place::Inet(text.parse().unwrap());
        let any = |family| Place::Any(80, family);
        for (one, other, overlap) in [
            (any(Family::Any), inet("127.0.0.1:80"), true),
            (any(Family::Any), inet("[::1]:80"), true),
            (any(Family::Any), inet("127.0.0.1:81"), false),
            (any(Family::V4), inet("127.0.0.1:80"), true),
            (any(Family::V4), inet("[::1]:80"), false),
            (any(Family::V6), inet("127.0.0.1:80"), false),
            (inet("[::]:80"), inet("127.0.0.1:80"), false),
            (inet("[::]:80"), inet("[::1]:80"), true),
            (inet("0.0.0.0:80"), inet("127.0.0.1:80"), true),
            (inet("127.0.0.1:80"), inet("127.0.0.1:80"), true),
            (inet("127.0.0.1:80"), inet("127.0.0.2:80"), false),
            (inet("[fe80::1%1]:80"), inet("[fe80::1%2]:80"), false),
        ] {
            let overlaps =
                |a: &Place, b: &Place| a.covers().unwrap().overlaps(&b.covers().unwrap());
            assert_eq!(overlaps(&one, &other), overlap, "{one:?} {other:?}");
            assert_eq!(overlaps(&other, &one), overlap, "{other:?} {one:?}");
        }
    }
}
