//! The first peer that is one.

use std::cell::RefCell;
use std::time::Instant;

use crate::failure::{Class, Failure};
use crate::run::Run;
use crate::stage::accept::{self, Turns, accept, knocked, settle};
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
    let mut turns = Turns::default();
    loop {
        let conn = accept(run, &listening.borrow(), options, since, &mut turns)?;
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
