//! `sock connect`: its options, and the words that open its help.

use clap::{Args, ValueHint};

use crate::cli::groups::{
    Bind, BindOptions, Close, ConnectOptions, Idle, Lines, Linger, Look, RecvOptions, Resolve,
    SendOptions, Socket, SocketOptions, TheRun, Timeout,
};

/// Hold a two-way conversation over stdin and stdout
#[derive(Debug, Args)]
#[command(
    long_about = "\
Hold a two-way conversation over stdin and stdout.

  resolve -> socket -> (bind) -> [connect] -> send, recv -> close

Each direction ends on its own. At stdin's end the peer is told (--on-eof) and \
may go on; at the peer's end the run is over if stdin has ended or is a \
terminal, otherwise stdin has --grace to deliver the rest.",
    after_long_help = CONNECT_EXAMPLES
)]
pub struct Connect {
    /// HOST PORT, HOST:PORT, a URL, unix:PATH or unix:@NAME
    #[arg(value_name = "ADDRESS", required = true, value_hint = ValueHint::Hostname)]
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
    pub connect: ConnectOptions,
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

const CONNECT_EXAMPLES: &str = "\
Examples:
  sock connect db.internal 5432     two words, as nc takes them
  sock connect [::1]:8080           one word, as logs print them
  printf q | sock connect -u h 7    a datagram and its answer

-w counts from each SYN, --timeout from the start, --idle from the last byte
either way, --grace from the peer's end and anew at each read of stdin,
--quit-after-eof from stdin's end.";
