//! How many clients there may be at the same time. Pure.

/// Descriptors that stay free for what comes and goes: a command's start takes
/// five, a file or a name to look up takes one.
const RESERVE: usize = 8;

/// Why there is no room for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `--max-clients`, or what is the default for commands.
    Asked,
    /// RLIMIT_NOFILE of getrlimit(2).
    Descriptors,
}

/// The most clients, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    pub most: usize,
    pub limit: Limit,
}

impl Capacity {
    /// From what was asked for, the limit of descriptors and how many there are
    /// already; a client takes one.
    pub fn new(asked: Option<usize>, descriptors: usize, held: usize) -> Capacity {
        let fit = descriptors.saturating_sub(held + RESERVE).max(1);
        match asked {
            Some(asked) if asked <= fit => Capacity {
                most: asked,
                limit: Limit::Asked,
            },
            _ => Capacity {
                most: fit,
                limit: Limit::Descriptors,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_of_what_was_asked_for_and_what_fits() {
        let table = [
            ((Some(2), 1024, 10), (2, Limit::Asked)),
            ((Some(1006), 1024, 10), (1006, Limit::Asked)),
            ((Some(1007), 1024, 10), (1006, Limit::Descriptors)),
            ((None, 1024, 10), (1006, Limit::Descriptors)),
            ((None, 32, 10), (14, Limit::Descriptors)),
            ((Some(5), 8, 10), (1, Limit::Descriptors)),
        ];
        for ((asked, descriptors, held), (most, limit)) in table {
            let capacity = Capacity::new(asked, descriptors, held);
            assert_eq!(capacity, Capacity { most, limit });
        }
    }
}
