//! What every stage of one run shares: who is told, what can end it, and the
//! one way of waiting.
//!
//! Every wait of the program goes through [`Run::wait`], so that signals and
//! `--timeout` act at every stage alike. Calls that may block in spite of
//! poll(2) (a disk, a terminal, a fifo without a reader) are made under
//! [`Run::guarded`].

mod calls;
mod signals;
mod wait;
mod watchdog;

use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use crate::event::Event;
use crate::failure::{Failure, Timer};
use crate::report::{self, Bar, Counts, Course, Goal, Report, Unwritten};
use crate::stage::Stage;
use crate::sys::descriptor::{self, Kind};
pub use calls::{outcome, shown};
pub use signals::{Signals, USR1};
pub use wait::{Interest, Wake};
use watchdog::Watchdog;

/// `--pause STAGE=DUR`, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub stage: Stage,
    pub time: Duration,
}

/// How long a result may wait for its reader once a signal has asked for the end.
const LAST_CHANCE: Duration = Duration::from_millis(60);

/// What is looked at now and then, whatever is waited for.
pub trait Watch {
    /// How it is, for USR1.
    fn look(&mut self) -> Vec<Event>;

    /// What has happened since this was last asked.
    fn news(&mut self) -> Vec<Event>;
}

/// How often a [`Watch`] is asked for news.
const NEWS: Duration = Duration::from_secs(1);

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
    /// The reader of stdout is watched whatever else is waited for.
    stdout_has_reader: bool,
    /// Bytes sent and received so far.
    moved: Arc<Counts>,
    /// What they count towards.
    course: Option<Course>,
    /// Results and errors that may turn out to be of no interest.
    aside: Option<Vec<Aside>>,
}

/// What was held back, in its order.
#[derive(Default)]
pub struct Held(Vec<Aside>);

enum Aside {
    Told(Event),
    Result(Event),
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

    /// Holds results and errors back until it is known what they are worth.
    pub fn set_aside(&mut self) {
        self.aside = Some(Vec::new());
    }

    /// Gives out what was held back; from now on everything is told at once.
    pub fn take_aside(&mut self) -> Held {
        Held(self.aside.take().unwrap_or_default())
    }

    /// Tells what was held back.
    ///
    /// # Errors
    /// As for [`Run::result`].
    pub fn tell_held(&mut self, held: Held) -> Result<(), Failure> {
        for one in held.0 {
            match one {
                Aside::Told(event) => self.tell(event),
                Aside::Result(event) => self.result(&event)?,
            }
        }
        Ok(())
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

    /// Writes a result to stdout, waiting while its reader is slow.
    ///
    /// # Errors
    /// `StdoutGone`, a full disk, a signal, or `--timeout` while stdout is stuck.
    pub fn result(&mut self, event: &Event) -> Result<(), Failure> {
        self.results(std::slice::from_ref(event))
    }

    /// The same for several at once, which cost one write(2).
    ///
    /// # Errors
    /// As for [`Run::result`].
    pub fn results(&mut self, events: &[Event]) -> Result<(), Failure> {
        if let Some(aside) = &mut self.aside {
            aside.extend(events.iter().cloned().map(Aside::Result));
            return Ok(());
        }
        let report = &mut self.report;
        let text: String = events.iter().map(|event| report.result(event)).collect();
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let written = match Kind::standard(1) {
                Kind::Device if descriptor::is_null(descriptor::standard(1)) => {
                    report::stdout(rest)
                }
                // Only these can block once they are written to.
                Kind::Regular | Kind::Device => self.guarded(|| report::stdout(rest)),
                _ => report::stdout(rest),
            };
            match self.written(written)? {
                0 => {
                    let mut stdout = [Interest::new(descriptor::standard(1), PollFlags::POLLOUT)];
                    // What is known at the end of a run has its chance, but a
                    // stuck reader must not hold the end up.
                    let signal = self.signals.ending().signal();
                    let until = signal.map(|_| Instant::now() + LAST_CHANCE);
                    if let (Wake::Time, Some(signal)) = (self.wait(&mut stdout, until)?, signal) {
                        return Err(self.signalled(signal));
                    }
                }
                written => rest = &rest[written..],
            }
        }
        Ok(())
    }

    fn written(&self, written: Result<usize, Unwritten>) -> Result<usize, Failure> {
        written.map_err(|unwritten| match unwritten {
            Unwritten::Gone => Failure::StdoutGone,
            Unwritten::Failed(error) => crate::failure::StageError::io(
                self.stage,
                "stdout",
                crate::failure::Class::Local,
                &error,
            )
            .into(),
        })
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

    /// Says how many bytes have gone and come so far.
    pub fn moved(&mut self, sent: u64, received: u64) {
        self.moved.set([sent, received]);
    }

    /// Answers USR1.
    fn progress(&mut self) {
        let nothing = Course {
            goal: Goal::Both(None),
            counts: Arc::clone(&self.moved),
            stage: "",
            object: String::new(),
            started: self.started,
            began: self.started,
        };
        let course = Course {
            stage: self.stage.name(),
            object: self.object.to_string(),
            ..self.course.clone().unwrap_or(nothing)
        };
        self.report.tell(&course.event(Instant::now()));
        self.tell_watched();
    }

    fn tell_watched(&mut self) {
        if let Some((watched, _)) = &mut self.watched {
            for event in watched.look() {
                self.report.tell(&event);
            }
        }
    }

    /// Tells how it is with what is watched, under `-v` only.
    pub fn show_watched(&mut self) {
        if self.report.tells_stages() {
            self.tell_watched();
        }
    }

    /// Has this looked at from now on, in every wait.
    pub fn watch(&mut self, watched: Box<dyn Watch + Send>) {
        self.watched = Some((watched, Instant::now() + NEWS));
    }

    /// Tells what has happened, if it is time for that.
    fn tell_news(&mut self, now: Instant) {
        if let Some((watched, at)) = &mut self.watched
            && now >= *at
        {
            *at = now + NEWS;
            for event in watched.news() {
                self.report.tell(&event);
            }
        }
    }

    /// Counting towards a goal begins: a bar, where one is wanted.
    /// `undisturbed` says that no payload shares the terminal with it.
    pub fn bar(&mut self, goal: Goal, object: &str, undisturbed: bool) -> Option<Bar> {
        self.moved(0, 0);
        let stage = match goal {
            Goal::Answers(_) => Stage::Connect,
            Goal::Received(_) => Stage::Recv,
            Goal::Sent(_) | Goal::Both(_) => Stage::Send,
        };
        let course = Course {
            goal,
            counts: Arc::clone(&self.moved),
            stage: stage.name(),
            object: object.to_owned(),
            started: self.started,
            began: Instant::now(),
        };
        self.course = Some(course.clone());
        Bar::start(self.report.style(), course, undisturbed)
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
    pub fn into_report(self) -> Report {
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
