//! What is done with peers, as data: the options of this room.

use std::ffi::OsString;
use std::time::Duration;

use crate::relay::look;
use crate::report::Goal;
use crate::stage::{recv, send};
use crate::text::Text;

/// A service for all peers at the same time.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    pub work: Work,
    /// `-k`: it goes on after the first peer.
    pub keep_open: bool,
    /// `--max-clients`: so many at the same time; None is as many as there
    /// are descriptors for.
    pub most: Option<usize>,
    /// `--drain`: how long peers may take to finish once TERM or HUP came.
    pub drain: Duration,
}

/// Who does it.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// This process.
    Answers(Answers),
    /// A process for each peer, which gets the socket itself.
    Command(Command),
}

/// What this process answers, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    pub answer: Answer,
    pub send: send::Options,
    pub recv: recv::Options,
    /// `--idle`: ends a peer that is silent for so long.
    pub idle: Option<Duration>,
    pub lines: bool,
    pub look: look::Options,
}

impl Answers {
    /// What a bar counts towards, and whether it helps: whoever serves for ever,
    /// or as the peer asks for it, is no transfer that somebody waits for.
    pub fn goal(&self, keep_open: bool) -> (Goal, bool) {
        match self.answer {
            Answer::Generate(bytes) if !keep_open => (Goal::Sent(Some(bytes)), !self.look.hex),
            Answer::Generate(_) => (Goal::Sent(None), false),
            Answer::Discard => (Goal::Received(None), false),
            Answer::Echo | Answer::Reply(_) => (Goal::Both(None), false),
        }
    }
}

/// What a peer gets for what it sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The same.
    Echo,
    /// Nothing.
    Discard,
    /// This, for every recv(), which is printed.
    Reply(Text),
    /// So many bytes of a fixed pattern, whatever it sends.
    Generate(u64),
}

/// `-- CMD ARG...`, or `--sh 'CMD'` as `/bin/sh -c CMD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub program: OsString,
    pub args: Vec<OsString>,
}

impl Command {
    /// The shell's.
    pub fn of_shell(line: OsString) -> Command {
        Command {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), line],
        }
    }
}
