//! Broadcast addresses, which only the routing table knows.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use nix::libc;
use socket2::SockRef;

/// Whether `address` is a broadcast address of a network of this machine (ip(7)),
/// or of all of them. Nothing is sent.
///
/// connect() of UDP says EACCES to it and to a prohibited route alike, but
/// SO_BROADCAST of socket(7) takes it back for the first only.
pub fn is_broadcast(address: IpAddr) -> bool {
    let IpAddr::V4(v4) = address.to_canonical() else {
        return false;
    };
    if v4 == Ipv4Addr::BROADCAST {
        return true;
    }
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)) else {
        return false;
    };
    // connect(2) sends nothing, so the port means nothing: discard, RFC 863.
    let peer = SocketAddr::from((v4, 9));
    let refused = socket.connect(peer);
    refused.is_err_and(|error| error.raw_os_error() == Some(libc::EACCES))
        && SockRef::from(&socket).set_broadcast(true).is_ok()
        && socket.connect(peer).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_of_loopback_is_one() {
        let is = |text: &str| is_broadcast(text.parse().unwrap());
        assert!(is("127.255.255.255"));
        assert!(is("255.255.255.255"));
        assert!(is("::ffff:127.255.255.255"));
        for address in ["127.0.0.1", "127.0.0.255", "::1", "ff02::1"] {
            assert!(!is(address), "{address}");
        }
    }
}
