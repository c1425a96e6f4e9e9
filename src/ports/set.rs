//! A set of ports.

/// A set of ports: 8 KiB, whatever is in it.
pub(super) struct Set(Box<[u64; 1024]>);

impl Set {
    pub(super) fn new() -> Self {
        Self(Box::new([0; 1024]))
    }

    pub(super) fn contains(&self, port: u16) -> bool {
        self.0[usize::from(port >> 6)] & (1 << (port & 63)) != 0
    }

    /// Whether it was not yet in it.
    pub(super) fn insert(&mut self, port: u16) -> bool {
        let is_new = !self.contains(port);
        self.0[usize::from(port >> 6)] |= 1 << (port & 63);
        is_new
    }
}
