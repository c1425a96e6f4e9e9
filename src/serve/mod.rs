//! Peers that `listen` serves: one readiness loop for all of them.
//!
//! No peer waits for another: each is moved as far as its own socket allows
//! and then left alone. Here too every stream can end only with a reset until
//! its peer has ended it in order; a command gets its socket without that.
//!
//! `server` is the loop, `door` its listening side with `capacity`, `peer` one
//! that this process answers (`answering`, `pattern`, `printing`), `child` one that a
//! command does, told by `environment` who it is, `alarms` when either is to be looked at, `datagrams` the same
//! without connections.

mod alarms;
mod answering;
mod capacity;
mod child;
mod client;
mod datagrams;
mod door;
mod environment;
mod pattern;
mod peer;
mod printing;
mod server;
mod service;

use nix::errno::Errno;

use crate::exit::Done;
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::accept;
use crate::stage::bind::Bound;
use server::Server;
pub use service::{Answer, Answers, Command, Service, Work};

/// The most commands at the same time, unless `--max-clients` says otherwise.
pub const MOST_COMMANDS: usize = 100;

/// Serves all peers of all listeners; without `-k` one peer, after which the
/// listeners are closed.
///
/// # Errors
/// Local trouble, timers, signals; without `-k` also the peer's failure.
pub fn serve(
    run: &mut Run,
    bound: Vec<Bound>,
    service: &Service,
    accept: &accept::Options,
) -> Result<Done, Failure> {
    match &service.work {
        Work::Answers(what) if bound.iter().any(|one| one.transport.is_datagram()) => {
            datagrams::serve(run, &bound, what, service.keep_open).map(|()| Done::InOrder)
        }
        _ => {
            let mut server = Server::new(run, bound, service, accept)?;
            let result = server.run(run).map_err(|failure| server.unprinted(failure));
            server.dismiss(run, &result);
            result
        }
    }
}

/// What epoll(7) could not do for us.
fn failed(errno: Errno) -> Failure {
    StageError::os(Stage::Accept, "epoll", Class::Local, errno).into()
}
