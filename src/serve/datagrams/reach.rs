//! Where an answer may go: a server that answers whoever seems to ask can be
//! turned against others.

use std::net::{IpAddr, SocketAddr};

use nix::ifaddrs::getifaddrs;
use socket2::SockAddr;

use crate::stage::bind::Bound;

/// The peer's address, IPv4 unmapped; None of a Unix socket.
pub fn inet(from: &SockAddr) -> Option<SocketAddr> {
    let mut address = from.as_socket()?;
    address.set_ip(address.ip().to_canonical());
    Some(address)
}

fn local(one: &Bound) -> Option<SocketAddr> {
    one.socket.local_addr().ok()?.as_socket()
}

/// Whether nobody but this machine can ask here.
pub fn is_loopback(one: &Bound) -> bool {
    local(one).is_some_and(|local| local.ip().to_canonical().is_loopback())
}

/// Whether it is this very socket, or one in its place: what goes there comes
/// back as a question.
pub fn is_our_own(one: &Bound, from: &SocketAddr) -> bool {
    local(one).is_some_and(|local| local.port() == from.port()) && is_of_this_machine(from.ip())
}

fn is_of_this_machine(ip: IpAddr) -> bool {
    if ip.is_loopback() {
        return true;
    }
    let Ok(interfaces) = getifaddrs() else {
        return false;
    };
    interfaces
        .filter_map(|interface| interface.address)
        .any(|own| {
            let v4 = own.as_sockaddr_in().map(|own| IpAddr::V4(own.ip()));
            v4.or_else(|| Some(IpAddr::V6(own.as_sockaddr_in6()?.ip()))) == Some(ip)
        })
}
