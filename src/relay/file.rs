//! `-o FILE`: a file that is complete under its name, or not there.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::libc;
use nix::unistd::{AccessFlags, access};

use super::end::{Plain, Sink, Step};
use super::output::{self, failed};
use crate::failure::Failure;
use crate::run::Run;
use crate::sys::descriptor::Kind;

/// As many symbolic links in a row as the kernel follows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// What is written to, by us or by the kernel for us.
struct Opened {
    file: File,
    kind: Kind,
    /// For errors.
    name: String,
}

impl Plain for Opened {
    fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn failed(&self, errno: Errno) -> Failure {
        failed(&self.name, &errno.into())
    }
}

/// Where received data is stored.
pub struct Output {
    opened: Option<Opened>,
    /// The name the data is written under.
    written_as: PathBuf,
    /// The name it gets at a clean end; None for devices and fifos.
    becomes: Option<PathBuf>,
    bytes: u64,
}

impl Output {
    /// Opens `path` for a transfer. For a regular or missing target (symbolic
    /// links followed) that is `path.part` beside it; devices and fifos are
    /// written in place.
    ///
    /// # Errors
    /// An existing `.part` without `force`, and whatever open(2) says.
    pub fn open(run: &mut Run, path: &Path, force: bool) -> Result<Output, Failure> {
        let name = path.display().to_string();
        let target = follow(path).map_err(|error| failed(&name, &error))?;
        let about = match fs::symlink_metadata(&target) {
            Ok(about) => Some(about),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&name, &error)),
        };
        match about {
            Some(about) if about.is_dir() => {
                Err(failed(&name, &io::Error::from_raw_os_error(libc::EISDIR)))
            }
            Some(about) if !about.is_file() => {
                let mut options = OpenOptions::new();
                options.write(true);
                // Opening a fifo waits for its reader, and must not become our
                // controlling terminal if it is one.
                options.custom_flags(libc::O_NOCTTY);
                let fifo = about.file_type().is_fifo();
                let file = run
                    .guarded(|| options.open(&target))
                    .map_err(|error| failed(&name, &error))?;
                let kind = if fifo { Kind::Pipe } else { Kind::Device };
                Ok(Output {
                    opened: Some(Opened { file, kind, name }),
                    written_as: target,
                    becomes: None,
                    bytes: 0,
                })
            }
            about => {
                let part = Self::part(target, about, force)?;
                run.keeps(Some(&format!("kept in {}", part.written_as.display())));
                Ok(part)
            }
        }
    }

    fn part(target: PathBuf, about: Option<fs::Metadata>, force: bool) -> Result<Output, Failure> {
        let mut part = OsString::from(&target);
        part.push(".part");
        let part = PathBuf::from(part);
        let name = part.display().to_string();
        if about.is_some() {
            // What could not be written to must not be replaced either.
            access(&target, AccessFlags::W_OK)
                .map_err(|errno| failed(&target.display().to_string(), &errno.into()))?;
        }
        if force
            && let Err(error) = fs::remove_file(&part)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(failed(&name, &error));
        }
        let file = match OpenOptions::new().write(true).create_new(true).open(&part) {
            Ok(file) => file,
            Err(error) => {
                let left = error.kind() == io::ErrorKind::AlreadyExists;
                return Err(match failed(&name, &error) {
                    Failure::Stage(error) if left => error
                        .hint("left by an interrupted transfer; --force overwrites it")
                        .into(),
                    failure => failure,
                });
            }
        };
        if let Some(about) = about {
            let mode = fs::Permissions::from_mode(about.permissions().mode() & 0o7777);
            fs::set_permissions(&part, mode).map_err(|error| failed(&name, &error))?;
        }
        let kind = Kind::Regular;
        Ok(Output {
            opened: Some(Opened { file, kind, name }),
            written_as: part,
            becomes: Some(target),
            bytes: 0,
        })
    }

    /// The `.part` that an interrupted transfer leaves behind, and its length
    /// in bytes.
    pub fn left_behind(&self) -> Option<(String, u64)> {
        let part = self.becomes.as_ref().map(|_| &self.written_as)?;
        (self.bytes > 0).then(|| (part.display().to_string(), self.bytes))
    }
}

impl Sink for Output {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.opened.as_ref().map(|opened| opened.file.as_fd())
    }

    fn kind(&self) -> Option<Kind> {
        self.opened.as_ref().map(|opened| opened.kind)
    }

    fn plain(&self) -> Option<&dyn Plain> {
        self.opened.as_ref().map(|opened| opened as &dyn Plain)
    }

    fn was_given(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    fn write(&mut self, run: &mut Run, bytes: &[u8]) -> Result<Step, Failure> {
        let Some(Opened { file, kind, name }) = &self.opened else {
            return Ok(Step::NotReady);
        };
        let step = output::write(run, file.as_fd(), *kind, name, bytes)?;
        if let Step::Moved(written) = step {
            self.bytes += written as u64;
        }
        Ok(step)
    }

    fn finish(&mut self, run: &mut Run) -> Result<(), Failure> {
        let Some(Opened { file, name, .. }) = self.opened.take() else {
            return Ok(());
        };
        run.guarded(|| nix::unistd::close(file))
            .map_err(|errno| failed(&name, &errno.into()))?;
        if let Some(target) = &self.becomes {
            run.guarded(|| fs::rename(&self.written_as, target))
                .map_err(|error| failed(&target.display().to_string(), &error))?;
            self.becomes = None;
            run.keeps(None);
        }
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // A transfer that never began leaves nothing to keep, and nothing for
        // the next one to stumble over.
        if self.becomes.is_some() && self.bytes == 0 {
            let _ = fs::remove_file(&self.written_as);
        }
    }
}

/// Follows symbolic links by hand, because the last one may point to a file
/// that is still to be made.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(link) => {
                target = match target.parent() {
                    Some(parent) => parent.join(link),
                    None => link,
                }
            }
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}
