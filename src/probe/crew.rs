//! A run: one engine or several, each a thread with a readiness loop of its own;
//! and then one that asks again what somebody may have had no ICMP error left for.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::Instant;

use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd;

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
    // One engine alone: a ration is to be asked for by one.
    let once_more = Options {
        engines: 1,
        twins: 0,
        retries: 0,
        news: None,
        ..*options
    };
    loop {
        let stopped = sweep(&desk, options, interrupt, until)?;
        let doubts = desk.doubts();
        if stopped != Stopped::Done || doubts.is_empty() {
            return Ok(stopped);
        }
        let stopped = engine::check(&desk, doubts, &once_more, interrupt, until)?;
        if stopped != Stopped::Done {
            return Ok(stopped);
        }
    }
}

/// Asks until there are no questions any more, or none for now and something to
/// ask again.
fn sweep(
    desk: &Desk<'_>,
    options: &Options<'_>,
    interrupt: BorrowedFd<'_>,
    until: Option<Instant>,
) -> io::Result<Stopped> {
    if options.engines <= 1 {
        return engine::run(desk, options, interrupt, None, until);
    }
    let stop = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    let share = Options {
        window: options.window.div_ceil(options.engines),
        twins: options.twins / options.engines,
        ..*options
    };
    let work = || {
        let stopped = engine::run(desk, &share, interrupt, Some(stop.as_fd()), until);
        match (&stopped, options.news) {
            // The counters are far from their ends: this cannot fail.
            (Ok(Stopped::Done), Some(news)) if desk.has_doubts() => {
                // Others sleep for want of questions, and may pause as well.
                let _ = unistd::write(news, &1u64.to_ne_bytes());
            }
            (Ok(Stopped::Done), _) => {}
            _ => _ = stop.write(1),
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
