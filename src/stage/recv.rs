//! recv(): bytes out of the kernel, with what only the kernel knows of them.

use std::io::IoSliceMut;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recv as recv_call, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, MaybeUninitSlice, SockAddr, Socket};

use super::socket::Transport;
use crate::sys::descriptor;

/// The options of this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The flags of every recv() (recv(2)).
    pub flags: i32,
}

/// Bytes one recv() asks for on a stream: more than a loopback segment, so
/// that several cost one call, and no more than a processor's cache holds.
pub const STREAM_BUFFER: usize = 256 * 1024;

/// The longest datagram: UDP ends at 65,507 bytes, a Unix datagram at the
/// sender's buffer, 208 KiB unless somebody raised it.
pub const DATAGRAM_BUFFER: usize = 256 * 1024;

/// One recv(2) on a connection; 0 bytes are its end.
///
/// # Errors
/// EAGAIN when nothing is there; for the rest see [`super::send::failed`].
pub fn recv(socket: &Socket, buffer: &mut [u8], flags: i32) -> nix::Result<usize> {
    recv_call(
        socket.as_raw_fd(),
        buffer,
        MsgFlags::from_bits_retain(flags),
    )
}

/// One datagram.
#[derive(Debug, Clone)]
pub struct Datagram {
    /// Bytes in the buffer.
    pub length: usize,
    /// It was longer than the buffer (MSG_TRUNC).
    pub truncated: bool,
    /// How many the kernel has dropped on this socket so far (SO_RXQ_OVFL).
    pub dropped: u32,
    /// Who sent it; None for an unbound Unix socket.
    pub from: Option<SockAddr>,
}

/// Asks the kernel to count what it drops when nobody reads (socket(7)).
///
/// # Errors
/// setsockopt(2).
pub fn count_drops(socket: &Socket, transport: Transport) -> nix::Result<()> {
    if transport == Transport::Udp {
        setsockopt(socket, sockopt::RxqOvfl, &1)?;
    }
    Ok(())
}

/// One recvmsg(2) on a datagram socket. A length of 0 is a datagram like any other.
///
/// # Errors
/// EAGAIN when nothing is there, or the error an earlier datagram met.
pub fn datagram(socket: &Socket, buffer: &mut [u8], flags: i32) -> nix::Result<Datagram> {
    match socket.domain() {
        Ok(Domain::UNIX) => unix(socket, buffer, flags),
        _ => udp(socket, buffer, flags),
    }
}

fn udp(socket: &Socket, buffer: &mut [u8], flags: i32) -> nix::Result<Datagram> {
    let mut control = nix::cmsg_space!(u32);
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::from_bits_retain(flags),
    )?;
    let dropped = message.cmsgs()?.find_map(|note| match note {
        ControlMessageOwned::RxqOvfl(count) => Some(count),
        _ => None,
    });
    Ok(Datagram {
        length: message.bytes,
        truncated: message.flags.contains(MsgFlags::MSG_TRUNC),
        dropped: dropped.unwrap_or(0),
        from: message.address.as_ref().and_then(inet).map(Into::into),
    })
}

/// nix forgets how long the name of a Unix peer is, and with it every abstract
/// name; the kernel counts no drops there either, because a full receiver
/// makes the sender wait.
fn unix(socket: &Socket, buffer: &mut [u8], flags: i32) -> nix::Result<Datagram> {
    let mut parts = [MaybeUninitSlice::new(descriptor::uninit(buffer))];
    let (length, about, from) = socket
        .recv_from_vectored_with_flags(&mut parts, flags)
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))?;
    Ok(Datagram {
        length,
        truncated: about.is_truncated(),
        dropped: 0,
        from: (!from.is_unnamed()).then_some(from),
    })
}

fn inet(from: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = from
        .as_sockaddr_in()
        .map(|v4| SocketAddrV4::from(*v4).into());
    v4.or_else(|| Some(SocketAddrV6::from(*from.as_sockaddr_in6()?).into()))
}
