//! setsockopt(2) and getsockopt(2) by number, so that options can be a table;
//! only for the kinds of value that the table holds.

use std::ffi::CString;
use std::io;
use std::mem::size_of;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::libc;

/// The longest name that an option holds: TCP_CA_NAME_MAX, and IFNAMSIZ.
const NAME: usize = 16;

/// Sets an option whose value is an int.
///
/// # Errors
/// setsockopt(2).
pub fn set_int(fd: &impl AsFd, level: i32, option: i32, value: i32) -> io::Result<()> {
    set(fd, level, option, &value)
}

/// Reads an option whose value is an int.
///
/// # Errors
/// getsockopt(2).
pub fn int(fd: &impl AsFd, level: i32, option: i32) -> io::Result<i32> {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of
    // `value`, and both outlive the call.
    Errno::result(unsafe {
        libc::getsockopt(
            fd.as_fd().as_raw_fd(),
            level,
            option,
            (&raw mut value).cast(),
            &mut length,
        )
    })?;
    Ok(value)
}

/// Sets an option whose value is a name.
///
/// # Errors
/// setsockopt(2), and a name with a NUL byte in it.
pub fn set_name(fd: &impl AsFd, level: i32, option: i32, name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    let bytes = name.as_bytes_with_nul();
    // SAFETY: the kernel only reads `bytes`, for their length, and they
    // outlive the call.
    Errno::result(unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            level,
            option,
            bytes.as_ptr().cast(),
            bytes.len() as libc::socklen_t,
        )
    })?;
    Ok(())
}

/// Reads an option whose value is a name; empty if it has none.
///
/// # Errors
/// getsockopt(2).
pub fn name(fd: &impl AsFd, level: i32, option: i32) -> io::Result<String> {
    let mut bytes = [0u8; NAME];
    let mut length = NAME as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of
    // `bytes`, and both outlive the call.
    Errno::result(unsafe {
        libc::getsockopt(
            fd.as_fd().as_raw_fd(),
            level,
            option,
            bytes.as_mut_ptr().cast(),
            &mut length,
        )
    })?;
    let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

/// Joins a group (IP_ADD_MEMBERSHIP) or names the interface of what is sent to
/// groups (IP_MULTICAST_IF), by its index; 0 leaves it to the routes.
///
/// # Errors
/// setsockopt(2).
pub fn set_group_v4(fd: &impl AsFd, option: i32, group: Ipv4Addr, index: u32) -> io::Result<()> {
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr {
            s_addr: u32::from(group).to_be(),
        },
        imr_address: libc::in_addr { s_addr: 0 },
        imr_ifindex: i32::try_from(index).unwrap_or(0),
    };
    set(fd, libc::IPPROTO_IP, option, &request)
}

/// Joins a group on an interface (IPV6_ADD_MEMBERSHIP); 0 leaves it to the routes.
///
/// # Errors
/// setsockopt(2).
pub fn join_v6(fd: &impl AsFd, group: Ipv6Addr, index: u32) -> io::Result<()> {
    let request = libc::ipv6_mreq {
        ipv6mr_multiaddr: libc::in6_addr {
            s6_addr: group.octets(),
        },
        ipv6mr_interface: index,
    };
    set(fd, libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP, &request)
}

/// MPTCP_INFO and its level, of linux/mptcp.h and linux/socket.h, which libc
/// does not name; what it answers is of no interest here.
const MPTCP_INFO: i32 = 1;
const SOL_MPTCP: i32 = 284;

/// Whether a connection is MPTCP: one that the peer answered as plain TCP does
/// not know the question.
pub fn is_multipath(fd: &impl AsFd) -> bool {
    int(fd, SOL_MPTCP, MPTCP_INFO).is_ok()
}

/// `value` is an int or one of the structs above: no pointers in it.
fn set<T: Copy>(fd: &impl AsFd, level: i32, option: i32, value: &T) -> io::Result<()> {
    // SAFETY: the kernel only reads `value`, for its size, and it outlives the
    // call.
    Errno::result(unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(value).cast(),
            size_of::<T>() as libc::socklen_t,
        )
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn ints_and_names_come_back() {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        set_int(&socket, libc::IPPROTO_IP, libc::IP_TTL, 7).unwrap();
        assert_eq!(int(&socket, libc::IPPROTO_IP, libc::IP_TTL).unwrap(), 7);
        let (level, option) = (libc::IPPROTO_TCP, libc::TCP_CONGESTION);
        set_name(&socket, level, option, "reno").unwrap();
        assert_eq!(name(&socket, level, option).unwrap(), "reno");
        assert!(set_name(&socket, level, option, "re\0no").is_err());
        assert!(set_int(&socket, libc::SOL_SOCKET, libc::SO_TYPE, 1).is_err());
    }
}
