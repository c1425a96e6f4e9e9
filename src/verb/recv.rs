//! `sock recv`: one way in.

use std::cell::Cell;
use std::time::Instant;

use nix::libc;

use super::conversation::{buffer, close};
use super::dial::dial;
use super::open::open;
use super::send::probed;
use crate::exit::Done;
use crate::failure::{Class, Failure};
use crate::plan::{Recv, Way};
use crate::relay::carrier::{Copy, Direct};
use crate::relay::end::Sink;
use crate::relay::ending::{Ending, Over};
use crate::relay::file::Output;
use crate::relay::net::Receiving;
use crate::relay::output::Stdout;
use crate::relay::pump::Pump;
use crate::relay::session::{Direction, Session};
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::accept::accept;
use crate::stage::bind::Bound;
use crate::stage::connect::Conn;
use crate::stage::recv::count_drops;
use crate::units::human_bytes;

/// # Errors
/// Why not every byte was stored.
pub fn run(run: &mut Run, plan: &Recv) -> Result<Done, Failure> {
    // Before anybody is disturbed: is there somewhere to store it?
    let mut store = match &plan.output {
        Some(path) => {
            run.enter(Stage::Recv, &path.display().to_string());
            Store::File(Output::open(run, path, plan.force)?)
        }
        None => Store::Stdout(Stdout::new(false)?),
    };
    receive(run, plan, &mut store)
        .map(|()| Done::InOrder)
        .map_err(|failure| match store.left_behind() {
            Some((part, bytes)) => failure.and(format!("{} kept in {part}", human_bytes(bytes))),
            None => failure,
        })
}

enum Store {
    Stdout(Stdout),
    File(Output),
}

impl Store {
    fn left_behind(&self) -> Option<(String, u64)> {
        match self {
            Store::Stdout(_) => None,
            Store::File(file) => file.left_behind(),
        }
    }

    fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Store::Stdout(stdout) => stdout,
            Store::File(file) => file,
        }
    }
}

fn receive(run: &mut Run, plan: &Recv, store: &mut Store) -> Result<(), Failure> {
    let way = match &plan.way {
        Way::Dial(way) => {
            let conn = dial(run, way)?;
            return take(run, plan, conn, store.sink()).0;
        }
        Way::Wait(way) => way,
    };
    let mut bound = open(run, way)?;
    if bound.iter().any(|one| one.transport.is_datagram()) {
        let conn = everybody(bound.swap_remove(0));
        count_drops(&conn.socket, conn.transport).ok();
        return take(run, plan, conn, store.sink()).0;
    }
    let since = Instant::now();
    loop {
        let conn = accept(run, &bound, &way.accept, since)?;
        let peer = conn.peer.clone();
        match take(run, plan, conn, store.sink()) {
            (Err(Failure::Stage(error)), 0)
                if error.class == Class::Cut && error.errno.is_some() =>
            {
                run.tell(probed(&peer, &error));
            }
            (result, _) => return result,
        }
    }
}

/// A bound datagram socket as the connection to whoever writes.
fn everybody(bound: Bound) -> Conn {
    let (socket, local, transport, path) = bound.into_parts();
    Conn {
        socket,
        peer: local.clone(),
        local,
        transport,
        path,
        linger: None,
        reset: false,
    }
}

/// What is only looked at would be there again at the next read, and there is
/// one urgent byte at a time: both end after one recv().
fn reads(plan: &Recv) -> Option<u64> {
    match plan.recv.flags & (libc::MSG_PEEK | libc::MSG_OOB) {
        0 => plan.count,
        _ => Some(1),
    }
}

fn take(run: &mut Run, plan: &Recv, conn: Conn, sink: &mut dyn Sink) -> (Result<(), Failure>, u64) {
    let begun = Instant::now();
    let heard = Cell::new(false);
    let mut receiving = Receiving::new(&conn, plan.recv, &heard);
    let copy = Copy::new(buffer(conn.transport.keeps_boundaries())).lines(plan.lines);
    let mut carrier = Direct::over(copy);
    let inbound = Direction {
        pump: Pump::new(begun).limit(plan.bytes).reads(reads(plan)),
        carrier: &mut carrier,
        source: &mut receiving,
        sink,
    };
    let mut session = Session::new(&conn, None, Some(inbound), Ending::In, plan.idle);
    session.no_wait = plan.recv.flags & libc::MSG_DONTWAIT != 0;
    let over = session.run(run);
    let received = session.received();
    drop(session);
    let result = over.and_then(|over| match over {
        Over::Idle(timer) => Err(run.timed_out(timer)),
        _ => Ok(()),
    });
    (close(run, conn, result, begun, (0, received)), received)
}
