//! Lines that stderr does not take at once, for what has to be whole: a dump
//! with holes misleads. Bounded, and nobody ever waits for it but the end of
//! the run, and that not for long.

use std::time::{Duration, Instant};

use super::stderr;

/// Bytes that may wait. A pipe holds 64 KiB, so a reader that keeps up on the
/// whole loses nothing.
const MOST: usize = 1 << 20;

/// How long the end waits for a reader that takes nothing, and for one that does.
const STUCK: Duration = Duration::from_millis(20);
const SLOW: Duration = Duration::from_millis(60);

/// What waits, in order.
#[derive(Default)]
pub struct Backlog {
    waiting: Vec<u8>,
    /// How much of it was taken already.
    taken: usize,
    /// It was full; nothing more is kept before there is room again.
    overrun: bool,
}

impl Backlog {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether a text would be kept. Once it was not, there has to be room for
    /// many before one is kept again: a few long holes read better than many.
    pub fn has_room(&mut self) -> bool {
        let waiting = self.waiting.len() - self.taken;
        self.overrun = waiting >= MOST || (self.overrun && waiting >= MOST / 2);
        !self.overrun
    }

    /// Writes a text behind what waits, as far as stderr takes it at once, and
    /// keeps the rest.
    pub fn put(&mut self, text: &[u8]) {
        self.waiting.extend_from_slice(text);
        self.flush();
    }

    /// Writes what stderr takes by now.
    pub fn flush(&mut self) {
        self.taken += stderr::write(&self.waiting[self.taken..]);
        if stderr::is_gone() || self.taken == self.waiting.len() {
            self.waiting.clear();
            self.taken = 0;
        } else if self.taken >= MOST {
            self.waiting.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// The end of the run: a reader that still reads gets the rest.
    pub fn last_chance(&mut self) {
        let ends = Instant::now() + SLOW;
        while !self.is_empty() && Instant::now() < ends && stderr::takes_within(STUCK) {
            self.flush();
        }
    }
}
