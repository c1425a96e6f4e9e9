//! What a probe asks, of whom, how often, and what it expects.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::stage::bind::Source;
use crate::stage::options::SocketOption;
use crate::stage::resolve;
use crate::targets::{LineForm, Target};
use crate::text::Text;
use crate::units::Count;
use crate::verdict::State;

/// `sock probe`
#[derive(Debug, PartialEq)]
pub struct Probe {
    pub targets: Vec<Target>,
    /// Further targets.
    pub lists: Vec<List>,
    pub udp: bool,
    pub resolve: resolve::Options,
    pub source: Option<Source>,
    /// What is set on each socket.
    pub set: Vec<SocketOption>,
    /// None: by the form in which the port was named.
    pub wait: Option<Duration>,
    pub pace: Pace,
    pub expect: Expectation,
    pub all_addresses: bool,
    /// None: each port is asked once.
    pub series: Option<Series>,
    /// What UDP questions carry, and what is said after a handshake.
    pub data: Option<Text>,
    /// How long a server is listened to.
    pub banner: Option<Duration>,
    pub trace: Option<Trace>,
    pub note: Option<String>,
}

/// How often the same is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Series {
    pub count: Count,
    /// From the beginning of an attempt to that of the next.
    pub interval: Duration,
    /// Percent of a port's attempts that may be other than expected.
    pub max_loss: f64,
}

/// `--trace`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// `--trace-against`
    pub against: Option<u16>,
}

/// Targets that are read while others are asked, one a line.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub input: Input,
    pub form: LineForm,
}

/// Where lines are read.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// `-`
    Stdin,
    File(PathBuf),
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Stdin => f.write_str("stdin"),
            Input::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How much is asked at once, how fast, and how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Questions in flight; None: as the machine allows.
    pub window: Option<usize>,
    /// Questions a second.
    pub max_rate: Option<NonZeroU32>,
    /// How often silence is asked again.
    pub retries: u32,
}

/// What the answers are to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Of every port; None: as the form says in which the port was named.
    pub state: Option<State>,
    /// How long all may take to become so; None: they are asked once.
    pub wait: Option<Duration>,
    /// One is enough.
    pub any: bool,
}
