//! The sockets whose connect() is a matter of this machine: UDP and Unix.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileTypeExt;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::UnixAddr;
use socket2::{Domain, SockAddr, Socket};

use super::{Conn, Options, class};
use crate::address::Unix;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Run, millis, outcome};
use crate::stage::socket::{Transport, local_name, socket};
use crate::stage::{Stage, bind};
use crate::sys::broadcast::is_broadcast;
use crate::sys::errqueue;
use crate::verdict::{Evidence, Protocol, judge};

/// How often a Unix listener whose backlog is full is asked again; nothing
/// tells when it has room.
const BACKLOG_POLL: Duration = Duration::from_millis(20);

/// Gives a UDP socket its peer; nothing is sent, so nothing is learned yet.
///
/// # Errors
/// No route, no permission (broadcast), or bind(2) of the source.
pub fn udp(run: &mut Run, address: &SocketAddr, options: &Options) -> Result<Conn, Failure> {
    let domain = Domain::for_address(*address);
    let socket = socket(run, domain, Transport::Udp, &options.socket)?;
    let object = address.to_string();
    let local = |error: io::Error| StageError::io(Stage::Connect, &*object, Class::Local, &error);
    errqueue::enable(&socket, address.is_ipv6(), true).map_err(local)?;
    if let Some(source) = &options.source {
        bind::source(run, &socket, source, address, &options.socket)?;
    }
    run.enter(Stage::Connect, &object);
    let begun = Instant::now();
    let connected = socket.connect(&(*address).into());
    run.call(
        || format!("connect({}, {object})", socket.as_raw_fd()),
        connected.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    connected.map_err(|error| {
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        let evidence = Evidence::errno(errno as i32);
        let verdict = judge(Protocol::Udp, Some(address.ip()), None, &evidence);
        let error = StageError::os(Stage::Connect, &*object, class(&verdict), errno);
        match errno == Errno::EACCES && is_broadcast(address.ip()) {
            true => error.hint("this is a broadcast address: see --broadcast"),
            false => error,
        }
    })?;
    finish(run, socket, object, Transport::Udp, begun)
}

/// Connects to a Unix socket. A datagram socket gets a name of its own
/// (autobind, unix(7)), so that it can be answered.
///
/// # Errors
/// ENOENT, ECONNREFUSED (stale), EACCES, EPROTOTYPE, a path that is too long,
/// and no room in the backlog for `-w`.
pub fn unix(
    run: &mut Run,
    unix: &Unix,
    transport: Transport,
    options: &Options,
) -> Result<Conn, Failure> {
    let object = unix.to_string();
    let address = unix_address(Stage::Connect, unix)?;
    let socket = socket(run, Domain::UNIX, transport, &options.socket)?;
    run.enter(Stage::Connect, &object);
    if transport == Transport::UnixDatagram {
        nix::sys::socket::bind(socket.as_raw_fd(), &UnixAddr::new_unnamed())
            .map_err(|errno| StageError::os(Stage::Bind, &*object, Class::Local, errno))?;
    }
    let begun = Instant::now();
    loop {
        let connected = socket.connect(&address);
        run.call(
            || format!("connect({}, {object})", socket.as_raw_fd()),
            connected.as_ref().map_or_else(outcome, |()| "0".to_owned()),
        );
        let Err(error) = connected else { break };
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        let failed = |class| StageError::os(Stage::Connect, &*object, class, errno);
        match errno {
            Errno::EINTR => {}
            Errno::EAGAIN if begun.elapsed() < options.timeout => run.sleep(BACKLOG_POLL)?,
            Errno::EAGAIN => return Err(failed(Class::NoAnswer).into()),
            Errno::ECONNREFUSED => {
                return Err(failed(Class::Refused).hint(refused(unix)).into());
            }
            Errno::ENOENT => return Err(failed(Class::Refused).into()),
            _ => return Err(failed(Class::Local).into()),
        }
    }
    finish(run, socket, object, transport, begun)
}

/// Who is to blame: the kernel refuses a file that is no socket in the same way
/// as a socket that nobody has (unix(7)).
fn refused(unix: &Unix) -> &'static str {
    match unix {
        Unix::Path(path) => match fs::metadata(path) {
            Ok(about) if !about.file_type().is_socket() => "this file is not a socket",
            _ => "nobody listens on this socket any more",
        },
        Unix::Abstract(_) => "nobody listens on this name",
    }
}

fn finish(
    run: &mut Run,
    socket: Socket,
    peer: String,
    transport: Transport,
    begun: Instant,
) -> Result<Conn, Failure> {
    let conn = Conn {
        peer,
        local: local_name(&socket),
        socket,
        transport,
        path: None,
        linger: None,
        reset: false,
        only: None,
        keeper: None,
    };
    run.tell(Event::Connect {
        address: conn.peer.clone(),
        local: conn.local.clone(),
        time_ms: millis(begun.elapsed()),
        rtt_ms: None,
        mss: None,
    });
    run.pause(Stage::Connect)?;
    Ok(conn)
}

/// A Unix address for the kernel.
///
/// # Errors
/// A path longer than sun_path holds (unix(7)).
pub fn unix_address(stage: Stage, unix: &Unix) -> Result<SockAddr, StageError> {
    let failed = |reason: String| StageError::new(stage, unix.to_string(), Class::Local, reason);
    unix.check().map_err(|error| failed(error.expected))?;
    let made = match unix {
        Unix::Path(path) => SockAddr::unix(path),
        Unix::Abstract(name) => {
            let mut path = vec![0];
            path.extend(name);
            SockAddr::unix(std::ffi::OsString::from_vec(path))
        }
    };
    made.map_err(|error| failed(error.to_string()))
}
