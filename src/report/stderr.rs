//! stderr, which may be full, stuck or closed and must not matter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::sys::descriptor::{self, Kind};

/// Wipes the line that the cursor is in (ECMA-48: CR, EL).
pub const WIPE: &str = "\r\x1b[2K";

/// The line that the cursor is in is a bar's.
static BAR: AtomicBool = AtomicBool::new(false);

/// Draws a bar, if the terminal takes it.
pub fn draw(picture: &[u8]) {
    BAR.store(true, Ordering::Relaxed);
    put(picture);
}

/// The bar has gone.
pub fn cleared() {
    BAR.store(false, Ordering::Relaxed);
}

/// Writes what stderr takes at once, in place of a bar if there is one, and
/// returns how much that was; the rest is dropped, or the caller's to keep.
pub fn write(bytes: &[u8]) -> usize {
    if BAR.swap(false, Ordering::Relaxed) {
        put(WIPE.as_bytes());
    }
    put(bytes)
}

fn put(bytes: &[u8]) -> usize {
    let mut written = 0;
    while written < bytes.len() && takes_within(Duration::ZERO) {
        let rest = &bytes[written..];
        match descriptor::write_ready(descriptor::standard(2), Kind::standard(2), rest) {
            Ok(length @ 1..) => written += length,
            _ => break,
        }
    }
    written
}

/// Whether it takes something, at the latest after this time.
pub fn takes_within(time: Duration) -> bool {
    // Exactly that: with POLLERR beside it nobody reads any more, and a write
    // would raise SIGPIPE where `--send-flags none` asked for it.
    asked(time) == Some(PollFlags::POLLOUT)
}

/// Whether nobody will ever read it: a pipe says POLLERR, a socket POLLHUP.
pub fn is_gone() -> bool {
    let gone = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
    asked(Duration::ZERO).is_none_or(|said| said.intersects(gone))
}

/// What poll(2) says; None where there never was a stderr.
fn asked(time: Duration) -> Option<PollFlags> {
    if descriptor::was_closed(2) {
        return None;
    }
    let mut ready = [PollFd::new(descriptor::standard(2), PollFlags::POLLOUT)];
    let timeout = PollTimeout::try_from(time).unwrap_or(PollTimeout::ZERO);
    match poll(&mut ready, timeout) {
        Ok(1..) => ready[0].revents(),
        _ => Some(PollFlags::empty()),
    }
}
