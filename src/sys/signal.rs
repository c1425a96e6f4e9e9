//! Signal dispositions.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use nix::errno::Errno;
use nix::libc;
use signal_hook::low_level;

/// Whether a signal is ignored at this moment.
///
/// # Errors
/// sigaction(2), for a number that is no signal.
pub fn is_ignored(signal: i32) -> io::Result<bool> {
    let mut old = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action the call only fills `old`.
    Errno::result(unsafe { libc::sigaction(signal, ptr::null(), old.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so `old` is filled.
    Ok(unsafe { old.assume_init() }.sa_sigaction == libc::SIG_IGN)
}

/// Lets a second signal do what it does by default, in the signal handler, so
/// that nothing this program is busy with can hold it up; commands are killed
/// with it. `first` holds the
/// milliseconds from `installed` to the first signal of any kind (0 is none
/// yet); what comes within `same` milliseconds of it is the same wish.
///
/// # Errors
/// sigaction(2).
pub fn on_second(
    signal: i32,
    installed: Instant,
    first: Arc<AtomicU64>,
    same: u64,
) -> io::Result<()> {
    let act = move || {
        let now = installed.elapsed().as_millis() as u64 + 1;
        let seen = first.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst);
        if seen.is_err_and(|first| now > first + same) {
            // Who has a group of its own is not reached by what ends this one.
            super::group::kill_all();
            die(signal);
        }
    };
    // SAFETY: `act` is async-signal-safe: it reads a clock and atomics,
    // sends signals and may raise this one again, all of which
    // signal-safety(7) allows, and nothing in it allocates or locks.
    unsafe { low_level::register(signal, act) }.map(drop)
}

/// Ends this process at once, by this signal, so that its parent sees the truth
/// in wait(2). The kernel keeps such signals from process 1 of a namespace, as
/// a container starts it (pid_namespaces(7)): its code says the same.
/// Async-signal-safe.
pub fn die(signal: i32) -> ! {
    if nix::unistd::getpid().as_raw() != 1 {
        // Returns only where that signal's default is not to end a process.
        let _ = low_level::emulate_default_handler(signal);
    }
    // SAFETY: it ends here, and nothing that is left to do needs memory.
    unsafe { libc::_exit(128 + signal) }
}

/// Gives a signal its default action back: SIGPIPE, which std's start took
/// away, so that a write without MSG_NOSIGNAL to a closed connection ends the
/// process; SIGCHLD, because children of a process that was started with it
/// ignored cannot be waited for (wait(2)).
///
/// # Errors
/// sigaction(2), for a number that is no signal.
pub fn set_default(signal: i32) -> io::Result<()> {
    // SAFETY: installs no handler, so no code of ours runs in signal context.
    let old = unsafe { libc::signal(signal, libc::SIG_DFL) };
    if old == libc::SIG_ERR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
