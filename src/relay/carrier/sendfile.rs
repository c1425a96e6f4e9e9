//! From a regular file to a socket, without passing through us.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::sys::sendfile::sendfile;

use crate::run::{Run, shown};

/// Bytes asked for at once. A file of which nothing is cached is read within
/// the call, and signals wait for it: this is 10 ms of a slow SSD.
pub const MOST: usize = 2 << 20;

/// sendfile(2) from the file's own position, which moves on by what was sent.
/// The socket does not block; the disk may, so it is watched like a read.
///
/// # Errors
/// EAGAIN when the socket is full, EINVAL where the file cannot do it (/proc).
pub fn carry(
    run: &mut Run,
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    room: usize,
) -> nix::Result<usize> {
    let length = room.min(MOST);
    let sent = run.guarded(|| sendfile(to, from, None, length));
    run.call(
        || {
            format!(
                "sendfile({}, {}, NULL, {length})",
                to.as_raw_fd(),
                from.as_raw_fd()
            )
        },
        shown(&sent),
    );
    sent
}
