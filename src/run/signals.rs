//! Signals as bytes on a pipe.
//!
//! The first INT, TERM or HUP asks the run to end in order; the second one
//! ends it at once. A signal that was ignored when the program started stays
//! ignored, so that nohup(1) keeps its promise.

use std::cell::Cell;
use std::io::{self, PipeReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::{flag, low_level};

use crate::sys;

/// The signal that asks for progress.
pub const USR1: i32 = SIGUSR1;

/// timeout(1) signals the process and then its group, and a terminal may do no
/// better: what comes so close behind the first one is the same wish.
/// In milliseconds.
const ONE_SIGNAL: u64 = 100;

/// INT, TERM or HUP, once one has come.
#[derive(Clone, Default)]
pub struct Ending(Arc<AtomicUsize>);

impl Ending {
    /// The signal, if one has come.
    pub fn signal(&self) -> Option<i32> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal as i32),
        }
    }
}

/// Installed handlers and the pipe they write to.
pub struct Signals {
    pipe: Arc<PipeReader>,
    ending: Ending,
    /// Somebody sees to the end: it is no news any more.
    known: Cell<bool>,
    progress: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers.
    ///
    /// # Errors
    /// pipe(2), fcntl(2) or sigaction(2).
    pub fn install() -> io::Result<Signals> {
        let (pipe, writer) = io::pipe()?;
        sys::descriptor::set_nonblocking(&pipe)?;
        let signals = Signals {
            pipe: Arc::new(pipe),
            ending: Ending::default(),
            known: Cell::new(false),
            progress: Arc::default(),
        };
        let installed = Instant::now();
        // Milliseconds from `installed` to the first signal; 0 is none yet.
        let first = Arc::new(AtomicU64::new(0));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if sys::signal::is_ignored(signal)? {
                continue;
            }
            sys::signal::on_second(signal, installed, Arc::clone(&first), ONE_SIGNAL)?;
            flag::register_usize(signal, Arc::clone(&signals.ending.0), signal as usize)?;
            low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        // A file that may grow no more (RLIMIT_FSIZE) is then a failed write,
        // EFBIG, and can be told.
        flag::register(SIGXFSZ, Arc::default())?;
        flag::register(SIGUSR1, Arc::clone(&signals.progress))?;
        low_level::pipe::register(SIGUSR1, writer)?;
        Ok(signals)
    }

    /// The end of the pipe to poll for reading.
    pub fn pipe(&self) -> Arc<PipeReader> {
        Arc::clone(&self.pipe)
    }

    /// The signal that came, if one did. INT, TERM and HUP stay, so that
    /// whoever asks next learns of them too.
    pub fn take(&self) -> Option<i32> {
        let mut bytes = [0; 16];
        // Only wakes poll(2); what came is in the flags.
        let _ = (&*self.pipe).read(&mut bytes);
        match self.ending.signal().filter(|_| !self.known.get()) {
            None if self.progress.swap(false, Ordering::SeqCst) => Some(USR1),
            signal => signal,
        }
    }

    /// The end is seen to: [`Signals::take`] tells no more of it.
    pub fn know(&self) {
        self.known.set(true);
    }

    /// Whether the run is to end, for those that cannot wait for the pipe.
    pub fn ending(&self) -> Ending {
        self.ending.clone()
    }
}
