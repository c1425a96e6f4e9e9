//! The verbs: which options each has, and the words that open its help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::Shell;

use super::groups::{
    Bind, BindOptions, BindPath, Close, ConnectOptions, Idle, Lines, Linger, ListenOptions, Look,
    Packets, RecvOnly, RecvOptions, Resolve, SendOnly, SendOptions, Socket, SocketOptions, TheRun,
    Timeout, WaitInstead,
};
use super::values::{max_clients, percent};
use crate::text::Text;
use crate::units::{Count, Size, duration};

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
    /// PORT, :PORT, HOST PORT, HOST:PORT, unix:PATH or unix:@NAME; none is a
    /// free port of every address
    #[arg(value_name = "ADDRESS", value_hint = ValueHint::Hostname)]
    pub words: Vec<String>,
    /// For each peer this command, with the socket as its stdin and stdout; who
    /// it is, SOCK_PEER_ADDR, SOCK_PEER_PORT, SOCK_LOCAL_ADDR, SOCK_LOCAL_PORT
    /// and SOCK_PROTO tell it
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
    /// So many peers at the same time, of those that are served; others wait in
    /// the queue [default: 100 with a command, else as descriptors allow]
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
    /// Print what comes and answer every recv() with TEXT
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

/// One way out: files, stdin or messages; 0 means the other side has it
#[derive(Debug, Args)]
#[command(
    long_about = "\
One way out: files, stdin or messages; 0 means the other side has it.

  resolve -> socket -> (bind) -> connect -> [send] -> close

After its end it waits until the peer closes: with `sock recv` there, that \
means stored. Unix sockets and other programs cannot promise that; use --bytes \
or --digest on both sides where it matters, and `set -o pipefail` in a pipeline.",
    after_long_help = SEND_EXAMPLES
)]
pub struct Send {
    /// HOST PORT, HOST:PORT, a URL, unix:PATH or unix:@NAME (with -l: PORT or
    /// a local address), then the files to send; `-` or none is stdin
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

/// One way in, to stdout or a file; 0 means a clean end and every byte stored
#[derive(Debug, Args)]
#[command(
    long_about = "\
One way in, to stdout or a file; 0 means a clean end and every byte stored.

  resolve -> socket -> (bind) -> connect -> [recv] -> close

`sock recv -l 5005 >f` pairs with `sock send HOST 5005 <f`. A file is written \
as FILE.part and gets its name at a clean end. A peer that resets before its \
first byte is told and not taken: the wait goes on (--accept-timeout).",
    after_long_help = RECV_EXAMPLES
)]
pub struct Recv {
    /// HOST PORT, HOST:PORT, a URL, unix:PATH or unix:@NAME; PORT alone, or
    /// with -l, listens
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

/// Which ports answer, how fast, and when one does not: why, and who said so
#[derive(Debug, Args)]
#[command(
    long_about = "\
Which ports answer, how fast, and when one does not: why, and who said so.

  resolve -> socket -> (bind) -> [connect], and nothing after it

A port named by itself must be open; a range or a CIDR block must hold one \
that is. Nothing is sent over a TCP connection (but see --data), and it is \
closed with a reset.",
    after_long_help = PROBE_EXAMPLES
)]
pub struct Probe {
    /// HOST PORTS, HOST:PORTS, a CIDR block and PORTS, a URL, unix:PATH;
    /// PORTS is a list as 22,80,8000-8100,https. With --ports or --targets:
    /// targets only; - reads them from stdin, one a line
    #[arg(
        value_name = "TARGET",
        required_unless_present_any = ["targets", "expect_file"],
        value_hint = ValueHint::Hostname
    )]
    pub words: Vec<String>,
    #[command(flatten)]
    pub resolve: Resolve,
    #[command(flatten)]
    pub udp: ProbeSocket,
    #[command(flatten)]
    pub packets: Packets,
    #[command(flatten)]
    pub bind: Bind,
    #[command(flatten)]
    pub connect: ProbeConnect,
    #[command(flatten)]
    pub targets: ProbeTargets,
    #[command(flatten)]
    pub expect: ProbeExpect,
    #[command(flatten)]
    pub probe: ProbeOptions,
    #[command(flatten)]
    pub pace: ProbePace,
    #[command(flatten)]
    pub series: ProbeSeries,
    #[command(flatten)]
    pub hear: ProbeHear,
    #[command(flatten)]
    pub trace: TraceOptions,
    #[command(flatten)]
    pub timeout: Timeout,
    #[command(flatten)]
    pub run: TheRun,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "socket()")]
pub struct ProbeSocket {
    /// Ask with UDP datagrams, in the protocol of the port where that is known
    /// (DNS, NTP, SNMP, QUIC, ...); open only if a reply comes. A host that
    /// limits its ICMP errors is asked for 20s more (or -w, if that is longer)
    #[arg(short = 'u', long)]
    pub udp: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "connect()")]
pub struct ProbeConnect {
    /// Call a port silent after this time, counted from its first SYN
    /// [default: 4s for ports named by themselves, 1.3s in ranges and blocks]
    #[arg(short = 'w', long, value_name = "DUR", value_parser = duration)]
    pub connect_timeout: Option<std::time::Duration>,
    /// Ask this many times more where there is no answer
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: u32,
}

/// Whom a probe asks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "probe")]
pub struct ProbeTargets {
    /// The ports of every TARGET that names none
    #[arg(long, value_name = "LIST")]
    pub ports: Option<String>,
    /// Read TARGETs from FILE (`-`: stdin), one a line, as HOST, HOST PORTS or
    /// CIDR PORTS; # begins a comment
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub targets: Vec<PathBuf>,
}

/// How much a probe asks at once, and how fast.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "probe")]
pub struct ProbePace {
    /// Ask at most so many ports at once [default: 1024, or what descriptors
    /// allow]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub concurrency: Option<u32>,
    /// Make at most so many attempts a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_rate: Option<u32>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "probe")]
pub struct ProbeOptions {
    /// A row for each address of a name, instead of the best of them
    #[arg(long)]
    pub all_addresses: bool,
    /// Show every row: on a terminal instead of folding many of one state, and
    /// with --expect-file also what is as expected
    #[arg(long)]
    pub all: bool,
}

/// What the answers are to be, and how long they may take to become so.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "probe")]
pub struct ProbeExpect {
    /// Expect this state of every port: open closed rejected filtered silent
    /// unreachable
    #[arg(long, value_name = "STATE")]
    pub expect: Option<String>,
    /// Ask what FILE (`-`: stdin) says in rows HOST PORTS STATE, and show only
    /// what is other than there
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub expect_file: Option<PathBuf>,
    /// Resolve and ask again and again until all is as expected, for at most
    /// this time, counted from the start; only the last answers are shown
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub wait: Option<std::time::Duration>,
    /// With --wait: until one is as expected
    #[arg(long, requires = "wait")]
    pub any: bool,
}

/// How often the same is asked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "probe")]
pub struct ProbeSeries {
    /// Ask so many times (`inf`: until Ctrl-C), a line each, and tell loss and
    /// times at the end: min/avg/max/p50/p95/mdev of the handshake, and of the
    /// round trip as the kernel measured it
    #[arg(long, value_name = "N|inf", value_parser = Count::parse)]
    pub count: Option<Count>,
    /// The time from one attempt to the next, or until that has its answer
    /// [default: 1s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub interval: Option<std::time::Duration>,
    /// Allow this share of the attempts at a port to be other than expected
    /// [default: 0]
    #[arg(long, value_name = "PCT", value_parser = percent)]
    pub max_loss: Option<f64>,
}

/// What is said and heard after a handshake.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "probe")]
pub struct ProbeHear {
    /// Wait for an open port to speak: its first line, silence, or that it
    /// closes or resets the connection. Of a UDP reply, its first line
    #[arg(long)]
    pub banner: bool,
    /// Stop listening after this time, counted from the handshake [default: 2s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub banner_timeout: Option<std::time::Duration>,
    /// Send this first: the text itself, @FILE, hex:..., text:...; with -u
    /// instead of the port's own query
    #[arg(long, value_name = "TEXT", value_parser = Text::parse, allow_hyphen_values = true)]
    pub data: Option<Text>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "probe")]
pub struct TraceOptions {
    /// Follow the packets of each port from router to router, and say where
    /// they end; at most 16 ports, one after the other
    #[arg(long)]
    pub trace: bool,
    /// Trace, and say what differs from the path of this port of the same host,
    /// one that is open
    #[arg(long, value_name = "PORT")]
    pub trace_against: Option<String>,
}

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(
    long_about = "\
Print the completion script of a shell.

Those of bash, zsh and fish ask sock itself at TAB: it knows the hosts of \
/etc/hosts and of ssh's config and known_hosts, services, interfaces, Unix \
sockets and every value, and offers no option that the line would be refused \
for. It looks no name up.",
    after_long_help = COMPLETIONS_EXAMPLES
)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  sock completions bash >~/.local/share/bash-completion/completions/sock
  sock completions zsh >~/.zfunc/_sock    a directory of $fpath
  sock completions fish >~/.config/fish/completions/sock.fish
  . <(sock completions bash)              for this bash only";

const LISTEN_EXAMPLES: &str = "\
Examples:
  sock listen 5005                  talk with the first who comes
  sock listen -k --echo :7007       an echo server for everybody
  sock listen -k 5005 -- tr a-z A-Z  a command for each peer
  sock listen unix:/tmp/s           on a Unix socket

--timeout counts from the start, --accept-timeout from the announcement,
--idle from the last byte either way (with -k it ends the peer, not the run),
--grace from the peer's end and anew at each read of stdin, --quit-after-eof
from stdin's end, --drain from the signal.";

const CONNECT_EXAMPLES: &str = "\
Examples:
  sock connect db.internal 5432     two words, as nc takes them
  sock connect [::1]:8080           one word, as logs print them
  printf q | sock connect -u host 7 a datagram and its answer

-w counts from each SYN, --timeout from the start, --idle from the last byte
either way, --grace from the peer's end and anew at each read of stdin,
--quit-after-eof from stdin's end.";

const SEND_EXAMPLES: &str = "\
Examples:
  sock send host 5005 <file         0 when the other side has it
  sock send host 5005 a.tar b.tar   one after another
  sock send -l 5005 file            whoever comes first gets it
  sock send host 7 --message 'm {n:03}' --count 10 --await-reply 2s

-w counts from each SYN, --timeout from the start, --idle from the last byte
either way, --await-reply from each send(), --close-wait from our end or the
last byte the peer has acknowledged.";

const RECV_EXAMPLES: &str = "\
Examples:
  sock recv -l 5005 >file           from whoever comes
  sock recv -o file host 5005       file.part until the end is clean
  sock recv -u 5514 --count 10      ten datagrams from anybody

-w counts from each SYN, --timeout from the start, --accept-timeout from the
announcement, --idle from the last byte.";

const PROBE_EXAMPLES: &str = "\
Examples:
  sock probe db.internal 5432       0 open, 4 closed, 5 no answer, 6 rejected
  sock probe web1 80,443,8000-8100  a list with a range
  sock probe --ports 22 10.0.0.0/24 every address of a block
  sock probe --expect closed h 23   must be closed
  sock probe --targets hosts --ports 22,443
  sock probe --banner h 22,25       and what it says
  sock probe --count 20 h 443       how fast, how steadily, and what is lost
  sock probe --expect-file ports    rows HOST PORTS STATE; shows surprises
  sock probe --wait 60s --quiet db 5432 && migrate
  sock probe --trace-against 22 h 443    where the packets for 443 end

States: open, closed (the host said no), rejected (a firewall said no; `by` is
who), unreachable, filtered (TCP silence), silent (UDP silence: open or
filtered; with the reason icmp-limited perhaps closed), error (trouble of our
own, not an answer).";
