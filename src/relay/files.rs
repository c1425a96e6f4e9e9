//! Files, read one after another as if they were one.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use nix::libc;

use super::digest::{Digest, Sum};
use super::end::{Plain, Source, Step};
use super::input::{Input, failed};
use crate::failure::Failure;
use crate::run::Run;
use crate::sys::descriptor::Kind;

/// Files in a row.
pub struct Files {
    current: Input,
    rest: VecDeque<Input>,
    names: VecDeque<PathBuf>,
    size: Option<u64>,
    sums: Option<Sums>,
}

/// A digest of each file.
#[derive(Default)]
struct Sums {
    current: Digest,
    done: Vec<(OsString, Sum)>,
}

impl Files {
    /// Opens all of them now, so that a missing one is told before anything is
    /// sent; `-` is stdin, and so are none.
    ///
    /// # Errors
    /// open(2) of any of them.
    pub fn open(run: &mut Run, paths: &[PathBuf]) -> Result<Files, Failure> {
        let mut rest = VecDeque::new();
        for path in paths {
            rest.push_back(if path.as_os_str() == "-" {
                stdin_that_is_there()?
            } else {
                Input::file(run, path)?
            });
        }
        let current = match rest.pop_front() {
            Some(first) => first,
            None => stdin_that_is_there()?,
        };
        let sizes = rest.iter().map(Input::size);
        Ok(Files {
            size: sizes.fold(current.size(), |sum, one| sum?.checked_add(one?)),
            current,
            rest,
            names: match paths {
                [] => VecDeque::from([PathBuf::from("-")]),
                paths => paths.iter().cloned().collect(),
            },
            sums: None,
        })
    }

    /// Takes the digest of each file by itself.
    pub fn digests(mut self, on: bool) -> Files {
        self.sums = on.then(Sums::default);
        self
    }

    /// Bytes in all of them, as they were opened; None where nobody knows.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// The digests of the files that were read from beginning to end.
    pub fn sums(&mut self) -> Vec<(OsString, Sum)> {
        let Some(sums) = &mut self.sums else {
            return Vec::new();
        };
        // All that was asked for was read, and that was all there was.
        if self.current.size() == Some(sums.current.sum().bytes) {
            next(sums, &mut self.names);
        }
        std::mem::take(&mut sums.done)
    }
}

/// One file is at its end.
fn next(sums: &mut Sums, names: &mut VecDeque<PathBuf>) {
    let sum = std::mem::take(&mut sums.current).sum();
    match names.pop_front() {
        // stdin is no file that anybody could look at again.
        Some(name) if name.as_os_str() != "-" => sums.done.push((name.into(), sum)),
        _ => {}
    }
}

/// Nothing at all must not be sent as if it were everything.
fn stdin_that_is_there() -> Result<Input, Failure> {
    let stdin = Input::stdin()?;
    if stdin.is_closed() {
        return Err(failed(
            "stdin",
            &std::io::Error::from_raw_os_error(libc::EBADF),
        ));
    }
    Ok(stdin)
}

impl Source for Files {
    fn fd(&self) -> BorrowedFd<'_> {
        Source::fd(&self.current)
    }

    fn kind(&self) -> Kind {
        Source::kind(&self.current)
    }

    fn plain(&self) -> Option<&dyn Plain> {
        self.current.plain().filter(|_| self.sums.is_none())
    }

    fn read(&mut self, run: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure> {
        loop {
            let step = self.current.read(run, buffer)?;
            match (&mut self.sums, step) {
                (Some(sums), Step::Moved(length)) => sums.current.update(&buffer[..length]),
                (Some(sums), Step::End) => next(sums, &mut self.names),
                _ => {}
            }
            if step != Step::End {
                return Ok(step);
            }
            match self.rest.pop_front() {
                Some(next) => self.current = next,
                None => return Ok(Step::End),
            }
        }
    }
}
