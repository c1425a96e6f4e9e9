//! recv(): bytes out of the kernel, with what only the kernel knows of them.

use std::io::IoSliceMut;
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recv as recv_call, recvmsg, setsockopt, sockopt,
};
use socket2::Socket;

use super::socket::Transport;

/// The options of this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The flags of every recv() (recv(2)).
    pub flags: i32,
}

/// Bytes one recv() asks for on a stream.
pub const STREAM_BUFFER: usize = 64 * 1024;

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
    pub from: Option<SockaddrStorage>,
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
    let mut control = nix::cmsg_space!(u32);
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::from_bits_retain(flags),
    )?;
    let dropped = message
        .cmsgs()?
        .find_map(|note| match note {
            ControlMessageOwned::RxqOvfl(count) => Some(count),
            _ => None,
        })
        .unwrap_or(0);
    Ok(Datagram {
        length: message.bytes,
        truncated: message.flags.contains(MsgFlags::MSG_TRUNC),
        dropped,
        from: message.address,
    })
}
