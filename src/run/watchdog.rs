//! Timers fire and signals end the run even while a system call is stuck.
//!
//! poll(2) says nothing about a disk that hangs, a terminal that was stopped or
//! a fifo that nobody opens. A call to such a thing is made while this thread
//! watches the clock and the signals; when one of them comes and the call does
//! not return, it speaks the last words and ends the process, which the stuck
//! call cannot hold up as far as the kernel lets a process die. Connections
//! then end with a reset, because SO_LINGER says so.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::signals::Ending;
use crate::exit::Exit;
use crate::failure::{Failure, Timer};
use crate::report::{self, Style};
use crate::stage::Stage;

/// How long after a timer or a signal the call may still return, and the run
/// end in order: results are written and what is kept is told. Short enough
/// for a timer to be true to 0.1 s.
const LATE: Duration = Duration::from_millis(60);

/// How often signals are looked for while a call is under way.
const TICK: Duration = Duration::from_millis(50);

/// What a call is about, for the last words.
#[derive(Clone)]
pub struct About {
    pub stage: Stage,
    pub object: Arc<str>,
    /// What is left behind, if it is worth telling.
    pub hint: Option<Arc<str>>,
}

#[derive(Default)]
struct State {
    armed: Option<Armed>,
    /// Counts the calls: one that is stuck keeps its number.
    calls: u64,
    /// When the thread wakes by itself; None while it waits to be woken.
    wakes: Option<Instant>,
}

struct Armed {
    timer: Option<(Instant, Timer)>,
    about: About,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    sooner: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread, started when it is first needed.
pub struct Watchdog {
    shared: Option<Arc<Shared>>,
    style: Style,
    ending: Ending,
}

/// Calls the watch off when dropped.
pub struct Guard<'a>(&'a Shared);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // The thread sleeps on and finds nothing armed, which is cheaper than
        // waking it for every write.
        self.0.state().armed = None;
    }
}

impl Watchdog {
    /// A watchdog that speaks in the style of the report.
    pub fn new(style: Style, ending: Ending) -> Watchdog {
        Watchdog {
            shared: None,
            style,
            ending,
        }
    }

    /// Watches until the guard is dropped.
    pub fn arm(&mut self, timer: Option<(Instant, Timer)>, about: About) -> Guard<'_> {
        let (style, ending) = (self.style, self.ending.clone());
        let shared = self.shared.get_or_insert_with(|| {
            let shared = Arc::new(Shared::default());
            let theirs = Arc::clone(&shared);
            thread::spawn(move || watch(&theirs, &ending, style));
            shared
        });
        let timer = timer.and_then(|(at, timer)| Some((at.checked_add(LATE)?, timer)));
        let mut state = shared.state();
        let first = timer.map(|(at, _)| at);
        // A thread that wakes at the next tick sees a timer beyond it in time.
        if state
            .wakes
            .is_none_or(|wakes| first.is_some_and(|at| at < wakes))
        {
            shared.sooner.notify_one();
        }
        state.calls += 1;
        state.armed = Some(Armed { timer, about });
        drop(state);
        Guard(shared)
    }
}

fn watch(shared: &Shared, ending: &Ending, style: Style) {
    let mut state = shared.state();
    let mut seen = None;
    let mut idle = 0;
    loop {
        let now = Instant::now();
        let timer = state.armed.as_ref().and_then(|armed| armed.timer);
        if let Some(armed) = &state.armed {
            let due = timer.filter(|(at, _)| *at <= now).map(|(_, timer)| timer);
            // Twice the same call, and the signal has been there all the time.
            let signal = ending.signal().filter(|_| seen == Some(state.calls));
            if let Some(failure) = last_failure(due, signal, &armed.about) {
                report::last_words(&failure, style);
                crate::stage::bind::remove_own_paths();
                Exit::failure(&failure).exit();
            }
            seen = ending.signal().map(|_| state.calls);
            idle = 0;
        } else {
            idle += 1;
        }
        // Ticks go on for a second after the last call, so that a transfer to
        // a disk does not have to wake this thread for each of its writes.
        let tick = (idle < 20).then(|| now + TICK);
        let next = [tick, timer.map(|(at, _)| at)].into_iter().flatten().min();
        state.wakes = next;
        state = match next {
            None => shared
                .sooner
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
            Some(at) => {
                let time = at.saturating_duration_since(now);
                shared
                    .sooner
                    .wait_timeout(state, time)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
    }
}

fn last_failure(timer: Option<Timer>, signal: Option<i32>, about: &About) -> Option<Failure> {
    let (stage, object) = (about.stage, about.object.to_string());
    let hint = about.hint.as_ref().map(ToString::to_string);
    match (signal, timer) {
        (Some(number), _) => Some(Failure::Signal {
            number,
            stage,
            object,
            hint,
        }),
        (None, Some(timer)) => Some(Failure::Timer {
            timer,
            stage,
            object,
            hint,
        }),
        (None, None) => None,
    }
}
