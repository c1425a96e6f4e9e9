//! What `--trace` and `--trace-against` ask for.

use crate::cli;
use crate::plan::{List, Trace, Wrong};
use crate::ports::{PortItem, PortList};
use crate::services::Services;
use crate::targets::Target;

/// Ports that are traced in one run: one after the other, and a silent one
/// takes seconds.
const MOST: u64 = 16;

/// # Errors
/// What has no path, or too many of them.
pub fn trace(
    typed: &cli::Probe,
    targets: &[Target],
    lists: &[List],
    services: &dyn Services,
) -> Result<Option<Trace>, Wrong> {
    let against = match &typed.trace.trace_against {
        Some(word) => Some(reference(word, services)?),
        None => None,
    };
    if !typed.trace.trace && against.is_none() {
        return Ok(None);
    }
    if let Some(unix) = targets.iter().find(|target| target.ports.is_none()) {
        return Err(Wrong(format!(
            "{unix}: --trace follows packets on the way, and a Unix socket has none"
        )));
    }
    if let Some(list) = lists.first() {
        return Err(Wrong(format!(
            "{}: --trace follows ports that are named on the command line, at most {MOST}",
            list.input
        )));
    }
    let senseless = [
        ("--banner", typed.hear.banner),
        ("--count", typed.series.count.is_some()),
        ("--wait", typed.expect.wait.is_some()),
        ("--ttl", typed.packets.ttl.is_some()),
        ("--concurrency", typed.pace.concurrency.is_some()),
        ("--max-rate", typed.pace.max_rate.is_some()),
        ("--retry", typed.connect.retry > 0),
    ];
    if let Some((option, _)) = senseless.iter().find(|(_, given)| *given) {
        return Err(Wrong(format!(
            "{option}: --trace sends one packet after the other, with every TTL, and no more"
        )));
    }
    match targets.iter().map(Target::len).fold(0, u64::saturating_add) {
        0..=MOST => Ok(Some(Trace { against })),
        many => Err(Wrong(format!(
            "--trace follows one port after the other, at most {MOST} in a run; these are {many}"
        ))),
    }
}

/// `--trace-against PORT`
fn reference(word: &str, services: &dyn Services) -> Result<u16, Wrong> {
    match PortList::parse(word, services)?.items() {
        [PortItem::One(port)] => Ok(*port),
        _ => Err(Wrong(format!(
            "--trace-against {word}: expected one port, such as 22 or https"
        ))),
    }
}
