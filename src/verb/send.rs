//! `sock send`: one way out.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
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
use crate::relay::end::{Sink, Source};
use crate::relay::ending::{Ending, OnEof, Over};
use crate::relay::files::Files;
use crate::relay::look::Look;
use crate::relay::net::{Receiving, Sending};
use crate::relay::observed::Observed;
use crate::relay::output::{Discard, Stdout};
use crate::relay::pump::Pump;
use crate::relay::replay::Replay;
use crate::relay::session::{Direction, Session};
use crate::report::Goal;
use crate::run::Run;
use crate::stage::connect::Conn;
use crate::stage::recv::STREAM_BUFFER;
use crate::stage::send::allow_sigpipe;
use crate::stage::{Stage, close as closing, hint};
use crate::sys::descriptor::Kind;
use crate::units;

/// # Errors
/// Why the other side does not have it.
pub fn run(run: &mut Run, plan: &Send) -> Result<Done, Failure> {
    allow_sigpipe(&plan.send);
    match &plan.what {
        What::Input { files, bytes } => {
            // Before anybody is disturbed: is there something to send?
            let one = files.len() <= 1 && bytes.is_none() && !plan.send.crlf;
            let input = Files::open(run, files)?.digests(plan.look.digest && !one);
            let mut input = Named {
                input,
                name: match (one, files.first()) {
                    (true, Some(file)) => file.into(),
                    _ => "-".into(),
                },
                bytes: *bytes,
            };
            match &plan.way {
                Way::Dial(way) if way.transport.is_datagram() => datagrams(run, plan, way, input)?,
                way => stream(run, plan, way, &mut input)?,
            }
        }
        What::Messages { .. } => messages(run, plan)?,
    }
    Ok(Done::InOrder)
}

/// What is sent, and what it is called: a file where that is all it is.
struct Named {
    input: Files,
    name: OsString,
    /// `--bytes`
    bytes: Option<u64>,
}

impl Named {
    /// All of it, where that is known: --crlf makes it more.
    fn goal(&self, plan: &Send) -> Goal {
        let sizes = [self.input.size(), self.bytes];
        let total = sizes.into_iter().flatten().min();
        Goal::Sent(total.filter(|_| !plan.send.crlf))
    }

    /// Whether nobody types at a terminal.
    fn is_undisturbed(&self, plan: &Send) -> bool {
        Source::kind(&self.input) != Kind::Terminal && !plan.look.hex
    }

    /// Tells the digests: of each file that was read from beginning to end, if
    /// there is more to tell than that, and last of what was sent.
    fn tell_digests(&mut self, run: &mut Run, sent: &Look) {
        for (name, sum) in self.input.sums() {
            sent.tell_sum(run, &name, sum);
        }
        sent.tell_digest(run, &self.name);
    }
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

fn stream(run: &mut Run, plan: &Send, way: &Way, named: &mut Named) -> Result<(), Failure> {
    let (goal, undisturbed) = (named.goal(plan), named.is_undisturbed(plan));
    // What was read for a peer that turns out to be a probe is for the next.
    let mut carrier = Direct::over(Copy::new(STREAM_BUFFER).crlf(plan.send.crlf));
    one_peer(run, way, |run, conn, proved| {
        let begun = Instant::now();
        let heard = Cell::new(false);
        let [mut sent_look, mut received_look] = Look::pair(plan.look, &conn, false);
        let sending = Sending::new(&conn, &plan.send, OnEof::Shutdown, &heard);
        let mut sending = Observed::new(sending, &mut sent_look);
        let mut pump = Pump::new(begun).limit(named.bytes).pace(plan.send.pace());
        if carrier.holds() {
            pump.took(carrier.held(), begun);
        }
        let outbound = Direction {
            pump,
            carrier: &mut carrier,
            source: &mut named.input,
            sink: &mut sending,
        };
        let rest = Rest {
            conn: &conn,
            outbound: Some(outbound),
            look: &mut received_look,
            before: (0, 0),
        };
        let bar = run.bar(goal, &conn.peer, undisturbed);
        let (result, sent, received) = hand_over(run, plan, rest, Some(proved));
        drop(bar);
        let result = close(run, conn, result, begun, (sent, received));
        if result.is_ok() {
            named.tell_digests(run, &sent_look);
        }
        Attempted {
            result,
            moved: sent + received,
        }
    })
}

/// What is left to do of a transfer.
struct Rest<'a> {
    conn: &'a Conn,
    outbound: Option<Direction<'a>>,
    /// At what the peer says.
    look: &'a mut Look,
    /// Bytes sent and received so far.
    before: (u64, u64),
}

/// Sends, then waits for the peer's receipt; what the peer says is read and
/// discarded, so that it never has to wait for us.
fn hand_over(
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

fn datagrams(run: &mut Run, plan: &Send, way: &Dial, named: Named) -> Result<(), Failure> {
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
    let terminal = stdout.as_ref().is_some_and(Stdout::is_terminal);
    let undisturbed = !terminal && !plan.look.hex;
    let mut hold = |run: &mut Run, conn: &Conn, looks: &mut [Look; 2], proved: Proved<'_>| {
        let mut dialogue = Dialogue::new(conn, &plan.send, plan.recv, looks);
        let mut proved = Some(proved);
        let bar = run.bar(Goal::Sent(None), &conn.peer, undisturbed);
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
        drop(bar);
        (held, dialogue.sent(), dialogue.received())
    };
    if let Way::Dial(way) = &plan.way
        && way.transport.is_datagram()
    {
        let mut seen = None;
        each_address(run, way, |run, conn| {
            let looks = seen.insert(Look::pair(plan.look, conn, false));
            let (held, sent, received) = hold(run, conn, looks, Box::new(|| ()));
            Tried {
                result: held.and_then(|()| {
                    Sending::new(conn, &plan.send, OnEof::Shutdown, &Cell::new(false))
                        .finish(run)?;
                    closing::pending_error(conn)
                }),
                sent,
                received,
                again: true,
            }
        })?;
        if let Some([sent, _]) = seen {
            sent.tell_digest(run, OsStr::new("-"));
        }
        return Ok(());
    }
    one_peer(run, &plan.way, |run, conn, proved| {
        let begun = Instant::now();
        let mut looks = Look::pair(plan.look, &conn, false);
        let (held, mut sent, mut received) = hold(run, &conn, &mut looks, proved);
        let result = held.and_then(|()| {
            closing::half_or_cut(run, &conn)?;
            let rest = Rest {
                conn: &conn,
                outbound: None,
                look: &mut looks[1],
                before: (sent, received),
            };
            let (result, more, late) = hand_over(run, plan, rest, None);
            (sent, received) = (sent + more, received + late);
            result
        });
        let result = close(run, conn, result, begun, (sent, received));
        if result.is_ok() {
            looks[0].tell_digest(run, OsStr::new("-"));
        }
        Attempted {
            result,
            moved: sent + received,
        }
    })
}
