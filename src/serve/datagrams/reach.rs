//! Where an answer may go: a server that answers whoever seems to ask can be
//! turned against others.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;
use socket2::SockAddr;

use crate::stage::bind::Bound;

/// How long the addresses of this machine are taken for what they were.
const FRESH: Duration = Duration::from_secs(1);

/// Where this server is, asked once: a question must not cost a call for each
/// of many sockets.
pub struct Reach {
    ports: HashSet<u16>,
    /// Of each socket: nobody but this machine can ask there.
    loopback: Vec<bool>,
    /// The addresses of this machine, and when it was asked for them.
    machine: Option<(Instant, HashSet<IpAddr>)>,
}

impl Reach {
    /// Of these sockets.
    pub fn of(bound: &[Bound]) -> Reach {
        let locals: Vec<Option<SocketAddr>> = bound.iter().map(local).collect();
        let is_loopback = |local: &Option<SocketAddr>| {
            local.is_some_and(|local| local.ip().to_canonical().is_loopback())
        };
        Reach {
            ports: locals.iter().flatten().map(SocketAddr::port).collect(),
            loopback: locals.iter().map(is_loopback).collect(),
            machine: None,
        }
    }

    /// Whether nobody but this machine can ask at the socket of this number.
    pub fn is_loopback(&self, at: usize) -> bool {
        self.loopback.get(at).copied().unwrap_or(false)
    }

    /// Whether it is one of these sockets, or one in its place: what goes there
    /// comes back as a question.
    pub fn is_our_own(&mut self, from: &SocketAddr, now: Instant) -> bool {
        self.ports.contains(&from.port()) && self.is_of_this_machine(from.ip(), now)
    }

    fn is_of_this_machine(&mut self, ip: IpAddr, now: Instant) -> bool {
        if ip.is_loopback() {
            return true;
        }
        let fresh = self.machine.take().filter(|(at, _)| now < *at + FRESH);
        let (_, own) = self.machine.insert(fresh.unwrap_or_else(|| (now, own())));
        own.contains(&ip)
    }
}

/// The peer's address, IPv4 unmapped; None of a Unix socket.
pub fn inet(from: &SockAddr) -> Option<SocketAddr> {
    let mut address = from.as_socket()?;
    address.set_ip(address.ip().to_canonical());
    Some(address)
}

fn local(one: &Bound) -> Option<SocketAddr> {
    one.socket.local_addr().ok()?.as_socket()
}

/// Nothing where the kernel does not tell.
fn own() -> HashSet<IpAddr> {
    let interfaces = getifaddrs().into_iter().flatten();
    interfaces
        .filter_map(|interface| interface.address)
        .filter_map(|own| {
            let v4 = own.as_sockaddr_in().map(|own| IpAddr::V4(own.ip()));
            v4.or_else(|| Some(IpAddr::V6(own.as_sockaddr_in6()?.ip())))
        })
        .collect()
}
