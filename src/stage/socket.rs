//! socket(): one descriptor, before anything is known about the other side.

use std::fmt;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::Stage;
use super::options::{self, Options};
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Run, outcome};

/// What a socket carries, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A stream over IP.
    Tcp,
    /// Datagrams over IP.
    Udp,
    /// A stream between processes.
    UnixStream,
    /// Datagrams between processes.
    UnixDatagram,
    /// A connection with messages, between processes.
    UnixSeqpacket,
}

impl Transport {
    /// A listener accepts connections; otherwise it is one socket for all.
    pub fn connects(self) -> bool {
        !self.is_datagram()
    }

    /// Between processes of this machine.
    pub fn is_unix(self) -> bool {
        !matches!(self, Transport::Tcp | Transport::Udp)
    }

    /// One send() is one recv(), and there is no end.
    pub fn is_datagram(self) -> bool {
        matches!(self, Transport::Udp | Transport::UnixDatagram)
    }

    /// One send() is one recv().
    pub fn keeps_boundaries(self) -> bool {
        self.is_datagram() || self == Transport::UnixSeqpacket
    }

    /// The word for events.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
            Transport::UnixStream => "unix",
            Transport::UnixDatagram => "unix datagram",
            Transport::UnixSeqpacket => "unix seqpacket",
        }
    }

    fn kind(self) -> Type {
        match self {
            Transport::Tcp | Transport::UnixStream => Type::STREAM,
            Transport::Udp | Transport::UnixDatagram => Type::DGRAM,
            Transport::UnixSeqpacket => Type::SEQPACKET,
        }
    }
}

/// Makes a socket: close-on-exec, non-blocking (it is ours), and for TCP
/// unable to end in order until somebody says that it may.
///
/// SO_LINGER {1, 0} makes every end a reset: a stream that was killed, timed
/// out or failed can then never look complete to the peer. Sockets accepted
/// from a listener inherit it (socket(7)), as they do the options that are set
/// here: a window that is to be larger, and a smaller segment, have to be known
/// before the first SYN goes out or comes in.
///
/// # Errors
/// socket(2), above all EMFILE and EAFNOSUPPORT, and an option that is refused.
pub fn socket(
    run: &mut Run,
    domain: Domain,
    transport: Transport,
    options: &Options,
) -> Result<Socket, Failure> {
    let object = format!("{} {}", family(domain), kind(transport));
    run.enter(Stage::Socket, &object);
    let failed = |error| StageError::io(Stage::Socket, &*object, Class::Local, &error);
    let mptcp = options.mptcp && transport == Transport::Tcp;
    let protocol = mptcp.then_some(Protocol::MPTCP);
    let socket = Socket::new(domain, transport.kind().nonblocking(), protocol);
    run.call(
        || {
            format!(
                "socket({}, {}|SOCK_CLOEXEC|SOCK_NONBLOCK, {})",
                family(domain),
                kind(transport),
                if mptcp { "IPPROTO_MPTCP" } else { "0" }
            )
        },
        Told(&socket),
    );
    let socket = socket.map_err(|error| match mptcp {
        true => without_mptcp(failed(error)),
        false => failed(error),
    })?;
    if transport == Transport::Tcp {
        socket.set_linger(Some(Duration::ZERO)).map_err(failed)?;
        run.call(
            || {
                format!(
                    "setsockopt({}, SOL_SOCKET, SO_LINGER, {{1, 0}})",
                    socket.as_raw_fd()
                )
            },
            0,
        );
    }
    options::apply(run, &socket, &options.set, Stage::Socket)?;
    run.tell(Event::Socket {
        fd: socket.as_raw_fd(),
        family: family(domain),
        kind: kind(transport),
    });
    run.pause(Stage::Socket)?;
    Ok(socket)
}

/// A kernel that was built without it, or told to do without.
fn without_mptcp(error: StageError) -> StageError {
    let hint = match error.errno {
        Some(Errno::EPROTONOSUPPORT | Errno::EINVAL) => "this kernel has no MPTCP",
        Some(Errno::ENOPROTOOPT) => "MPTCP is switched off here: see net.mptcp.enabled",
        _ => return error,
    };
    StageError {
        object: "--mptcp".into(),
        ..error.hint(hint)
    }
}

/// A call's result for `-vv`: the descriptor, or the errno.
struct Told<'a>(&'a std::io::Result<Socket>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(socket) => write!(f, "{}", socket.as_raw_fd()),
            Err(error) => f.write_str(&outcome(error)),
        }
    }
}

fn family(domain: Domain) -> &'static str {
    match domain {
        Domain::IPV4 => "AF_INET",
        Domain::IPV6 => "AF_INET6",
        _ => "AF_UNIX",
    }
}

fn kind(transport: Transport) -> &'static str {
    match transport.kind() {
        Type::STREAM => "SOCK_STREAM",
        Type::DGRAM => "SOCK_DGRAM",
        _ => "SOCK_SEQPACKET",
    }
}

/// An address as people type it; IPv4 peers of a dual-stack socket unmapped,
/// a Unix socket without a name `unix:`.
pub fn name(address: &SockAddr) -> String {
    if let Some(mut inet) = address.as_socket() {
        inet.set_ip(inet.ip().to_canonical());
        return inet.to_string();
    }
    if let Some(path) = address.as_pathname() {
        return format!("unix:{}", path.display());
    }
    match address.as_abstract_namespace() {
        Some(name) => format!("unix:@{}", String::from_utf8_lossy(name)),
        None => "unix:".to_owned(),
    }
}

/// The local name of a socket, empty where it has none (getsockname(2)).
pub fn local_name(socket: &Socket) -> String {
    socket.local_addr().map(|a| name(&a)).unwrap_or_default()
}
