//! netlink(7): one question, and the messages of its answer.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};

/// `struct nlmsghdr`.
const HEADER: usize = 16;

/// A socket of a netlink family.
///
/// # Errors
/// socket(2): not there, or not allowed.
pub fn open(family: SockProtocol) -> io::Result<OwnedFd> {
    Ok(socket(
        AddressFamily::Netlink,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        family,
    )?)
}

/// The request for a dump of this type.
pub fn dump(kind: u16, payload: &[u8]) -> Vec<u8> {
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16;
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend(((HEADER + payload.len()) as u32).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    // Sequence and port: there is one question, and the kernel knows who asks.
    bytes.extend([0; 8]);
    bytes.extend(payload);
    bytes
}

/// Asks for a dump, and takes its messages one by one, without their headers.
/// The kernel answers at once, from the call itself, so nothing here waits.
///
/// # Errors
/// Not allowed, or not answered.
pub fn ask(netlink: &OwnedFd, request: &[u8], mut take: impl FnMut(&[u8])) -> io::Result<()> {
    send(netlink.as_raw_fd(), request, MsgFlags::empty())?;
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let length = match recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(length) => length,
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        let mut rest = &buffer[..length];
        while rest.len() >= HEADER {
            let whole = (u32_at(rest, 0) as usize).clamp(HEADER, rest.len());
            match i32::from(u16_at(rest, 4)) {
                libc::NLMSG_DONE => return Ok(()),
                libc::NLMSG_ERROR => {
                    let errno = (u32_at(rest, HEADER) as i32).wrapping_neg();
                    return Err(io::Error::from_raw_os_error(errno));
                }
                _ => take(&rest[HEADER..whole]),
            }
            rest = &rest[whole.next_multiple_of(4).min(rest.len())..];
        }
    }
}

/// The value of an attribute.
pub fn attribute(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    while rest.len() >= 4 {
        let length = usize::from(u16_at(rest, 0)).clamp(4, rest.len());
        if u16_at(rest, 2) == wanted {
            return Some(&rest[4..length]);
        }
        rest = &rest[length.next_multiple_of(4).min(rest.len())..];
    }
    None
}

/// A number of the kernel's; 0 beyond the end.
pub fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let part = bytes.get(at..at + 2).and_then(|part| part.try_into().ok());
    u16::from_ne_bytes(part.unwrap_or_default())
}

/// As [`u16_at`].
pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let part = bytes.get(at..at + 4).and_then(|part| part.try_into().ok());
    u32::from_ne_bytes(part.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_behind_others_and_not_beyond_the_end() {
        // Lengths are padded to 4: one byte of type 1, then a word of type 2.
        let mut bytes = Vec::new();
        for (length, kind) in [(5u16, 1u16), (8, 2)] {
            bytes.extend(length.to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend([7; 4]);
        }
        assert_eq!(attribute(&bytes, 1), Some(&[7][..]));
        assert_eq!(attribute(&bytes, 2), Some(&[7; 4][..]));
        assert_eq!(attribute(&bytes, 3), None);
        for length in 0..40 {
            let _ = attribute(&vec![0; length], 7);
            let _ = attribute(&vec![0xff; length], 7);
        }
    }
}
