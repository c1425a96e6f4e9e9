//! How many clients there may be at the same time. Pure.

use std::fmt::{self, Display, Formatter};

/// Descriptors that stay free for what comes and goes: a command's start takes
/// five, a file or a name to look up takes one.
const RESERVE: usize = 8;

/// Why there is no room for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// `--max-clients`.
    Asked,
    /// What it is where nobody asks.
    Usual,
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
    /// From what was asked for, how many it usually are, and the descriptors
    /// that are left; a client takes one.
    pub fn new(asked: Option<usize>, usual: Option<usize>, descriptors: usize) -> Capacity {
        let fit = descriptors.saturating_sub(RESERVE).max(1);
        let (wanted, limit) = match asked {
            Some(_) => (asked, Limit::Asked),
            None => (usual, Limit::Usual),
        };
        match wanted.filter(|most| *most <= fit) {
            Some(most) => Capacity { most, limit },
            None => Capacity {
                most: fit,
                limit: Limit::Descriptors,
            },
        }
    }
}

impl Display for Capacity {
    /// How full it is when it is, and why: `1 client, which is --max-clients`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.limit, self.most) {
            (Limit::Usual, most) => {
                return write!(f, "{most} commands at the same time, see --max-clients");
            }
            (_, 1) => write!(f, "1 client")?,
            (_, most) => write!(f, "{most} clients")?,
        }
        f.write_str(match self.limit {
            Limit::Descriptors => ", which is all that ulimit -n leaves",
            _ => ", which is --max-clients",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_of_what_is_wanted_and_what_fits() {
        let table = [
            ((Some(2), None, 1014), "2 clients, which is --max-clients"),
            ((Some(1), None, 1014), "1 client, which is --max-clients"),
            (
                (Some(1006), Some(100), 1014),
                "1006 clients, which is --max-clients",
            ),
            (
                (Some(1007), None, 1014),
                "1006 clients, which is all that ulimit -n leaves",
            ),
            (
                (None, Some(100), 1014),
                "100 commands at the same time, see --max-clients",
            ),
            (
                (None, Some(100), 22),
                "14 clients, which is all that ulimit -n leaves",
            ),
            (
                (None, None, 22),
                "14 clients, which is all that ulimit -n leaves",
            ),
            (
                (Some(5), None, 0),
                "1 client, which is all that ulimit -n leaves",
            ),
        ];
        for ((asked, usual, descriptors), told) in table {
            let capacity = Capacity::new(asked, usual, descriptors);
            assert_eq!(capacity.to_string(), told);
        }
    }
}
