//! Options by stage. Each struct is one heading of `--help`.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::values::{
    Algorithm, Progress, When, backlog, buffer, chunk, group, keepalive, kernel_name, linger, mark,
    on_eof, pause, recv_chunk, retry, user_timeout,
};
use crate::dscp::Dscp;
use crate::flags::{RecvFlags, SendFlags};
use crate::guests::Guest;
use crate::mode::Mode;
use crate::relay::ending::OnEof;
use crate::run::Pause;
use crate::stage::connect::Retry;
use crate::units::{Limit, Rate, Size, duration, duration_or_inf};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "resolve")]
pub struct Resolve {
    /// IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// IPv6 only
    #[arg(short = '6')]
    pub ipv6: bool,
    /// Look no name up: a name is an error
    #[arg(short = 'n', long)]
    pub numeric: bool,
    /// Give up on a name after this time, counted from the question
    #[arg(long, value_name = "DUR", default_value = "5s", value_parser = duration)]
    pub resolve_timeout: Duration,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "socket()")]
pub struct Socket {
    /// Datagrams: UDP, or a Unix datagram socket
    #[arg(short = 'u', long, conflicts_with = "seqpacket")]
    pub udp: bool,
    /// Messages over a connection (SOCK_SEQPACKET; Unix sockets only)
    #[arg(long)]
    pub seqpacket: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "socket()")]
pub struct SocketOptions {
    /// Bytes that may wait in the kernel until the peer has them (SO_SNDBUF);
    /// without it the kernel finds out what is best
    #[arg(long, value_name = "SIZE", value_parser = buffer)]
    pub sndbuf: Option<u32>,
    /// Bytes that may wait in the kernel until they are read (SO_RCVBUF), and
    /// with TCP the window that the peer is offered
    #[arg(long, value_name = "SIZE", value_parser = buffer)]
    pub rcvbuf: Option<u32>,
    /// Send small segments at once (TCP_NODELAY)
    #[arg(long)]
    pub nodelay: bool,
    /// Ask a silent peer after this time, and again as often, whether it is
    /// still there (SO_KEEPALIVE; whole seconds)
    #[arg(long, value_name = "DUR", value_parser = keepalive)]
    pub keepalive: Option<u16>,
    /// Give a connection up when what was sent is not acknowledged in this time
    /// (TCP_USER_TIMEOUT)
    #[arg(long, value_name = "DUR", value_parser = user_timeout)]
    pub user_timeout: Option<Duration>,
    /// Congestion control (TCP_CONGESTION): reno, cubic, bbr, ...
    #[arg(long, value_name = "NAME", value_parser = kernel_name)]
    pub congestion: Option<String>,
    #[command(flatten)]
    pub packets: Packets,
    /// Join this group to hear it (recv -u, listen -u), or send to it by way of
    /// --interface; what is sent stays on this link unless --ttl says more
    #[arg(long, value_name = "GROUP", value_parser = group)]
    pub multicast: Option<IpAddr>,
    /// Allow broadcast addresses (SO_BROADCAST)
    #[arg(long)]
    pub broadcast: bool,
    /// Multipath TCP (IPPROTO_MPTCP), where the peer speaks it too
    #[arg(long)]
    pub mptcp: bool,
}

/// What a packet carries, and which way it takes: also for probes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "socket()")]
pub struct Packets {
    /// The service class in every packet (IP_TOS, IPV6_TCLASS): ef, cs0 to cs7,
    /// af11 to af43, le, voice-admit, or 0 to 63
    #[arg(long, value_name = "NAME|N", value_parser = Dscp::from_str)]
    pub dscp: Option<Dscp>,
    /// Routers a packet may pass, plus one (IP_TTL, IPV6_UNICAST_HOPS)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub ttl: Option<u8>,
    /// Bytes that a TCP segment carries at most, either way (TCP_MAXSEG)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(MSS))]
    pub mss: Option<u16>,
    /// The mark for routing and firewall rules of this machine, also as 0xN
    /// (SO_MARK; needs CAP_NET_ADMIN)
    #[arg(long, value_name = "N", value_parser = mark)]
    pub mark: Option<u32>,
    /// Only by way of this network interface (SO_BINDTODEVICE)
    #[arg(long, value_name = "NAME", value_parser = kernel_name)]
    pub interface: Option<String>,
}

/// What TCP_MAXSEG takes: TCP_MIN_MSS to MAX_TCP_WINDOW of the kernel.
const MSS: std::ops::RangeInclusive<i64> = 88..=32_767;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "bind()")]
pub struct Bind {
    /// The local address, and port, to come from
    #[arg(long, value_name = "ADDR[:PORT]")]
    pub source: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "bind()")]
pub struct BindOptions {
    /// Share the port with others who ask for that too (SO_REUSEPORT)
    #[arg(long)]
    pub reuse_port: bool,
    /// Bind an address that this machine does not have yet (IP_FREEBIND)
    #[arg(long)]
    pub freebind: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "bind()")]
pub struct BindPath {
    /// Permissions of the Unix socket, whatever the umask; who may write to it
    /// may connect
    #[arg(long, value_name = "OCTAL", value_parser = Mode::from_str)]
    pub mode: Option<Mode>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "listen() / accept()")]
pub struct ListenOptions {
    /// Finished handshakes that may wait for accept(); `somaxconn` is the
    /// most the kernel allows [default: somaxconn]
    ///
    /// It is no limit on clients: who was accepted waits no longer, and what
    /// limits them is --max-clients of listen. Nor is a full queue an error to
    /// anybody: the kernel drops the next SYN in silence, and the client sends
    /// it again and again until its own patience ends. Over a Unix socket the
    /// client waits, or gets EAGAIN. Each listener has a queue of its own; -v, USR1 and an
    /// overflow show it. `6/5 waiting` is full: the kernel takes one more than
    /// the backlog.
    #[arg(long, value_name = "N|somaxconn", value_parser = backlog)]
    pub backlog: Option<i32>,
    /// Only these may come in: an address, a block such as 10.0.0.0/8, a name
    /// or a file of them; repeatable
    ///
    /// A file has one on each line, and comments behind `#`. It is read once, before
    /// anything listens; a wrong line is told as FILE:LINE and ends the run with
    /// 1. Names are looked up then too, all addresses of them.
    #[arg(long, value_name = "CIDR|HOST|@FILE", value_parser = Guest::parse)]
    pub allow: Vec<Guest>,
    /// These may not come in, whatever --allow says; they get a reset
    ///
    /// It comes after the handshake, which the kernel completes: a probe from
    /// there says open.
    #[arg(long, value_name = "CIDR|HOST|@FILE", value_parser = Guest::parse)]
    pub deny: Vec<Guest>,
    /// Give up when no peer has come after this time, counted from when it
    /// listens
    ///
    /// With -k it counts anew from the end of a peer. One that ends with a
    /// reset and without a byte was none: the time it took is counted, too.
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub accept_timeout: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "listen() / accept()")]
pub struct WaitInstead {
    /// Wait for the other side instead of dialling
    #[arg(short = 'l', long)]
    pub listen: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "connect()")]
pub struct ConnectOptions {
    /// Give an address up after this time, counted from its SYN
    #[arg(short = 'w', long, value_name = "DUR", default_value = "10s", value_parser = duration)]
    pub connect_timeout: Duration,
    /// Try again this often when it fails (`inf`: for ever)
    #[arg(long, value_name = "N|inf", default_value = "0", value_parser = retry)]
    pub retry: Retry,
    /// The time between two tries
    #[arg(long, value_name = "DUR", default_value = "1s", value_parser = duration)]
    pub retry_interval: Duration,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "send()")]
pub struct SendOptions {
    /// Flags of every send(), by name: confirm dontroute dontwait eor more
    /// nosignal oob; `none` clears nosignal too
    #[arg(long, value_name = "LIST", default_value = "nosignal", value_parser = SendFlags::parse)]
    pub send_flags: SendFlags,
    /// At most this many bytes a send(); the length of a datagram
    #[arg(long, value_name = "SIZE", value_parser = chunk)]
    pub chunk: Option<Size>,
    /// Send no more bytes than this a second, on average
    #[arg(long, value_name = "RATE", value_parser = Rate::parse)]
    pub rate: Option<Rate>,
    /// The least time between two send()s
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub interval: Option<Duration>,
    /// Send newlines as CR LF; those that have their CR already stay
    #[arg(long)]
    pub crlf: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "recv()")]
pub struct RecvOptions {
    /// Flags of every recv(), by name: dontwait oob peek trunc waitall
    #[arg(long, value_name = "LIST", default_value = "none", value_parser = RecvFlags::parse)]
    pub recv_flags: RecvFlags,
    /// Bytes one recv() asks for, at most 4MiB; a longer datagram is cut
    /// [default: 256KiB, of a datagram 512KiB]
    #[arg(long, value_name = "SIZE", value_parser = recv_chunk)]
    pub recv_chunk: Option<Size>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "close()")]
pub struct Close {
    /// What is done when stdin has ended and all of it was delivered
    /// [default: shutdown]
    #[arg(long, value_name = "WHAT", value_parser = on_eof())]
    pub on_eof: Option<OnEof>,
    /// After the peer's end, how long stdin may go on without a byte;
    /// then code 7 (`inf`: until its end) [default: 5s]
    #[arg(long, value_name = "DUR", value_parser = duration_or_inf)]
    pub grace: Option<Limit>,
    /// After stdin's end, wait at most this long for the peer's; code 0
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub quit_after_eof: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "close()")]
pub struct Linger {
    /// How long close() waits for the peer's kernel to have everything, in whole
    /// seconds; 0 throws away what it has not and resets the connection
    /// (SO_LINGER). It applies to an end in order: every other is a reset
    #[arg(long, value_name = "DUR", value_parser = linger)]
    pub linger: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "timers")]
pub struct Timeout {
    /// End the run after this time, counted from its start; code 124
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub timeout: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "timers")]
pub struct Idle {
    /// End when nothing has moved either way for this time, counted from the
    /// connection on; code 124
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub idle: Option<Duration>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "the run")]
pub struct TheRun {
    /// Wait after a stage: resolve socket bind listen accept connect send
    /// recv close
    #[arg(long, value_name = "STAGE=DUR", value_parser = pause)]
    pub pause: Vec<Pause>,
    /// Tell each stage on stderr; twice: each system call
    #[arg(short = 'v', long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Tell errors only: no results, no notes, and not where it listens; what
    /// was asked for by itself, as a digest or a dump, is told all the same
    #[arg(long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell everything as JSON, one object a line
    #[arg(long)]
    pub json: bool,
    /// Colour in results, help and refusals
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub color: When,
    /// A bar on stderr while bytes move or answers are waited for
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub progress: Progress,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "the run")]
pub struct Look {
    /// After an end in order, print the digest of what went over the socket on
    /// stderr, as sha256sum does: in a conversation first of what was sent,
    /// then of what was received; of several FILEs, of each and then of all
    #[arg(long, value_name = "NAME", value_enum)]
    pub digest: Option<Algorithm>,
    /// Dump what is sent (>) and received (<) on stderr, in hexadecimal and as
    /// characters
    #[arg(long)]
    pub hex: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "the run")]
pub struct Lines {
    /// End what each recv() gives with a newline, unless it has one
    #[arg(long)]
    pub lines: bool,
}
