//! How many questions are in flight at once. Pure.

/// Questions in flight unless the caller says otherwise: a thousand dropped
/// ports cost one deadline, and a home router's connection table survives it.
pub const DEFAULT_WINDOW: usize = 1024;

/// Descriptors left for stdio, epoll, name lookups and the shared libraries
/// these load.
const RESERVE: u64 = 32;

/// The window that a descriptor limit can afford, at most `wanted`, at least 1.
pub fn affordable(wanted: usize, descriptors: u64) -> usize {
    // Where so few are left the window finds out for itself.
    let room = descriptors.saturating_sub(RESERVE).max(descriptors / 4);
    usize::try_from(room)
        .unwrap_or(usize::MAX)
        .min(wanted)
        .max(1)
}

/// A bound that gives way at once when the machine runs short and comes back
/// slowly: by an eighth for every window of answers.
#[derive(Debug, Clone)]
pub struct Window {
    max: usize,
    size: usize,
    answers: usize,
}

impl Window {
    /// A window of `max` questions, at least one.
    pub fn new(max: usize) -> Window {
        Window {
            max: max.max(1),
            size: max.max(1),
            answers: 0,
        }
    }

    /// Questions that may be in flight now.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The machine could not carry one more than `in_flight`.
    pub fn shrink(&mut self, in_flight: usize) {
        self.size = in_flight.clamp(1, self.size);
        self.answers = 0;
    }

    /// An answer came, so what was in flight could be carried.
    pub fn answered(&mut self) {
        if self.size == self.max {
            return;
        }
        self.answers += 1;
        if self.answers >= self.size {
            self.answers = 0;
            self.size = self.max.min(self.size + (self.size / 8).max(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_keeps_a_reserve() {
        assert_eq!(affordable(1024, 1 << 20), 1024);
        assert_eq!(affordable(1024, 64), 32);
        assert_eq!(affordable(1024, 24), 6);
        assert_eq!(affordable(1024, 3), 1);
        assert_eq!(affordable(0, 1024), 1);
    }

    #[test]
    fn shrinks_at_once_and_grows_back_slowly() {
        let mut window = Window::new(64);
        window.shrink(16);
        assert_eq!(window.size(), 16);
        window.shrink(40);
        assert_eq!(window.size(), 16, "a shortage never widens it");
        (0..15).for_each(|_| window.answered());
        assert_eq!(window.size(), 16);
        window.answered();
        assert_eq!(window.size(), 18);
        (0..10_000).for_each(|_| window.answered());
        assert_eq!(window.size(), 64);
        window.shrink(0);
        assert_eq!(window.size(), 1, "one question may always be tried");
    }
}
