//! `sock recv`: one way in.

use std::cell::Cell;
use std::ffi::OsString;
use std::time::Instant;

use nix::libc;

use super::conversation::close;
use super::dial::dial;
use super::open::open;
use super::peers::{Attempted, Proved, first_peer};
use crate::exit::Done;
use crate::failure::Failure;
use crate::plan::{Recv, Way};
use crate::relay::carrier::{Copy, Direct};
use crate::relay::direction::Direction;
use crate::relay::end::Sink;
use crate::relay::ending::{Ending, Over};
use crate::relay::file::Output;
use crate::relay::look::Look;
use crate::relay::net::Receiving;
use crate::relay::observed::Observed;
use crate::relay::output::Stdout;
use crate::relay::pump::Pump;
use crate::relay::session::Session;
use crate::report::Goal;
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::connect::Conn;
use crate::stage::recv::MOST_AT_ONCE;
use crate::stage::socket::Transport;
use crate::sys::descriptor::Kind;
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
        None => Store::Stdout(Stdout::new(run, false)?),
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
            return take(run, plan, conn, store.sink(), None).result;
        }
        Way::Wait(way) => way,
    };
    let mut bound = open(run, way)?;
    if bound.iter().any(|one| one.transport.is_datagram()) {
        let conn = bound.swap_remove(0).to_anyone();
        return take(run, plan, conn, store.sink(), None).result;
    }
    first_peer(run, bound, &way.accept, |run, conn, proved| {
        take(run, plan, conn, store.sink(), Some(proved))
    })
}

/// What is only looked at would be there again at the next read, and there is
/// one urgent byte at a time: both end after one recv().
fn reads(plan: &Recv, conn: &Conn) -> Option<u64> {
    let urgent = match conn.transport {
        Transport::Udp => 0,
        _ => libc::MSG_OOB,
    };
    match plan.recv.flags & (libc::MSG_PEEK | urgent) {
        0 => plan.count,
        _ => Some(1),
    }
}

/// Nothing is waited for: either because that was asked for, or because the
/// kernel refuses the urgent byte of a message before one has come.
fn asks_at_once(plan: &Recv, conn: &Conn) -> bool {
    let refused = conn.transport.is_unix() && conn.transport.keeps_boundaries();
    let flags = libc::MSG_DONTWAIT | if refused { libc::MSG_OOB } else { 0 };
    plan.recv.flags & flags != 0
}

/// The kernel waits for all of it only on a stream, and only where it may wait.
fn waits_for_all(plan: &Recv, conn: &Conn) -> bool {
    let waits = plan.recv.flags & (libc::MSG_WAITALL | libc::MSG_DONTWAIT | libc::MSG_OOB);
    waits == libc::MSG_WAITALL && !conn.transport.keeps_boundaries()
}

/// The file that holds what came, and nothing else: `--lines` adds to it.
fn stored_as(plan: &Recv) -> OsString {
    let file = plan.output.as_ref().filter(|_| !plan.lines);
    file.map_or_else(|| "-".into(), |path| path.clone().into())
}

/// One recv() for all of `--bytes`, as far as one may ask for.
fn buffer(plan: &Recv, conn: &Conn) -> usize {
    match (plan.recv.chunk, plan.bytes) {
        (None, Some(bytes)) if waits_for_all(plan, conn) => {
            usize::try_from(bytes).map_or(MOST_AT_ONCE, |bytes| bytes.min(MOST_AT_ONCE))
        }
        _ => plan.recv.buffer(conn.transport.keeps_boundaries()),
    }
}

fn take(
    run: &mut Run,
    plan: &Recv,
    conn: Conn,
    sink: &mut dyn Sink,
    proved: Option<Proved<'_>>,
) -> Attempted {
    let begun = Instant::now();
    let heard = Cell::new(false);
    let mut receiving = Receiving::new(&conn, plan.recv, &heard);
    let buffer = buffer(plan, &conn);
    if waits_for_all(plan, &conn) {
        receiving = match receiving.waits_for_all() {
            Ok(receiving) => receiving,
            Err(failure) => {
                return Attempted {
                    result: Err(failure),
                    moved: 0,
                };
            }
        };
    }
    let many = conn.transport.is_datagram();
    let [_, mut look] = Look::pair(plan.look, &conn, many);
    let mut receiving = Observed::new(receiving, &mut look);
    let undisturbed = sink.kind() != Some(Kind::Terminal) && !plan.look.hex;
    let mut carrier = Direct::over(Copy::new(buffer).lines(plan.lines));
    let inbound = Direction {
        pump: Pump::new(begun).limit(plan.bytes).reads(reads(plan, &conn)),
        carrier: &mut carrier,
        source: &mut receiving,
        sink,
    };
    let mut session = Session::new(&conn, None, Some(inbound.lend()), Ending::In, plan.idle);
    session.on_first = proved;
    session.no_wait = asks_at_once(plan, &conn);
    let bar = run.bar(Goal::Received(plan.bytes), &conn.peer, undisturbed);
    let over = session.run(run);
    drop(bar);
    let received = session.received();
    drop(session);
    drop(receiving);
    let result = over.and_then(|over| match over {
        Over::Idle(timer) => Err(run.timed_out(timer)),
        _ => Ok(()),
    });
    if result.is_ok() && plan.recv.flags & libc::MSG_TRUNC != 0 && conn.transport == Transport::Tcp
    {
        let text = format!("{received} bytes came, and the kernel threw them away (trunc)");
        run.note(Stage::Recv, &*conn.peer, text);
    }
    let result = close(run, conn, result, begun, (0, received));
    if result.is_ok() {
        look.tell_digest(run, &stored_as(plan));
    }
    Attempted {
        result,
        moved: received,
    }
}
