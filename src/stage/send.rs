//! send(): bytes into the kernel, and what it means when it does not take them.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{MsgFlags, send as send_call};
use socket2::{SockAddr, Socket};

use super::Stage;
use super::connect::class;
use super::pace::Pace;
use super::socket::Transport;
use crate::failure::{Class, StageError};
use crate::run::{Run, outcome};
use crate::sys::{errqueue, signal, sockopt};
use crate::units::Rate;
use crate::verdict::{self, Evidence, Protocol, State, judge};

/// The options of this stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The flags of every send() (send(2)).
    pub flags: i32,
    /// At most this many bytes a send(); a datagram's length.
    pub chunk: Option<usize>,
    /// The least time between two send()s.
    pub interval: Option<Duration>,
    /// Bytes a second, on average.
    pub rate: Option<Rate>,
    /// Newlines leave as CR LF.
    pub crlf: bool,
}

impl Options {
    /// How fast bytes may leave.
    pub fn pace(&self) -> Pace {
        Pace::new(self.rate, self.interval)
    }
}

/// Prepares the process for flags without MSG_NOSIGNAL: a write to a closed
/// connection then ends it with SIGPIPE, as it would a C program.
pub fn allow_sigpipe(options: &Options) {
    if options.flags & libc::MSG_NOSIGNAL == 0 {
        // Cannot fail for a signal that exists.
        let _ = signal::set_default(libc::SIGPIPE);
    }
}

/// One send(2).
///
/// # Errors
/// EAGAIN when the socket's buffer is full; for the rest see [`failed`].
pub fn send(socket: &Socket, bytes: &[u8], flags: i32) -> nix::Result<usize> {
    send_call(socket.as_raw_fd(), bytes, MsgFlags::from_bits_retain(flags))
}

/// Lets go what MSG_MORE has held back until now: UDP keeps it as one datagram
/// until a send() without the flag, or this (UDP_CORK, udp(7)). Nothing held is
/// nothing sent.
///
/// # Errors
/// setsockopt(2).
pub fn let_go(run: &mut Run, socket: &Socket, transport: Transport, flags: i32) -> io::Result<()> {
    if transport != Transport::Udp || flags & libc::MSG_MORE == 0 {
        return Ok(());
    }
    let done = sockopt::set_int(socket, libc::SOL_UDP, libc::UDP_CORK, 0);
    run.call(
        || format!("setsockopt({}, SOL_UDP, UDP_CORK, 0)", socket.as_raw_fd()),
        done.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    done
}

/// One sendto(2).
///
/// # Errors
/// EAGAIN when the socket's buffer is full, and what the kernel says of the address.
pub fn send_to(socket: &Socket, bytes: &[u8], to: &SockAddr, flags: i32) -> nix::Result<usize> {
    socket
        .send_to_with_flags(bytes, to, flags)
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))
}

/// What a failed send() or recv() says about the peer.
///
/// On a stream everything that ends it early is a cut. A datagram's error is
/// an answer to an earlier one, and the error queue knows whose.
pub fn failed(
    stage: Stage,
    socket: &Socket,
    peer: &str,
    transport: Transport,
    errno: Errno,
) -> StageError {
    let local = matches!(
        errno,
        Errno::EMSGSIZE
            | Errno::EINVAL
            | Errno::EOPNOTSUPP
            | Errno::EBADF
            | Errno::EMFILE
            | Errno::ENOMEM
            | Errno::EDESTADDRREQ
    );
    if local {
        let object = match (stage, errno) {
            // The only flag that a socket refuses.
            (Stage::Send, Errno::EOPNOTSUPP) => "--send-flags oob",
            (Stage::Recv, Errno::EOPNOTSUPP) => "--recv-flags oob",
            _ => peer,
        };
        return StageError::os(stage, object, Class::Local, errno);
    }
    match transport {
        Transport::Udp => datagram(stage, socket, peer, errno),
        Transport::UnixDatagram => {
            let class = match errno {
                Errno::ECONNREFUSED | Errno::ENOTCONN | Errno::ECONNRESET | Errno::ENOENT => {
                    Class::Refused
                }
                _ => Class::Local,
            };
            StageError::os(stage, peer, class, errno)
        }
        _ => StageError::os(stage, peer, Class::Cut, errno),
    }
}

fn datagram(stage: Stage, socket: &Socket, peer: &str, errno: Errno) -> StageError {
    let ip = |address: std::io::Result<socket2::SockAddr>| {
        address
            .ok()
            .and_then(|address| address.as_socket())
            .map(|inet| inet.ip())
    };
    let target = ip(socket.peer_addr());
    let evidence = Evidence::Errno {
        errno: errno as i32,
        icmp: errqueue::take(socket).ok().flatten(),
    };
    let verdict = judge(Protocol::Udp, target, ip(socket.local_addr()), &evidence);
    let error = StageError::os(stage, peer, class(&verdict), errno);
    match verdict.state {
        State::Error if error.hint.is_some() => error,
        _ => error.hint(verdict::sentence(
            Protocol::Udp,
            &verdict,
            target,
            None,
            Duration::ZERO,
        )),
    }
}
