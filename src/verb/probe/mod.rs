//! `sock probe`: which ports answer, how fast, and when one does not: why, and
//! who said so.
//!
//! `find` looks the targets up, `subject` asks their questions one at a time,
//! `rows` joins the answers of a name's addresses, `row` writes them down and
//! `tally` counts what was not as expected. Nothing is kept but what is in
//! flight: a block may be larger than memory.

mod find;
mod hearing;
mod row;
mod rows;
mod subject;
mod tally;

use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::exit::{Done, Miss};
use crate::failure::{Class, Failure, StageError};
use crate::plan::Probe;
use crate::probe::{self, DEFAULT_WINDOW, Options, Peer, Question, Stopped, Turns};
use crate::run::Run;
use crate::stage::bind::{self, Source};
use crate::stage::{Stage, options};
use crate::sys::{self, rlimit};
use crate::verdict::Protocol;
use hearing::Hearing;
use rows::Rows;
use subject::{Ask, At, Part, Subject};
use tally::Tally;

/// How long a port named by itself may be silent: a host that is down takes
/// 3.1 s to show as such.
const NAMED: Duration = Duration::from_secs(4);
/// How long one of many may be silent: two SYNs, the second after 1 s.
const OF_MANY: Duration = Duration::from_millis(1300);

/// # Errors
/// A signal or `--timeout`, after what is known has been told; stdout gone; a
/// source that cannot be bound.
pub fn run(run: &mut Run, plan: &Probe) -> Result<Done, Failure> {
    if let Some(note) = &plan.note {
        run.note(Stage::Resolve, "URL", note);
    }
    check(run, plan)?;
    let found = find::find(run, plan);
    let mut tally = Tally::new(plan.expect);
    for class in found.missing {
        tally.miss(Miss::Class(class));
    }
    run.enter(Stage::Connect, &object(&found.subjects));
    let rows = RefCell::new(Rows::new(&found.subjects, plan.all_addresses));
    let mut hearing = Hearing {
        run,
        plan,
        subjects: &found.subjects,
        rows: &rows,
        tally,
        bar: None,
        ended: found.ended,
    };
    if hearing.ended.is_none() {
        hearing.bar = hearing.run.bar(hearing.total());
        ask(&mut hearing)?;
    }
    hearing.finish()
}

/// Puts all questions, until the last answer or whatever ends the run before it.
fn ask(hearing: &mut Hearing<'_>) -> Result<(), Failure> {
    let (plan, subjects, rows) = (hearing.plan, hearing.subjects, hearing.rows);
    let asks = subjects.iter().enumerate();
    let mut turns = Turns::new(asks.map(|(at, subject)| subject.asks(at, plan.all_addresses)));
    let mut questions = std::iter::from_fn(|| {
        loop {
            let Some(ask) = turns.next() else {
                rows.borrow_mut().exhausted();
                return None;
            };
            if let Some(id) = rows.borrow_mut().admit(&ask)
                && let Some(question) = question(plan, &subjects[ask.subject], &ask, id)
            {
                return Some(question);
            }
        }
    });
    let prepare = |socket: &Socket, peer: &Peer| {
        let Peer::Inet(peer) = peer else {
            return Ok(());
        };
        options::set(socket, &plan.set)?;
        match &plan.source {
            Some(source) => come_from(socket, source, peer),
            None => Ok(()),
        }
    };
    let as_they_are = plan.source.is_none() && plan.set.is_empty();
    let descriptors = rlimit::raise_descriptor_limit().unwrap_or(u64::MAX);
    let options = Options {
        window: probe::affordable(DEFAULT_WINDOW, descriptors),
        prepare: (!as_they_are).then_some(&prepare),
        data: None,
    };
    let signals = hearing.run.signals().pipe();
    let deadline = hearing.run.deadline();
    let until = deadline.map(|(at, _)| at);
    let stopped = probe::run(
        &mut questions,
        &options,
        signals.as_fd(),
        until,
        &mut *hearing,
    );
    match stopped {
        Ok(Stopped::Deadline) => {
            hearing.ended = deadline.map(|(_, timer)| hearing.run.timed_out(timer));
        }
        Ok(Stopped::Done | Stopped::Interrupted | Stopped::Told) => {}
        Err(error) => {
            return Err(StageError::io(Stage::Connect, "epoll", Class::Local, &error).into());
        }
    }
    Ok(())
}

fn question(plan: &Probe, subject: &Subject, ask: &Ask, id: usize) -> Option<Question> {
    let (peer, protocol) = match (&subject.at, ask.address) {
        (At::Unix(path), _) => (Peer::Unix(path.clone()), Protocol::Unix),
        (_, Some(address)) if plan.udp => (Peer::Inet(address), Protocol::Udp),
        (_, Some(address)) => (Peer::Inet(address), Protocol::Tcp),
        (_, None) => return None,
    };
    let of_many = subject.part(ask.subject, ask.port) != Part::Named;
    Some(Question {
        id,
        peer,
        protocol,
        wait: plan.wait.unwrap_or(if of_many { OF_MANY } else { NAMED }),
    })
}

/// Binds the source of one question.
fn come_from(socket: &Socket, from: &Source, peer: &std::net::SocketAddr) -> io::Result<()> {
    match from.port {
        0 => sys::source::bind_address_only(socket),
        _ => socket.set_reuse_address(true)?,
    }
    socket.bind(&from.towards(peer).into())
}

/// Whether a socket takes the options and can be bound at all: one error is
/// better than one a port.
fn check(run: &mut Run, plan: &Probe) -> Result<(), Failure> {
    if plan.source.is_none() && plan.set.is_empty() {
        return Ok(());
    }
    let source = plan.source.unwrap_or(Source { ip: None, port: 0 });
    let is_v6 = source.ip.is_some_and(|ip| ip.is_ipv6());
    let (domain, any) = match is_v6 {
        true => (Domain::IPV6, ([0u16; 8], 0).into()),
        false => (Domain::IPV4, ([0u8; 4], 0).into()),
    };
    let kind = match plan.udp {
        true => Type::DGRAM,
        false => Type::STREAM,
    };
    let failed = |error| StageError::io(Stage::Socket, "--source", Class::Local, &error);
    let socket = Socket::new(domain, kind, None).map_err(failed)?;
    options::apply(run, &socket, &plan.set, Stage::Socket)?;
    if plan.source.is_none() {
        return Ok(());
    }
    if source.port == 0 {
        sys::source::bind_address_only(&socket);
    }
    bind::source(run, &socket, &source, &any, &options::Options::default())
}

/// What the run is about, in few words.
fn object(subjects: &[Subject]) -> String {
    match subjects {
        [one] => one.name.clone(),
        many => format!("{} targets", many.len()),
    }
}
