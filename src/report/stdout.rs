//! stdout, of which nothing may be lost in silence.

use std::io;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::failure::{Class, Failure, StageError};
use crate::stage::Stage;
use crate::sys::descriptor::{self, Kind};

/// Why a result did not get out.
#[derive(Debug)]
pub enum Unwritten {
    /// The reader has gone.
    Gone,
    /// Closed at start, a full disk, an I/O error.
    Failed(io::Error),
}

impl Unwritten {
    /// What that means to a run.
    pub fn at(self, stage: Stage) -> Failure {
        match self {
            Unwritten::Gone => Failure::StdoutGone,
            Unwritten::Failed(error) => {
                StageError::io(stage, "stdout", Class::Local, &error).into()
            }
        }
    }
}

/// Writes what fits at once; 0 bytes where nothing does.
///
/// # Errors
/// `Unwritten`; descriptor 1 closed at start counts as EBADF.
pub fn write(bytes: &[u8]) -> Result<usize, Unwritten> {
    if descriptor::was_closed(1) {
        return Err(Unwritten::Failed(Errno::EBADF.into()));
    }
    let fd = descriptor::standard(1);
    match descriptor::write_ready(fd, Kind::standard(1), bytes) {
        Ok(written) => Ok(written),
        Err(error) => match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EINTR | Errno::EAGAIN) => Ok(0),
            Some(Errno::EPIPE) => Err(Unwritten::Gone),
            _ => Err(Unwritten::Failed(error)),
        },
    }
}

/// Waits until it takes more.
pub fn wait() {
    let mut ready = [PollFd::new(descriptor::standard(1), PollFlags::POLLOUT)];
    // Whatever it says, the next write tells more.
    let _ = poll(&mut ready, PollTimeout::NONE);
}
