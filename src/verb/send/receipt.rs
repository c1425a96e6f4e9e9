//! The end of a transfer: the peer says that it has everything.

use std::cell::Cell;
use std::time::Instant;

use crate::failure::{Class, Failure, StageError};
use crate::plan::Send;
use crate::relay::carrier::Copy;
use crate::relay::direction::Direction;
use crate::relay::ending::{Ending, Over};
use crate::relay::look::Look;
use crate::relay::net::Receiving;
use crate::relay::observed::Observed;
use crate::relay::output::Discard;
use crate::relay::pump::Pump;
use crate::relay::session::Session;
use crate::run::Run;
use crate::stage::connect::Conn;
use crate::stage::{Stage, hint};
use crate::units;
use crate::verb::peers::Proved;

/// What is left to do of a transfer.
pub(super) struct Rest<'a> {
    pub(super) conn: &'a Conn,
    pub(super) outbound: Option<Direction<'a>>,
    /// At what the peer says.
    pub(super) look: &'a mut Look,
    /// Bytes sent and received so far.
    pub(super) before: (u64, u64),
}

/// Sends, then waits for the peer's receipt; what the peer says is read and
/// discarded, so that it never has to wait for us.
pub(super) fn hand_over(
    run: &mut Run,
    plan: &Send,
    rest: Rest<'_>,
    proved: Option<Proved<'_>>,
) -> (Result<(), Failure>, u64, u64) {
    let (conn, heard) = (rest.conn, Cell::new(false));
    let receiving = Receiving::new(conn, plan.recv, &heard);
    let mut receiving = Observed::new(receiving, rest.look);
    let (mut inbound, mut nowhere) = (Copy::new(plan.recv.buffer(false)), Discard);
    let inbound = Direction {
        pump: Pump::new(Instant::now()),
        carrier: &mut inbound,
        source: &mut receiving,
        sink: &mut nowhere,
    };
    let ending = Ending::Out {
        close_wait: plan.close_wait,
    };
    let mut session = Session::new(
        conn,
        rest.outbound.map(Direction::lend),
        Some(inbound),
        ending,
        plan.idle,
    );
    session.on_first = proved.map(|proved| proved as Proved<'_>);
    session.before = rest.before;
    let over = session.run(run);
    let (sent, received) = (session.sent(), session.received());
    drop(session);
    let result = match over {
        Ok(Over::Idle(timer)) => Err(run.timed_out(timer)),
        Ok(Over::Unconfirmed) => Err(unconfirmed(plan, conn)),
        Ok(_) => Ok(()),
        // Which call met the reset first is chance; what failed is to send.
        Err(Failure::Stage(error)) if error.class == Class::Cut => Err(StageError {
            stage: Stage::Send,
            hint: error
                .errno
                .and_then(|errno| hint(Stage::Send, errno))
                .map(Into::into),
            ..error
        }
        .into()),
        Err(failure) => Err(failure),
    };
    (result, sent, received)
}

fn unconfirmed(plan: &Send, conn: &Conn) -> Failure {
    let wait = units::display(plan.close_wait);
    let reason = format!("all sent, but the peer has not closed in {wait}");
    StageError::new(Stage::Close, &*conn.peer, Class::NoAnswer, reason)
        .hint("nobody said that it was stored: see --close-wait")
        .into()
}
