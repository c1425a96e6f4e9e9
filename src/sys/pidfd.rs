//! pidfd_open(2): a child as a descriptor, readable once it has ended.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;

/// The descriptor of a child that was not waited for yet; closed on exec.
///
/// # Errors
/// pidfd_open(2), above all EMFILE.
pub fn open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two integers and no memory of ours.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as libc::c_int) })
}
