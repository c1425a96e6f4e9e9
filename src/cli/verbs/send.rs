//! `sock send`: its options, and the words that open its help.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, ValueHint};

use crate::cli::groups::{
    Bind, BindOptions, BindPath, ConnectOptions, Idle, Lines, Linger, ListenOptions, Look,
    RecvOptions, Resolve, SendOptions, Socket, SocketOptions, TheRun, Timeout, WaitInstead,
};
use crate::text::Text;
use crate::units::{Size, duration, times};

/// One way out: files, stdin or messages; 0 means the other side has it
#[derive(Debug, Args)]
#[command(
    long_about = "\
One way out: files, stdin or messages; 0 means the other side has it.

  resolve -> socket -> (bind) -> connect -> [send] -> close
  with -l:   socket -> bind -> listen -> accept -> [send] -> close

After its end it waits until the peer closes: with `sock recv` there, that \
means stored. Unix sockets and other programs cannot promise that; use --bytes \
or --digest on both sides where it matters, and `set -o pipefail` in a pipeline.",
    override_usage = "sock send [OPTIONS] <ADDRESS>... [FILE]...",
    after_long_help = SEND_EXAMPLES
)]
pub struct Send {
    /// HOST PORT, HOST:PORT, a URL, unix:PATH or unix:@NAME, then the FILEs to
    /// send, `-` or none for stdin; with -l PORT or a local address first
    #[arg(value_name = "ADDRESS|FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub words: Vec<OsString>,
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
    pub send: SendOptions,
    #[command(flatten)]
    pub only: SendOnly,
    #[command(flatten)]
    pub recv: RecvOptions,
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
#[command(next_help_heading = "send()")]
pub struct SendOnly {
    /// End after this many bytes of input; fewer is code 7
    #[arg(long, value_name = "N", value_parser = Size::parse)]
    pub bytes: Option<Size>,
    /// Send this instead of stdin, one send() a message: the text itself, @FILE
    /// (up to 1 MiB), hex:..., text:...; {n:03} is its number in three digits
    #[arg(long, value_name = "TEXT", value_parser = Text::parse, allow_hyphen_values = true, conflicts_with = "bytes")]
    pub message: Option<Text>,
    /// How many messages [default: 1]
    #[arg(long, value_name = "N", value_parser = times)]
    pub count: Option<u64>,
    /// Wait for a reply to each message and write it to stdout; none in this
    /// time, counted from the send(), is code 5
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub await_reply: Option<Duration>,
    /// After our end, wait this long for the peer to close, which says that
    /// it has everything; silence is code 5. 0 does not ask [default: 5s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub close_wait: Option<Duration>,
}

const SEND_EXAMPLES: &str = "\
Examples:
  sock send host 5005 <file         0 when the other side has it
  sock send host 5005 a.tar b.tar   one after another
  sock send -l 5005 file            whoever comes first gets it
  sock send host 7 --message 'm {n:03}' --count 10 --await-reply 2s

-w counts from each SYN, --timeout from the start, --idle from the last byte
either way, --await-reply from each send(), --close-wait from our end or the
last byte the peer has acknowledged.";
