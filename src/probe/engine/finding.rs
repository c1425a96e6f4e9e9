//! What was found out about a question, and what the socket that found it knows
//! besides.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::Socket;

use super::REFUSED;
use crate::probe::{Banner, Peer, Question, tcp};
use crate::sys::tcp_info;
use crate::verdict::Evidence;

/// What was found out about a question.
pub struct Finding<'a> {
    pub evidence: &'a Evidence,
    /// From connect() to the answer, or to the deadline.
    pub time: Duration,
    /// SYNs or datagrams sent.
    pub sent: Option<u32>,
    /// What was found with it, if it is still there.
    pub socket: Option<&'a Socket>,
    /// The kernel's round trip, if it was asked for it already.
    pub rtt: Option<Duration>,
    pub banner: Option<Banner>,
}

impl<'a> Finding<'a> {
    pub fn new(
        evidence: &'a Evidence,
        time: Duration,
        sent: Option<u32>,
        socket: Option<&'a Socket>,
    ) -> Finding<'a> {
        Finding {
            evidence,
            time,
            sent,
            socket,
            rtt: None,
            banner: None,
        }
    }
}

/// The round trip of a handshake that has just completed; Unix sockets have none.
pub fn rtt(socket: Option<&Socket>, evidence: &Evidence) -> Option<Duration> {
    let socket = socket.filter(|_| *evidence == Evidence::Connected)?;
    tcp_info::tcp_info(socket).ok()?.rtt()
}

/// The local end of a socket, unless nobody will ask for it.
pub fn local(socket: &Socket, evidence: &Evidence) -> Option<SocketAddr> {
    if *evidence == REFUSED {
        return None;
    }
    let local = socket.local_addr().ok()?.as_socket()?;
    (!local.ip().is_unspecified()).then_some(local)
}

/// The address that asked. The kernel forgets it when connect() fails on the
/// spot; it is looked up again where an ICMP error may be our own.
pub fn own(question: &Question, local: Option<SocketAddr>, evidence: &Evidence) -> Option<IpAddr> {
    match (local, evidence, &question.peer) {
        (Some(local), _, _) => Some(local.ip()),
        (None, Evidence::Errno { icmp: Some(_), .. } | Evidence::NoNeighbour, Peer::Inet(peer)) => {
            tcp::source(*peer)
        }
        _ => None,
    }
}
