//! stdout, where many peers are printed: what it does not take at once waits,
//! and nothing more is received until it has. Nobody waits here.

use std::os::fd::BorrowedFd;

use crate::failure::Failure;
use crate::relay::end::{Sink, Step};
use crate::relay::output::Stdout;
use crate::run::Run;
use crate::sys::descriptor;

/// Standard output and what it has not taken yet: never more than one question.
pub struct Printing {
    stdout: Stdout,
    waiting: Vec<u8>,
}

impl Printing {
    /// # Errors
    /// stdout was closed when the process began.
    pub fn new(run: &mut Run) -> Result<Printing, Failure> {
        Ok(Printing {
            stdout: Stdout::new(run, true)?,
            waiting: Vec::new(),
        })
    }

    /// Prints a question; the rest waits if not all of it fits.
    ///
    /// # Errors
    /// Those of stdout.
    pub fn print(&mut self, run: &mut Run, bytes: &[u8]) -> Result<(), Failure> {
        let printed = match self.is_full() {
            true => 0,
            false => write(run, &mut self.stdout, bytes)?,
        };
        self.waiting.extend_from_slice(&bytes[printed..]);
        Ok(())
    }

    /// Prints what waits, as far as it fits.
    ///
    /// # Errors
    /// Those of stdout.
    pub fn go_on(&mut self, run: &mut Run) -> Result<(), Failure> {
        let printed = write(run, &mut self.stdout, &self.waiting)?;
        self.waiting.drain(..printed);
        Ok(())
    }

    /// Whether something waits.
    pub fn is_full(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Bytes that wait.
    pub fn waits(&self) -> usize {
        self.waiting.len()
    }

    /// What to poll for writing while something waits.
    pub fn fd(&self) -> Option<BorrowedFd<'static>> {
        self.is_full().then(|| descriptor::standard(1))
    }
}

/// As much as fits at this moment, in bytes.
fn write(run: &mut Run, stdout: &mut Stdout, bytes: &[u8]) -> Result<usize, Failure> {
    let mut written = 0;
    while written < bytes.len() {
        match stdout.write(run, &bytes[written..])? {
            Step::Moved(length) => written += length,
            _ => break,
        }
    }
    Ok(written)
}
