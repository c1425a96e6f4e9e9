//! bind(): a local address, for a listener or as the source of a connection.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::stat::{Mode as FileMode, fchmod, umask};
use socket2::{Domain, SockAddr, Socket};

use super::connect::Conn;
use super::options::{self, Options};
use super::socket::{Transport, local_name, name, outcome, socket};
use super::{Stage, recv};
use crate::address::Unix;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::mode::Mode;
use crate::run::Run;
use crate::sys::holder;

/// `--source ADDR[:PORT]`: where connections come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// None leaves the address to the kernel.
    pub ip: Option<IpAddr>,
    /// 0 leaves the port to the kernel.
    pub port: u16,
}

impl Source {
    /// Whether connections to this address can come from here.
    pub fn reaches(&self, target: &SocketAddr) -> bool {
        self.ip.is_none_or(|ip| ip.is_ipv4() == target.is_ipv4())
    }

    /// The address to bind for a connection to `target`.
    pub fn towards(&self, target: &SocketAddr) -> SocketAddr {
        let any: IpAddr = match target {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        SocketAddr::new(self.ip.unwrap_or(any), self.port)
    }
}

/// Binds the source of a connection to `target`.
///
/// # Errors
/// bind(2): an address this machine does not have, a busy or privileged port.
pub fn source(
    run: &mut Run,
    socket: &Socket,
    source: &Source,
    target: &SocketAddr,
    options: &Options,
) -> Result<(), Failure> {
    options::apply(run, socket, &options.set, Stage::Bind)?;
    if source.port != 0 {
        // TIME_WAIT of an earlier connection from here must not refuse this one.
        let _ = socket.set_reuse_address(true);
    }
    bind(run, socket, &source.towards(target).into())
}

/// A bound socket; its path, if it has one, is removed with it.
pub struct Bound {
    pub socket: Socket,
    /// `[::]:5005`, `unix:/run/x`.
    pub address: String,
    /// `IPv4`, `IPv6`; empty for Unix sockets.
    pub families: Vec<&'static str>,
    pub transport: Transport,
    /// `--linger` of the connections that are accepted.
    pub linger: Option<Duration>,
    path: Option<OwnPath>,
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
        path: None,
    })
}

/// Binds a Unix socket. A socket left behind by a dead process is replaced;
/// anything else that is there stays.
///
/// # Errors
/// socket(2) and bind(2).
pub fn unix(
    run: &mut Run,
    unix: &Unix,
    transport: Transport,
    options: &Options,
) -> Result<Bound, Failure> {
    let object = unix.to_string();
    let address = super::connect::unix_address(Stage::Bind, unix)?;
    let socket = socket(run, Domain::UNIX, transport, options)?;
    options::apply(run, &socket, &options.set, Stage::Bind)?;
    let _umask = match options.mode {
        Some(mode) => Some(permit(run, &socket, mode)?),
        None => None,
    };
    let bound = bind(run, &socket, &address);
    if let (Err(Failure::Stage(error)), Unix::Path(path)) = (&bound, unix)
        && error.errno == Some(Errno::EADDRINUSE)
    {
        if !is_socket(path) {
            return Err(error
                .clone()
                .hint("what is there is not a socket; it stays")
                .into());
        }
        if !is_stale(&socket, &address) {
            return Err(error.clone().into());
        }
        fs::remove_file(path)
            .map_err(|error| StageError::io(Stage::Bind, &*object, Class::Local, &error))?;
        let text = "nobody answered on the socket that was there; it is replaced";
        run.note(Stage::Bind, &*object, text);
        bind(run, &socket, &address)?;
    } else {
        bound?;
    }
    let path = match unix {
        Unix::Path(path) => OwnPath::of(path),
        Unix::Abstract(_) => None,
    };
    Ok(Bound {
        socket,
        address: object,
        families: Vec::new(),
        transport,
        linger: None,
        path,
    })
}

fn bind(run: &mut Run, socket: &Socket, address: &SockAddr) -> Result<(), Failure> {
    let object = name(address);
    run.enter(Stage::Bind, &object);
    let bound = socket.bind(address);
    run.call(
        || format!("bind({}, {object})", socket.as_raw_fd()),
        bound.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    if let Err(error) = bound {
        let error = StageError::io(Stage::Bind, &*object, Class::Local, &error);
        let holder = (error.errno == Some(Errno::EADDRINUSE))
            .then(|| holder::of(address, socket.r#type().ok()))
            .flatten();
        return Err(match holder {
            Some(holder) => error.hint(format!("{holder} has it")),
            None if address.is_unix() && error.errno == Some(Errno::EACCES) => {
                error.hint("the directory must be writable")
            }
            None => error,
        }
        .into());
    }
    run.tell(Event::Bind {
        address: local_name(socket),
    });
    run.pause(Stage::Bind)
}

/// `--mode`: bind(2) gives a path the mode of the socket that takes it, less
/// the umask (unix(7)). Set on the socket before it has a path, so that the path
/// never is more open than was asked for, and nobody can be faster than a
/// chmod(2).
fn permit(run: &mut Run, socket: &Socket, mode: Mode) -> Result<Umask, StageError> {
    let done = fchmod(socket, FileMode::from_bits_truncate(mode.bits()));
    run.call(
        || format!("fchmod({}, {mode})", socket.as_raw_fd()),
        done.map_or_else(|errno| outcome(&errno.into()), |()| "0".to_owned()),
    );
    done.map_err(|errno| {
        StageError::os(Stage::Bind, format!("--mode {mode}"), Class::Local, errno)
    })?;
    Ok(Umask(umask(FileMode::empty())))
}

/// No umask until this is dropped. It belongs to the process, and no other
/// thread of this one makes files.
struct Umask(FileMode);

impl Drop for Umask {
    fn drop(&mut self) {
        umask(self.0);
    }
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket())
}

/// connect(2) to a path whose process is gone is refused; every other answer
/// means that somebody is there.
fn is_stale(like: &Socket, address: &SockAddr) -> bool {
    let Ok(kind) = like.r#type() else {
        return false;
    };
    Socket::new(Domain::UNIX, kind.nonblocking(), None)
        .and_then(|probe| probe.connect(address))
        .is_err_and(|error| error.raw_os_error() == Some(Errno::ECONNREFUSED as i32))
}

/// A path that this process made and removes again, unless something else has
/// taken its place.
pub struct OwnPath {
    path: PathBuf,
    inode: (u64, u64),
}

impl OwnPath {
    fn of(path: &Path) -> Option<OwnPath> {
        let about = fs::symlink_metadata(path).ok()?;
        // Absolute, because a later chdir must not change what is removed.
        let path = std::path::absolute(path).ok()?;
        Some(OwnPath {
            path,
            inode: (about.dev(), about.ino()),
        })
    }
}

impl Drop for OwnPath {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|a| (a.dev(), a.ino()) == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
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
