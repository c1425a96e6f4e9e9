//! Why a run did not do what was asked.
//!
//! "This peer failed", "we failed" and "a timer or a signal ended it" are
//! different things and stay different until [`crate::exit`] turns them into a
//! code. "You asked wrong" never gets here: it is clap's.

use std::time::Duration;

use nix::errno::Errno;

use crate::event::Event;
use crate::exit::Exit;
use crate::stage::Stage;
use crate::units;

/// What a run can end with instead of success.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// A stage failed on an object.
    Stage(StageError),
    /// A timer ran out while a stage was under way.
    Timer {
        timer: Timer,
        stage: Stage,
        object: String,
        hint: Option<String>,
    },
    /// INT, TERM or HUP; the process will die of it once everything is in order.
    Signal {
        number: i32,
        stage: Stage,
        object: String,
        hint: Option<String>,
    },
    /// The reader of stdout has gone: a quiet death, as by SIGPIPE.
    StdoutGone,
}

/// What kind of answer (or trouble) a failed stage stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Files, descriptors, permissions, an address that cannot be bound.
    Local,
    /// A name did not resolve.
    Name,
    /// The host itself said no.
    Refused,
    /// Nobody answered.
    NoAnswer,
    /// An ICMP error, or no route.
    Rejected,
    /// Reset, short, or ended by grace.
    Cut,
    /// A command that cannot be started.
    Command,
}

/// A stage, the object it acted on, and why it failed.
#[derive(Debug, Clone, PartialEq)]
pub struct StageError {
    pub stage: Stage,
    /// Address, name or file, as a person would type it.
    pub object: String,
    /// In words, without the errno's name.
    pub reason: String,
    pub errno: Option<Errno>,
    /// What it means or what to do, where that helps.
    pub hint: Option<String>,
    pub class: Class,
}

impl StageError {
    /// An error without an errno.
    pub fn new(
        stage: Stage,
        object: impl Into<String>,
        class: Class,
        reason: impl Into<String>,
    ) -> Self {
        StageError {
            stage,
            object: object.into(),
            reason: reason.into(),
            errno: None,
            hint: None,
            class,
        }
    }

    /// What a system call said; reason and hint come from the errno.
    pub fn os(stage: Stage, object: impl Into<String>, class: Class, errno: Errno) -> Self {
        StageError {
            stage,
            object: object.into(),
            reason: describe(errno),
            errno: Some(errno),
            hint: crate::stage::hint(stage, errno).map(str::to_owned),
            class,
        }
    }

    /// As [`StageError::os`], from what std and socket2 return.
    pub fn io(
        stage: Stage,
        object: impl Into<String>,
        class: Class,
        error: &std::io::Error,
    ) -> Self {
        match error.raw_os_error() {
            Some(raw) => Self::os(stage, object, class, Errno::from_raw(raw)),
            None => Self::new(stage, object, class, error.to_string()),
        }
    }

    /// The same error with another hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `connection refused (ECONNREFUSED)`.
    pub fn told(&self) -> String {
        match self.errno {
            Some(errno) => format!("{} ({})", self.reason, errno_name(errno)),
            None => self.reason.clone(),
        }
    }

    /// The event of an error that does not end the run.
    pub fn attempt(&self) -> Event {
        Event::Attempt {
            stage: self.stage.name(),
            object: self.object.clone(),
            reason: self.reason.clone(),
            errno: self.errno.map(errno_name),
        }
    }
}

impl Failure {
    /// The same failure, with one more thing to know about it.
    pub fn and(mut self, more: String) -> Failure {
        let hint = match &mut self {
            Failure::Stage(error) => &mut error.hint,
            Failure::Timer { hint, .. } | Failure::Signal { hint, .. } => hint,
            Failure::StdoutGone => return self,
        };
        *hint = Some(match hint.take() {
            Some(hint) => format!("{hint}; {more}"),
            None => more,
        });
        self
    }

    /// The reason alone, as [`Failure::event`] words it.
    pub fn reason(&self) -> Option<String> {
        match self.event() {
            Some(Event::Error { reason, .. }) => Some(reason),
            _ => None,
        }
    }

    /// What is told about it; nothing when stdout's reader has gone.
    pub fn event(&self) -> Option<Event> {
        let code = Exit::failure(self).number();
        Some(match self {
            Failure::Stage(error) => Event::Error {
                stage: error.stage.name(),
                object: error.object.clone(),
                reason: error.reason.clone(),
                errno: error.errno.map(errno_name),
                hint: error.hint.clone(),
                code,
            },
            Failure::Timer {
                timer,
                stage,
                object,
                hint,
            } => Event::Error {
                stage: stage.name(),
                object: object.clone(),
                reason: format!("ended by {} {}", timer.option, units::display(timer.after)),
                errno: None,
                hint: hint.clone(),
                code,
            },
            Failure::Signal {
                number,
                stage,
                object,
                hint,
            } => Event::Error {
                stage: stage.name(),
                object: object.clone(),
                reason: format!(
                    "ended by {}",
                    signal_hook::low_level::signal_name(*number).unwrap_or("a signal")
                ),
                errno: None,
                hint: hint.clone(),
                code,
            },
            Failure::StdoutGone => return None,
        })
    }
}

impl From<StageError> for Failure {
    fn from(error: StageError) -> Self {
        Failure::Stage(error)
    }
}

/// The option whose time ran out, and that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// As typed: `--timeout`.
    pub option: &'static str,
    pub after: Duration,
}

/// strerror(3)'s words, in the case of a word inside a sentence.
pub fn describe(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    // std adds ` (os error 111)`; the errno's name says that better.
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// The errno's symbolic name (`ECONNREFUSED`), as errno(3) lists it.
pub fn errno_name(errno: Errno) -> String {
    format!("{errno:?}")
}
