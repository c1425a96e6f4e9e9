//! Through a buffer of our own.

use super::Carrier;
use crate::failure::Failure;
use crate::relay::crlf::Crlf;
use crate::relay::end::{Sink, Source, Step};
use crate::run::Run;
use crate::sys::memory;

/// A buffer beyond this is given the room that reading the command line took:
/// with the largest there may be a process stays within 8 MiB.
const LARGE: usize = 1 << 20;

/// Through a buffer of our own, for every kind of end, and for whatever has to
/// look at the bytes.
pub struct Copy {
    buffer: Vec<u8>,
    /// What one read takes at most; a converted piece may be longer.
    capacity: usize,
    held: Option<std::ops::Range<usize>>,
    /// What the source gave for it: fewer bytes where --crlf adds some.
    taken: usize,
    lines: bool,
    crlf: Option<Crlf>,
}

impl Copy {
    /// A buffer of `capacity` bytes: what one read takes at most. Zeroed memory
    /// costs nothing before it is touched, so a carrier that never copies is free.
    pub fn new(capacity: usize) -> Copy {
        if capacity > LARGE {
            memory::trim();
        }
        Copy {
            buffer: vec![0; capacity],
            capacity,
            held: None,
            taken: 0,
            lines: false,
            crlf: None,
        }
    }

    /// Ends what each read gives with a newline, unless it has one.
    pub fn lines(mut self, lines: bool) -> Copy {
        self.lines = lines;
        self
    }

    /// Gives newlines as CR LF.
    pub fn crlf(mut self, crlf: bool) -> Copy {
        self.crlf = crlf.then(Crlf::default);
        self
    }

    /// Whether it does more than carry.
    pub fn looks_at_bytes(&self) -> bool {
        self.lines || self.crlf.is_some()
    }

    /// Bytes that wait for the sink.
    pub fn bytes(&self) -> &[u8] {
        self.held.clone().map_or(&[], |held| &self.buffer[held])
    }

    /// How many bytes of the source are held, before any of them has left.
    pub fn taken(&self) -> usize {
        self.held.as_ref().map_or(0, |_| self.taken)
    }

    /// Starts with these bytes, as if they had been read.
    pub fn holding(mut self, bytes: &[u8]) -> Copy {
        self.buffer[..bytes.len()].copy_from_slice(bytes);
        self.hold(bytes.len());
        self
    }

    fn hold(&mut self, mut length: usize) {
        self.taken = length;
        if let Some(crlf) = &mut self.crlf {
            length = crlf.convert(&mut self.buffer, length);
        }
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
        let room = room.min(self.capacity);
        let step = source.fill(run, &mut self.buffer, room)?;
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
        if let Step::Moved(written) | Step::Discarded(written) = step {
            let start = held.start + written;
            self.held = (start < held.end).then_some(start..held.end);
        }
        Ok(step)
    }
}
