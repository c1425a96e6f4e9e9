//! Signal dispositions.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use nix::errno::Errno;
use nix::libc;

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

/// Does something when a signal comes, in the signal handler itself.
///
/// # Errors
/// sigaction(2).
pub fn on(signal: i32, act: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    // SAFETY: `act` must be async-signal-safe. Its only caller reads a clock
    // and an atomic and may raise the signal again; all of that is on the list
    // of signal-safety(7), and nothing allocates or locks.
    unsafe { signal_hook::low_level::register(signal, act) }.map(drop)
}

/// Gives SIGPIPE its default action back, which std's start took away: a
/// write without MSG_NOSIGNAL to a closed connection then ends the process.
///
/// # Errors
/// sigaction(2).
pub fn default_sigpipe() -> io::Result<()> {
    // SAFETY: installs no handler, so no code of ours runs in signal context.
    let old = unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    if old == libc::SIG_ERR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
