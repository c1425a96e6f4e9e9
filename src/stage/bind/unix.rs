//! A Unix socket and its path.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::stat::{Mode as FileMode, fchmod, umask};
use socket2::{Domain, SockAddr, Socket};

use super::{Bound, OwnPath, bind};
use crate::address::Unix;
use crate::failure::{Class, Failure, StageError};
use crate::mode::Mode;
use crate::run::{Run, outcome};
use crate::stage::Stage;
use crate::stage::options::{self, Options};
use crate::stage::socket::{Transport, socket};

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
    let address = crate::stage::connect::unix_address(Stage::Bind, unix)?;
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
        keeper: None,
        path,
    })
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
