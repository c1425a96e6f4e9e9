//! What every stage of one run shares: who is told, what can end it, and the
//! one way of waiting.
//!
//! Every wait of the program goes through [`Run::wait`], so that signals and
//! `--timeout` act at every stage alike. Calls that may block in spite of
//! poll(2) (a disk, a terminal, a fifo without a reader) are made under
//! [`Run::guarded`].

mod calls;
mod flood;
mod progress;
mod results;
mod seldom;
mod signals;
mod wait;
mod watchdog;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::event::Event;
use crate::failure::{Failure, Timer};
use crate::report::{Counts, Course, Report};
use crate::stage::Stage;
pub use calls::{outcome, shown};
pub use flood::Flood;
use flood::Floods;
pub use progress::Watch;
use results::Aside;
pub use results::Held;
pub use seldom::Seldom;
pub use signals::{Signals, USR1};
pub use wait::{Interest, Wake};
use watchdog::Watchdog;

/// `--pause STAGE=DUR`, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub stage: Stage,
    pub time: Duration,
}

/// One run of the program.
pub struct Run {
    report: Report,
    signals: Signals,
    watchdog: Watchdog,
    pauses: Vec<Pause>,
    timeout: Option<Duration>,
    started: Instant,
    /// A timer of the present conversation, besides `--timeout`.
    idle: Option<(Instant, Timer)>,
    stage: Stage,
    object: Arc<str>,
    /// What an end at this moment would leave behind.
    kept: Option<Arc<str>>,
    /// What is looked at, and when it is asked for news next.
    watched: Option<(Box<dyn Watch + Send>, Instant)>,
    /// What is not told each time.
    floods: Floods,
    /// The reader of stdout is watched whatever else is waited for.
    stdout_has_reader: bool,
    /// Bytes sent and received so far.
    moved: Arc<Counts>,
    /// What they count towards.
    course: Option<Course>,
    /// Results and errors that may turn out to be of no interest.
    aside: Option<Vec<Aside>>,
}

impl Run {
    /// Starts the clock of `--timeout`.
    ///
    /// # Errors
    /// pipe(2) or sigaction(2) failing.
    pub fn new(
        report: Report,
        timeout: Option<Duration>,
        pauses: Vec<Pause>,
    ) -> std::io::Result<Run> {
        let signals = Signals::install()?;
        Ok(Run {
            watchdog: Watchdog::new(report.style(), signals.ending()),
            report,
            signals,
            pauses,
            timeout,
            started: Instant::now(),
            idle: None,
            stage: Stage::Resolve,
            object: "".into(),
            kept: None,
            watched: None,
            floods: Floods::default(),
            stdout_has_reader: false,
            moved: Arc::default(),
            course: None,
            aside: None,
        })
    }

    /// When the run began.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Says what is under way, for timers, signals and USR1 to name.
    pub fn enter(&mut self, stage: Stage, object: &str) {
        self.stage = stage;
        if &*self.object != object {
            self.object = object.into();
        }
    }

    /// Lets nothing but errors come before the announcement of a listener.
    pub fn hold_until_announced(&mut self) {
        self.report.hold();
    }

    /// Everything is announced: what was held back may follow.
    pub fn announced(&mut self) {
        self.report.release();
    }

    /// Tells an event that is not a result; it never fails and never blocks.
    pub fn tell(&mut self, event: Event) {
        match (&mut self.aside, &event) {
            (Some(aside), Event::Error { .. }) => aside.push(Aside::Told(event)),
            _ => self.report.tell(&event),
        }
    }

    /// Tells something to know that is not an error.
    pub fn note(&mut self, stage: Stage, object: impl Into<String>, text: impl Into<String>) {
        self.tell(Event::Note {
            stage: stage.name(),
            object: object.into(),
            text: text.into(),
        });
    }

    /// Whether `-vv` asks for single system calls.
    pub fn tells_calls(&self) -> bool {
        self.report.tells_calls()
    }

    /// Whether it is told that peers come and go.
    pub fn tells_peers(&self) -> bool {
        self.report.tells_peers()
    }

    /// Tells one system call and its result, under `-vv` only.
    pub fn call(&mut self, call: impl FnOnce() -> String, result: impl ToString) {
        if self.report.tells_calls() {
            let event = Event::Call {
                call: call(),
                result: result.to_string(),
            };
            self.report.tell(&event);
        }
    }

    /// Says when `--idle` will end the conversation if nothing moves before.
    pub fn idles_at(&mut self, moment: Option<(Instant, Timer)>) {
        self.idle = moment;
    }

    /// Makes a call that may block; if it is still blocked when `--timeout` or
    /// `--idle` comes, the process says so and ends, whatever the call waits for.
    pub fn guarded<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let deadline = earlier(self.deadline(), self.idle);
        let about = self.about();
        let _guard = self.watchdog.arm(deadline, about);
        call()
    }

    fn about(&self) -> watchdog::About {
        watchdog::About {
            stage: self.stage,
            object: Arc::clone(&self.object),
            hint: self.kept.clone(),
        }
    }

    /// Says what an end at this moment would leave behind, for the last words.
    pub fn keeps(&mut self, what: Option<&str>) {
        self.kept = what.map(Into::into);
    }

    /// Ends the run quietly, from any wait, once the reader of stdout has gone;
    /// only where poll(2) can tell (a pipe, a socket).
    pub fn watch_stdout(&mut self, on: bool) {
        self.stdout_has_reader = on;
    }

    /// Readable when a signal has come; for loops that do not go through
    /// [`Run::wait`].
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// The signal that asked for the end is seen to: no wait is ended by it any
    /// more, though a second one still ends the process.
    pub fn ending_is_known(&mut self) {
        self.signals.know();
    }

    /// The moment `--timeout` ends the run.
    pub fn deadline(&self) -> Option<(Instant, Timer)> {
        let after = self.timeout?;
        let timer = Timer {
            option: "--timeout",
            after,
        };
        Some((self.started.checked_add(after)?, timer))
    }

    /// The failure a timer stands for, at the present stage.
    pub fn timed_out(&self, timer: Timer) -> Failure {
        Failure::Timer {
            timer,
            stage: self.stage,
            object: self.object.to_string(),
            hint: None,
        }
    }

    /// The failure a signal stands for, at the present stage.
    pub fn signalled(&self, number: i32) -> Failure {
        Failure::Signal {
            number,
            stage: self.stage,
            object: self.object.to_string(),
            hint: None,
        }
    }

    /// The report, for the last words of a run.
    pub fn into_report(mut self) -> Report {
        self.tell_floods(None);
        self.report
    }
}

fn earlier(a: Option<(Instant, Timer)>, b: Option<(Instant, Timer)>) -> Option<(Instant, Timer)> {
    [a, b].into_iter().flatten().min_by_key(|(at, _)| *at)
}

/// Milliseconds with their fraction, as events carry them.
pub fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
