//! Conversations in datagrams, which have no end.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::conversation::{User, buffer, close};
use super::dial::{dial_datagram, udp};
use crate::failure::{Class, Failure, StageError};
use crate::plan::{Connect, Talk};
use crate::relay::anyone::{FromAnyone, Last, ToLast};
use crate::relay::carrier::{Carrier, Copy, Direct};
use crate::relay::end::{Sink, Source};
use crate::relay::ending::{Ending, Over};
use crate::relay::net::{Receiving, Sending};
use crate::relay::pump::Pump;
use crate::relay::replay::Replay;
use crate::relay::session::{Direction, Session};
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::bind::Bound;
use crate::stage::connect::Conn;
use crate::stage::recv::STREAM_BUFFER;
use crate::units;

/// How long nothing may come after stdin's end and the last datagram.
const QUIET: Duration = Duration::from_secs(1);

/// `connect -u`: asks the addresses of a name one after another until one does
/// not refuse.
///
/// # Errors
/// Nothing came back: refused, rejected, or silence.
pub fn converse(run: &mut Run, user: User, plan: &Connect) -> Result<(), Failure> {
    let User {
        stdin,
        mut stdout,
        mut inbound,
        ..
    } = user;
    let (mut conn, mut others) = dial_datagram(run, &plan.dial)?;
    let mut source = Replay::new(stdin);
    let mut refusals = Vec::new();
    loop {
        let mut outbound = Copy::new(STREAM_BUFFER);
        let ends = Ends {
            source: &mut source,
            outbound: &mut outbound,
            sink: &mut stdout,
            inbound: &mut inbound,
        };
        let talked = hold(run, &conn, ends, &plan.talk);
        match next(run, plan, talked, &mut others, source.rewind())? {
            Some((after, refusal)) => {
                refusals.push(refusal);
                conn = after;
            }
            None => return Ok(()),
        }
    }
}

/// Goes on to the next address if this one refused before it ever answered.
fn next(
    run: &mut Run,
    plan: &Connect,
    talked: (Result<(), Failure>, u64),
    others: &mut Vec<SocketAddr>,
    rewound: bool,
) -> Result<Option<(Conn, StageError)>, Failure> {
    match talked {
        (Ok(()), _) => Ok(None),
        (Err(Failure::Stage(error)), 0)
            if error.class == Class::Refused && !others.is_empty() && rewound =>
        {
            run.tell(error.attempt());
            let (conn, rest) = udp(run, &plan.dial, others)?;
            *others = rest;
            Ok(Some((conn, error)))
        }
        (Err(failure), _) => Err(failure),
    }
}

/// The four things between which datagrams move.
pub struct Ends<'a> {
    pub source: &'a mut dyn Source,
    pub outbound: &'a mut dyn Carrier,
    pub sink: &'a mut dyn Sink,
    pub inbound: &'a mut dyn Carrier,
}

/// Holds a conversation over a connected datagram socket; also how many bytes
/// came.
pub fn hold(run: &mut Run, conn: &Conn, ends: Ends<'_>, talk: &Talk) -> (Result<(), Failure>, u64) {
    let begun = Instant::now();
    let heard = Cell::new(ends.inbound.holds());
    let mut receiving = Receiving::new(conn, talk.recv, &heard);
    let mut sending = Sending::new(conn, &talk.send, talk.on_eof, &heard);
    let outbound = Direction {
        pump: Pump::new(begun).interval(talk.send.interval),
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
    let over = session.run(run);
    let (sent, received) = (session.sent(), session.received());
    drop(session);
    let result = match over {
        Ok(Over::Idle(timer)) => Err(run.timed_out(timer)),
        Ok(_) if heard.get() => Ok(()),
        Ok(_) => Err(silence(&conn.peer, quiet, sent)),
        Err(failure) => Err(failure),
    };
    (result, received)
}

fn silence(peer: &str, quiet: Duration, sent: u64) -> Failure {
    let reason = format!("no answer in {}", units::display(quiet));
    let error = StageError::new(Stage::Recv, peer, Class::NoAnswer, reason);
    let hint = match sent {
        0 => "nothing was sent",
        _ => "the peer is silent, or something on the way drops it; nobody can tell",
    };
    error.hint(hint).into()
}

/// `listen -u`: a conversation with the first who speaks.
///
/// # Errors
/// `--accept-timeout`, signals, and the conversation's own.
pub fn answer(
    run: &mut Run,
    bound: Bound,
    talk: &Talk,
    accept_timeout: Option<Duration>,
    mut user: User,
) -> Result<(), Failure> {
    let (conn, first) = first_peer(run, bound, talk, accept_timeout)?;
    let begun = Instant::now();
    let held = Copy::new(buffer(true)).lines(talk.lines).holding(&first);
    user.inbound = Direct::over(held);
    let ends = Ends {
        source: &mut user.stdin,
        outbound: &mut user.outbound,
        sink: &mut user.stdout,
        inbound: &mut user.inbound,
    };
    let (result, received) = hold(run, &conn, ends, talk);
    close(run, conn, result, begun, (0, received))
}

/// `listen -u -k`: everybody is written out, whoever spoke last is answered.
///
/// # Errors
/// Timers and signals: nothing else ends it.
pub fn answer_all(run: &mut Run, bound: Bound, talk: &Talk, mut user: User) -> Result<(), Failure> {
    let (socket, local, transport, path) = bound.into_parts();
    let conn = Conn {
        socket,
        peer: local.clone(),
        local,
        transport,
        path,
        linger: None,
        reset: false,
    };
    let begun = Instant::now();
    let last = Last::default();
    let mut hears = FromAnyone {
        conn: &conn,
        options: talk.recv,
        last: &last,
    };
    let mut answers = ToLast {
        conn: &conn,
        options: &talk.send,
        last: &last,
    };
    let outbound = Direction {
        pump: Pump::new(begun).interval(talk.send.interval),
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
    match session.run(run)? {
        Over::Idle(timer) => Err(run.timed_out(timer)),
        _ => Ok(()),
    }
}

/// Waits for a datagram and ties the socket to its sender.
fn first_peer(
    run: &mut Run,
    bound: Bound,
    talk: &Talk,
    accept_timeout: Option<Duration>,
) -> Result<(Conn, Vec<u8>), Failure> {
    use crate::failure::Timer;
    use crate::run::{Interest, Wake};
    use crate::stage::{recv, socket};
    use nix::poll::PollFlags;
    use std::os::fd::AsFd;

    run.enter(Stage::Recv, &bound.address);
    let until = accept_timeout.map(|after| Instant::now() + after);
    let mut bytes = vec![0; recv::DATAGRAM_BUFFER];
    loop {
        let mut ready = [Interest::new(bound.socket.as_fd(), PollFlags::POLLIN)];
        match run.wait(&mut ready, until)? {
            Wake::Progress => continue,
            Wake::Time => {
                return Err(run.timed_out(Timer {
                    option: "--accept-timeout",
                    after: accept_timeout.unwrap_or_default(),
                }));
            }
            Wake::Ready => {}
        }
        let datagram = match recv::datagram(&bound.socket, &mut bytes, talk.recv.flags) {
            Ok(datagram) => datagram,
            // An error belongs to an earlier answer, of which there was none.
            Err(_) => continue,
        };
        let peer = match &datagram.from {
            Some(from) => bound.socket.connect(from).map(|()| socket::name(from)),
            // An unbound Unix socket has no address to answer to.
            None => Ok("unix:".to_owned()),
        };
        let peer = peer.map_err(|error| {
            StageError::io(Stage::Connect, &*bound.address, Class::Local, &error)
        })?;
        bytes.truncate(datagram.length);
        let (socket, local, transport, path) = bound.into_parts();
        run.tell(crate::event::Event::Peer {
            address: peer.clone(),
            local: local.clone(),
            protocol: transport.name(),
        });
        let conn = Conn {
            socket,
            peer,
            local,
            transport,
            path,
            linger: None,
            reset: false,
        };
        return Ok((conn, bytes));
    }
}
