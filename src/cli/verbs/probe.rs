//! `sock probe`: its options, by theme, and the words that open its help.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::cli::groups::{Bind, Packets, Resolve, TheRun, Timeout};
use crate::cli::values::{percent, retry_probe};
use crate::text::Text;
use crate::units::{Count, duration};

/// Which ports answer, how fast, and when one does not: why, and who said so
#[derive(Debug, Args)]
#[command(
    long_about = "\
Which ports answer, how fast, and when one does not: why, and who said so.

  resolve -> socket -> (bind) -> [connect], and nothing after it

The code is 0 if every port named by itself is open, and every range or CIDR \
block holds one that is. Nothing is sent over a TCP connection (but see \
--data), and it is closed with a reset.",
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
    /// Give up on a port after this time, counted from its first SYN
    /// [default: 4s, 1.3s in ranges and blocks]
    #[arg(short = 'w', long, value_name = "DUR", value_parser = duration)]
    pub connect_timeout: Option<std::time::Duration>,
    /// Ask this many times more where there is no answer
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = retry_probe)]
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
    /// Ask at most this many ports at once [default: 1024, or what descriptors
    /// allow]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub concurrency: Option<u32>,
    /// Make at most this many attempts a second
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
    /// Ask this many times (`inf`: until Ctrl-C), a line each, and tell loss and
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

const PROBE_EXAMPLES: &str = "\
Examples:
  sock probe db.internal 5432       0 open, 4 closed, 5 no answer, 6 rejected
  sock probe web1 80,443,8000-8100  a list with a range
  sock probe 10.0.0.0/24 22         every address of a block
  sock probe --expect closed h 23   must be closed
  sock probe --targets hosts --ports 22,443
  sock probe --banner h 22,25       and what it says
  sock probe --count 20 h 443       how fast, how steadily, and what is lost
  sock probe --expect-file ports    rows HOST PORTS STATE; shows surprises
  sock probe --wait 60s --quiet db 5432 && migrate
  sock probe --trace-against 22 h 443    where the packets for 443 end

States: open, closed (the host said no), rejected (a firewall said no; `by` is
who), unreachable, filtered (TCP silence; with the reason icmp-limited perhaps
rejected), silent (UDP silence: open or filtered; with icmp-limited perhaps
closed), error (trouble of our own, not an answer).";
