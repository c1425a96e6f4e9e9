//! The one way of waiting: signals, `--timeout` and the reader of stdout are
//! watched whatever a stage waits for.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Run, USR1};
use crate::failure::Failure;
use crate::stage::Stage;
use crate::sys::descriptor;

/// Why [`Run::wait`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// At least one descriptor is ready.
    Ready,
    /// The moment that was asked for has come.
    Time,
    /// USR1: somebody wanted to know how far it is, and was told.
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

impl Run {
    /// Waits for `--pause` after a stage.
    ///
    /// # Errors
    /// A signal or `--timeout`.
    pub fn pause(&mut self, stage: Stage) -> Result<(), Failure> {
        match self.pause_after(stage) {
            Some(time) => self.sleep(time),
            None => Ok(()),
        }
    }

    /// `--pause` after a stage, for who has others to see to meanwhile.
    pub fn pause_after(&self, stage: Stage) -> Option<Duration> {
        let pauses = self.pauses.iter().filter(|pause| pause.stage == stage);
        let times = pauses.map(|pause| pause.time);
        let time = times.fold(Duration::ZERO, Duration::saturating_add);
        (!time.is_zero()).then_some(time)
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

    /// poll(2) until a descriptor is ready or `until` comes; USR1 is answered.
    /// If that moment has passed already it is one look, and its answer is
    /// [`Wake::Time`] whatever is ready.
    ///
    /// # Errors
    /// A signal, or `--timeout`.
    pub fn wait(
        &mut self,
        fds: &mut [Interest<'_>],
        until: Option<Instant>,
    ) -> Result<Wake, Failure> {
        let deadline = self.deadline();
        let signals = self.signals.pipe();
        let mut all: Vec<PollFd<'_>> = Vec::with_capacity(fds.len() + 2);
        all.push(PollFd::new(signals.as_fd(), PollFlags::POLLIN));
        all.extend(fds.iter().map(|one| PollFd::new(one.fd, one.interest)));
        let stdout_at = self.stdout_has_reader.then_some(all.len());
        if self.stdout_has_reader {
            all.push(PollFd::new(descriptor::standard(1), PollFlags::empty()));
        }
        let behind = all.len();
        if self.report.waits_for_stderr() {
            all.push(PollFd::new(descriptor::standard(2), PollFlags::POLLOUT));
        }
        let mut polled = false;
        loop {
            let now = Instant::now();
            if let Some((at, timer)) = deadline
                && now >= at
            {
                return Err(self.timed_out(timer));
            }
            // Signals and descriptors are looked at even by who never has to
            // wait; a timer must not starve because something is always ready.
            let is_time = until.is_some_and(|at| now >= at);
            if is_time && polled {
                return Ok(Wake::Time);
            }
            self.tell_news(now);
            self.tell_floods(Some(now));
            let news = self.watched.as_ref().map(|(_, at)| *at);
            let floods = self.floods.next();
            let next = [until, deadline.map(|(at, _)| at), news, floods]
                .into_iter()
                .flatten()
                .min();
            let left = next.map(|at| at.saturating_duration_since(now));
            let timeout = left.map_or(PollTimeout::NONE, millis_up);
            polled = true;
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
                    Some(USR1) => {
                        self.progress();
                        return Ok(Wake::Progress);
                    }
                    Some(number) => return Err(self.signalled(number)),
                    None => {}
                }
            }
            if stdout_at.is_some_and(|at| all[at].any() == Some(true)) {
                // Nothing was asked for, so it is POLLERR or POLLHUP.
                return Err(Failure::StdoutGone);
            }
            for (one, polled) in fds.iter_mut().zip(&all[1..]) {
                one.ready = polled.revents().unwrap_or(PollFlags::POLLERR);
            }
            if self.report.waits_for_stderr() {
                self.report.flush();
                if !self.report.waits_for_stderr() {
                    // It was the last of them.
                    all.truncate(behind);
                }
            }
            if is_time {
                return Ok(Wake::Time);
            }
            if fds.iter().any(Interest::is_ready) {
                return Ok(Wake::Ready);
            }
        }
    }
}

/// poll(2) counts whole milliseconds: rounding down would spin through the last one.
fn millis_up(time: Duration) -> PollTimeout {
    let millis = time.as_micros().div_ceil(1000);
    PollTimeout::try_from(millis.min(i32::MAX as u128) as i32).unwrap_or(PollTimeout::MAX)
}
