//! listen(): from now on the kernel takes connections for us.

use std::os::fd::AsRawFd;

use super::Stage;
use super::bind::{self, Bound};
use super::socket::Transport;
use crate::event::Event;
use crate::failure::{Class, StageError};
use crate::run::{Run, outcome};
use crate::sys::tcp_info::tcp_info;

/// The options of this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// `--backlog`: how many finished handshakes may wait for accept(); the
    /// kernel caps it at net.core.somaxconn (listen(2)).
    pub backlog: i32,
    /// It was typed, as a number: one who asks for so many wants to know
    /// when there are fewer.
    pub exactly: bool,
}

/// Makes a bound socket listen; a datagram socket does already.
///
/// # Errors
/// listen(2).
pub fn listen(run: &mut Run, bound: &Bound, options: &Options) -> Result<(), StageError> {
    run.enter(Stage::Listen, &bound.address);
    if !bound.transport.connects() {
        return Ok(());
    }
    let listening = bound.socket.listen(options.backlog);
    run.call(
        || format!("listen({}, {})", bound.socket.as_raw_fd(), options.backlog),
        listening.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    listening.map_err(|error| {
        let error = StageError::io(Stage::Listen, &*bound.address, Class::Local, &error);
        match bound.socket.local_addr() {
            Ok(address) => bind::with_holder(error, &bound.socket, &address),
            Err(_) => error,
        }
    })
}

/// Announces a socket that listens.
pub fn announce(run: &mut Run, bound: &Bound, options: &Options) {
    // On a listening socket that is the effective backlog.
    let effective = match bound.transport {
        Transport::Tcp => tcp_info(&bound.socket).ok().map(|info| info.sacked),
        _ => None,
    };
    if let Some(effective) = effective
        && (effective as i64) < i64::from(options.backlog)
    {
        let object = &*bound.address;
        let why = "net.core.somaxconn allows no more";
        match options.exactly {
            true => {
                let asked = options.backlog;
                let text = format!("the backlog is {effective}, not {asked}: {why}");
                run.note(Stage::Listen, object, text);
            }
            false => run.tell(Event::Attempt {
                stage: Stage::Listen.name(),
                object: object.to_owned(),
                reason: format!("the backlog is {effective}: {why}"),
                errno: None,
            }),
        }
    }
    run.tell(Event::Listening {
        address: bound.address.clone(),
        protocol: bound.transport.name(),
        families: bound.families.clone(),
    });
}
