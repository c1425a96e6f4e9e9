//! `--wait`: asks, and resolves, again and again until the answers are as
//! expected. Only the last round is told.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use super::{Round, ask_all};
use crate::exit::Done;
use crate::failure::{Class, Failure, StageError};
use crate::plan::{Input, Probe};
use crate::run::{Interest, Run, Wake};
use crate::stage::Stage;
use crate::sys::descriptor;

/// The time between two rounds: what starts up is not asked so often that this
/// slows it down.
const PAUSE: Duration = Duration::from_millis(200);

/// The least time a round is given.
const SOONEST: Duration = Duration::from_millis(20);

/// # Errors
/// As for [`super::run`].
pub fn wait(
    run: &mut Run,
    plan: &Probe,
    mut round: Round,
    patience: Duration,
) -> Result<Done, Failure> {
    let until = run.started().checked_add(patience);
    let is_read = plan.lists.iter().any(|list| list.input == Input::Stdin);
    round.until = until;
    if is_read {
        round.stdin = Some(stdin(run)?);
    }
    loop {
        run.set_aside();
        let begun = Instant::now();
        let result = ask_all(run, plan, &round);
        let now = Instant::now();
        let goes_on = matches!(&result, Ok(Done::Answers(misses)) if !misses.is_empty());
        if !goes_on {
            run.tell_aside()?;
            return result;
        }
        let left = until.map(|until| until.saturating_duration_since(now));
        let (time, is_over) = pause(left, now - begun);
        let slept = run.sleep(time);
        if is_over || slept.is_err() {
            run.tell_aside()?;
            return slept.and(result);
        }
    }
}

/// How long to sleep after a round that took so long, and whether that is the
/// end: a round that has no time for its answers would only spoil the last.
fn pause(left: Option<Duration>, took: Duration) -> (Duration, bool) {
    let Some(left) = left else {
        return (PAUSE, false);
    };
    let needed = 2 * took + SOONEST;
    match left.checked_sub(needed) {
        Some(room) => (PAUSE.min(room), false),
        None => (left, true),
    }
}

/// All of stdin, which can be read only once.
fn stdin(run: &mut Run) -> Result<Arc<[u8]>, Failure> {
    let failed = |error| StageError::io(Stage::Resolve, "stdin", Class::Local, &error);
    if descriptor::was_closed(0) {
        return Err(failed(nix::errno::Errno::EBADF.into()).into());
    }
    run.enter(Stage::Resolve, "stdin");
    let mut text = Vec::new();
    let mut chunk = [0; 64 * 1024];
    loop {
        let mut ready = [Interest::new(descriptor::standard(0), PollFlags::POLLIN)];
        if run.wait(&mut ready, None)? != Wake::Ready {
            continue;
        }
        match std::io::stdin().read(&mut chunk) {
            Ok(0) => return Ok(text.into()),
            Ok(len) => text.extend(&chunk[..len]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_round_has_time_for_its_answers() {
        let ms = Duration::from_millis;
        for (left, took, want) in [
            (None, ms(5), (PAUSE, false)),
            (Some(ms(5000)), ms(5), (PAUSE, false)),
            (Some(ms(100)), ms(5), (ms(70), false)),
            (Some(ms(30)), ms(5), (ms(0), false)),
            (Some(ms(29)), ms(5), (ms(29), true)),
            (Some(ms(900)), ms(4000), (ms(900), true)),
        ] {
            assert_eq!(pause(left, took), want, "{left:?} {took:?}");
        }
    }
}
