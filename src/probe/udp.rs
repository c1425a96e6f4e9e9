//! A UDP question: one datagram, and two more if it is met with silence.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use nix::libc;
use socket2::{Domain, Protocol, Socket, Type};

use super::{Outcome, banner, errno};
use crate::sys::broadcast::is_broadcast;
use crate::sys::errqueue::{self, Entry};
use crate::verdict::Evidence;

/// When an unanswered datagram is sent again: after a third of the wait. One
/// lost packet must not make a port silent, and two thirds are left for the
/// answer. Nobody who waits for ever wants to wait for that.
pub fn resend_after(wait: Duration) -> Duration {
    (wait / 3).min(Duration::from_secs(5))
}

/// When it is sent for the last time, if that leaves time for an answer: more
/// than a second after the first. A host that has no ICMP error left when a
/// survey begins has one again by then (see `budget`), and gives itself away.
pub fn last_after(wait: Duration) -> Option<Duration> {
    let last = (resend_after(wait) * 2).max(Duration::from_millis(1060));
    (last + Duration::from_millis(200) <= wait).then_some(last)
}

/// A socket that can ask: non-blocking, with its error queue on, without which
/// unreachable hosts look silent.
pub fn socket(v6: bool) -> io::Result<Socket> {
    let domain = if v6 { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    errqueue::enable(&socket, v6, true)?;
    Ok(socket)
}

/// Connects, so that only this peer's answers and errors are heard, and sends.
pub fn ask(socket: &Socket, peer: SocketAddr, payload: &[u8]) -> Outcome {
    if let Err(error) = socket.connect(&peer.into()) {
        return match errno(&error) {
            // connect() of udp(7) takes a port if none is bound, and says
            // EAGAIN when all are taken; this one means no address.
            libc::EADDRNOTAVAIL => Outcome::Settled(Evidence::NoSource, Some(0)),
            libc::EAGAIN => Outcome::Short(libc::EAGAIN),
            libc::EACCES if is_broadcast(peer.ip()) => {
                Outcome::Settled(Evidence::Broadcast, Some(0))
            }
            _ => Outcome::failed(&error),
        };
    }
    send(socket, payload, 0)
}

/// Sends the datagram after `sent` others, and looks at once: loopback, a local
/// firewall and a missing neighbour answer before send() returns.
pub fn send(socket: &Socket, payload: &[u8], sent: u32) -> Outcome {
    match socket.send(payload) {
        Ok(_) => look(socket, sent + 1),
        Err(error) => {
            let pending = look(socket, sent);
            match (pending, errno(&error)) {
                (Outcome::Pending, libc::EAGAIN | libc::EINTR) => Outcome::Pending,
                // send() gave the pending error, and took it from SO_ERROR.
                (Outcome::Pending, _) if sent > 0 => repeated(&error, sent),
                (Outcome::Pending, _) => Outcome::failed(&error),
                (found, _) => found,
            }
        }
    }
}

/// What it amounts to that a datagram could not be sent again. What this machine
/// was short of for a moment (with IP_RECVERR a full queue of the device says
/// ENOBUFS) is no answer: what was sent before is still waited for.
fn repeated(error: &io::Error, sent: u32) -> Outcome {
    match Outcome::failed(error) {
        Outcome::Settled(evidence, _) => Outcome::Settled(evidence, Some(sent)),
        _ => Outcome::Pending,
    }
}

/// Reads what has come, after `sent` datagrams: SO_ERROR, the error queue that
/// explains it, and then the reply.
pub fn look(socket: &Socket, sent: u32) -> Outcome {
    look_closely(socket, sent).0
}

/// As `look`, with the whole entry of the error queue behind the result.
pub fn look_closely(socket: &Socket, sent: u32) -> (Outcome, Option<Entry>) {
    let number = match socket.take_error() {
        Ok(None) => 0,
        Ok(Some(error)) | Err(error) => errno(&error),
    };
    let entry = errqueue::take_entry(socket).ok().flatten();
    if number != 0 || entry.is_some() {
        let icmp = entry.map(|entry| entry.icmp);
        let errno = icmp.map_or(number, |icmp| icmp.errno);
        let evidence = Evidence::Errno { errno, icmp };
        return (Outcome::Settled(evidence, Some(sent)), entry);
    }
    (receive(socket, sent), None)
}

/// The reply, if one has come.
fn receive(socket: &Socket, sent: u32) -> Outcome {
    let mut reply = [0; banner::MOST];
    match (&*socket).read(&mut reply) {
        Ok(length) => match (socket.peer_addr(), socket.local_addr()) {
            // The kernel may give a loopback socket the very port it asks.
            (Ok(peer), Ok(local)) if peer == local => Outcome::MetItself,
            _ => Outcome::Replied(reply[..length].to_vec(), sent),
        },
        Err(error) => match errno(&error) {
            libc::EAGAIN | libc::EINTR => Outcome::Pending,
            errno => {
                let icmp = errqueue::take(socket).ok().flatten();
                Outcome::Settled(Evidence::Errno { errno, icmp }, Some(sent))
            }
        },
    }
}

/// The deadline has come.
pub fn expire(socket: &Socket, sent: u32) -> Outcome {
    match look(socket, sent) {
        Outcome::Pending => Outcome::Settled(Evidence::Silence, Some(sent)),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_does_not_end_what_was_asked_before() {
        let repeated = |errno| repeated(&io::Error::from_raw_os_error(errno), 2);
        for short in [libc::ENOBUFS, libc::ENOMEM] {
            assert!(matches!(repeated(short), Outcome::Pending));
        }
        for errno in [libc::ECONNREFUSED, libc::EPERM, libc::ENETUNREACH] {
            let Outcome::Settled(evidence, sent) = repeated(errno) else {
                panic!("{errno} is an answer");
            };
            assert_eq!((evidence, sent), (Evidence::errno(errno), Some(2)));
        }
    }
}
