//! bind(): a local address, for a listener (here, and in `unix`) or as the
//! `source` of a connection.

mod path;
mod source;
mod stale;
mod unix;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use socket2::{Domain, SockAddr, Socket};

use super::accept::Doorkeeper;
use super::connect::Conn;
use super::options::{self, Options, SocketOption};
use super::socket::{Transport, local_name, name, socket};
use super::{Stage, recv};
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Run, outcome};
use crate::sys::holder;
pub use path::{OwnPath, remove_own_paths};
pub use source::{Source, source};
pub use unix::unix;

/// A bound socket; its path, if it has one, is removed with it.
pub struct Bound {
    /// Dropped before the socket, which keeps its inode from being another's.
    path: Option<OwnPath>,
    pub socket: Socket,
    /// `[::]:5005`, `unix:/run/x`.
    pub address: String,
    /// `IPv4`, `IPv6`; empty for Unix sockets.
    pub families: Vec<&'static str>,
    pub transport: Transport,
    /// `--linger` of the connections that are accepted.
    pub linger: Option<Duration>,
    /// Who may come in; None is everybody.
    pub keeper: Option<Arc<Doorkeeper>>,
}

/// Binds every address of this machine: both families on one socket, IPv4
/// only where IPv6 is off.
///
/// # Errors
/// socket(2) and bind(2).
pub fn wildcard(
    run: &mut Run,
    port: u16,
    transport: Transport,
    v6: bool,
    options: &Options,
) -> Result<Bound, Failure> {
    if v6 {
        let dual = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
        match inet_with(run, &dual, transport, Some(false), options) {
            Err(Failure::Stage(error))
                if matches!(
                    error.errno,
                    Some(Errno::EAFNOSUPPORT | Errno::EADDRNOTAVAIL)
                ) => {}
            bound => return bound,
        }
    }
    inet(
        run,
        &SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port),
        transport,
        options,
    )
}

/// Binds one address.
///
/// # Errors
/// socket(2) and bind(2).
pub fn inet(
    run: &mut Run,
    address: &SocketAddr,
    transport: Transport,
    options: &Options,
) -> Result<Bound, Failure> {
    // `::` by name means IPv6 and nothing else; `*` is the word for both.
    let only_v6 = address.is_ipv6().then_some(true);
    inet_with(run, address, transport, only_v6, options)
}

fn inet_with(
    run: &mut Run,
    address: &SocketAddr,
    transport: Transport,
    only_v6: Option<bool>,
    options: &Options,
) -> Result<Bound, Failure> {
    let socket = socket(run, Domain::for_address(*address), transport, options)?;
    options::apply(run, &socket, &options.set, Stage::Bind)?;
    let object = address.to_string();
    let failed = |error: io::Error| StageError::io(Stage::Bind, &*object, Class::Local, &error);
    if let Some(only) = only_v6 {
        socket.set_only_v6(only).map_err(failed)?;
    }
    if transport == Transport::Tcp {
        // Connections of an earlier run in TIME_WAIT do not hold the port.
        socket.set_reuse_address(true).map_err(failed)?;
    }
    let asked = |set: &SocketOption| matches!(set, SocketOption::ReceiveBuffer(_));
    if transport == Transport::Udp && !options.set.iter().any(asked) {
        recv::make_room(&socket);
    }
    bind(run, &socket, &(*address).into())?;
    recv::count_drops(&socket, transport)
        .map_err(|errno| StageError::os(Stage::Bind, &*object, Class::Local, errno))?;
    let families = match (address.is_ipv4(), only_v6) {
        (true, _) => vec!["IPv4"],
        (false, Some(false)) => vec!["IPv4", "IPv6"],
        (false, _) => vec!["IPv6"],
    };
    Ok(Bound {
        address: local_name(&socket),
        socket,
        families,
        transport,
        linger: options.linger,
        keeper: None,
        path: None,
    })
}

fn bind(run: &mut Run, socket: &Socket, address: &SockAddr) -> Result<(), Failure> {
    try_bind(run, socket, address)?;
    bound(run, socket)
}

/// The call itself.
fn try_bind(run: &mut Run, socket: &Socket, address: &SockAddr) -> Result<(), StageError> {
    let object = name(address);
    run.enter(Stage::Bind, &object);
    let bound = socket.bind(address);
    run.call(
        || format!("bind({}, {object})", socket.as_raw_fd()),
        bound.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    bound.map_err(|error| {
        let error = StageError::io(Stage::Bind, &*object, Class::Local, &error);
        match error.errno {
            Some(Errno::EACCES) if address.is_unix() => {
                error.hint("the directory must be writable")
            }
            _ => with_holder(error, socket, address),
        }
    })
}

/// It has its address.
fn bound(run: &mut Run, socket: &Socket) -> Result<(), Failure> {
    run.tell(Event::Bind {
        address: local_name(socket),
    });
    run.pause(Stage::Bind)
}

/// The error with the name of who has the address, where /proc tells.
pub fn with_holder(error: StageError, socket: &Socket, address: &SockAddr) -> StageError {
    let holder = (error.errno == Some(Errno::EADDRINUSE))
        .then(|| holder::of(address, socket.r#type().ok()))
        .flatten();
    match holder {
        Some(holder) => error.hint(format!("{holder} has it")),
        None => error,
    }
}

impl Bound {
    /// A bound datagram socket as the connection to whoever writes.
    pub fn to_anyone(self) -> Conn {
        Conn {
            socket: self.socket,
            peer: self.address.clone(),
            local: self.address,
            transport: self.transport,
            path: self.path,
            keeper: self.keeper,
            linger: None,
            reset: false,
            only: None,
        }
    }

    /// Its parts, for a datagram socket that turns into one conversation; the
    /// path is removed when its guard is dropped.
    pub fn into_parts(self) -> (Socket, String, Transport, Option<OwnPath>) {
        (self.socket, self.address, self.transport, self.path)
    }
}
