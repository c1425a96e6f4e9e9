//! What a server does once it has accepted: open has degrees. Pure.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::sentence::short;

/// What came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Greeting {
    /// Bytes.
    Spoke,
    /// Nothing, as long as anybody listened.
    Silent,
    /// The end of the connection, in order.
    Closed,
    /// A reset.
    Reset,
}

impl Greeting {
    /// The word for it in results.
    pub fn name(self) -> &'static str {
        match self {
            Greeting::Spoke => "spoke",
            Greeting::Silent => "silent",
            Greeting::Closed => "closed",
            Greeting::Reset => "reset",
        }
    }

    /// What it did `time` after it had accepted; `line` is the first it said.
    pub fn sentence(self, time: Duration, line: &str) -> String {
        let time = short(time);
        match self {
            Greeting::Spoke => format!("it spoke after {time}: {line}"),
            Greeting::Silent => format!(
                "then nothing for {time}: it waits for the client to speak, or something \
                 on the way accepts in its name"
            ),
            Greeting::Closed => format!(
                "then it closed after {time} without a word: it turns us away, or what is \
                 behind it is down"
            ),
            Greeting::Reset => format!(
                "then it reset the connection after {time} without a word: it turns us away, \
                 or something on the way does"
            ),
        }
    }
}

impl fmt::Display for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
