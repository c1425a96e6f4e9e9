//! `--wait`: asks, and resolves, again and again until the answers are as
//! expected. Only the last round is told, or the one before it if that one was
//! cut short.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollFlags;

use super::{Round, ask_all};
use crate::exit::Done;
use crate::failure::{Class, Failure, StageError};
use crate::plan::{Input, Probe};
use crate::run::{Held, Interest, Run, Wake};
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
    round.until = until;
    for list in &plan.lists {
        round.read.push(once(run, &list.input)?);
    }
    // What the last round came to that had its time.
    let mut known: Option<(Held, Done)> = None;
    loop {
        run.set_aside();
        let result = ask_all(run, plan, &round);
        let held = run.take_aside();
        let done = match result {
            Ok(done) => done,
            Err(failure) => {
                run.tell_held(known.map_or(held, |(known, _)| known))?;
                return Err(failure);
            }
        };
        if !matches!(&done, Done::Answers(misses) if !misses.is_empty()) {
            run.tell_held(held)?;
            return Ok(done);
        }
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        // Silence that was not waited out says less than what is known already.
        let is_cut = left.is_some_and(|left| left.is_zero());
        let latest = match known.take().filter(|_| is_cut) {
            Some(known) => known,
            None => (held, done),
        };
        let (time, is_over) = pause(left);
        let slept = run.sleep(time);
        if is_over || slept.is_err() {
            run.tell_held(latest.0)?;
            return slept.map(|()| latest.1);
        }
        known = Some(latest);
    }
}

/// How long to sleep after a round, and whether that is the end. The last round
/// may be short: what comes up late is to be seen all the same.
fn pause(left: Option<Duration>) -> (Duration, bool) {
    match left {
        None => (PAUSE, false),
        Some(left) if left > SOONEST => (PAUSE.min(left - SOONEST), false),
        Some(left) => (left, true),
    }
}

/// All of a list that can be read only once: stdin, a pipe, a fifo. A file is
/// read in each round, as it is then.
fn once(run: &mut Run, input: &Input) -> Result<Option<Arc<[u8]>>, Failure> {
    let name = input.to_string();
    let failed = |error| StageError::io(Stage::Resolve, name.clone(), Class::Local, &error);
    let opened;
    let list = match input {
        Input::Stdin if descriptor::was_closed(0) => {
            return Err(failed(Errno::EBADF.into()).into());
        }
        Input::Stdin => descriptor::standard(0),
        Input::File(path) => {
            let found = std::fs::metadata(path).map_err(failed)?;
            if found.is_file() || found.is_dir() {
                return Ok(None);
            }
            // open() of a fifo would wait for its writer, and no timer with it.
            let mut options = File::options();
            let options = options.read(true).custom_flags(nix::libc::O_NONBLOCK);
            opened = options.open(path).map_err(failed)?;
            opened.as_fd()
        }
    };
    run.enter(Stage::Resolve, &name);
    let mut text = Vec::new();
    let mut chunk = [0; 64 * 1024];
    loop {
        let mut ready = [Interest::new(list, PollFlags::POLLIN)];
        if run.wait(&mut ready, None)? != Wake::Ready {
            continue;
        }
        match nix::unistd::read(list, &mut chunk) {
            Ok(0) => return Ok(Some(text.into())),
            Ok(len) => text.extend(&chunk[..len]),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(errno) => return Err(failed(errno.into()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_round_leaves_nothing_unwatched() {
        let ms = Duration::from_millis;
        for (left, want) in [
            (None, (PAUSE, false)),
            (Some(ms(5000)), (PAUSE, false)),
            (Some(ms(100)), (ms(80), false)),
            (Some(ms(21)), (ms(1), false)),
            (Some(ms(20)), (ms(20), true)),
            (Some(ms(0)), (ms(0), true)),
        ] {
            assert_eq!(pause(left), want, "{left:?}");
        }
    }
}
