//! The stages of the socket API, one file each, named as the system call.
//!
//! Each file holds the stage's options as data, the act, the event it tells
//! and the errors it can give. Stages know nothing of verbs.

pub mod accept;
pub mod bind;
pub mod close;
pub mod connect;
mod hint;
pub mod listen;
pub mod options;
pub mod pace;
pub mod queue;
pub mod recv;
pub mod resolve;
pub mod send;
mod silence;
pub mod socket;

use std::fmt;
use std::str::FromStr;

pub use hint::hint;
pub use silence::silence;

use crate::word::{WordError, nearest};

/// A stage, as `--pause`, errors and `-v` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    Resolve,
    Socket,
    Bind,
    Listen,
    Accept,
    Connect,
    Send,
    Recv,
    Close,
}

impl Stage {
    /// All stages, in the order of a connection's life.
    pub const ALL: [Stage; 9] = [
        Stage::Resolve,
        Stage::Socket,
        Stage::Bind,
        Stage::Listen,
        Stage::Accept,
        Stage::Connect,
        Stage::Send,
        Stage::Recv,
        Stage::Close,
    ];

    /// The system call's name; `resolve` stands for getaddrinfo(3).
    pub fn name(self) -> &'static str {
        match self {
            Stage::Resolve => "resolve",
            Stage::Socket => "socket",
            Stage::Bind => "bind",
            Stage::Listen => "listen",
            Stage::Accept => "accept",
            Stage::Connect => "connect",
            Stage::Send => "send",
            Stage::Recv => "recv",
            Stage::Close => "close",
        }
    }
}

impl Stage {
    /// What has happened when it is over.
    pub fn about(self) -> &'static str {
        match self {
            Stage::Resolve => "the name has its addresses",
            Stage::Socket => "there is a socket, nothing was sent",
            Stage::Bind => "it has a local address",
            Stage::Listen => "handshakes are completed, nobody is accepted",
            Stage::Accept => "a peer is there, nothing was said",
            Stage::Connect => "the handshake is done, nothing was said",
            Stage::Send => "something was sent",
            Stage::Recv => "something was received",
            Stage::Close => "the connection is closed",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Stage {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        Stage::ALL
            .into_iter()
            .find(|stage| stage.name() == word)
            .ok_or_else(|| WordError {
                word: word.to_owned(),
                expected: format!("a stage ({})", Stage::ALL.map(Stage::name).join(" ")),
                meant: nearest(word, Stage::ALL.map(Stage::name)).map(str::to_owned),
            })
    }
}
