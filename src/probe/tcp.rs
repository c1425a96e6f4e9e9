//! A TCP question: a handshake, and nothing after it.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use nix::libc;
use socket2::{Domain, Protocol, Socket, Type};

use super::{Outcome, errno};
use crate::sys::broadcast::is_broadcast;
use crate::sys::errqueue::{self, Entry};
use crate::sys::tcp_info;
use crate::verdict::Evidence;

/// A socket that can ask: non-blocking, with its error queue on, and ending
/// with RST, so that no TIME_WAIT holds a port and no server takes the probe
/// for a client that hung up in order.
pub fn socket(v6: bool) -> io::Result<Socket> {
    let domain = if v6 { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    socket.set_linger(Some(Duration::ZERO))?;
    errqueue::enable(&socket, v6, true)?;
    Ok(socket)
}

/// Sends the SYN. On loopback, and when the SYN never leaves, the result is
/// there at once.
///
/// There connect() has been answered before it returns, and still says that it
/// is in progress; a second one fetches the result, and leaves a socket that was
/// refused as good as new, which reading SO_ERROR does not. Where nothing has
/// come yet it says EALREADY and changes nothing.
pub fn ask(socket: &Socket, peer: SocketAddr) -> Outcome {
    let address = peer.into();
    let mut result = socket.connect(&address);
    if matches!(&result, Err(error) if errno(error) == libc::EINPROGRESS) {
        result = socket.connect(&address);
    }
    match result {
        Ok(()) => connected(socket, Some(1)),
        Err(error) => match errno(&error) {
            libc::EINPROGRESS | libc::EALREADY | libc::EINTR => Outcome::Pending,
            libc::EISCONN => connected(socket, Some(1)),
            libc::EADDRNOTAVAIL if has_source(peer) => Outcome::Short(libc::EADDRNOTAVAIL),
            libc::EADDRNOTAVAIL => Outcome::Settled(Evidence::NoSource, Some(0)),
            libc::EAGAIN => Outcome::Short(libc::EAGAIN),
            number => match entry(socket, number) {
                // After either of these a SYN has been answered.
                None if number == libc::ENETUNREACH && is_broadcast(peer.ip()) => {
                    Outcome::Settled(Evidence::Broadcast, Some(0))
                }
                None if !matches!(number, libc::ECONNREFUSED | libc::ECONNRESET) => {
                    Outcome::failed(&error)
                }
                entry => Outcome::Settled(
                    Evidence::Errno {
                        errno: number,
                        icmp: entry.map(|entry| entry.icmp),
                    },
                    Some(1),
                ),
            },
        },
    }
}

/// Reads the result after readiness.
pub fn look(socket: &Socket) -> Outcome {
    look_closely(socket).0
}

/// As `look`, with the whole entry of the error queue behind the result.
///
/// SO_ERROR comes first, because reading the queue resets it; POLLERR with
/// SO_ERROR 0 is an ICMP error that came while the kernel had the socket in its
/// hands, and is just as final.
pub fn look_closely(socket: &Socket) -> (Outcome, Option<Entry>) {
    let number = match socket.take_error() {
        Ok(None) => 0,
        Ok(Some(error)) | Err(error) => errno(&error),
    };
    let entry = entry(socket, number);
    if number == 0 && entry.is_none() {
        return (connected(socket, syns(socket)), None);
    }
    let icmp = entry.map(|entry| entry.icmp);
    let errno = icmp.map_or(number, |icmp| icmp.errno);
    let evidence = Evidence::Errno { errno, icmp };
    (Outcome::Settled(evidence, syns(socket)), entry)
}

/// The time after connect() at which `is_retry_stopped` is certain.
///
/// The kernel sends the first SYN again after 1 s. If a local firewall stops
/// it, the next attempt comes another second later; if only a queue of the
/// device was full, as in a burst of a thousand SYNs it can be, half a second
/// later. Timers may be 8 % late: 1.62 s and 2.0 s leave this between them.
pub const RETRIED: Duration = Duration::from_millis(1800);

/// The time after connect() at which one of many questions is asked over a
/// second socket as well.
///
/// Two SYNs a second apart leave one port in a hundred unfound where every
/// tenth packet is lost. The kernel sends the SYN of the second socket again
/// just before the 1.3 s of a range are over, so that each port has four.
pub const TWIN: Duration = Duration::from_millis(200);

/// Whether the first resend of the SYN did not leave this machine: a suspicion
/// before `RETRIED`, a fact then.
pub fn is_retry_stopped(socket: &Socket) -> bool {
    tcp_info::tcp_info(socket)
        .is_ok_and(|info| info.is_dropped_locally() && info.total_retrans == 1)
}

/// The deadline has come; `dropped` if the first resend was stopped on this
/// machine. If the last one was not, it is silence all the same.
pub fn expire(socket: &Socket, dropped: bool) -> Outcome {
    let Ok(info) = tcp_info::tcp_info(socket) else {
        return Outcome::Settled(Evidence::Silence, None);
    };
    // The answer may have come while others were being served.
    if info.state != tcp_info::SYN_SENT
        && let settled @ (Outcome::Settled(..) | Outcome::MetItself) = look(socket)
    {
        return settled;
    }
    let evidence = if dropped && info.is_dropped_locally() {
        Evidence::LocalDrop
    } else {
        Evidence::Silence
    };
    Outcome::Settled(evidence, Some(info.syns()))
}

/// No error does not yet mean open: the peer must have a name, and must not be
/// this very socket, which a connect() to a port of the ephemeral range can
/// meet on loopback.
fn connected(socket: &Socket, syns: Option<u32>) -> Outcome {
    match (socket.peer_addr(), socket.local_addr()) {
        (Ok(peer), Ok(local)) if peer == local => Outcome::MetItself,
        (Ok(_), _) => Outcome::Settled(Evidence::Connected, syns),
        (Err(unnamed), _) => match socket.take_error() {
            // Reset between our two looks.
            Ok(Some(error)) | Err(error) => Outcome::Settled(Evidence::errno(errno(&error)), syns),
            Ok(None) if is_asking(socket) => Outcome::Pending,
            Ok(None) => Outcome::Settled(Evidence::errno(errno(&unnamed)), syns),
        },
    }
}

/// The entry of the error queue that belongs to `number`; any, if that is 0.
/// Others are older errors that the kernel did not take as final.
fn entry(socket: &Socket, number: i32) -> Option<Entry> {
    while let Ok(Some(entry)) = errqueue::take_entry(socket) {
        if number == 0 || entry.icmp.errno == number {
            return Some(entry);
        }
    }
    None
}

fn is_asking(socket: &Socket) -> bool {
    tcp_info::tcp_info(socket).is_ok_and(|info| info.state == tcp_info::SYN_SENT)
}

/// SYNs sent so far.
pub fn syns(socket: &Socket) -> Option<u32> {
    tcp_info::tcp_info(socket).ok().map(|info| info.syns())
}

/// Whether this machine has an address to ask `peer` from: EADDRNOTAVAIL says
/// both that it has none and that all ports are taken. No packet is sent.
fn has_source(peer: SocketAddr) -> bool {
    !matches!(route(peer), Err(error) if errno(&error) == libc::EADDRNOTAVAIL)
}

/// The address that packets to `peer` leave from. No packet is sent.
pub fn source(peer: SocketAddr) -> Option<IpAddr> {
    route(peer).ok()
}

fn route(peer: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => [0u8; 4].into(),
        SocketAddr::V6(_) => [0u8; 16].into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(peer)?;
    Ok(socket.local_addr()?.ip())
}
