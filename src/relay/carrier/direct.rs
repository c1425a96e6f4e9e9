//! The fastest way that the two ends allow, decided by what they are.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::poll::PollFlags;

use super::{Carrier, Copy, Passed, sendfile, splice};
use crate::event::Event;
use crate::failure::Failure;
use crate::relay::end::{Plain, Sink, Source, Step};
use crate::run::Run;
use crate::sys::descriptor::{self, Kind};

/// A move of this many bytes means bulk: from here on a larger pipe pays.
const BULK: usize = 32 << 10;

/// A way without a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A regular file to a socket.
    Sendfile,
    /// A pipe to a socket.
    FromPipe,
    /// A socket to a pipe. The pipe is left alone: a larger one makes splice slower.
    ToPipe,
}

impl Way {
    /// Everything else is copied: splicing into a file saves nothing.
    fn between(from: Kind, to: Kind) -> Option<Way> {
        match (from, to) {
            (Kind::Regular, Kind::Socket) => Some(Way::Sendfile),
            (Kind::Pipe, Kind::Socket) => Some(Way::FromPipe),
            (Kind::Socket, Kind::Pipe) => Some(Way::ToPipe),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Way::Sendfile => "sendfile",
            Way::FromPipe | Way::ToPipe => "splice",
        }
    }
}

/// What `-vv` was told: which carrier, from what, to what.
type Told = (&'static str, &'static str, &'static str);

/// Lets the kernel move the bytes where it can, and copies where it cannot.
///
/// Nothing is ever in between on a way without a copy, so falling back loses
/// nothing, and it may be done at any time. That makes the copying carrier the
/// judge of all that is rare: what an end is, what an urgent byte means.
pub struct Direct {
    copy: Copy,
    /// The source for which the kernel has refused.
    refused: Option<(RawFd, Errno)>,
    /// The source whose pipe was made larger.
    enlarged: Option<RawFd>,
    /// poll(2) was to say when the socket has something.
    polled: bool,
    told: Option<Told>,
}

impl Direct {
    /// Falls back to this one.
    pub fn over(copy: Copy) -> Direct {
        Direct {
            copy,
            refused: None,
            enlarged: None,
            polled: false,
            told: None,
        }
    }

    /// Bytes that were read and wait for the sink.
    pub fn held(&self) -> usize {
        self.copy.held()
    }

    fn way(&self, from: &dyn Plain, to: &dyn Plain) -> Option<Way> {
        let refused = self.refused.map(|(fd, _)| fd);
        if self.copy.looks_at_bytes() || refused == Some(from.fd().as_raw_fd()) {
            return None;
        }
        Way::between(from.kind(), to.kind())
    }

    fn tell(&mut self, run: &mut Run, way: Option<Way>, source: &dyn Source, sink: &dyn Sink) {
        let told = (
            way.map_or("copy", Way::name),
            source.kind().name(),
            sink.kind().map_or("nowhere", Kind::name),
        );
        if self.told.replace(told) == Some(told) {
            return;
        }
        let (carrier, from, to) = told;
        let refused = self
            .refused
            .filter(|(fd, _)| *fd == source.fd().as_raw_fd());
        run.tell(Event::Carrier {
            carrier,
            from,
            to,
            reason: refused.map(|(_, errno)| format!("the kernel says {errno:?}")),
        });
    }

    fn moved(&mut self, run: &mut Run, way: Way, from: BorrowedFd<'_>, bytes: usize) {
        self.polled = false;
        let pipe = from.as_raw_fd();
        if way == Way::FromPipe && bytes >= BULK && self.enlarged != Some(pipe) {
            self.enlarged = Some(pipe);
            splice::enlarge(run, from);
        }
    }

    /// EAGAIN does not say whose it is.
    fn blocked(&mut self, way: Way, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Passed {
        let full = match way {
            Way::Sendfile => true,
            Way::FromPipe => descriptor::is_ready(from, PollFlags::POLLIN),
            Way::ToPipe => !descriptor::is_ready(to, PollFlags::POLLOUT),
        };
        if full {
            return Passed::SinkFull;
        }
        // splice(2) stops in front of an urgent byte while poll(2) says that
        // there is something: only recv(2) gets past it.
        self.polled = !self.polled;
        match way {
            Way::ToPipe if !self.polled => Passed::Not,
            _ => Passed::SourceEmpty,
        }
    }
}

/// The kernel cannot do it, or the file is what failed: a read or a write
/// finds out, and knows whose fault it is.
fn is_for_the_copy(errno: Errno) -> bool {
    use Errno::{EBADF, EIO, EISDIR, ENOMEM, ENOSYS, EOVERFLOW, EPERM, ESPIPE};
    matches!(
        errno,
        Errno::EINVAL
            | Errno::EOPNOTSUPP
            | EBADF
            | EIO
            | EISDIR
            | ENOMEM
            | ENOSYS
            | EOVERFLOW
            | EPERM
            | ESPIPE
    )
}

impl Carrier for Direct {
    fn holds(&self) -> bool {
        self.copy.holds()
    }

    fn pass(
        &mut self,
        run: &mut Run,
        source: &mut dyn Source,
        sink: &mut dyn Sink,
        room: usize,
    ) -> Result<Passed, Failure> {
        let ends = source.plain().zip(sink.plain());
        let chosen = ends.and_then(|(from, to)| Some((from, to, self.way(from, to)?)));
        if run.tells_calls() {
            self.tell(run, chosen.map(|(_, _, way)| way), &*source, &*sink);
        }
        let Some((from, to, way)) = chosen else {
            return Ok(Passed::Not);
        };
        let passed = match way {
            Way::Sendfile => sendfile::carry(run, from.fd(), to.fd(), room),
            Way::FromPipe | Way::ToPipe => splice::carry(run, from.fd(), to.fd(), room),
        };
        match (passed, way) {
            // Whether that is the end only a read can tell.
            (Ok(0), _) => Ok(Passed::Not),
            (Ok(bytes), _) => {
                self.moved(run, way, from.fd(), bytes);
                Ok(Passed::Moved(bytes))
            }
            (Err(Errno::EAGAIN | Errno::EINTR), _) => Ok(self.blocked(way, from.fd(), to.fd())),
            (Err(errno), _) if is_for_the_copy(errno) => {
                self.refused = Some((from.fd().as_raw_fd(), errno));
                Ok(Passed::Not)
            }
            (Err(errno), Way::ToPipe) if errno != Errno::EPIPE => Err(from.failed(errno)),
            (Err(errno), _) => Err(to.failed(errno)),
        }
    }

    fn fill(
        &mut self,
        run: &mut Run,
        source: &mut dyn Source,
        room: usize,
    ) -> Result<Step, Failure> {
        self.copy.fill(run, source, room)
    }

    fn drain(&mut self, run: &mut Run, sink: &mut dyn Sink) -> Result<Step, Failure> {
        self.copy.drain(run, sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_ends_are_decides() {
        use Kind::{Device, Pipe, Regular, Socket, Terminal};
        for (from, to, way) in [
            (Regular, Socket, Some(Way::Sendfile)),
            (Pipe, Socket, Some(Way::FromPipe)),
            (Socket, Pipe, Some(Way::ToPipe)),
            (Socket, Regular, None),
            (Socket, Socket, None),
            (Terminal, Socket, None),
            (Socket, Terminal, None),
            (Device, Socket, None),
            (Socket, Device, None),
        ] {
            assert_eq!(Way::between(from, to), way, "{from:?} to {to:?}");
        }
    }
}
