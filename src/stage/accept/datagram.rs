//! The first datagram, where there is nothing to accept().

use std::os::fd::{AsFd, AsRawFd};
use std::time::Instant;

use nix::poll::PollFlags;

use super::Options;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError, Timer};
use crate::run::{Interest, Run, Wake, outcome};
use crate::stage::bind::Bound;
use crate::stage::connect::Conn;
use crate::stage::socket::name;
use crate::stage::{Stage, recv};

/// Waits for a datagram and ties the socket to its sender, as accept() would
/// give a socket of its own; also the datagram, and how long the name lives.
///
/// # Errors
/// `--accept-timeout`, signals.
pub fn first_datagram(
    run: &mut Run,
    bound: Bound,
    options: &Options,
    flags: i32,
) -> Result<(Conn, Vec<u8>), Failure> {
    run.enter(Stage::Accept, &bound.address);
    let until = options.timeout.map(|after| Instant::now() + after);
    let mut bytes = vec![0; recv::DATAGRAM_BUFFER];
    let datagram = loop {
        let mut ready = [Interest::new(bound.socket.as_fd(), PollFlags::POLLIN)];
        match run.wait(&mut ready, until)? {
            Wake::Progress => continue,
            Wake::Time => {
                return Err(run.timed_out(Timer {
                    option: "--accept-timeout",
                    after: options.timeout.unwrap_or_default(),
                }));
            }
            Wake::Ready => {}
        }
        // An error belongs to an earlier answer, of which there was none.
        let Ok(datagram) = recv::datagram(&bound.socket, &mut bytes, flags) else {
            continue;
        };
        let keeper = bound.keeper.as_ref();
        if keeper.is_none_or(|keeper| keeper.hears(run, &bound.address, &datagram.from)) {
            break datagram;
        }
    };
    recv::Losses::default().tell(run, &bound.address, &datagram, bytes.len());
    bytes.truncate(datagram.length.min(recv::DATAGRAM_BUFFER));
    let (socket, local, transport, path) = bound.into_parts();
    // An unbound Unix socket has no address to answer to.
    let peer = datagram.from.as_ref().map_or("unix:".to_owned(), name);
    if let Some(from) = &datagram.from {
        let connected = socket.connect(from);
        run.call(
            || format!("connect({}, {peer})", socket.as_raw_fd()),
            connected.as_ref().map_or_else(outcome, |()| "0".to_owned()),
        );
        if let Err(error) = connected {
            // It has spoken and gone: what it said is no less said.
            let error = StageError::io(Stage::Accept, &*peer, Class::Local, &error);
            run.tell(error.attempt());
        }
    }
    run.tell(Event::Peer {
        address: peer.clone(),
        local: local.clone(),
        protocol: transport.name(),
    });
    run.pause(Stage::Accept)?;
    let conn = Conn {
        only: datagram.from,
        keeper: None,
        linger: None,
        reset: false,
        socket,
        peer,
        local,
        transport,
        path,
    };
    Ok((conn, bytes))
}
