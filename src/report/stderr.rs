//! stderr, which may be full, stuck or closed and must not matter.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::sys::descriptor;

/// A write of at most this many bytes to a pipe that poll(2) called writable
/// does not block (PIPE_BUF, pipe(7)).
const PIPE_BUF: usize = 4096;

/// Writes what stderr takes at once; the rest is dropped.
pub fn write(mut bytes: &[u8]) {
    if descriptor::was_closed(2) {
        return;
    }
    let fd = descriptor::standard(2);
    while !bytes.is_empty() {
        let mut ready = [PollFd::new(fd, PollFlags::POLLOUT)];
        match poll(&mut ready, PollTimeout::ZERO) {
            Ok(1..)
                if ready[0]
                    .revents()
                    .is_some_and(|r| r.contains(PollFlags::POLLOUT)) => {}
            _ => return,
        }
        let part = &bytes[..bytes.len().min(PIPE_BUF)];
        let written =
            descriptor::write_nowait(fd, part).or_else(|error| match error.raw_os_error() {
                Some(nix::libc::EOPNOTSUPP | nix::libc::ENOSYS) => {
                    nix::unistd::write(fd, part).map_err(Into::into)
                }
                _ => Err(error),
            });
        match written {
            Ok(written) => bytes = &bytes[written..],
            Err(_) => return,
        }
    }
}
