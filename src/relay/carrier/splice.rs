//! Between a pipe and a socket, without passing through us.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl, splice};

use crate::run::Run;

/// Bytes asked for at once: more never won.
const MOST: usize = 256 << 10;

/// What a pipe that feeds a socket may hold: the most that needs no privilege
/// (/proc/sys/fs/pipe-max-size). Its writer then sleeps a sixteenth as often.
const PIPE: i32 = 1 << 20;

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
    let moved = splice(
        from,
        None,
        to,
        None,
        length,
        SpliceFFlags::SPLICE_F_NONBLOCK,
    );
    run.call(
        || {
            format!(
                "splice({}, NULL, {}, NULL, {length}, SPLICE_F_NONBLOCK)",
                from.as_raw_fd(),
                to.as_raw_fd()
            )
        },
        super::shown(&moved),
    );
    moved
}

/// Makes a pipe hold more, where it may: a user has about 60 such pipes, and
/// EPERM for the next one is no trouble.
pub fn enlarge(run: &mut Run, pipe: BorrowedFd<'_>) {
    if fcntl(pipe, FcntlArg::F_GETPIPE_SZ).is_ok_and(|size| size < PIPE) {
        let size = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(PIPE));
        run.call(
            || format!("fcntl({}, F_SETPIPE_SZ, {PIPE})", pipe.as_raw_fd()),
            match size {
                Ok(size) => size.to_string(),
                Err(errno) => format!("-1 {errno:?}"),
            },
        );
    }
}
