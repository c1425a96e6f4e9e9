//! Timers fire even while a system call is stuck.
//!
//! poll(2) says nothing about a disk that hangs or a terminal that was
//! stopped. A call to such a descriptor is made while this thread watches the
//! clock; when the timer comes first, it speaks the last words and ends the
//! process, which the stuck call cannot hold up as far as the kernel lets a
//! process die. Connections then end with a reset, because SO_LINGER says so.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::exit::Exit;
use crate::failure::{Failure, Timer};
use crate::report::{self, Style};
use crate::stage::Stage;

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    sooner: Condvar,
}

#[derive(Default)]
struct State {
    armed: Option<Armed>,
    /// When the thread wakes by itself; None while it waits to be woken.
    wakes: Option<Instant>,
}

struct Armed {
    deadline: Instant,
    timer: Timer,
    stage: Stage,
    object: Arc<str>,
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
}

/// Calls the watch off when dropped.
pub struct Guard<'a>(Option<&'a Shared>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            // The thread sleeps on to the old deadline and finds nothing armed,
            // which is cheaper than waking it for every write.
            shared.state().armed = None;
        }
    }
}

impl Watchdog {
    /// A watchdog that speaks in the style of the report.
    pub fn new(style: Style) -> Watchdog {
        Watchdog {
            shared: None,
            style,
        }
    }

    /// Watches until the guard is dropped; without a deadline there is nothing
    /// to watch.
    pub fn arm(
        &mut self,
        deadline: Option<(Instant, Timer)>,
        stage: Stage,
        object: &Arc<str>,
    ) -> Guard<'_> {
        let Some((deadline, timer)) = deadline else {
            return Guard(None);
        };
        let style = self.style;
        let shared = self.shared.get_or_insert_with(|| {
            let shared = Arc::new(Shared::default());
            let theirs = Arc::clone(&shared);
            thread::spawn(move || watch(&theirs, style));
            shared
        });
        let mut state = shared.state();
        if state.wakes.is_none_or(|at| deadline < at) {
            shared.sooner.notify_one();
        }
        state.armed = Some(Armed {
            deadline,
            timer,
            stage,
            object: Arc::clone(object),
        });
        drop(state);
        Guard(Some(shared))
    }
}

fn watch(shared: &Shared, style: Style) {
    let mut state = shared.state();
    loop {
        let now = Instant::now();
        match &state.armed {
            Some(watch) if watch.deadline <= now => {
                let failure = Failure::Timer {
                    timer: watch.timer,
                    stage: watch.stage,
                    object: watch.object.to_string(),
                    hint: None,
                };
                report::last_words(&failure, style);
                Exit::failure(&failure).exit();
            }
            armed => state.wakes = armed.as_ref().map(|watch| watch.deadline),
        }
        state = match state.wakes {
            None => shared
                .sooner
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
            Some(at) => {
                shared
                    .sooner
                    .wait_timeout(state, at - now)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
    }
}
