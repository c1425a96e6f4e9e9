//! A source that belongs to the user: stdin, or a file.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;

use super::end::{Plain, Source, Step};
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::stage::Stage;
use crate::sys::descriptor::{self, Kind};

/// One descriptor to read from, whose flags are not ours to change.
pub struct Input {
    fd: OwnedFd,
    kind: Kind,
    name: String,
    /// Bytes from the present position to the end, of a regular file as it
    /// was opened.
    size: Option<u64>,
    /// It was closed when the process began.
    closed: bool,
    /// It has said that there is no more; a terminal would go on.
    at_end: bool,
}

impl Input {
    /// Standard input. Closed at start, it is at its end.
    ///
    /// # Errors
    /// dup(2), fstat(2).
    pub fn stdin() -> Result<Input, Failure> {
        let fd = descriptor::standard(0);
        Ok(Input {
            kind: Kind::of(fd).map_err(|error| failed("stdin", &error))?,
            fd: fd
                .try_clone_to_owned()
                .map_err(|error| failed("stdin", &error))?,
            name: "stdin".into(),
            size: descriptor::bytes_left(fd),
            closed: descriptor::was_closed(0),
            at_end: descriptor::was_closed(0),
        })
    }

    /// A file, opened for reading.
    ///
    /// # Errors
    /// open(2), a directory, timers and signals while a fifo waits for its writer.
    pub fn file(run: &mut Run, path: &Path) -> Result<Input, Failure> {
        let name = path.display().to_string();
        run.enter(Stage::Send, &name);
        // A fifo waits for its writer.
        let file = run
            .guarded(|| File::open(path))
            .map_err(|error| failed(&name, &error))?;
        let about = file.metadata().map_err(|error| failed(&name, &error))?;
        if about.is_dir() {
            return Err(failed(
                &name,
                &std::io::Error::from_raw_os_error(libc::EISDIR),
            ));
        }
        Ok(Input {
            kind: Kind::of(file.as_fd()).map_err(|error| failed(&name, &error))?,
            size: descriptor::bytes_left(file.as_fd()),
            fd: file.into(),
            name,
            closed: false,
            at_end: false,
        })
    }

    /// Whether a person types here.
    pub fn is_terminal(&self) -> bool {
        self.kind == Kind::Terminal && !self.closed
    }

    /// Whether nothing more will come.
    pub fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// How many bytes it had when it was opened, where that can be known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Whether there never was anything to read from.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

/// Trouble with what is read belongs to the stage that sends.
pub fn failed(name: &str, error: &std::io::Error) -> Failure {
    StageError::io(Stage::Send, name, Class::Local, error).into()
}

impl Plain for Input {
    fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn failed(&self, errno: Errno) -> Failure {
        failed(&self.name, &errno.into())
    }
}

impl Source for Input {
    fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn plain(&self) -> Option<&dyn Plain> {
        (!self.at_end).then_some(self)
    }

    fn read(&mut self, run: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure> {
        if self.at_end {
            return Ok(Step::End);
        }
        let fd = self.fd.as_fd();
        if matches!(self.kind, Kind::Terminal | Kind::Device)
            && !descriptor::is_ready(fd, PollFlags::POLLIN)
        {
            return Ok(Step::NotReady);
        }
        let read = match self.kind {
            // Another reader of the same pipe may have been faster than poll(2).
            Kind::Pipe | Kind::Socket => descriptor::read_nowait(fd, buffer),
            _ => Err(std::io::Error::from_raw_os_error(libc::EOPNOTSUPP)),
        };
        let read = match read {
            Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => run
                .guarded(|| nix::unistd::read(fd, buffer))
                .map_err(Into::into),
            read => read,
        };
        run.call(
            || format!("read({}, {})", fd.as_raw_fd(), buffer.len()),
            match &read {
                Ok(length) => length.to_string(),
                Err(error) => crate::run::outcome(error),
            },
        );
        match read {
            Ok(0) => {
                self.at_end = true;
                Ok(Step::End)
            }
            Ok(length) => Ok(Step::Moved(length)),
            Err(error) if would_block(&error) => Ok(Step::NotReady),
            // A terminal whose other end is gone reads as its end.
            Err(error) if self.is_terminal() && error.raw_os_error() == Some(libc::EIO) => {
                self.at_end = true;
                Ok(Step::End)
            }
            Err(error) => Err(failed(&self.name, &error)),
        }
    }
}

/// EAGAIN and EINTR: nothing happened.
pub fn would_block(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, WouldBlock};
    matches!(error.kind(), Interrupted | WouldBlock)
}
