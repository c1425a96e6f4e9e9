//! recv(): bytes out of the kernel, with what only the kernel knows of them.

use std::io::IoSliceMut;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, UnixCredentials, recv as recv_call, recvmsg,
    setsockopt, sockopt,
};
use socket2::{Domain, SockAddr, Socket};

use super::socket::Transport;
use crate::run::{Flood, Run};
use crate::sys::{descriptor, outq};

/// The options of this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The flags of every recv() (recv(2)).
    pub flags: i32,
    /// `--recv-chunk`: bytes one recv() asks for.
    pub chunk: Option<usize>,
}

impl Options {
    /// How much one recv() asks for; what has boundaries wants room for the
    /// longest message.
    pub fn buffer(&self, whole_messages: bool) -> usize {
        self.chunk.unwrap_or(match whole_messages {
            true => DATAGRAM_BUFFER,
            false => STREAM_BUFFER,
        })
    }
}

/// Bytes one recv() asks for on a stream: more than a loopback segment, so
/// that several cost one call, and no more than a processor's cache holds.
pub const STREAM_BUFFER: usize = 256 * 1024;

/// The most that one recv() may be made to ask for.
pub const MOST_AT_ONCE: usize = 4 << 20;

/// The longest datagram: UDP ends at 65,507 bytes, a Unix datagram at the
/// sender's buffer, which goes up to twice net.core.wmem_max (socket(7)), 416
/// KiB by default.
pub const DATAGRAM_BUFFER: usize = 512 * 1024;

/// Bytes of the receive buffer that a bound UDP socket asks for.
const ROOM: usize = 4 << 20;

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

/// As much as net.core.rmem_max allows for datagrams that come all at once: by
/// default twice of what a socket begins with, which the small datagrams of
/// some 270 peers fill. No window grows here as it does with TCP.
pub fn make_room(socket: &Socket) {
    // The kernel takes of it what it allows.
    let _ = socket.set_recv_buffer_size(ROOM);
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
    let (length, about, from) = descriptor::recv_unix(socket, buffer, flags)
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))?;
    Ok(Datagram {
        length,
        truncated: about.is_truncated(),
        dropped: 0,
        // Of an unbound sender the kernel gives no name at all.
        from: (from.is_unix() && !from.is_unnamed()).then_some(from),
    })
}

/// From now on [`message`] tells a message of no bytes from the end.
///
/// # Errors
/// setsockopt(2).
pub fn tell_ends(socket: &Socket) -> nix::Result<()> {
    setsockopt(socket, sockopt::PassCred, &true)
}

/// One message of a connection with messages (SOCK_SEQPACKET); None is its end.
/// Both are 0 bytes without any flag, but a message has a sender, whose
/// credentials come with it once [`tell_ends`] has asked for them (unix(7)).
///
/// # Errors
/// As [`recv`].
pub fn message(socket: &Socket, buffer: &mut [u8], flags: i32) -> nix::Result<Option<usize>> {
    // No room for descriptors: the kernel closes those that somebody sends.
    let mut control = nix::cmsg_space!(UnixCredentials);
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::from_bits_retain(flags),
    )?;
    // What was too long for the room for it is there as well.
    let has_sender = message
        .cmsgs()
        .map_or(true, |mut notes| notes.next().is_some());
    Ok((message.bytes > 0 || has_sender).then_some(message.bytes))
}

/// Whether a message of no bytes on a connection with messages is its end: the
/// peer has shut its direction and nothing is queued any more. Empty messages
/// that are queued behind it are lost with it; they hold no bytes.
pub fn is_end(socket: &Socket) -> bool {
    let gone = PollFlags::from_bits_retain(libc::POLLRDHUP);
    descriptor::is_ready(socket.as_fd(), gone) && outq::unread(socket).unwrap_or(0) == 0
}

/// What was lost on the way to us, told as it is noticed.
#[derive(Debug, Default)]
pub struct Losses {
    dropped: u32,
}

impl Losses {
    /// Tells that a datagram was cut to `room` bytes, and that the kernel has
    /// dropped others since the last look.
    pub fn tell(&mut self, run: &mut Run, object: &str, datagram: &Datagram, room: usize) {
        let told = |text: String| (object.to_owned(), text);
        if datagram.truncated {
            // With MSG_TRUNC the kernel tells how long it was.
            let was = match datagram.length.checked_sub(room) {
                Some(1..) => format!("of {} bytes ", datagram.length),
                _ => String::new(),
            };
            run.note_of_many((Flood::Truncated, 1), object, || {
                told(format!("a datagram {was}was cut to {room} bytes"))
            });
        }
        let dropped = datagram.dropped.wrapping_sub(self.dropped);
        if datagram.dropped != 0 && dropped != 0 {
            self.dropped = datagram.dropped;
            run.note_of_many((Flood::Dropped, u64::from(dropped)), object, || {
                told(format!(
                    "the kernel dropped {dropped} datagrams: they came faster than they were read"
                ))
            });
        }
    }
}

fn inet(from: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = from
        .as_sockaddr_in()
        .map(|v4| SocketAddrV4::from(*v4).into());
    v4.or_else(|| Some(SocketAddrV6::from(*from.as_sockaddr_in6()?).into()))
}
