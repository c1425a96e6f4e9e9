//! sock_diag(7): what the kernel knows of sockets by their inode, without
//! privileges and without their descriptors.

use std::ffi::OsStr;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::libc;
use nix::sys::socket::SockProtocol;
use nix::sys::stat::{major, minor};

use super::netlink::{self, ask, attribute, u32_at};

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    pub inode: u32,
    /// Connections that wait for accept().
    pub waiting: u32,
    /// What listen(2) was told, as far as net.core.somaxconn let it.
    pub backlog: u32,
    /// Connection attempts that this socket has dropped; None where the kernel
    /// does not count (Unix sockets, whose clients get an error).
    pub drops: Option<u32>,
}

// linux/sock_diag.h, linux/inet_diag.h, linux/unix_diag.h and the states
// of net/tcp_states.h, which libc does not name.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const INET_DIAG_SKMEMINFO: u16 = 7;
const SK_MEMINFO_DROPS: usize = 8;
const UDIAG_SHOW_NAME: u32 = 0x1;
const UDIAG_SHOW_VFS: u32 = 0x2;
const UDIAG_SHOW_RQLEN: u32 = 0x10;
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_VFS: u16 = 1;
const UNIX_DIAG_RQLEN: u16 = 4;
const LISTEN: u32 = 1 << 10;
/// A Unix socket that neither listens nor is connected.
const CLOSE: u32 = 1 << 7;
/// A handshake whose last segment is awaited, by the name of either kernel.
const SYN_RECV: u32 = 1 << 3 | 1 << 12;
const INET_MESSAGE: usize = 72;
const UNIX_MESSAGE: usize = 16;

/// All listening TCP and Unix sockets of this network namespace.
///
/// # Errors
/// netlink(7): not there, not allowed, or not answered.
pub fn listening() -> io::Result<Vec<Listening>> {
    let diag = open()?;
    let mut found = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        let request = inet_request(family as u8, LISTEN, 1 << (INET_DIAG_SKMEMINFO - 1));
        ask(&diag, &request, |message| {
            found.extend(inet_listening(message))
        })?;
    }
    let request = unix_request(LISTEN, UDIAG_SHOW_RQLEN);
    // A kernel may have been built without it.
    let _ = ask(&diag, &request, |message| {
        found.extend(unix_listening(message))
    });
    Ok(found)
}

/// The local addresses of all TCP handshakes that are half open.
///
/// # Errors
/// As [`listening`].
pub fn half_open() -> io::Result<Vec<SocketAddr>> {
    let diag = open()?;
    let mut found = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        let request = inet_request(family as u8, SYN_RECV, 0);
        ask(&diag, &request, |message| found.extend(local(message)))?;
    }
    Ok(found)
}

/// The inode of the Unix socket of this network namespace that is bound to a
/// file, whether it listens yet or not; the file by device, inode and name.
///
/// # Errors
/// As [`listening`]; also where the kernel was built without it.
pub fn bound_to(device: u64, file: u64, name: &OsStr) -> io::Result<Option<u32>> {
    let diag = open()?;
    let mut found = None;
    let request = unix_request(LISTEN | CLOSE, UDIAG_SHOW_NAME | UDIAG_SHOW_VFS);
    ask(&diag, &request, |message| {
        if is_bound_to(message, device, file, name) {
            found = Some(u32_at(message, 4));
        }
    })?;
    Ok(found)
}

fn open() -> io::Result<OwnedFd> {
    netlink::open(SockProtocol::NetlinkSockDiag)
}

fn request(payload: &[u8]) -> Vec<u8> {
    netlink::dump(SOCK_DIAG_BY_FAMILY, payload)
}

/// `struct inet_diag_req_v2`, for sockets with any addresses.
fn inet_request(family: u8, states: u32, extensions: u8) -> Vec<u8> {
    let mut payload = vec![family, libc::IPPROTO_TCP as u8, extensions, 0];
    payload.extend(states.to_ne_bytes());
    payload.extend([0; 48]);
    request(&payload)
}

/// `struct unix_diag_req`.
fn unix_request(states: u32, show: u32) -> Vec<u8> {
    let mut payload = vec![libc::AF_UNIX as u8, 0, 0, 0];
    payload.extend(states.to_ne_bytes());
    payload.extend(0u32.to_ne_bytes());
    payload.extend(show.to_ne_bytes());
    payload.extend([0; 8]);
    request(&payload)
}

/// `struct inet_diag_msg` and its attributes.
fn inet_listening(message: &[u8]) -> Option<Listening> {
    let attributes = message.get(INET_MESSAGE..)?;
    let memory = attribute(attributes, INET_DIAG_SKMEMINFO);
    let drops = memory.filter(|memory| memory.len() >= 4 * (SK_MEMINFO_DROPS + 1));
    Some(Listening {
        inode: u32_at(message, 68),
        waiting: u32_at(message, 56),
        backlog: u32_at(message, 60),
        drops: drops.map(|memory| u32_at(memory, 4 * SK_MEMINFO_DROPS)),
    })
}

/// `struct unix_diag_msg` and its attributes.
fn unix_listening(message: &[u8]) -> Option<Listening> {
    let attributes = message.get(UNIX_MESSAGE..)?;
    let lengths = attribute(attributes, UNIX_DIAG_RQLEN).filter(|bytes| bytes.len() >= 8)?;
    Some(Listening {
        inode: u32_at(message, 4),
        waiting: u32_at(lengths, 0),
        backlog: u32_at(lengths, 4),
        drops: None,
    })
}

/// The device is that of the mount, which on some file systems (overlayfs,
/// btrfs) is another than stat(2) says: there the name has to do.
fn is_bound_to(message: &[u8], device: u64, file: u64, name: &OsStr) -> bool {
    let attributes = message.get(UNIX_MESSAGE..).unwrap_or_default();
    let vfs = attribute(attributes, UNIX_DIAG_VFS).filter(|bytes| bytes.len() >= 8);
    let Some(vfs) = vfs.filter(|vfs| u32_at(vfs, 0) == file as u32) else {
        return false;
    };
    let kernels = (major(device) << 20) | minor(device);
    let path = attribute(attributes, UNIX_DIAG_NAME).unwrap_or_default();
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    let last = Path::new(OsStr::from_bytes(path)).file_name();
    u64::from(u32_at(vfs, 4)) == kernels || last == Some(name)
}

fn local(message: &[u8]) -> Option<SocketAddr> {
    if message.len() < INET_MESSAGE {
        return None;
    }
    let port = u16::from_be_bytes([message[4], message[5]]);
    let ip: IpAddr = match i32::from(message[0]) {
        libc::AF_INET => Ipv4Addr::from(<[u8; 4]>::try_from(&message[8..12]).ok()?).into(),
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(&message[8..24]).ok()?).into(),
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;
    use std::os::linux::fs::MetadataExt;
    use std::os::unix::net::{UnixListener, UnixStream};

    fn of(fd: i32) -> Option<Listening> {
        let inode = std::fs::metadata(format!("/proc/self/fd/{fd}"));
        let inode = inode.unwrap().st_ino() as u32;
        let all = listening().unwrap();
        all.into_iter().find(|one| one.inode == inode)
    }

    #[test]
    fn listeners_are_found_by_inode() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                continue;
            };
            let found = of(listener.as_raw_fd()).unwrap();
            assert_eq!((found.waiting, found.drops), (0, Some(0)));
            assert!(found.backlog > 0);
            let _first = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            assert_eq!(of(listener.as_raw_fd()).unwrap().waiting, 1);
        }
    }

    #[test]
    fn unix_listeners_too() {
        let dir = std::env::temp_dir().join(format!("sock-diag-{}", std::process::id()));
        let listener = UnixListener::bind(&dir).unwrap();
        let _first = UnixStream::connect(&dir).unwrap();
        std::fs::remove_file(&dir).unwrap();
        let found = of(listener.as_raw_fd()).unwrap();
        assert_eq!((found.waiting, found.drops), (1, None));
    }

    #[test]
    fn a_file_is_bound_whether_it_listens_or_not_until_it_is_closed() {
        use socket2::{Domain, SockAddr, Socket, Type};
        let path = std::env::temp_dir().join(format!("sock-bound-{}", std::process::id()));
        let bound = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        bound.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        let file = std::fs::metadata(&path).unwrap();
        let of = || {
            let name = path.file_name().unwrap();
            bound_to(file.st_dev(), file.st_ino(), name).unwrap()
        };
        let fd = std::fs::metadata(format!("/proc/self/fd/{}", bound.as_raw_fd()));
        let inode = fd.unwrap().st_ino() as u32;
        assert_eq!(of(), Some(inode));
        bound.listen(1).unwrap();
        assert_eq!(of(), Some(inode));
        // Whom it has accepted bears its name, and holds nothing.
        let _peer = UnixStream::connect(&path).unwrap();
        let _accepted = bound.accept().unwrap();
        drop(bound);
        assert_eq!(of(), None);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        for length in 0..INET_MESSAGE {
            let bytes = vec![0xff; length];
            assert_eq!(inet_listening(&bytes), None);
            assert_eq!(local(&bytes), None);
        }
        for length in 0..40 {
            let _ = unix_listening(&vec![0xff; length]);
        }
    }
}
