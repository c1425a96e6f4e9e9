//! A source that can be read again, for datagrams whose first address turned
//! out to be refused: what was sent there has to go to the next one.

use std::os::fd::BorrowedFd;

use super::end::{Source, Step};
use crate::failure::Failure;
use crate::run::Run;
use crate::sys::descriptor::Kind;

/// More than this is not kept; the first address is then the only one.
const KEPT: usize = 1 << 20;

/// Remembers what was read until it is told that it need not.
pub struct Replay<S> {
    source: S,
    reads: Vec<Vec<u8>>,
    kept: usize,
    next: usize,
    ended: bool,
}

impl<S: Source> Replay<S> {
    /// Remembers from now on.
    pub fn new(source: S) -> Self {
        Replay {
            source,
            reads: Vec::new(),
            kept: 0,
            next: 0,
            ended: false,
        }
    }

    /// What is read.
    pub fn into_source(self) -> S {
        self.source
    }

    /// Starts again from the first read. False when too much was read to keep.
    pub fn rewind(&mut self) -> bool {
        self.next = 0;
        self.kept <= KEPT
    }
}

impl<S: Source> Source for Replay<S> {
    fn fd(&self) -> BorrowedFd<'_> {
        self.source.fd()
    }

    fn kind(&self) -> Kind {
        self.source.kind()
    }

    fn read(&mut self, run: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure> {
        if let Some(read) = self.reads.get(self.next) {
            let length = read.len().min(buffer.len());
            buffer[..length].copy_from_slice(&read[..length]);
            self.next += 1;
            return Ok(Step::Moved(length));
        }
        if self.ended {
            return Ok(Step::End);
        }
        let step = self.source.read(run, buffer)?;
        match step {
            Step::Moved(length) => {
                self.kept += length;
                if self.kept <= KEPT {
                    self.reads.push(buffer[..length].to_vec());
                } else {
                    self.reads = Vec::new();
                }
                self.next = self.reads.len();
            }
            Step::End => self.ended = true,
            Step::NotReady | Step::Discarded(_) => {}
        }
        Ok(step)
    }
}
