//! From a socket to a file or a device, through a pipe of our own and not
//! through us.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::OFlag;
use nix::unistd::{pipe2, read};

use super::splice;
use crate::failure::{Class, Failure, StageError};
use crate::relay::end::{Source, Step};
use crate::run::Run;
use crate::stage::Stage;
use crate::sys::descriptor::Kind;

/// What the pipe may hold. More never won, and what a user may have of such
/// pipes is bounded (pipe(7), pipe-user-pages-soft).
const PIPE: i32 = 256 << 10;

/// A pipe of our own between two ends of which neither is one: splice(2) wants
/// one. It is empty whenever the source is asked, so what it holds is known,
/// and can be read back out of it where the sink turns out to need a write.
pub struct Via {
    read: OwnedFd,
    write: OwnedFd,
    held: usize,
}

impl Via {
    /// An empty pipe.
    ///
    /// # Errors
    /// pipe2(2); a pipe that may not be made larger is used as it is.
    pub fn new(run: &mut Run) -> nix::Result<Via> {
        let (read, write) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        splice::enlarge(run, &write, PIPE);
        Ok(Via {
            read,
            write,
            held: 0,
        })
    }

    /// Bytes that wait for the sink.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Takes up to `room` bytes from a socket.
    ///
    /// # Errors
    /// EAGAIN when the socket has nothing.
    pub fn fill(&mut self, run: &mut Run, from: BorrowedFd<'_>, room: usize) -> nix::Result<usize> {
        let taken = splice::carry(run, from, self.write.as_fd(), room)?;
        self.held += taken;
        Ok(taken)
    }

    /// Gives the sink what is held. A disk may hold this up, so it is watched
    /// like a write.
    ///
    /// # Errors
    /// EINVAL where the file cannot do it (O_APPEND), and what write(2) says.
    pub fn drain(&mut self, run: &mut Run, to: BorrowedFd<'_>) -> nix::Result<usize> {
        let given = splice::store(run, self.read.as_fd(), to, self.held)?;
        self.held -= given;
        Ok(given)
    }
}

/// What is held, for a sink that only takes writes.
impl Source for Via {
    fn fd(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    fn kind(&self) -> Kind {
        Kind::Pipe
    }

    fn read(&mut self, _: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure> {
        match read(&self.read, buffer) {
            Ok(length) => {
                self.held -= length;
                Ok(Step::Moved(length))
            }
            Err(errno) => {
                let error = std::io::Error::from(errno);
                Err(StageError::io(Stage::Recv, "pipe", Class::Local, &error).into())
            }
        }
    }
}
