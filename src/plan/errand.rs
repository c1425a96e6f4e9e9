//! What a run does: a verb with all it needs, as data.

use std::path::PathBuf;
use std::time::Duration;

use clap_complete::Shell;

use super::survey::Probe;
use crate::address::{Address, Local};
use crate::guests;
use crate::relay::ending::OnEof;
use crate::relay::look;
use crate::serve::Service;
use crate::stage::options::Options;
use crate::stage::socket::Transport;
use crate::stage::{accept, connect, listen, recv, resolve, send};
use crate::text::Text;
use crate::units::Limit;

/// What the run is for.
#[derive(Debug, PartialEq)]
pub enum Errand {
    /// What makes this shell ask us at TAB.
    Completions(Shell),
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
    pub on_eof: OnEof,
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
