//! The two ends of a direction: where bytes come from and where they go.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::poll::PollFlags;

use crate::failure::Failure;
use crate::run::Run;
use crate::sys::descriptor::Kind;

/// What one attempt to move bytes did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many bytes; a datagram may have none.
    Moved(usize),
    /// So many bytes have gone nowhere: the kernel dropped them as it was asked
    /// to, or there was nobody to send them to.
    Discarded(usize),
    /// Nothing can be moved before poll(2) says so.
    NotReady,
    /// The source has ended.
    End,
}

/// An end whose bytes nobody has to look at: the kernel may move them.
pub trait Plain {
    /// The descriptor.
    fn fd(&self) -> BorrowedFd<'_>;

    /// What it is.
    fn kind(&self) -> Kind;

    /// What an error of this end means, whichever call met it.
    fn failed(&self, errno: Errno) -> Failure;
}

/// Where bytes come from. A read never blocks longer than the run allows.
pub trait Source {
    /// What to poll for reading.
    fn fd(&self) -> BorrowedFd<'_>;

    /// What to poll it for.
    fn interest(&self) -> PollFlags {
        PollFlags::POLLIN
    }

    /// What it is, for `-vv`.
    fn kind(&self) -> Kind;

    /// Itself, if what a read would return now may pass unseen.
    fn plain(&self) -> Option<&dyn Plain> {
        None
    }

    /// Who sent what the last read gave, where that can be anybody.
    fn sender(&self) -> Option<String> {
        None
    }

    /// One read.
    ///
    /// # Errors
    /// The stage that failed, or the source's own trouble.
    fn read(&mut self, run: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure>;

    /// As [`Source::read`] of up to `room` bytes. Who has to wait for them
    /// elsewhere borrows the buffer for as long, and leaves an empty one.
    ///
    /// # Errors
    /// As [`Source::read`].
    fn fill(&mut self, run: &mut Run, buffer: &mut Vec<u8>, room: usize) -> Result<Step, Failure> {
        self.read(run, &mut buffer[..room])
    }
}

/// Where bytes go. A write never blocks longer than the run allows.
pub trait Sink {
    /// What to poll for writing; None is always ready.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// What it is, for `-vv`; None is nowhere.
    fn kind(&self) -> Option<Kind>;

    /// Itself, if all that a write does is to hand over the bytes.
    fn plain(&self) -> Option<&dyn Plain> {
        None
    }

    /// Who is written to, where that can be anybody.
    fn addressee(&self) -> Option<String> {
        None
    }

    /// So many bytes have come without a write: the kernel moved them.
    fn was_given(&mut self, _bytes: usize) {}

    /// One write.
    ///
    /// # Errors
    /// The stage that failed, or the sink's own trouble.
    fn write(&mut self, run: &mut Run, bytes: &[u8]) -> Result<Step, Failure>;

    /// Everything has been written: tells whoever reads at the other end.
    ///
    /// # Errors
    /// When the last bytes turn out not to have arrived.
    fn finish(&mut self, run: &mut Run) -> Result<(), Failure>;
}
