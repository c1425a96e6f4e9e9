//! What happens in a child between fork(2) and execve(2), where little is allowed.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{getpid, getppid, setsid};

/// The last signal there is, real-time ones included (signal(7)).
const SIGNALS: i32 = 64;

/// The command ends when this process does, however that happens: the kernel
/// sends it SIGTERM (PR_SET_PDEATHSIG of prctl(2)). No signal is ignored or
/// blocked there, whatever this process was started with, and the limit of
/// descriptors is `descriptors` (soft, hard) again. It leads a session, and so
/// a group, of its own: in ours a command that reads the terminal would be
/// stopped for being in the background, where /dev/tty of no session fails.
pub fn belongs_to_us(command: &mut Command, descriptors: Option<(rlim_t, rlim_t)>) {
    let parent = getpid();
    let prepare = move || {
        for signal in 1..=SIGNALS {
            // EINVAL of those that cannot be ignored, and of the C library's own.
            // SAFETY: installs no handler; signal(2) is async-signal-safe.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        SigSet::empty().thread_set_mask()?;
        setsid()?;
        set_pdeathsig(Signal::SIGTERM)?;
        // A parent that was killed before that call does not die again: there
        // would be no signal.
        if getppid() != parent {
            return Err(Errno::ESRCH.into());
        }
        if let Some((soft, hard)) = descriptors {
            setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
        }
        Ok(())
    };
    // SAFETY: `prepare` makes plain system calls on integers; it allocates
    // nothing, takes no lock, and touches no memory that another thread may
    // have been changing when this process was forked.
    unsafe { command.pre_exec(prepare) };
}
