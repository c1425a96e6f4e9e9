//! A Unix socket and its path.

use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::stat::{Mode as FileMode, fchmod, umask};
use socket2::{Domain, Socket};

use super::{Bound, OwnPath, bound, stale, try_bind};
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
    match (try_bind(run, &socket, &address), unix) {
        (Err(taken), Unix::Path(path)) if taken.errno == Some(Errno::EADDRINUSE) => {
            let _cleared = stale::clear(run, path, (&socket, &address), taken)?;
            try_bind(run, &socket, &address)?;
            let text = "nobody answered on the socket that was there; it is replaced";
            run.note(Stage::Bind, &*object, text);
        }
        (bound, _) => bound?,
    }
    let path = match unix {
        Unix::Path(path) => OwnPath::of(path),
        Unix::Abstract(_) => None,
    };
    bound(run, &socket)?;
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
