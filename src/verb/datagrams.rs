//! Conversations in datagrams, which have no end.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::conversation::{User, close, tell_digests};
use super::dial::{dial_datagram, udp};
use crate::failure::{Class, Failure, StageError};
use crate::plan::{Connect, Dial, Talk};
use crate::relay::anyone::{FromAnyone, Last, ToLast};
use crate::relay::carrier::{Carrier, Copy, Direct};
use crate::relay::direction::Direction;
use crate::relay::end::{Sink, Source};
use crate::relay::ending::{Ending, Over};
use crate::relay::look::Look;
use crate::relay::net::{Receiving, Sending};
use crate::relay::observed::Observed;
use crate::relay::pump::Pump;
use crate::relay::replay::Replay;
use crate::relay::session::Session;
use crate::report::Goal;
use crate::run::Run;
use crate::stage::bind::Bound;
use crate::stage::connect::Conn;
use crate::stage::recv::STREAM_BUFFER;
use crate::stage::{accept, recv, silence};
use crate::units;

/// How long nothing may come after stdin's end and the last datagram.
const QUIET: Duration = Duration::from_secs(1);

/// How it went with one address.
pub struct Tried {
    pub result: Result<(), Failure>,
    pub sent: u64,
    pub received: u64,
    /// Everything that was sent can be sent again.
    pub again: bool,
}

/// Tries the addresses of a name one after another, from the beginning each
/// time, until one does not refuse: a datagram meets its refusal only later.
///
/// # Errors
/// That of the last address, with every refusal before it.
pub fn each_address(
    run: &mut Run,
    way: &Dial,
    mut hold: impl FnMut(&mut Run, &Conn) -> Tried,
) -> Result<(), Failure> {
    let (mut conn, mut others) = dial_datagram(run, way)?;
    let mut refusals: Vec<String> = Vec::new();
    loop {
        let begun = Instant::now();
        let tried = hold(run, &conn);
        match tried.result {
            Err(Failure::Stage(error))
                if error.class == Class::Refused && tried.received == 0 && tried.again =>
            {
                refusals.push(format!("{} {}", error.object, error.told()));
                if others.is_empty() {
                    return Err(all_refused(way, &refusals, error).into());
                }
                run.tell(error.attempt());
                (conn, others) = udp(run, way, &others)?;
            }
            result => return close(run, conn, result, begun, (tried.sent, tried.received)),
        }
    }
}

fn all_refused(way: &Dial, refusals: &[String], last: StageError) -> StageError {
    match refusals {
        [_] => last,
        all => StageError {
            object: way.address.to_string(),
            reason: all.join(", "),
            errno: None,
            ..last
        },
    }
}

/// `connect -u`.
///
/// # Errors
/// Nothing came back: refused, rejected, or silence.
pub fn converse(run: &mut Run, user: User, plan: &Connect) -> Result<(), Failure> {
    let undisturbed = user.is_undisturbed(&plan.talk);
    let User {
        stdin,
        mut stdout,
        mut inbound,
        ..
    } = user;
    let mut source = Replay::new(stdin);
    each_address(run, &plan.dial, |run, conn| {
        let mut outbound = Copy::new(STREAM_BUFFER).crlf(plan.talk.send.crlf);
        let ends = Ends {
            source: &mut source,
            outbound: &mut outbound,
            sink: &mut stdout,
            inbound: &mut inbound,
            undisturbed,
        };
        let [mut sent, mut received] = Look::pair(plan.talk.look, conn, false);
        let tried = hold(run, conn, ends, &plan.talk, [&mut sent, &mut received]);
        if tried.result.is_ok() {
            tell_digests(run, [&sent, &received], [true; 2]);
        }
        Tried {
            again: source.rewind(),
            ..tried
        }
    })
}

/// The four things between which datagrams move.
struct Ends<'a> {
    source: &'a mut dyn Source,
    outbound: &'a mut dyn Carrier,
    sink: &'a mut dyn Sink,
    inbound: &'a mut dyn Carrier,
    /// No terminal is among them.
    undisturbed: bool,
}

/// Holds a conversation over a connected datagram socket.
fn hold(
    run: &mut Run,
    conn: &Conn,
    ends: Ends<'_>,
    talk: &Talk,
    [sent_look, received_look]: [&mut Look; 2],
) -> Tried {
    let begun = Instant::now();
    let heard = Cell::new(ends.inbound.holds());
    let receiving = Receiving::new(conn, talk.recv, &heard);
    let mut receiving = Observed::new(receiving, received_look);
    let sending = Sending::new(conn, &talk.send, talk.on_eof, &heard);
    let mut sending = Observed::new(sending, sent_look);
    let outbound = Direction {
        pump: Pump::new(begun).pace(talk.send.pace()),
        carrier: ends.outbound,
        source: ends.source,
        sink: &mut sending,
    };
    let inbound = Direction {
        pump: Pump::new(begun),
        carrier: ends.inbound,
        source: &mut receiving,
        sink: ends.sink,
    };
    let quiet = talk.idle.unwrap_or(QUIET);
    let ending = Ending::Datagrams { quiet };
    let mut session = Session::new(conn, Some(outbound), Some(inbound), ending, talk.idle);
    let bar = run.bar(Goal::Both(None), &conn.peer, ends.undisturbed);
    let over = session.run(run);
    drop(bar);
    let (sent, received) = (session.sent(), session.received());
    drop(session);
    let result = match over {
        Ok(Over::Idle(timer)) => Err(run.timed_out(timer)),
        Ok(_) if heard.get() => Ok(()),
        Ok(_) => Err(nothing_came(conn, quiet, sent, begun)),
        Err(failure) => Err(failure),
    };
    Tried {
        result,
        sent,
        received,
        again: false,
    }
}

fn nothing_came(conn: &Conn, quiet: Duration, sent: u64, begun: Instant) -> Failure {
    let mut error = silence(
        conn,
        begun,
        format!("no answer in {}", units::display(quiet)),
    );
    error.hint.get_or_insert_with(|| {
        let hint = match sent {
            0 => "nothing was sent",
            _ => "the peer is silent, or something on the way drops it; nobody can tell",
        };
        hint.to_owned()
    });
    error.into()
}

/// `listen -u`: a conversation with the first who speaks.
///
/// # Errors
/// `--accept-timeout`, signals, and the conversation's own.
pub fn answer(
    run: &mut Run,
    bound: Bound,
    talk: &Talk,
    accept: &accept::Options,
    mut user: User,
) -> Result<(), Failure> {
    let (conn, first) = accept::first_datagram(run, bound, accept, talk.recv.flags)?;
    let begun = Instant::now();
    let held = Copy::new(talk.recv.buffer(true))
        .lines(talk.lines)
        .holding(&first);
    user.inbound = Direct::over(held);
    let undisturbed = user.is_undisturbed(talk);
    let ends = Ends {
        undisturbed,
        source: &mut user.stdin,
        outbound: &mut user.outbound,
        sink: &mut user.stdout,
        inbound: &mut user.inbound,
    };
    let [mut sent_look, mut received_look] = Look::pair(talk.look, &conn, false);
    received_look.saw(run, &first);
    let looks = [&mut sent_look, &mut received_look];
    let tried = hold(run, &conn, ends, talk, looks);
    let received = tried.received + first.len() as u64;
    close(run, conn, tried.result, begun, (tried.sent, received))?;
    tell_digests(run, [&sent_look, &received_look], [true; 2]);
    Ok(())
}

/// `listen -u -k`: everybody is written out, whoever spoke last is answered.
///
/// # Errors
/// Timers and signals: nothing else ends it.
pub fn answer_all(run: &mut Run, bound: Bound, talk: &Talk, mut user: User) -> Result<(), Failure> {
    let conn = bound.to_anyone();
    let undisturbed = user.is_undisturbed(talk);
    let begun = Instant::now();
    let last = Last::default();
    let [mut sent_look, mut received_look] = Look::pair(talk.look, &conn, true);
    let hears = FromAnyone {
        conn: &conn,
        options: talk.recv,
        last: &last,
        losses: recv::Losses::default(),
    };
    let mut hears = Observed::new(hears, &mut received_look);
    let answers = ToLast {
        conn: &conn,
        options: &talk.send,
        last: &last,
    };
    let mut answers = Observed::new(answers, &mut sent_look);
    let outbound = Direction {
        pump: Pump::new(begun).pace(talk.send.pace()),
        carrier: &mut user.outbound,
        source: &mut user.stdin,
        sink: &mut answers,
    };
    let inbound = Direction {
        pump: Pump::new(begun),
        carrier: &mut user.inbound,
        source: &mut hears,
        sink: &mut user.stdout,
    };
    let ending = Ending::Never;
    let mut session = Session::new(&conn, Some(outbound), Some(inbound), ending, talk.idle);
    let bar = run.bar(Goal::Both(None), &conn.local, undisturbed);
    let over = session.run(run);
    drop(bar);
    let moved = (session.sent(), session.received());
    drop(session);
    let result = over.and_then(|over| match over {
        Over::Idle(timer) => Err(run.timed_out(timer)),
        _ => Ok(()),
    });
    close(run, conn, result, begun, moved)
}
