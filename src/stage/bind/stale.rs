//! A path that a dead process has left behind, and its replacement.
//!
//! connect(2) is refused by a socket that nobody has any more, and also by one
//! that somebody has bound and not told to listen yet. sock_diag(7) knows both
//! kinds of live ones, of this network namespace; in another one listen(2)
//! follows bind(2) at once, and a second look finds it. Two that replace the same
//! path would take the new socket of each other away: a lock of the directory
//! (flock(2)), which leaves no file behind, lets one look after the other.

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use socket2::{Domain, SockAddr, Socket};

use crate::failure::{Class, Failure, StageError, describe};
use crate::run::Run;
use crate::stage::Stage;
use crate::sys::sock_diag;

/// From bind(2) to listen(2) of others there is less time than this.
const STARTING: Duration = Duration::from_millis(20);

/// How long others may need for their own replacement.
const LOCKED: Duration = Duration::from_secs(1);

/// A stale socket is out of the way for as long as this is there.
pub struct Cleared(#[expect(dead_code, reason = "held for its lock")] Flock<File>);

/// Removes what is at the path, if it is a socket that nobody has; `taken` is what
/// bind(2) said, and comes back where it stays.
///
/// # Errors
/// That one, timers and signals.
pub fn clear(
    run: &mut Run,
    path: &Path,
    (like, address): (&Socket, &SockAddr),
    taken: StageError,
) -> Result<Cleared, Failure> {
    if !is_socket(path) {
        return Err(taken.hint("what is there is not a socket; it stays").into());
    }
    let lock = match lock(run, path)? {
        Ok(lock) => lock,
        Err(why) => {
            let hint = format!(
                "nobody answers there, but without a lock of its directory ({why}) it stays"
            );
            return Err(match is_stale(run, path, like, address)? {
                true => taken.hint(hint).into(),
                false => taken.into(),
            });
        }
    };
    if !is_stale(run, path, like, address)? {
        return Err(super::with_holder(taken, like, address).into());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StageError::io(Stage::Bind, taken.object, Class::Local, &error).into())
        }
        _ => Ok(Cleared(lock)),
    }
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket())
}

/// The lock of the directory, or why there is none.
fn lock(run: &mut Run, path: &Path) -> Result<Result<Flock<File>, String>, Failure> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut directory = match File::open(parent.unwrap_or(Path::new("."))) {
        Ok(directory) => directory,
        Err(error) => {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
            return Ok(Err(describe(errno)));
        }
    };
    let until = Instant::now() + LOCKED;
    loop {
        match Flock::lock(directory, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Ok(lock)),
            Err((back, Errno::EAGAIN)) if Instant::now() < until => directory = back,
            Err((_, Errno::EAGAIN)) => return Ok(Err("somebody else has locked it".to_owned())),
            Err((_, errno)) => return Ok(Err(describe(errno))),
        }
        run.sleep(Duration::from_millis(2))?;
    }
}

fn is_stale(
    run: &mut Run,
    path: &Path,
    like: &Socket,
    address: &SockAddr,
) -> Result<bool, Failure> {
    if !is_left_alone(path, like, address) {
        return Ok(false);
    }
    run.sleep(STARTING)?;
    Ok(is_left_alone(path, like, address))
}

/// Nobody has it, or nobody who can be seen. Where the kernel tells who has it,
/// a listener is not disturbed by a connection that asks.
fn is_left_alone(path: &Path, like: &Socket, address: &SockAddr) -> bool {
    let file = match fs::symlink_metadata(path) {
        Ok(about) if about.file_type().is_socket() => about,
        Ok(_) => return false,
        // Gone already.
        Err(error) => return error.kind() == std::io::ErrorKind::NotFound,
    };
    let name = path.file_name().unwrap_or_default();
    if let Ok(Some(_)) = sock_diag::bound_to(file.dev(), file.ino(), name) {
        return false;
    }
    let Ok(kind) = like.r#type() else {
        return false;
    };
    Socket::new(Domain::UNIX, kind.nonblocking(), None)
        .and_then(|probe| probe.connect(address))
        .is_err_and(|error| error.raw_os_error() == Some(Errno::ECONNREFUSED as i32))
}
