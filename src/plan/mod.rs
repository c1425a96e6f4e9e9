//! What will be done: the rules between options, applied once, as data that
//! tests can compare. Pure but for [`Facts::ask`].
//!
//! Whatever a plan contains can be carried out as it stands; whatever cannot
//! is refused here, in clap's own form and with code 2.

mod flags;
mod options;
mod pauses;
mod rules;
#[cfg(test)]
mod tests;
mod verbs;

use std::io::IsTerminal;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::address::{Address, Local};
use crate::cli::{self, Cli, Progress, Refusal, TheRun, When, usage_error};
use crate::complete;
use crate::guests;
use crate::relay::look;
use crate::report::{Rows, Style, Wanted};
use crate::run::Pause;
use crate::serve::Service;
use crate::services::{Services, System};
use crate::stage::options::{Options, SocketOption};
use crate::stage::socket::Transport;
use crate::stage::{accept, connect, listen, recv, resolve, send};
use crate::sys::terminal;
use crate::targets::{LineForm, Target};
use crate::text::Text;
use crate::units::{Count, Limit};
use crate::verdict::State;
use crate::word::WordError;

/// A run, decided.
#[derive(Debug, PartialEq)]
pub struct Plan {
    pub style: Style,
    /// `--timeout`
    pub timeout: Option<Duration>,
    pub pauses: Vec<Pause>,
    pub errand: Errand,
}

/// What the run is for.
#[derive(Debug, PartialEq)]
pub enum Errand {
    /// A text for stdout.
    Answer(Vec<u8>),
    /// A verb.
    Verb(Box<Verb>),
}

/// A verb with all it needs.
#[derive(Debug, PartialEq)]
pub enum Verb {
    Listen(Listen),
    Connect(Connect),
    Send(Send),
    Recv(Recv),
    Probe(Probe),
}

/// How to reach a peer.
#[derive(Debug, PartialEq)]
pub struct Dial {
    pub address: Address,
    pub transport: Transport,
    pub resolve: resolve::Options,
    pub connect: connect::Options,
    pub retry: connect::Retry,
    pub retry_interval: Duration,
    /// What a person should know about the address.
    pub note: Option<String>,
}

/// How to be reached.
#[derive(Debug, PartialEq)]
pub struct Wait {
    pub at: Vec<Local>,
    pub kind: Kind,
    /// What is set on each socket.
    pub socket: Options,
    pub resolve: resolve::Options,
    pub listen: listen::Options,
    pub accept: accept::Options,
    /// `--allow` and `--deny`.
    pub guests: guests::Typed,
}

/// The type of socket that was asked for; the address says the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Stream,
    Datagram,
    Seqpacket,
}

/// Either side of a connection.
#[derive(Debug, PartialEq)]
pub enum Way {
    Dial(Dial),
    Wait(Wait),
}

/// A two-way conversation.
#[derive(Debug, PartialEq)]
pub struct Talk {
    pub send: send::Options,
    pub recv: recv::Options,
    pub on_eof: crate::relay::ending::OnEof,
    pub grace: Limit,
    pub quit_after_eof: Option<Duration>,
    pub idle: Option<Duration>,
    pub lines: bool,
    pub look: look::Options,
}

/// `sock listen`
#[derive(Debug, PartialEq)]
pub struct Listen {
    pub wait: Wait,
    pub keep_open: bool,
    pub act: Act,
}

/// What is done with a peer.
#[derive(Debug, PartialEq)]
pub enum Act {
    Relay(Talk),
    Serve(Service),
}

/// `sock connect`
#[derive(Debug, PartialEq)]
pub struct Connect {
    pub dial: Dial,
    pub talk: Talk,
}

/// `sock send`
#[derive(Debug, PartialEq)]
pub struct Send {
    pub way: Way,
    pub what: What,
    pub send: send::Options,
    pub recv: recv::Options,
    pub close_wait: Duration,
    pub idle: Option<Duration>,
    pub look: look::Options,
}

/// What is sent.
#[derive(Debug, PartialEq)]
pub enum What {
    /// Files one after another; none is stdin.
    Input {
        files: Vec<PathBuf>,
        bytes: Option<u64>,
    },
    /// Numbered messages, one send() each.
    Messages {
        text: Text,
        count: u64,
        await_reply: Option<Duration>,
        lines: bool,
    },
}

/// `sock recv`
#[derive(Debug, PartialEq)]
pub struct Recv {
    pub way: Way,
    pub recv: recv::Options,
    /// None is stdout.
    pub output: Option<PathBuf>,
    pub force: bool,
    pub bytes: Option<u64>,
    /// Datagrams or messages.
    pub count: Option<u64>,
    pub idle: Option<Duration>,
    pub lines: bool,
    pub look: look::Options,
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

/// `sock probe`
#[derive(Debug, PartialEq)]
pub struct Probe {
    pub targets: Vec<Target>,
    /// Further targets.
    pub lists: Vec<List>,
    pub udp: bool,
    pub resolve: resolve::Options,
    pub source: Option<crate::stage::bind::Source>,
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

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// The little a plan depends on besides its words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    pub stdout_terminal: bool,
    pub stderr_terminal: bool,
    pub no_color: bool,
    /// Columns of the terminal that stdout is.
    pub width: Option<u16>,
    /// Columns of the terminal that stderr is.
    pub stderr_width: Option<u16>,
}

impl Facts {
    /// Asks this process.
    pub fn ask() -> Facts {
        Facts {
            stdout_terminal: std::io::stdout().is_terminal(),
            stderr_terminal: std::io::stderr().is_terminal(),
            no_color: terminal::no_color(),
            width: terminal::width(1),
            stderr_width: terminal::width(2),
        }
    }
}

impl Plan {
    /// Plans what was typed, on this machine.
    ///
    /// # Errors
    /// Words and combinations that make no sense.
    pub fn from_cli(cli: Cli) -> Result<Plan, Refusal> {
        Plan::new(cli, Facts::ask(), &System)
    }

    /// As [`Plan::from_cli`], with the facts given.
    ///
    /// # Errors
    /// Words and combinations that make no sense.
    pub fn new(cli: Cli, facts: Facts, services: &dyn Services) -> Result<Plan, Refusal> {
        Plan::decide(cli, facts, services).map_err(|no| usage_error(no.verb, no.json, no.wrong))
    }

    /// As [`Plan::new`], for who wants to know only whether it can be done: a
    /// refusal in clap's form takes a thousand times as long.
    ///
    /// # Errors
    /// What is wrong.
    pub fn decide(cli: Cli, facts: Facts, services: &dyn Services) -> Result<Plan, Undecided> {
        let (verb, options, timeout, rows, planned) = match cli.verb {
            cli::Verb::Completions(shell) => return Ok(completions(shell.shell)),
            cli::Verb::Listen(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::listen(typed, facts, services).map(Verb::Listen);
                ("listen", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Connect(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::connect(typed, services).map(Verb::Connect);
                ("connect", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Send(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::send(typed, facts, services).map(Verb::Send);
                ("send", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Recv(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let plan = verbs::recv(typed, services).map(Verb::Recv);
                ("recv", options, timeout, Rows::default(), plan)
            }
            cli::Verb::Probe(typed) => {
                let (options, timeout) = (typed.run.clone(), typed.timeout.timeout);
                let rows = Rows {
                    all: typed.probe.all,
                    banner: typed.hear.banner,
                    differences: typed.expect.expect_file.is_some(),
                    attempts: typed.series.count.is_some(),
                };
                let plan = verbs::probe(typed, services).map(Verb::Probe);
                ("probe", options, timeout, rows, plan)
            }
        };
        let json = options.json;
        let planned = planned.map_err(|wrong| Undecided { verb, json, wrong })?;
        Ok(Plan {
            style: style(&options, facts, rows),
            timeout,
            pauses: options.pause,
            errand: Errand::Verb(Box::new(planned)),
        })
    }
}

fn completions(shell: clap_complete::Shell) -> Plan {
    Plan {
        style: Style::default(),
        timeout: None,
        pauses: Vec::new(),
        errand: Errand::Answer(complete::script(shell)),
    }
}

fn style(options: &TheRun, facts: Facts, rows: Rows) -> Style {
    let table = facts.stdout_terminal && !options.json;
    Style {
        json: options.json,
        verbose: options.verbose,
        quiet: options.quiet,
        color: match options.color {
            When::Always => true,
            When::Never => false,
            When::Auto => table && !facts.no_color,
        },
        table,
        rows,
        stderr_terminal: facts.stderr_terminal,
        width: facts.width,
        progress: match options.progress {
            Progress::Auto => Wanted::Auto,
            Progress::Always => Wanted::Always,
            Progress::Never => Wanted::Never,
        },
        stderr_width: facts.stderr_width,
    }
}

/// No plan: what is wrong, and with whose words.
#[derive(Debug, PartialEq)]
pub struct Undecided {
    pub verb: &'static str,
    /// It is to be said as JSON.
    pub json: bool,
    pub wrong: Wrong,
}

/// A command line that cannot be carried out, in one sentence.
#[derive(Debug, PartialEq)]
pub struct Wrong(pub String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<WordError> for Wrong {
    fn from(error: WordError) -> Self {
        Wrong(error.to_string())
    }
}
