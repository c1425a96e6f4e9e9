//! The fastest way that the two ends allow, decided by what they are.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::poll::PollFlags;

use super::via::Via;
use super::way::Way;
use super::{Carrier, Copy, Passed, sendfile, splice};
use crate::event::Event;
use crate::failure::Failure;
use crate::relay::end::{Plain, Sink, Source, Step};
use crate::run::Run;
use crate::sys::descriptor::{self, Kind};

/// A move of this many bytes means bulk: from here on splice(2) and a larger
/// pipe pay.
const BULK: usize = 32 << 10;

/// A move of less than a page means talk, which is carried faster by a read and
/// a write: splice(2) keeps books of each page.
const TALK: usize = 4096;

/// What `-vv` was told: which carrier, from what, to what.
type Told = (&'static str, &'static str, &'static str);

/// Lets the kernel move the bytes where it can, and copies where it cannot.
///
/// Falling back loses nothing and may be done at any time: on most ways nothing
/// is ever in between, and what is in the pipe of the other can be read back
/// out of it. That makes the copying carrier the judge of all that is rare:
/// what an end is, what an urgent byte means.
pub struct Direct {
    copy: Copy,
    /// The pipe in between, once there was one.
    via: Option<Via>,
    /// The ends for which the kernel has refused.
    refused: Vec<(RawFd, Errno)>,
    /// The user's pipe that was made larger.
    enlarged: Option<RawFd>,
    /// Little comes at a time.
    talks: bool,
    /// poll(2) was to say when the socket has something.
    polled: bool,
    /// The last call left off early: the next one would be told EAGAIN.
    full: bool,
    told: Option<Told>,
}

impl Direct {
    /// Falls back to this one.
    pub fn over(copy: Copy) -> Direct {
        Direct {
            copy,
            via: None,
            refused: Vec::new(),
            enlarged: None,
            talks: true,
            polled: false,
            full: false,
            told: None,
        }
    }

    /// How many bytes of the source wait for the sink, before any of them has
    /// left.
    pub fn taken(&self) -> usize {
        self.copy.taken() + self.via.as_ref().map_or(0, Via::held)
    }

    fn way(&self, from: &dyn Plain, to: &dyn Plain) -> Option<Way> {
        let refused = self.refused_by(from.fd()).or(self.refused_by(to.fd()));
        if self.copy.looks_at_bytes() || refused.is_some() {
            return None;
        }
        Way::between(from.kind(), to.kind())
    }

    fn refused_by(&self, end: BorrowedFd<'_>) -> Option<Errno> {
        let mut refused = self.refused.iter();
        let end = end.as_raw_fd();
        refused.find(|(fd, _)| *fd == end).map(|(_, errno)| *errno)
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
            .refused_by(source.fd())
            .or(sink.fd().and_then(|fd| self.refused_by(fd)));
        run.tell(Event::Carrier {
            carrier,
            from,
            to,
            reason: refused.map(|errno| format!("the kernel says {errno:?}")),
        });
    }

    fn moved(&mut self, run: &mut Run, way: Way, pipe: BorrowedFd<'_>, bytes: usize) {
        self.polled = false;
        self.talks = bytes < TALK;
        if let Some(size) = way.pipe()
            && bytes >= BULK
            && self.enlarged != Some(pipe.as_raw_fd())
        {
            self.enlarged = Some(pipe.as_raw_fd());
            splice::enlarge(run, pipe, size);
        }
    }

    /// EAGAIN does not say whose it is.
    fn blocked(&mut self, way: Way, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Passed {
        let full = match way {
            Way::Sendfile => true,
            Way::FromPipe => descriptor::is_ready(from, PollFlags::POLLIN),
            Way::ToPipe => !descriptor::is_ready(to, PollFlags::POLLOUT),
            Way::Through => false,
        };
        if full {
            return Passed::SinkFull;
        }
        // splice(2) stops in front of an urgent byte while poll(2) says that
        // there is something: only recv(2) gets past it.
        self.polled = !self.polled;
        match way {
            Way::ToPipe | Way::Through if !self.polled => Passed::Not,
            _ => Passed::SourceEmpty,
        }
    }

    fn through(&mut self, run: &mut Run, from: BorrowedFd<'_>, room: usize) -> nix::Result<usize> {
        let via = match &mut self.via {
            Some(via) => via,
            none => none.insert(Via::new(run)?),
        };
        via.fill(run, from, room)
    }

    /// Gives the sink what is in our pipe; None where it takes only writes.
    fn drain_pipe(&mut self, run: &mut Run, sink: &mut dyn Sink) -> Option<Result<Step, Failure>> {
        // What was read back out of the pipe comes before the rest of it.
        let copies = self.copy.holds();
        let to = sink.plain()?;
        if copies || self.refused_by(to.fd()).is_some() {
            return None;
        }
        let via = self.via.as_mut().filter(|via| via.held() > 0)?;
        match via.drain(run, to.fd()) {
            Ok(bytes @ 1..) => {
                sink.was_given(bytes);
                Some(Ok(Step::Moved(bytes)))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Some(Ok(Step::NotReady)),
            Err(errno) if !is_for_the_copy(errno) => Some(Err(to.failed(errno))),
            refused => {
                let errno = refused.err().unwrap_or(Errno::EINVAL);
                self.refused.push((to.fd().as_raw_fd(), errno));
                None
            }
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
        self.copy.holds() || self.via.as_ref().is_some_and(|via| via.held() > 0)
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
        let Some((from, to, way)) = chosen.filter(|(_, _, way)| way.is_for_talk() || !self.talks)
        else {
            return Ok(Passed::Not);
        };
        if std::mem::take(&mut self.full) {
            return Ok(Passed::SinkFull);
        }
        let passed = match way {
            Way::Sendfile => sendfile::carry(run, from.fd(), to.fd(), room),
            Way::FromPipe | Way::ToPipe => splice::carry(run, from.fd(), to.fd(), room),
            Way::Through => self.through(run, from.fd(), room),
        };
        match (passed, way) {
            // Whether that is the end only a read can tell.
            (Ok(0), _) => Ok(Passed::Not),
            (Ok(bytes), _) => {
                let pipe = match way {
                    Way::ToPipe => to.fd(),
                    _ => from.fd(),
                };
                self.moved(run, way, pipe, bytes);
                if way == Way::Through {
                    return Ok(Passed::Held(bytes));
                }
                sink.was_given(bytes);
                // Or the file has ended, which the call after poll(2) finds out.
                self.full = way == Way::Sendfile && bytes < room.min(sendfile::MOST);
                Ok(Passed::Moved(bytes))
            }
            (Err(Errno::EAGAIN | Errno::EINTR), _) => Ok(self.blocked(way, from.fd(), to.fd())),
            (Err(errno), _) if is_for_the_copy(errno) => {
                self.refused.push((from.fd().as_raw_fd(), errno));
                Ok(Passed::Not)
            }
            (Err(errno), Way::ToPipe | Way::Through) if errno != Errno::EPIPE => {
                Err(from.failed(errno))
            }
            (Err(errno), _) => Err(to.failed(errno)),
        }
    }

    fn fill(
        &mut self,
        run: &mut Run,
        source: &mut dyn Source,
        room: usize,
    ) -> Result<Step, Failure> {
        let step = self.copy.fill(run, source, room)?;
        if let Step::Moved(bytes) = step {
            self.talks = bytes < BULK;
        }
        Ok(step)
    }

    fn drain(&mut self, run: &mut Run, sink: &mut dyn Sink) -> Result<Step, Failure> {
        if let Some(step) = self.drain_pipe(run, sink) {
            return step;
        }
        if let Some(via) = self.via.as_mut().filter(|via| via.held() > 0)
            && !self.copy.holds()
        {
            self.copy.fill(run, via, usize::MAX)?;
        }
        self.copy.drain(run, sink)
    }
}
