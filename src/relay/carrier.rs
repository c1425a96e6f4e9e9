//! What holds the bytes between source and sink, and moves them.
//!
//! This is the seam for faster ways: a carrier that splices keeps them in a
//! pipe, one that uses sendfile(2) nowhere. The pump above does not know.

use super::end::{Sink, Source, Step};
use crate::failure::Failure;
use crate::run::Run;

/// Moves bytes from a source to a sink, holding some in between. It outlives a
/// peer: what it holds when one goes is for the next.
pub trait Carrier {
    /// Whether something is waiting for the sink; an empty datagram counts.
    fn holds(&self) -> bool;

    /// Takes up to `room` bytes from the source. Only called when nothing is held.
    ///
    /// # Errors
    /// The source's.
    fn fill(
        &mut self,
        run: &mut Run,
        source: &mut dyn Source,
        room: usize,
    ) -> Result<Step, Failure>;

    /// Gives the sink what it takes of the bytes that are held.
    ///
    /// # Errors
    /// The sink's.
    fn drain(&mut self, run: &mut Run, sink: &mut dyn Sink) -> Result<Step, Failure>;
}

/// Through a buffer of our own, for every kind of end, and for whatever has to
/// look at the bytes.
pub struct Copy {
    buffer: Vec<u8>,
    held: Option<std::ops::Range<usize>>,
    lines: bool,
}

impl Copy {
    /// A buffer of `capacity` bytes: what one read takes at most.
    pub fn new(capacity: usize) -> Copy {
        Copy {
            buffer: vec![0; capacity],
            held: None,
            lines: false,
        }
    }

    /// Ends what each read gives with a newline, unless it has one.
    pub fn lines(mut self, lines: bool) -> Copy {
        self.lines = lines;
        self
    }

    /// Starts with these bytes, as if they had been read.
    pub fn holding(mut self, bytes: &[u8]) -> Copy {
        self.buffer[..bytes.len()].copy_from_slice(bytes);
        self.hold(bytes.len());
        self
    }

    fn hold(&mut self, mut length: usize) {
        if self.lines && length > 0 && self.buffer[length - 1] != b'\n' {
            if length == self.buffer.len() {
                self.buffer.push(b'\n');
            } else {
                self.buffer[length] = b'\n';
            }
            length += 1;
        }
        self.held = Some(0..length);
    }
}

impl Carrier for Copy {
    fn holds(&self) -> bool {
        self.held.is_some()
    }

    fn fill(
        &mut self,
        run: &mut Run,
        source: &mut dyn Source,
        room: usize,
    ) -> Result<Step, Failure> {
        let room = room.min(self.buffer.len());
        let step = source.read(run, &mut self.buffer[..room])?;
        if let Step::Moved(length) = step {
            self.hold(length);
        }
        Ok(step)
    }

    fn drain(&mut self, run: &mut Run, sink: &mut dyn Sink) -> Result<Step, Failure> {
        let Some(held) = self.held.clone() else {
            return Ok(Step::NotReady);
        };
        let step = sink.write(run, &self.buffer[held.clone()])?;
        if let Step::Moved(written) = step {
            let start = held.start + written;
            self.held = (start < held.end).then_some(start..held.end);
        }
        Ok(step)
    }
}
