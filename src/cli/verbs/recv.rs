//! `sock recv`: its options, and the words that open its help.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::cli::groups::{
    Bind, BindOptions, BindPath, ConnectOptions, Idle, Lines, Linger, ListenOptions, Look,
    RecvOptions, Resolve, Socket, SocketOptions, TheRun, Timeout, WaitInstead,
};
use crate::units::{Size, times};

/// One way in, to stdout or a file; 0 means a clean end and every byte stored
#[derive(Debug, Args)]
#[command(
    long_about = "\
One way in, to stdout or a file; 0 means a clean end and every byte stored.

  resolve -> socket -> (bind) -> connect -> [recv] -> close
  with -l:   socket -> bind -> listen -> accept -> [recv] -> close

`sock recv -l 5005 >f` pairs with `sock send HOST 5005 <f`. A file is written \
as FILE.part and gets its name at a clean end. A peer that resets before its \
first byte is told and not taken: the wait goes on (--accept-timeout).",
    after_long_help = RECV_EXAMPLES
)]
pub struct Recv {
    /// HOST PORT, HOST:PORT, a URL, unix:PATH or unix:@NAME, or PORT alone,
    /// which listens; with -l a local address of any form
    #[arg(value_name = "ADDRESS", value_hint = ValueHint::Hostname)]
    pub words: Vec<String>,
    #[command(flatten)]
    pub resolve: Resolve,
    #[command(flatten)]
    pub socket: Socket,
    #[command(flatten)]
    pub set: SocketOptions,
    #[command(flatten)]
    pub bind: Bind,
    #[command(flatten)]
    pub bind_options: BindOptions,
    #[command(flatten)]
    pub path: BindPath,
    #[command(flatten)]
    pub wait: WaitInstead,
    #[command(flatten)]
    pub listen: ListenOptions,
    #[command(flatten)]
    pub connect: ConnectOptions,
    #[command(flatten)]
    pub recv: RecvOptions,
    #[command(flatten)]
    pub only: RecvOnly,
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

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "recv()")]
pub struct RecvOnly {
    /// Store in FILE, as FILE.part until the end is clean
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the FILE.part of an interrupted transfer
    #[arg(long)]
    pub force: bool,
    /// End after this many bytes; fewer is code 7
    #[arg(long, value_name = "N", value_parser = Size::parse)]
    pub bytes: Option<Size>,
    /// End after this many datagrams
    #[arg(long, value_name = "N", value_parser = times)]
    pub count: Option<u64>,
}

const RECV_EXAMPLES: &str = "\
Examples:
  sock recv -l 5005 >file           from whoever comes
  sock recv -o file host 5005       file.part until the end is clean
  sock recv -u 5514 --count 10      ten datagrams from anybody

-w counts from each SYN, --timeout from the start, --accept-timeout from when
it listens, --idle from the last byte.";
