//! `sock send`: one way out.

use std::cell::Cell;
use std::time::Instant;

use super::conversation::close;
use super::datagrams::{Tried, each_address};
use super::dial::dial;
use super::open::open;
use super::peers::{Attempted, Proved, first_peer};
use super::words::loaded;
use crate::exit::Done;
use crate::failure::{Class, Failure, StageError};
use crate::plan::{Dial, Send, Way, What};
use crate::relay::carrier::{Carrier, Copy, Direct};
use crate::relay::dialogue::{Dialogue, Reply};
use crate::relay::end::Source;
use crate::relay::ending::{Ending, OnEof, Over};
use crate::relay::input::Files;
use crate::relay::net::{Receiving, Sending};
use crate::relay::output::{Discard, Stdout};
use crate::relay::pump::Pump;
use crate::relay::replay::Replay;
use crate::relay::session::{Direction, Session};
use crate::run::Run;
use crate::stage::connect::Conn;
use crate::stage::recv::STREAM_BUFFER;
use crate::stage::send::allow_sigpipe;
use crate::stage::{Stage, close as closing, hint};
use crate::units;

/// # Errors
/// Why the other side does not have it.
pub fn run(run: &mut Run, plan: &Send) -> Result<Done, Failure> {
    allow_sigpipe(&plan.send);
    match &plan.what {
        What::Input { files, bytes } => {
            // Before anybody is disturbed: is there something to send?
            let mut input = Files::open(run, files)?;
            match &plan.way {
                Way::Dial(way) if way.transport.is_datagram() => {
                    datagrams(run, plan, way, &mut Replay::new(input), *bytes)?;
                }
                way => stream(run, plan, way, &mut input, *bytes)?,
            }
        }
        What::Messages { .. } => messages(run, plan)?,
    }
    Ok(Done::InOrder)
}

/// One peer, dialled or waited for.
fn one_peer(
    run: &mut Run,
    way: &Way,
    mut serve: impl FnMut(&mut Run, Conn, Proved<'_>) -> Attempted,
) -> Result<(), Failure> {
    match way {
        Way::Dial(way) => {
            let conn = dial(run, way)?;
            serve(run, conn, Box::new(|| ())).result
        }
        Way::Wait(way) => {
            let bound = open(run, way)?;
            first_peer(run, bound, &way.accept, serve)
        }
    }
}

fn stream(
    run: &mut Run,
    plan: &Send,
    way: &Way,
    input: &mut dyn Source,
    bytes: Option<u64>,
) -> Result<(), Failure> {
    // What was read for a peer that turns out to be a probe is for the next.
    let mut carrier = Direct::over(Copy::new(STREAM_BUFFER).crlf(plan.send.crlf));
    one_peer(run, way, |run, conn, proved| {
        let begun = Instant::now();
        let heard = Cell::new(false);
        let mut sending = Sending::new(&conn, &plan.send, OnEof::Shutdown, &heard);
        let mut pump = Pump::new(begun).limit(bytes).pace(plan.send.pace());
        if carrier.holds() {
            pump.took(carrier.held(), begun);
        }
        let outbound = Direction {
            pump,
            carrier: &mut carrier,
            source: input,
            sink: &mut sending,
        };
        let outbound = Some(outbound);
        let (result, sent, received) = hand_over(run, plan, &conn, outbound, Some(proved), (0, 0));
        let result = close(run, conn, result, begun, (sent, received));
        Attempted {
            result,
            moved: sent + received,
        }
    })
}

/// Sends, then waits for the peer's receipt; what the peer says is read and
/// discarded, so that it never has to wait for us.
fn hand_over(
    run: &mut Run,
    plan: &Send,
    conn: &Conn,
    outbound: Option<Direction<'_>>,
    proved: Option<Proved<'_>>,
    before: (u64, u64),
) -> (Result<(), Failure>, u64, u64) {
    let heard = Cell::new(false);
    let mut receiving = Receiving::new(conn, plan.recv, &heard);
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
        outbound.map(Direction::lend),
        Some(inbound),
        ending,
        plan.idle,
    );
    session.on_first = proved.map(|proved| proved as Proved<'_>);
    session.before = before;
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

fn datagrams<S: Source>(
    run: &mut Run,
    plan: &Send,
    way: &Dial,
    input: &mut Replay<S>,
    bytes: Option<u64>,
) -> Result<(), Failure> {
    each_address(run, way, |run, conn| {
        let heard = Cell::new(false);
        let mut sending = Sending::new(conn, &plan.send, OnEof::Shutdown, &heard);
        let mut outbound = Copy::new(STREAM_BUFFER).crlf(plan.send.crlf);
        let pump = Pump::new(Instant::now())
            .limit(bytes)
            .pace(plan.send.pace());
        let outbound = Direction {
            pump,
            carrier: &mut outbound,
            source: &mut *input,
            sink: &mut sending,
        };
        let ending = Ending::DatagramsOut;
        let mut session = Session::new(conn, Some(outbound), None, ending, plan.idle);
        let over = session.run(run);
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
    })
}

fn messages(run: &mut Run, plan: &Send) -> Result<(), Failure> {
    let What::Messages {
        text,
        count,
        await_reply,
        lines,
    } = &plan.what
    else {
        return Ok(());
    };
    let text = loaded(run, text)?;
    let mut stdout = match await_reply {
        Some(_) => Some(Stdout::new(run, false)?),
        None => None,
    };
    let mut hold = |run: &mut Run, conn: &Conn, proved: Proved<'_>| {
        let mut dialogue = Dialogue::new(conn, &plan.send, plan.recv);
        let mut proved = Some(proved);
        let held = (1..=*count).try_for_each(|n| {
            let reply = match (&mut stdout, await_reply) {
                (Some(stdout), Some(wait)) => Reply::Await {
                    wait: *wait,
                    stdout,
                    lines: *lines,
                },
                _ => Reply::Discard,
            };
            dialogue.exchange(run, &text.render(n), reply, n == *count)?;
            if let Some(proved) = proved.take() {
                proved();
            }
            Ok(())
        });
        (held, dialogue.sent(), dialogue.received())
    };
    if let Way::Dial(way) = &plan.way
        && way.transport.is_datagram()
    {
        return each_address(run, way, |run, conn| {
            let (held, sent, received) = hold(run, conn, Box::new(|| ()));
            Tried {
                result: held.and_then(|()| closing::pending_error(conn)),
                sent,
                received,
                again: true,
            }
        });
    }
    one_peer(run, &plan.way, |run, conn, proved| {
        let begun = Instant::now();
        let (held, mut sent, mut received) = hold(run, &conn, proved);
        let result = held.and_then(|()| {
            closing::half_or_cut(run, &conn)?;
            let before = (sent, received);
            let (result, more, late) = hand_over(run, plan, &conn, None, None, before);
            (sent, received) = (sent + more, received + late);
            result
        });
        let result = close(run, conn, result, begun, (sent, received));
        Attempted {
            result,
            moved: sent + received,
        }
    })
}
