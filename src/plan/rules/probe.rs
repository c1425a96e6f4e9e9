//! What can be asked of a probe.

use crate::plan::{Input, List, Wrong};
use crate::run::Pause;
use crate::stage::Stage;
use crate::targets::Target;
use crate::verdict::State;

/// `--expect STATE` of a state that is an answer.
pub fn expectable(expect: Option<State>) -> Result<(), Wrong> {
    match expect {
        Some(State::Error) => Err(Wrong(
            "--expect error: `error` is trouble of this machine and no answer of a port".into(),
        )),
        _ => Ok(()),
    }
}

/// Each row of a file of expectations has its state: another is for others.
pub fn expected_of_somebody(
    expect: Option<State>,
    targets: &[Target],
    lists: &[List],
) -> Result<(), Wrong> {
    let others = !targets.is_empty() || lists.iter().any(|list| !list.form.expects);
    match expect {
        Some(state) if !others => Err(Wrong(format!(
            "--expect {state}: every row of --expect-file has its own STATE, \
             and there is no other target"
        ))),
        _ => Ok(()),
    }
}

/// Standard input can be read once.
pub fn one_stdin(lists: &[List]) -> Result<(), Wrong> {
    let stdin = lists.iter().filter(|list| list.input == Input::Stdin);
    match stdin.count() {
        0 | 1 => Ok(()),
        _ => Err(Wrong(
            "`-` is standard input, which can be read only once".into(),
        )),
    }
}

/// `--count` beside another way to ask more than once.
pub fn asked_in_another_way(options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) => Err(Wrong(format!(
            "--count does not go with {option}, which says by itself how often it asks"
        ))),
        None => Ok(()),
    }
}

/// `--count` of more ports than are told by themselves: their times are kept.
pub fn series_of_too_many(ports: u64) -> Result<(), Wrong> {
    const MOST: u64 = 65_536;
    match ports {
        ..=MOST => Ok(()),
        _ => Err(Wrong(format!(
            "--count measures at most {MOST} ports again and again, and these are {ports}"
        ))),
    }
}

/// `--pause` of a stage that a probe can stop after: thousands of sockets are
/// at the later ones all at once.
pub fn probe_pauses(pauses: &[Pause]) -> Result<(), Wrong> {
    match pauses.iter().find(|pause| pause.stage != Stage::Resolve) {
        Some(Pause { stage, .. }) => Err(Wrong(format!(
            "--pause {stage}: probe can pause after `resolve` only; \
             `sock connect --pause {stage}=2s` shows one connection"
        ))),
        None => Ok(()),
    }
}
