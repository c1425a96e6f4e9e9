//! Between a pipe and something else, without passing through us.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl, splice};

use crate::run::{Run, shown};

/// Bytes asked for at once: more never won.
const MOST: usize = 256 << 10;

/// splice(2). Neither end blocks: the socket is our own, and for the pipe, whose
/// flags are not ours to change, the call says so. Never with SPLICE_F_MORE,
/// which would hold a lone small write back for 200 ms.
///
/// # Errors
/// EAGAIN when the source is empty or the sink full.
pub fn carry(
    run: &mut Run,
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    room: usize,
) -> nix::Result<usize> {
    let length = room.min(MOST);
    let moved = move_to(from, to, length);
    tell(run, from, to, length, &moved);
    moved
}

/// splice(2) from a pipe to something that is not polled: the disk may block,
/// so it is watched like a write.
///
/// # Errors
/// EINVAL where the file cannot do it, and what write(2) says of it.
pub fn store(
    run: &mut Run,
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    length: usize,
) -> nix::Result<usize> {
    let moved = run.guarded(|| move_to(from, to, length));
    tell(run, from, to, length, &moved);
    moved
}

fn move_to(from: BorrowedFd<'_>, to: BorrowedFd<'_>, length: usize) -> nix::Result<usize> {
    let flags = SpliceFFlags::SPLICE_F_NONBLOCK;
    splice(from, None, to, None, length, flags)
}

fn tell(
    run: &mut Run,
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    length: usize,
    moved: &nix::Result<usize>,
) {
    run.call(
        || {
            format!(
                "splice({}, NULL, {}, NULL, {length}, SPLICE_F_NONBLOCK)",
                from.as_raw_fd(),
                to.as_raw_fd()
            )
        },
        shown(moved),
    );
}

/// Makes a pipe hold `size` bytes if it holds less, where it may: a user has
/// about 60 MiB of such pipes, and EPERM for the next one is no trouble.
pub fn enlarge(run: &mut Run, pipe: impl AsFd, size: i32) {
    if fcntl(&pipe, FcntlArg::F_GETPIPE_SZ).is_ok_and(|holds| holds < size) {
        let set = fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(size));
        run.call(
            || format!("fcntl({}, F_SETPIPE_SZ, {size})", pipe.as_fd().as_raw_fd()),
            shown(&set.map(|holds| holds as usize)),
        );
    }
}
