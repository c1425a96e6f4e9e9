//! RLIMIT_NOFILE of getrlimit(2): how many descriptors this process may hold.

use std::io;
use std::sync::OnceLock;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// What it was before it was raised.
static BEFORE: OnceLock<(rlim_t, rlim_t)> = OnceLock::new();

/// The soft and the hard limit that this process was given, if it has others
/// now: what a command it starts is to have.
pub fn descriptor_limit_before() -> Option<(rlim_t, rlim_t)> {
    BEFORE.get().copied()
}

/// Raises the soft limit to the hard one, which needs no privilege, and
/// returns the limit then in force.
///
/// The soft limit of 1024 is there for programs that use select(2); this one
/// does not.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= hard {
        return Ok(soft);
    }
    BEFORE.get_or_init(|| (soft, hard));
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => Ok(hard),
        // A sandbox may forbid even this: less is no reason to fail.
        Err(_) => Ok(soft),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(raise_descriptor_limit().unwrap(), hard);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap().0, hard);
    }
}
