//! listen(): from now on the kernel takes connections for us.

use std::os::fd::AsRawFd;

use super::Stage;
use super::bind::Bound;
use super::socket::outcome;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;

/// The options of this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// `--backlog`: how many finished handshakes may wait for accept(); the
    /// kernel caps it at net.core.somaxconn (listen(2)).
    pub backlog: i32,
}

/// Makes a bound socket listen (a datagram socket does already) and announces it.
///
/// # Errors
/// listen(2).
pub fn listen(run: &mut Run, bound: &Bound, options: &Options) -> Result<(), Failure> {
    run.enter(Stage::Listen, &bound.address);
    if bound.transport.connects() {
        let listening = bound.socket.listen(options.backlog);
        run.call(
            || format!("listen({}, {})", bound.socket.as_raw_fd(), options.backlog),
            listening.as_ref().map_or_else(outcome, |()| "0".to_owned()),
        );
        listening.map_err(|error| {
            StageError::io(Stage::Listen, &*bound.address, Class::Local, &error)
        })?;
    }
    run.tell(Event::Listening {
        address: bound.address.clone(),
        protocol: bound.transport.name(),
        families: bound.families.clone(),
    });
    Ok(())
}
