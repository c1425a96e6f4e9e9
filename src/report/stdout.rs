//! stdout, of which nothing may be lost in silence.

use std::io;

use nix::errno::Errno;

use crate::sys::descriptor;

/// Why a result did not get out.
#[derive(Debug)]
pub enum Unwritten {
    /// The reader has gone.
    Gone,
    /// Closed at start, a full disk, an I/O error.
    Failed(io::Error),
}

/// Writes all of it.
///
/// # Errors
/// `Unwritten`; descriptor 1 closed at start counts as EBADF.
pub fn write(mut bytes: &[u8]) -> Result<(), Unwritten> {
    if descriptor::was_closed(1) {
        return Err(Unwritten::Failed(Errno::EBADF.into()));
    }
    let fd = descriptor::standard(1);
    while !bytes.is_empty() {
        match nix::unistd::write(fd, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => {
                // Somebody else made it non-blocking; that is theirs to undo.
                let mut ready = [nix::poll::PollFd::new(fd, nix::poll::PollFlags::POLLOUT)];
                let _ = nix::poll::poll(&mut ready, nix::poll::PollTimeout::NONE);
            }
            Err(Errno::EPIPE) => return Err(Unwritten::Gone),
            Err(errno) => return Err(Unwritten::Failed(errno.into())),
        }
    }
    Ok(())
}
