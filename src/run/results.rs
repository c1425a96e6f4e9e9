//! Results: what goes to stdout, all of it or with an error, and what waits
//! until it is known what it is worth.

use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use super::{Interest, Run, Wake};
use crate::event::Event;
use crate::failure::Failure;
use crate::report;
use crate::sys::descriptor::{self, Kind};

/// How long a result may wait for its reader once a signal has asked for the end.
const LAST_CHANCE: Duration = Duration::from_millis(60);

/// What was held back, in its order.
#[derive(Default)]
pub struct Held(Vec<Aside>);

pub(super) enum Aside {
    Told(Event),
    Result(Event),
}

impl Run {
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
            match written.map_err(|unwritten| unwritten.at(self.stage))? {
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
}
