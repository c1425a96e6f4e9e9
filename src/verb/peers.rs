//! The first peer that is one.

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use crate::failure::{Class, Failure};
use crate::run::{Interest, Run};
use crate::stage::accept::{self, accept, knocked};
use crate::stage::bind::Bound;
use crate::stage::connect::Conn;

/// Called once a peer has proved to be one: bytes moved, or it ended in order.
pub type Proved<'a> = Box<dyn FnOnce() + 'a>;

/// How it went with one peer, and how many bytes went either way.
pub struct Attempted {
    pub result: Result<(), Failure>,
    pub moved: u64,
}

impl Attempted {
    /// Gone with a reset before a byte went either way: a port scan or a
    /// health check, which is nobody's conversation.
    pub fn is_probe(&self) -> bool {
        let cut = matches!(&self.result, Err(Failure::Stage(error))
            if error.class == Class::Cut && error.errno.is_some());
        cut && self.moved == 0
    }
}

/// How long a peer that has just come may take to show that it only knocks.
const SETTLE: Duration = Duration::from_millis(10);

/// Gives a port scan or health check the time for its reset, before anything
/// is sent to it and lost. A peer that speaks, or a later one, waits for nothing.
///
/// # Errors
/// Timers and signals.
pub fn settle(run: &mut Run, conn: &Conn) -> Result<(), Failure> {
    let mut ready = [Interest::new(conn.socket.as_fd(), PollFlags::POLLIN)];
    run.wait(&mut ready, Some(Instant::now() + SETTLE))
        .map(drop)
}

/// Serves the first peer that is one. The listeners are closed as soon as it
/// has proved to be: whoever comes later is refused, not left waiting.
///
/// # Errors
/// `--accept-timeout`, signals, and the peer's own.
pub fn first_peer(
    run: &mut Run,
    bound: Vec<Bound>,
    options: &accept::Options,
    mut serve: impl FnMut(&mut Run, Conn, Proved<'_>) -> Attempted,
) -> Result<(), Failure> {
    let since = Instant::now();
    let listening = RefCell::new(bound);
    loop {
        let conn = accept(run, &listening.borrow(), options, since)?;
        settle(run, &conn)?;
        let (peer, local) = (conn.peer.clone(), conn.local.clone());
        let proved = Box::new(|| listening.borrow_mut().clear());
        let attempted = serve(run, conn, proved);
        match &attempted.result {
            Err(Failure::Stage(error))
                if attempted.is_probe() && !listening.borrow().is_empty() =>
            {
                knocked(run, (&peer, &local), error);
            }
            _ => return attempted.result,
        }
    }
}
