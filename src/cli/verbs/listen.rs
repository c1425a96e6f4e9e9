//! `sock listen`: its options, and the words that open its help.

use std::ffi::OsString;

use clap::{Args, ValueHint};

use crate::cli::groups::{
    BindOptions, BindPath, Close, Idle, Lines, Linger, ListenOptions, Look, RecvOptions, Resolve,
    SendOptions, Socket, SocketOptions, TheRun, Timeout,
};
use crate::cli::values::max_clients;
use crate::text::Text;
use crate::units::{Size, duration};

/// Wait for a peer, then relay stdin and stdout, or serve it
#[derive(Debug, Args)]
#[command(
    long_about = "\
Wait for a peer, then relay stdin and stdout, or serve it.

  resolve -> socket -> bind -> [listen -> accept] -> send, recv -> close

One peer by default; -k takes one after another, and everything that serves \
(--echo, --discard, --reply, --generate, a command) serves all of them at the \
same time.",
    override_usage = "sock listen [OPTIONS] [ADDRESS]... [-- CMD ARG...]",
    after_long_help = LISTEN_EXAMPLES
)]
pub struct Listen {
    /// PORT, HOST PORT or HOST:PORT, where PORT may be a list as 22,80,8000-8100,
    /// unix:PATH or unix:@NAME; none is a free port of every address
    #[arg(value_name = "ADDRESS", value_hint = ValueHint::Hostname)]
    pub words: Vec<String>,
    /// Run this command for each peer, with the socket as its stdin and stdout,
    /// and SOCK_PEER_ADDR, SOCK_PEER_PORT, SOCK_LOCAL_ADDR, SOCK_LOCAL_PORT and
    /// SOCK_PROTO in its environment
    #[arg(value_name = "CMD", last = true, value_hint = ValueHint::CommandWithArguments, conflicts_with_all = SERVES)]
    pub command: Vec<OsString>,
    #[command(flatten)]
    pub resolve: Resolve,
    #[command(flatten)]
    pub socket: Socket,
    #[command(flatten)]
    pub set: SocketOptions,
    #[command(flatten)]
    pub bind_options: BindOptions,
    #[command(flatten)]
    pub path: BindPath,
    #[command(flatten)]
    pub listen: ListenOptions,
    #[command(flatten)]
    pub serve: Serve,
    #[command(flatten)]
    pub send: SendOptions,
    #[command(flatten)]
    pub recv: RecvOptions,
    #[command(flatten)]
    pub close: Close,
    #[command(flatten)]
    pub linger: Linger,
    #[command(flatten)]
    pub idle: Idle,
    #[command(flatten)]
    pub timeout: Timeout,
    #[command(flatten)]
    pub run: TheRun,
    #[command(flatten)]
    pub look: Look,
    #[command(flatten)]
    pub lines: Lines,
}

/// What excludes a command.
const SERVES: [&str; 5] = ["echo", "discard", "reply", "generate", "sh"];

/// What `listen` does with a peer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "listen() / accept()")]
pub struct Serve {
    /// Go on with the next peer; the listener is never closed in between
    #[arg(short = 'k', long)]
    pub keep_open: bool,
    /// Serve at most this many peers at the same time; others wait in the queue
    /// [default: 100 with a command, else as descriptors allow].
    /// A command counts until it ends; what it has started and left behind
    /// counts no longer
    #[arg(long, value_name = "N", value_parser = max_clients)]
    pub max_clients: Option<usize>,
    /// After TERM or HUP, let the peers that are served finish for this time;
    /// then, or at a second signal, end them [default: 5s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub drain: Option<std::time::Duration>,
    /// Send back what comes
    #[arg(long, conflicts_with = "reply")]
    pub echo: bool,
    /// Read what comes, and throw it away
    #[arg(long, conflicts_with_all = ["echo", "reply", "generate"])]
    pub discard: bool,
    /// Print what comes and answer every recv() with TEXT; while stdout takes
    /// nothing more, nobody's questions are received
    #[arg(long, value_name = "TEXT", value_parser = Text::parse, allow_hyphen_values = true)]
    pub reply: Option<Text>,
    /// Send this many bytes of a fixed pattern (RFC 864), then end in order;
    /// what comes is read and thrown away
    #[arg(long, value_name = "SIZE", value_parser = Size::parse, conflicts_with_all = ["echo", "reply"])]
    pub generate: Option<Size>,
    /// As -- /bin/sh -c CMD
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString, conflicts_with_all = ["echo", "discard", "reply", "generate"])]
    pub sh: Option<OsString>,
}

const LISTEN_EXAMPLES: &str = "\
Examples:
  sock listen 5005                  talk with the first who comes
  sock listen -k --echo :7007       an echo server for everybody
  sock listen -k 5005 -- date       a command for each peer
  sock listen unix:/tmp/s           on a Unix socket

--timeout counts from the start, --accept-timeout from when it listens,
--idle from the last byte either way, whatever the next one waits for (with -k
it ends the peer, not the run), --grace from the peer's end and anew at each
read of stdin, --quit-after-eof from stdin's end, --drain from the signal.";
