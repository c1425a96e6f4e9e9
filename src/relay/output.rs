//! Sinks that belong to the user: stdout, a descriptor, or nowhere.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;

use super::end::{Plain, Sink, Step};
use super::input::would_block;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Interest, Run};
use crate::stage::Stage;
use crate::sys::descriptor::{self, Kind};

/// One write(2) to a descriptor whose flags are not ours to change.
///
/// # Errors
/// `StdoutGone` when the reader has gone and `name` is stdout, otherwise the
/// errno, which is local trouble.
pub fn write(
    run: &mut Run,
    fd: BorrowedFd<'_>,
    kind: Kind,
    name: &str,
    bytes: &[u8],
) -> Result<Step, Failure> {
    let written = match kind {
        Kind::Pipe | Kind::Socket => descriptor::write_ready(fd, kind, bytes),
        _ => run.guarded(|| descriptor::write_ready(fd, kind, bytes)),
    };
    run.call(
        || format!("write({}, {})", fd.as_raw_fd(), bytes.len()),
        match &written {
            Ok(length) => length.to_string(),
            Err(error) => crate::run::outcome(error),
        },
    );
    match written {
        Ok(length) => Ok(Step::Moved(length)),
        Err(error) if would_block(&error) => Ok(Step::NotReady),
        Err(error) if fd.as_raw_fd() == 1 && error.raw_os_error() == Some(libc::EPIPE) => {
            Err(Failure::StdoutGone)
        }
        Err(error) => Err(failed(name, &error)),
    }
}

/// Trouble with what is stored belongs to the stage that receives.
pub fn failed(name: &str, error: &std::io::Error) -> Failure {
    StageError::io(Stage::Recv, name, Class::Local, error).into()
}

/// Standard output.
pub struct Stdout {
    kind: Kind,
    /// Later peers write here too (`-k`).
    stays_open: bool,
    closed: bool,
}

impl Stdout {
    /// # Errors
    /// It was closed when the process began: nothing could be stored.
    pub fn new(run: &mut Run, stays_open: bool) -> Result<Stdout, Failure> {
        let kind = if descriptor::was_closed(1) {
            Err(std::io::Error::from_raw_os_error(libc::EBADF))
        } else {
            Kind::of(descriptor::standard(1))
        };
        let kind = kind.map_err(|error| failed("stdout", &error))?;
        run.watch_stdout(matches!(kind, Kind::Pipe | Kind::Socket));
        Ok(Stdout {
            kind,
            stays_open,
            closed: false,
        })
    }

    /// Whether a person looks at it.
    pub fn is_terminal(&self) -> bool {
        self.kind == Kind::Terminal
    }
}

impl Plain for Stdout {
    fn fd(&self) -> BorrowedFd<'_> {
        descriptor::standard(1)
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn failed(&self, errno: Errno) -> Failure {
        match errno {
            Errno::EPIPE => Failure::StdoutGone,
            errno => failed("stdout", &errno.into()),
        }
    }
}

impl Sink for Stdout {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        (!self.closed).then(|| descriptor::standard(1))
    }

    fn kind(&self) -> Option<Kind> {
        Some(self.kind)
    }

    fn plain(&self) -> Option<&dyn Plain> {
        (!self.closed).then_some(self)
    }

    fn write(&mut self, run: &mut Run, bytes: &[u8]) -> Result<Step, Failure> {
        write(run, descriptor::standard(1), self.kind, "stdout", bytes)
    }

    fn finish(&mut self, run: &mut Run) -> Result<(), Failure> {
        if self.stays_open || self.closed {
            return Ok(());
        }
        self.closed = true;
        run.watch_stdout(false);
        run.guarded(descriptor::close_stdout)
            .map_err(|error| failed("stdout", &error))
    }
}

/// Writes all of it, waiting while nothing fits.
///
/// # Errors
/// Those of the sink, timers and signals.
pub fn write_all(run: &mut Run, sink: &mut dyn Sink, mut bytes: &[u8]) -> Result<(), Failure> {
    while !bytes.is_empty() {
        match sink.write(run, bytes)? {
            Step::Moved(written) => bytes = &bytes[written..],
            _ => {
                let fd = sink.fd().map(|fd| Interest::new(fd, PollFlags::POLLOUT));
                run.wait(fd.into_iter().collect::<Vec<_>>().as_mut_slice(), None)?;
            }
        }
    }
    Ok(())
}

/// Takes everything and keeps nothing.
pub struct Discard;

impl Sink for Discard {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn kind(&self) -> Option<Kind> {
        None
    }

    fn write(&mut self, _: &mut Run, bytes: &[u8]) -> Result<Step, Failure> {
        Ok(Step::Moved(bytes.len()))
    }

    fn finish(&mut self, _: &mut Run) -> Result<(), Failure> {
        Ok(())
    }
}
