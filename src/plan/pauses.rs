//! `--pause` after a stage that a run never comes to is a mistake, and told as
//! one: nothing would happen, and nobody would know why.

use super::{Kind, Wrong};
use crate::address::{Address, Local};
use crate::run::Pause;
use crate::stage::Stage;

/// Where a verb's run does not pass.
///
/// # Errors
/// A pause after one of these stages.
pub fn check(verb: &str, pauses: &[Pause], never: &[Stage]) -> Result<(), Wrong> {
    match pauses.iter().find(|pause| never.contains(&pause.stage)) {
        Some(Pause { stage, .. }) => Err(Wrong(format!(
            "--pause {stage}: {verb} does not come to that stage here"
        ))),
        None => Ok(()),
    }
}

/// What does not happen to who dials: only `--source` is a bind().
pub fn never_dialling(to: &Address, source: bool) -> Vec<Stage> {
    let mut never = vec![Stage::Listen, Stage::Accept];
    if matches!(to, Address::Unix(_)) {
        never.push(Stage::Resolve);
    }
    if !source {
        never.push(Stage::Bind);
    }
    never
}

/// What does not happen to who waits: only a host is resolved.
pub fn never_waiting(at: &[Local]) -> Vec<Stage> {
    let mut never = vec![Stage::Connect];
    let has_host = |local: &Local| matches!(local, Local::Inet(at) if at.host.is_some());
    if !at.iter().any(has_host) {
        never.push(Stage::Resolve);
    }
    never
}

/// Whoever serves many peers at the same time waits for none of them.
pub fn never_serving(serves: bool) -> &'static [Stage] {
    match serves {
        true => &[Stage::Send, Stage::Recv, Stage::Close],
        false => &[],
    }
}

/// A conversation in datagrams is over when nothing more comes, so that there is
/// no moment after recv().
pub fn never_conversing(kind: Kind) -> &'static [Stage] {
    match kind {
        Kind::Datagram => &[Stage::Recv],
        _ => &[],
    }
}
