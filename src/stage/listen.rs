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
    /// kernel caps it at net.core.somaxconn (listen(2)), which is what None
    /// and [`MOST`] get.
    pub backlog: Option<i32>,
}

/// `--backlog somaxconn`
pub const MOST: i32 = i32::MAX;

/// Makes a bound socket listen; a datagram socket does already.
///
/// # Errors
/// listen(2).
pub fn listen(run: &mut Run, bound: &Bound, options: &Options) -> Result<(), StageError> {
    run.enter(Stage::Listen, &bound.address);
    if !bound.transport.connects() {
        return Ok(());
    }
    let backlog = options.backlog.unwrap_or(MOST);
    let listening = bound.socket.listen(backlog);
    run.call(
        || format!("listen({}, {backlog})", bound.socket.as_raw_fd()),
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
    // Who has asked for no number is content with what there is.
    if let (Some(effective), Some(asked)) = (effective, options.backlog)
        && i64::from(effective) < i64::from(asked)
    {
        let object = &*bound.address;
        let why = "net.core.somaxconn allows no more";
        match asked {
            MOST => run.tell(Event::Attempt {
                stage: Stage::Listen.name(),
                object: object.to_owned(),
                reason: format!("the backlog is {effective}: {why}"),
                errno: None,
            }),
            asked => {
                let text = format!("the backlog is {effective}, not {asked}: {why}");
                run.note(Stage::Listen, object, text);
            }
        }
    }
    run.tell(Event::Listening {
        address: bound.address.clone(),
        protocol: bound.transport.name(),
        families: bound.families.clone(),
    });
}
