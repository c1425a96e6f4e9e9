//! What every stage of one run shares: who is told, what can end it, and the
//! one way of waiting.
//!
//! Every wait of the program goes through [`Run::wait`], so that signals and
//! `--timeout` act at every stage alike. Calls that may block in spite of
//! poll(2) (a disk, a terminal, a fifo without a reader) are made under
//! [`Run::guarded`].

mod signals;
mod watchdog;

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::event::Event;
use crate::failure::{Failure, Timer};
use crate::report::{self, Bar, Report, Unwritten};
use crate::stage::Stage;
use crate::sys::descriptor;
pub use signals::{Signals, USR1};
use watchdog::Watchdog;

/// `--pause STAGE=DUR`, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub stage: Stage,
    pub time: Duration,
}

/// Why [`Run::wait`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// At least one descriptor is ready.
    Ready,
    /// The moment that was asked for has come.
    Time,
    /// USR1: somebody wants to know how far it is.
    Progress,
}

/// What is waited for on one descriptor, and what came of it.
pub struct Interest<'fd> {
    fd: BorrowedFd<'fd>,
    interest: PollFlags,
    ready: PollFlags,
}

impl<'fd> Interest<'fd> {
    /// Empty flags wait for errors only.
    pub fn new(fd: BorrowedFd<'fd>, interest: PollFlags) -> Self {
        Interest {
            fd,
            interest,
            ready: PollFlags::empty(),
        }
    }

    /// Whether something came.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// What came.
    pub fn ready(&self) -> PollFlags {
        self.ready
    }
}

/// How long a result may wait for its reader once a signal has asked for the end.
const LAST_CHANCE: Duration = Duration::from_millis(60);

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
    /// The reader of stdout is watched whatever else is waited for.
    stdout_has_reader: bool,
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
            stdout_has_reader: false,
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
        self.report.tell(&event);
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
        let text = self.report.result(event);
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let about = self.about();
            let guard = self
                .watchdog
                .arm(earlier(self.deadline(), self.idle), about);
            let written = report::stdout(rest);
            drop(guard);
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

    /// Waits for `--pause` after a stage.
    ///
    /// # Errors
    /// A signal or `--timeout`.
    pub fn pause(&mut self, stage: Stage) -> Result<(), Failure> {
        let time: Duration = self
            .pauses
            .iter()
            .filter(|pause| pause.stage == stage)
            .map(|pause| pause.time)
            .fold(Duration::ZERO, Duration::saturating_add);
        if time.is_zero() {
            return Ok(());
        }
        self.sleep(time)
    }

    /// Waits for a time, answering USR1.
    ///
    /// # Errors
    /// A signal or `--timeout`.
    pub fn sleep(&mut self, time: Duration) -> Result<(), Failure> {
        // A moment too far away for a clock never comes.
        let until = Instant::now().checked_add(time);
        while self.wait(&mut [], until)? != Wake::Time {}
        Ok(())
    }

    /// poll(2) until a descriptor is ready or `until` comes.
    ///
    /// # Errors
    /// A signal, or `--timeout`.
    pub fn wait(
        &mut self,
        fds: &mut [Interest<'_>],
        until: Option<Instant>,
    ) -> Result<Wake, Failure> {
        match self.wait_quietly(fds, until)? {
            Wake::Progress => {
                self.progress(0, 0);
                Ok(Wake::Progress)
            }
            wake => Ok(wake),
        }
    }

    /// As [`Run::wait`]; the caller answers USR1 itself, with [`Run::progress`].
    ///
    /// # Errors
    /// A signal, or `--timeout`.
    pub fn wait_quietly(
        &mut self,
        fds: &mut [Interest<'_>],
        until: Option<Instant>,
    ) -> Result<Wake, Failure> {
        let deadline = self.deadline();
        let signals = self.signals.pipe();
        let mut all: Vec<PollFd<'_>> = Vec::with_capacity(fds.len() + 2);
        all.push(PollFd::new(signals.as_fd(), PollFlags::POLLIN));
        all.extend(fds.iter().map(|one| PollFd::new(one.fd, one.interest)));
        if self.stdout_has_reader {
            all.push(PollFd::new(descriptor::standard(1), PollFlags::empty()));
        }
        loop {
            let now = Instant::now();
            if let Some((at, timer)) = deadline
                && now >= at
            {
                return Err(self.timed_out(timer));
            }
            if until.is_some_and(|at| now >= at) {
                // Ready descriptors win over a moment that has come only if
                // the caller asks again; a timer must never starve.
                return Ok(Wake::Time);
            }
            let next = [until, deadline.map(|(at, _)| at)]
                .into_iter()
                .flatten()
                .min();
            let timeout = next.map_or(PollTimeout::NONE, |at| millis_up(at - now));
            match poll(&mut all, timeout) {
                Ok(0) | Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(errno) => {
                    return Err(crate::failure::StageError::os(
                        self.stage,
                        &*self.object,
                        crate::failure::Class::Local,
                        errno,
                    )
                    .into());
                }
            }
            if all[0].any() == Some(true) {
                match self.signals.take() {
                    Some(signals::USR1) => return Ok(Wake::Progress),
                    Some(number) => return Err(self.signalled(number)),
                    None => {}
                }
            }
            if all
                .get(fds.len() + 1)
                .is_some_and(|stdout| stdout.any() == Some(true))
            {
                // Nothing was asked for, so it is POLLERR or POLLHUP.
                return Err(Failure::StdoutGone);
            }
            for (one, polled) in fds.iter_mut().zip(&all[1..]) {
                one.ready = polled.revents().unwrap_or(PollFlags::POLLERR);
            }
            if fds.iter().any(Interest::is_ready) {
                return Ok(Wake::Ready);
            }
        }
    }

    /// Answers USR1.
    pub fn progress(&mut self, sent: u64, received: u64) {
        let event = Event::Progress {
            stage: self.stage.name(),
            object: self.object.to_string(),
            sent,
            received,
            elapsed_ms: millis(self.started.elapsed()),
        };
        self.report.tell(&event);
    }

    /// A bar for a run with `total` answers to wait for, where one is wanted.
    pub fn bar(&self, total: u64) -> Option<Bar> {
        Bar::start(self.report.style(), total)
    }

    /// Readable when a signal has come; for loops that do not go through
    /// [`Run::wait`].
    pub fn signals(&self) -> &Signals {
        &self.signals
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

/// poll(2) counts whole milliseconds: rounding down would spin through the last one.
fn millis_up(time: Duration) -> PollTimeout {
    let millis = time.as_micros().div_ceil(1000);
    PollTimeout::try_from(millis.min(i32::MAX as u128) as i32).unwrap_or(PollTimeout::MAX)
}

/// Milliseconds with their fraction, as events carry them.
pub fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
