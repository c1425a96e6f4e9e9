//! `sock send`: one way out.

use std::cell::Cell;
use std::time::Instant;

use super::conversation::close;
use super::dial::{dial, dial_datagram, udp};
use super::open::open;
use super::words::loaded;
use crate::event::Event;
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
use crate::stage::accept::accept;
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
            let mut input = Files::open(files)?;
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

/// A connection, dialled or waited for. A peer that was a probe (gone with a
/// reset before a byte went either way) does not count: `serve` is called again.
fn each_peer(
    run: &mut Run,
    way: &Way,
    mut serve: impl FnMut(&mut Run, Conn) -> Attempted,
) -> Result<(), Failure> {
    match way {
        Way::Dial(way) => {
            let conn = dial(run, way)?;
            serve(run, conn).result
        }
        Way::Wait(way) => {
            let bound = open(run, way)?;
            let since = Instant::now();
            loop {
                let conn = accept(run, &bound, &way.accept, since)?;
                let peer = conn.peer.clone();
                let attempted = serve(run, conn);
                match attempted.result {
                    Err(Failure::Stage(error))
                        if attempted.moved == 0
                            && error.class == Class::Cut
                            && error.errno.is_some() =>
                    {
                        run.tell(probed(&peer, &error));
                    }
                    result => return result,
                }
            }
        }
    }
}

/// One peer, and how many bytes went either way.
struct Attempted {
    result: Result<(), Failure>,
    moved: u64,
}

/// What is told of a peer that only knocked.
pub fn probed(peer: &str, error: &StageError) -> Event {
    Event::Note {
        text: format!(
            "accept {peer}: gone before a byte went either way ({}); still listening",
            error.reason
        ),
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
    let mut carrier = Direct::over(Copy::new(STREAM_BUFFER));
    each_peer(run, way, |run, conn| {
        let begun = Instant::now();
        let heard = Cell::new(false);
        let mut sending = Sending::new(&conn, &plan.send, OnEof::Shutdown, &heard);
        let mut pump = Pump::new(begun).limit(bytes).interval(plan.send.interval);
        if carrier.holds() {
            pump.took(carrier.held(), begun);
        }
        let outbound = Direction {
            pump,
            carrier: &mut carrier,
            source: input,
            sink: &mut sending,
        };
        let (result, sent, received) = hand_over(run, plan, &conn, Some(outbound));
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
) -> (Result<(), Failure>, u64, u64) {
    let heard = Cell::new(false);
    let mut receiving = Receiving::new(conn, plan.recv, &heard);
    let (mut inbound, mut nowhere) = (Copy::new(STREAM_BUFFER), Discard);
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
    let (mut conn, mut others) = dial_datagram(run, way)?;
    loop {
        let begun = Instant::now();
        let heard = Cell::new(false);
        let mut sending = Sending::new(&conn, &plan.send, OnEof::Shutdown, &heard);
        let mut outbound = Copy::new(STREAM_BUFFER);
        let outbound = Direction {
            pump: Pump::new(begun).limit(bytes).interval(plan.send.interval),
            carrier: &mut outbound,
            source: &mut *input,
            sink: &mut sending,
        };
        let mut session =
            Session::new(&conn, Some(outbound), None, Ending::DatagramsOut, plan.idle);
        let over = session.run(run);
        let sent = session.sent();
        drop(session);
        let result = match over {
            Ok(Over::Idle(timer)) => Err(run.timed_out(timer)),
            Ok(_) => closing::pending_error(&conn),
            Err(failure) => Err(failure),
        };
        match result {
            Err(Failure::Stage(error))
                if error.class == Class::Refused && !others.is_empty() && input.rewind() =>
            {
                run.tell(error.attempt());
                (conn, others) = udp(run, way, &others)?;
            }
            result => return close(run, conn, result, begun, (sent, 0)),
        }
    }
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
    let text = loaded(text)?;
    let mut stdout = match await_reply {
        Some(_) => Some(Stdout::new(false)?),
        None => None,
    };
    each_peer(run, &plan.way, |run, conn| {
        let begun = Instant::now();
        let mut dialogue = Dialogue::new(&conn, &plan.send, plan.recv);
        let held = (1..=*count).try_for_each(|n| {
            let reply = match (&mut stdout, await_reply) {
                (Some(stdout), Some(wait)) => Reply::Await {
                    wait: *wait,
                    stdout,
                    lines: *lines,
                },
                _ => Reply::Discard,
            };
            dialogue.exchange(run, &text.render(n), reply, n == *count)
        });
        let (mut sent, mut received) = (dialogue.sent(), dialogue.received());
        let result = held.and_then(|()| {
            if conn.transport.is_datagram() {
                return closing::pending_error(&conn);
            }
            closing::half_or_cut(run, &conn)?;
            let (result, more, late) = hand_over(run, plan, &conn, None);
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
