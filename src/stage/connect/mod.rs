//! connect(): the other side, if it answers.
//!
//! `tcp` asks several addresses at once, `failed` makes one error of theirs,
//! `local` holds the types whose connect() sends nothing over a network.

mod failed;
mod local;
mod tcp;

use std::sync::Arc;
use std::time::Duration;

use socket2::{SockAddr, Socket};

use super::accept::Doorkeeper;
use super::bind::{OwnPath, Source};
use super::options;
use super::socket::Transport;
use crate::failure::Class;
use crate::verdict::Verdict;
pub use local::{udp, unix, unix_address};
pub use tcp::tcp;

/// The options of this stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `-w`: for each address, from its SYN on.
    pub timeout: Duration,
    /// `--source`
    pub source: Option<Source>,
    /// What is set on each socket.
    pub socket: options::Options,
}

/// `--retry`: how often it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    Times(u32),
    Inf,
}

/// A connected socket and its two names.
pub struct Conn {
    pub socket: Socket,
    /// The peer as people type it.
    pub peer: String,
    pub local: String,
    pub transport: Transport,
    /// The path of a datagram socket that was bound, removed with it.
    pub path: Option<OwnPath>,
    /// `--linger`: SO_LINGER when it is closed in order.
    pub linger: Option<Duration>,
    /// The peer's reset was seen already, and with it the kernel forgot: its
    /// end would look like one in order.
    pub reset: bool,
    /// The only sender whose datagrams count: others may have been queued
    /// before the socket was tied to this one.
    pub only: Option<SockAddr>,
    /// Who may be a sender where anybody can be; None is everybody.
    pub keeper: Option<Arc<Doorkeeper>>,
}

/// The class of an error that rests on a verdict.
pub fn class(verdict: &Verdict) -> Class {
    verdict.state.class().unwrap_or(Class::Local)
}
