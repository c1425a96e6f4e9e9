//! What moves the bytes of one direction.
//!
//! The pump above does not know how. [`Copy`](struct@Copy) takes them through a buffer of
//! our own; [`Direct`] lets the kernel move them where both ends are such that
//! it can, and copies where they are not.

mod copy;
mod direct;
mod sendfile;
mod splice;
mod via;
mod way;

pub use copy::Copy;
pub use direct::Direct;

use super::end::{Sink, Source, Step};
use crate::failure::Failure;
use crate::run::Run;

/// What came of letting the kernel move bytes from end to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// So many bytes have left the source and are in the sink.
    Moved(usize),
    /// So many bytes have left the source and are held for the sink.
    Held(usize),
    /// The source has nothing before poll(2) says so.
    SourceEmpty,
    /// The sink takes nothing before poll(2) says so; the source may have more.
    SinkFull,
    /// Not in this way, or not now: read and write.
    Not,
}

/// Moves bytes from a source to a sink, holding some in between. It outlives a
/// peer: what it holds when one goes is for the next.
pub trait Carrier {
    /// Whether something is waiting for the sink; an empty datagram counts.
    fn holds(&self) -> bool;

    /// Lets the kernel move up to `room` bytes. Only called when nothing is
    /// held; never blocks longer than the run allows.
    ///
    /// # Errors
    /// The end's that failed.
    fn pass(
        &mut self,
        _: &mut Run,
        _: &mut dyn Source,
        _: &mut dyn Sink,
        _room: usize,
    ) -> Result<Passed, Failure> {
        Ok(Passed::Not)
    }

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
