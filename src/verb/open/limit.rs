//! RLIMIT_NOFILE of many listeners.

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};

use crate::address::Local;
use crate::failure::Failure;
use crate::plan::Wait;
use crate::sys::rlimit;

/// So many listeners there is always room for.
const FEW: usize = 64;

/// Descriptors that a listener takes for a moment, or for its peers: it would
/// start with fewer and have no room for anybody.
const SPARE: usize = 16;

/// Raises the limit where many are asked for.
pub fn raise(plan: &Wait) {
    if asked(plan) > FEW {
        // What fails here fails again, and is told, where a socket is made.
        let _ = rlimit::raise_descriptor_limit();
    }
}

/// The failure with the limit that is needed, if that is what it is about;
/// so many are open.
pub fn named(failure: Failure, plan: &Wait, open: usize) -> Failure {
    let Failure::Stage(error) = failure else {
        return failure;
    };
    if error.errno != Some(Errno::EMFILE) {
        return error.into();
    }
    // It is reached, or we would not be here.
    let Ok((limit, _)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return error.into();
    };
    let others = usize::try_from(limit)
        .unwrap_or(usize::MAX)
        .saturating_sub(open);
    let asked = asked(plan);
    let needed = asked.saturating_add(others).saturating_add(SPARE);
    error
        .hint(format!("{asked} listeners need ulimit -n {needed} or more"))
        .into()
}

/// How many there are to be; the addresses of a name count as one.
fn asked(plan: &Wait) -> usize {
    plan.at.iter().map(Local::sockets).sum()
}
