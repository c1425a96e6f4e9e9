//! The error queue of a socket (IP_RECVERR in ip(7), IPV6_RECVERR in ipv6(7)):
//! which ICMP error came, who sent it, and what it quotes of our own packet.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};

use crate::verdict::Icmp;

/// Switches the error queue on or off; `v6` is the family of the socket.
///
/// On before connect(): IPv6 queues nothing without it, and UDP reports host
/// and network errors only with it. Off once connected: a queued error makes
/// one recv() fail on a healthy connection.
pub fn enable<F: AsFd>(fd: &F, v6: bool, on: bool) -> io::Result<()> {
    if v6 {
        setsockopt(fd, sockopt::Ipv6RecvErr, &on)?;
    }
    // An IPv6 socket that talks to a mapped address gets ICMP of version 4.
    setsockopt(fd, sockopt::Ipv4RecvErr, &on)?;
    Ok(())
}

/// Asks for the TTL of the ICMP packets too; `v6` is the family of the socket.
pub fn enable_ttl<F: AsFd>(fd: &F, v6: bool) -> io::Result<()> {
    match v6 {
        true => setsockopt(fd, sockopt::Ipv6RecvHopLimit, &true)?,
        false => setsockopt(fd, sockopt::Ipv4RecvTtl, &true)?,
    }
    Ok(())
}

/// One entry of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The error.
    pub icmp: Icmp,
    /// The TTL with which the ICMP packet arrived, after `enable_ttl`.
    pub ttl: Option<u8>,
    quote: [u8; QUOTE],
    quoted: usize,
}

impl Entry {
    /// The packet that provoked the error, as its sender saw it, from the TCP
    /// header or the UDP payload on; cut off where the sender or we cut it.
    pub fn quote(&self) -> &[u8] {
        &self.quote[..self.quoted]
    }
}

/// The longest TCP header.
const QUOTE: usize = 60;

/// Takes the oldest entry off the queue; `None` when it is empty. Never blocks.
///
/// Reading the queue resets SO_ERROR: read that first.
pub fn take<F: AsFd>(fd: &F) -> io::Result<Option<Icmp>> {
    Ok(take_entry(fd)?.map(|entry| entry.icmp))
}

/// As [`take`], with all there is in the entry.
pub fn take_entry<F: AsFd>(fd: &F) -> io::Result<Option<Entry>> {
    let fd = fd.as_fd().as_raw_fd();
    // The entry and the offender's address, whichever family is larger.
    let mut control = nix::cmsg_space!(
        libc::sock_extended_err,
        libc::sockaddr_in6,
        libc::sockaddr_in6,
        libc::c_int
    );
    let mut quote = [0u8; QUOTE];
    loop {
        let mut iov = [IoSliceMut::new(&mut quote)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<()>(fd, &mut iov, Some(&mut control), flags) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        // What is not about a packet of ours (timestamps, zero copy) is skipped.
        if let Some(icmp) = message.cmsgs()?.find_map(icmp) {
            let (ttl, quoted) = (message.cmsgs()?.find_map(ttl), message.bytes);
            return Ok(Some(Entry {
                icmp,
                ttl,
                quote,
                quoted,
            }));
        }
    }
}

fn ttl(message: ControlMessageOwned) -> Option<u8> {
    match message {
        ControlMessageOwned::Ipv4Ttl(ttl) | ControlMessageOwned::Ipv6HopLimit(ttl) => {
            u8::try_from(ttl).ok()
        }
        _ => None,
    }
}

fn icmp(message: ControlMessageOwned) -> Option<Icmp> {
    let (error, offender) = match message {
        ControlMessageOwned::Ipv4RecvErr(error, from) => (
            error,
            from.map(|from| IpAddr::V4(Ipv4Addr::from(u32::from_be(from.sin_addr.s_addr)))),
        ),
        ControlMessageOwned::Ipv6RecvErr(error, from) => (
            error,
            from.map(|from| IpAddr::V6(Ipv6Addr::from(from.sin6_addr.s6_addr)).to_canonical()),
        ),
        _ => return None,
    };
    let origin = error.ee_origin;
    matches!(
        origin,
        libc::SO_EE_ORIGIN_LOCAL | libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6
    )
    .then_some(Icmp {
        v6: origin == libc::SO_EE_ORIGIN_ICMP6,
        kind: error.ee_type,
        code: error.ee_code,
        offender,
        errno: error.ee_errno as i32,
        origin_local: origin == libc::SO_EE_ORIGIN_LOCAL,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    /// A closed loopback port answers a datagram before send() returns.
    fn refused(address: &str) -> Icmp {
        let closed = {
            let socket = UdpSocket::bind((address, 0)).unwrap();
            socket.local_addr().unwrap()
        };
        let socket = UdpSocket::bind((address, 0)).unwrap();
        enable(&socket, closed.is_ipv6(), true).unwrap();
        enable_ttl(&socket, closed.is_ipv6()).unwrap();
        socket.connect(closed).unwrap();
        assert_eq!(take(&socket).unwrap(), None);
        socket.send(b"why?").unwrap();
        let entry = take_entry(&socket).unwrap().unwrap();
        assert_eq!(entry.quote(), b"why?");
        assert_eq!(entry.ttl, Some(64));
        let icmp = entry.icmp;
        assert_eq!(icmp.offender, Some(closed.ip()));
        assert_eq!(icmp.errno, libc::ECONNREFUSED);
        assert!(!icmp.origin_local);
        assert_eq!(take(&socket).unwrap(), None);
        icmp
    }

    #[test]
    fn port_unreachable_names_the_offender() {
        let v4 = refused("127.0.0.1");
        assert_eq!((v4.v6, v4.kind, v4.code), (false, 3, 3));
        let v6 = refused("::1");
        assert_eq!((v6.v6, v6.kind, v6.code), (true, 1, 4));
    }
}
