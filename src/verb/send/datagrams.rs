//! Files and stdin as datagrams.

use std::cell::Cell;
use std::time::Instant;

use super::input::Named;
use crate::failure::Failure;
use crate::plan::{Dial, Send};
use crate::relay::carrier::Copy;
use crate::relay::direction::Direction;
use crate::relay::ending::{Ending, OnEof, Over};
use crate::relay::look::Look;
use crate::relay::net::Sending;
use crate::relay::observed::Observed;
use crate::relay::pump::Pump;
use crate::relay::replay::Replay;
use crate::relay::session::Session;
use crate::run::Run;
use crate::stage::close as closing;
use crate::stage::recv::STREAM_BUFFER;
use crate::verb::datagrams::{Tried, each_address};

/// # Errors
/// Why no address took them.
pub(super) fn send(run: &mut Run, plan: &Send, way: &Dial, named: Named) -> Result<(), Failure> {
    let (goal, undisturbed) = (named.goal(plan), named.is_undisturbed(plan));
    let Named { input, name, bytes } = named;
    let mut input = Replay::new(input);
    let mut look = None;
    each_address(run, way, |run, conn| {
        let heard = Cell::new(false);
        let [sent_look, _] = Look::pair(plan.look, conn, false);
        let look = look.insert(sent_look);
        let sending = Sending::new(conn, &plan.send, OnEof::Shutdown, &heard);
        let mut sending = Observed::new(sending, look);
        let mut outbound = Copy::new(STREAM_BUFFER).crlf(plan.send.crlf);
        let pump = Pump::new(Instant::now())
            .limit(bytes)
            .pace(plan.send.pace());
        let outbound = Direction {
            pump,
            carrier: &mut outbound,
            source: &mut input,
            sink: &mut sending,
        };
        let ending = Ending::DatagramsOut;
        let mut session = Session::new(conn, Some(outbound), None, ending, plan.idle);
        let bar = run.bar(goal, &conn.peer, undisturbed);
        let over = session.run(run);
        drop(bar);
        let sent = session.sent();
        drop(session);
        let result = match over {
            Ok(Over::Idle(timer)) => Err(run.timed_out(timer)),
            Ok(_) => closing::pending_error(conn),
            Err(failure) => Err(failure),
        };
        Tried {
            result,
            sent,
            received: 0,
            again: input.rewind(),
        }
    })?;
    if let Some(look) = look {
        let input = input.into_source();
        Named { input, name, bytes }.tell_digests(run, &look);
    }
    Ok(())
}
