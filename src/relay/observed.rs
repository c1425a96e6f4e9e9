//! An end whose bytes are looked at. The carriers below see from `plain()` that
//! they have to be copied; nothing else knows.

use std::os::fd::BorrowedFd;

use nix::poll::PollFlags;

use super::end::{Plain, Sink, Source, Step};
use super::look::Look;
use crate::failure::Failure;
use crate::run::Run;
use crate::sys::descriptor::Kind;

/// A source or a sink, and who looks at what passes it.
pub struct Observed<'a, E> {
    end: E,
    look: &'a mut Look,
}

impl<'a, E> Observed<'a, E> {
    /// Looks at `end` from now on.
    pub fn new(end: E, look: &'a mut Look) -> Self {
        Observed { end, look }
    }
}

impl<E: Source> Source for Observed<'_, E> {
    fn fd(&self) -> BorrowedFd<'_> {
        self.end.fd()
    }

    fn interest(&self) -> PollFlags {
        self.end.interest()
    }

    fn kind(&self) -> Kind {
        self.end.kind()
    }

    fn plain(&self) -> Option<&dyn Plain> {
        self.end.plain().filter(|_| self.look.is_blind())
    }

    fn sender(&self) -> Option<String> {
        self.end.sender()
    }

    fn read(&mut self, run: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure> {
        let step = self.end.read(run, buffer)?;
        self.came(run, step, buffer);
        Ok(step)
    }

    fn fill(&mut self, run: &mut Run, buffer: &mut Vec<u8>, room: usize) -> Result<Step, Failure> {
        let step = self.end.fill(run, buffer, room)?;
        self.came(run, step, buffer);
        Ok(step)
    }
}

impl<E: Source> Observed<'_, E> {
    fn came(&mut self, run: &mut Run, step: Step, buffer: &[u8]) {
        if let Step::Moved(length) = step
            && !self.look.is_blind()
        {
            self.look.saw_of(run, &buffer[..length], self.end.sender());
        }
    }
}

impl<E: Sink> Sink for Observed<'_, E> {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.end.fd()
    }

    fn kind(&self) -> Option<Kind> {
        self.end.kind()
    }

    fn plain(&self) -> Option<&dyn Plain> {
        self.end.plain().filter(|_| self.look.is_blind())
    }

    fn addressee(&self) -> Option<String> {
        self.end.addressee()
    }

    fn was_given(&mut self, bytes: usize) {
        self.end.was_given(bytes);
    }

    fn write(&mut self, run: &mut Run, bytes: &[u8]) -> Result<Step, Failure> {
        let step = self.end.write(run, bytes)?;
        if let Step::Moved(length) = step
            && !self.look.is_blind()
        {
            self.look
                .saw_of(run, &bytes[..length], self.end.addressee());
        }
        Ok(step)
    }

    fn finish(&mut self, run: &mut Run) -> Result<(), Failure> {
        self.end.finish(run)
    }
}
