//! The exit code: the one place that decides it. Pure, but for [`Exit::exit`].

use nix::errno::Errno;

use crate::failure::{Class, Failure};
use crate::sys::signal;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// exit(3) with this code.
    Code(u8),
    /// Death by this signal, as the shell reports it with 128 + n.
    Signal(i32),
}

/// What a verb that ran to its end found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Did what was asked.
    InOrder,
    /// The only command ended with this code, as a shell reports it.
    Command(u8),
    /// `probe`: one entry for each answer other than expected.
    Answers(Vec<Miss>),
}

/// An answer other than expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Miss {
    /// A wrong state that a class stands for: closed, filtered, rejected ...
    Class(Class),
    /// Open where something else was expected.
    Open,
}

/// wrong usage, as clap's own errors end
pub const USAGE: u8 = 2;
/// a timer ended it, as timeout(1) says it
pub const TIMER: u8 = 124;
/// other than expected
const UNEXPECTED: u8 = 9;
const SIGPIPE: i32 = 13;

impl Exit {
    /// Success.
    pub const OK: Exit = Exit::Code(0);
    /// Local trouble.
    pub const LOCAL: Exit = Exit::Code(1);

    /// The exit a finished run stands for.
    pub fn of(result: &Result<Done, Failure>) -> Exit {
        match result {
            Ok(Done::InOrder) => Exit::OK,
            Ok(Done::Command(code)) => Exit::Code(*code),
            Ok(Done::Answers(misses)) => Exit::Code(answers(misses)),
            Err(failure) => Exit::failure(failure),
        }
    }

    /// The exit a failure stands for.
    pub fn failure(failure: &Failure) -> Exit {
        match failure {
            Failure::Stage(error) if error.class == Class::Command => {
                Exit::Code(not_started(error.errno))
            }
            Failure::Stage(error) => Exit::Code(class(error.class)),
            Failure::Timer { .. } => Exit::Code(TIMER),
            Failure::Signal { number, .. } => Exit::Signal(*number),
            Failure::StdoutGone => Exit::Signal(SIGPIPE),
        }
    }

    /// The number a JSON error carries: a signal as the shell shows it.
    pub fn number(self) -> u8 {
        match self {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128u8.saturating_add(signal as u8),
        }
    }

    /// Ends the process. A caught signal is raised again with its default
    /// action, so that a parent sees the truth in wait(2).
    pub fn exit(self) -> ! {
        match self {
            Exit::Code(code) => std::process::exit(code.into()),
            Exit::Signal(signal) => signal::die(signal),
        }
    }
}

fn class(class: Class) -> u8 {
    match class {
        Class::Local => 1,
        Class::Name => 3,
        Class::Refused => 4,
        Class::NoAnswer => 5,
        Class::Rejected => 6,
        Class::Cut => 7,
        Class::Command => not_started(None),
    }
}

/// What a shell says of a command that does not exist, and of one that cannot
/// be executed.
fn not_started(errno: Option<Errno>) -> u8 {
    match errno {
        Some(Errno::ENOENT | Errno::ENOTDIR) => 127,
        _ => 126,
    }
}

/// 1 outranks 3 outranks the wrong answers; answers that differ are 9.
fn answers(misses: &[Miss]) -> u8 {
    let code = |miss: &Miss| match miss {
        Miss::Class(kind) => class(*kind),
        Miss::Open => UNEXPECTED,
    };
    let mut codes = misses.iter().map(code);
    let Some(first) = codes.next() else { return 0 };
    codes.fold(first, |sum, next| match (sum, next) {
        (1, _) | (_, 1) => 1,
        (3, _) | (_, 3) => 3,
        (a, b) if a == b => a,
        _ => UNEXPECTED,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::*;

    #[test]
    fn answers_merge_by_precedence() {
        let of = |classes: &[Class]| {
            Exit::of(&Ok(Done::Answers(
                classes.iter().map(|c| Miss::Class(*c)).collect(),
            )))
        };
        assert_eq!(of(&[]), Exit::Code(0));
        assert_eq!(of(&[Refused]), Exit::Code(4));
        assert_eq!(of(&[Refused, Refused]), Exit::Code(4));
        assert_eq!(of(&[Refused, NoAnswer]), Exit::Code(9));
        assert_eq!(of(&[Refused, NoAnswer, Name]), Exit::Code(3));
        assert_eq!(of(&[Name, Local, Rejected]), Exit::Code(1));
        assert_eq!(
            Exit::of(&Ok(Done::Answers(vec![Miss::Open]))),
            Exit::Code(9)
        );
    }

    #[test]
    fn a_signal_shows_as_the_shell_shows_it() {
        assert_eq!(Exit::failure(&Failure::StdoutGone), Exit::Signal(13));
        assert_eq!(Exit::Signal(15).number(), 143);
    }
}
