//! A run: one engine or several, each a thread with a readiness loop of its own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::Instant;

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::desk::Desk;
use super::{Client, Options, Stopped, engine};

/// Asks all questions of `client` and hands it each answer, in the order in
/// which they come.
///
/// The client is told as soon as `interrupt` is readable or hung up, and
/// decides whether that ends the run. `until` is the deadline of the whole run.
/// Questions that are without an answer at the end get none; whatever was in
/// flight is closed with RST.
///
/// # Errors
/// Of epoll(7) itself: no descriptor for it, or an `interrupt` that cannot be
/// polled. Trouble with a single question is its answer.
pub fn run(
    client: &mut dyn Client,
    options: &Options<'_>,
    interrupt: BorrowedFd<'_>,
    until: Option<Instant>,
) -> io::Result<Stopped> {
    let desk = Desk::new(client);
    if options.engines <= 1 {
        return engine::run(&desk, options, interrupt, None, until);
    }
    let stop = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    let share = Options {
        window: options.window.div_ceil(options.engines),
        twins: options.twins / options.engines,
        ..*options
    };
    let work = || {
        let stopped = engine::run(&desk, &share, interrupt, Some(stop.as_fd()), until);
        if !matches!(stopped, Ok(Stopped::Done)) {
            // The counter is far from its end: this cannot fail.
            let _ = stop.write(1);
        }
        stopped
    };
    thread::scope(|scope| {
        // Without a thread there is one engine less, and nothing is lost.
        let others: Vec<_> = (1..options.engines)
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let mut stopped = work();
        for other in others {
            match (other.join(), &stopped) {
                (Ok(theirs), Ok(Stopped::Done | Stopped::Told)) => stopped = worse(stopped, theirs),
                (Ok(Err(error)), Ok(_)) => stopped = Err(error),
                (Ok(_), _) => {}
                (Err(panic), _) => std::panic::resume_unwind(panic),
            }
        }
        stopped
    })
}

/// Of two ends the one that tells more.
fn worse(ours: io::Result<Stopped>, theirs: io::Result<Stopped>) -> io::Result<Stopped> {
    match theirs {
        Ok(Stopped::Done) => ours,
        theirs => theirs,
    }
}
