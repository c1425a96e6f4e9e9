//! stderr, which may be full, stuck or closed and must not matter.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::sys::descriptor::{self, Kind};

/// Writes what stderr takes at once; the rest is dropped.
pub fn write(mut bytes: &[u8]) {
    if descriptor::was_closed(2) {
        return;
    }
    let fd = descriptor::standard(2);
    while !bytes.is_empty() {
        let mut ready = [PollFd::new(fd, PollFlags::POLLOUT)];
        match poll(&mut ready, PollTimeout::ZERO) {
            // Exactly that: with POLLERR beside it nobody reads any more, and a
            // write would raise SIGPIPE where `--send-flags none` asked for it.
            Ok(1..) if ready[0].revents() == Some(PollFlags::POLLOUT) => {}
            _ => return,
        }
        match descriptor::write_ready(fd, Kind::standard(2), bytes) {
            Ok(written @ 1..) => bytes = &bytes[written..],
            _ => return,
        }
    }
}
