//! `sock probe`: which ports answer, how fast, and when one does not: why, and
//! who said so.
//!
//! `lists` reads target files, `feed` takes all targets and finds out where they
//! are, `subject` asks their questions one at a time, `rows` joins the answers
//! of a name's addresses, `row` writes them down, `tally` counts what was not
//! as expected (`loss`: how much of that is allowed), and `survey` is all of that
//! while it happens; `wait` does it until all is as expected, `series` so many
//! times. Nothing is kept but what is under way: a block or a list may be larger
//! than memory.
//!
//! With `--trace` it is not the engine that asks but `trace`, one question after
//! the other; `hop` writes its events, `teller` tells them in time, `names` knows
//! routers by name.

mod feed;
mod hop;
mod lists;
mod loss;
mod names;
mod reach;
mod row;
mod rows;
mod series;
mod subject;
mod survey;
mod tally;
mod teller;
mod trace;
mod wait;

use std::borrow::Cow;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::eventfd::{EfdFlags, EventFd};
use socket2::{Domain, Socket, Type};

use crate::exit::Done;
use crate::failure::{Class, Failure, StageError};
use crate::plan::Probe;
use crate::probe::{self, DEFAULT_WINDOW, Listen, Options, Peer, Stopped};
use crate::run::Run;
use crate::stage::bind::{self, Source};
use crate::stage::{Stage, options};
use crate::sys::{self, rlimit};
use crate::text::Text;
use crate::verb::words;
use feed::Feed;
use survey::Survey;

/// Questions from which on a thread more is worth its start.
const MANY: u64 = 4096;
/// How long after the end of `--wait` a round may go on: its questions have
/// been given no more time than that, but some may be asked in turn.
const OVERTIME: Duration = Duration::from_millis(100);

/// # Errors
/// A signal or `--timeout`, after what is known has been told; stdout gone; a
/// source that cannot be bound; a list that cannot be opened.
pub fn run(run: &mut Run, plan: &Probe) -> Result<Done, Failure> {
    if let Some(note) = &plan.note {
        run.note(Stage::Resolve, "URL", note);
    }
    check(run, plan)?;
    let data = match &plan.data {
        Some(text) => Some(words::loaded(run, text)?),
        None => None,
    };
    let round = Round {
        data,
        ..Round::default()
    };
    match plan.expect.wait {
        Some(patience) => wait::wait(run, plan, round, patience),
        None => ask_all(run, plan, &round),
    }
}

/// What one round of asking is bound by.
#[derive(Default)]
struct Round {
    /// The moment at which silence is no longer waited out.
    until: Option<Instant>,
    /// What each list holds, where that has been read before.
    read: Vec<Option<Arc<[u8]>>>,
    /// `--data`
    data: Option<Text>,
}

impl Round {
    /// What attempt `number` says.
    fn data(&self, number: u64) -> Option<Cow<'_, [u8]>> {
        self.data.as_ref().map(|text| text.render(number))
    }
}

/// Asks all there is to ask, once.
fn ask_all(run: &mut Run, plan: &Probe, round: &Round) -> Result<Done, Failure> {
    let news = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
        .map_err(|errno| StageError::os(Stage::Connect, "eventfd", Class::Local, errno))?;
    let news = Arc::new(news);
    let feed = Feed::new(plan, round, &news)?;
    run.enter(Stage::Connect, &object(plan));
    let mut survey = Survey::new(run, plan, feed, round.until);
    loop {
        let data = round.data(survey.attempt().unwrap_or(1));
        match plan.trace {
            Some(trace) => trace::ask(&mut survey, trace, data.as_deref(), &news),
            None => ask(&mut survey, plan, round, data.as_deref(), &news)?,
        }
        if !survey.again() {
            return survey.finish();
        }
    }
}

/// Puts all questions, until the last answer or whatever ends the run before it.
fn ask(
    survey: &mut Survey<'_>,
    plan: &Probe,
    round: &Round,
    data: Option<&[u8]>,
    news: &EventFd,
) -> Result<(), Failure> {
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
    let window = plan.pace.window.unwrap_or(DEFAULT_WINDOW);
    let affordable = |wanted| probe::affordable(wanted, descriptors);
    let options = Options {
        window: affordable(window),
        // What the kernel does about a lost SYN is what a series measures.
        twins: match plan.series {
            Some(_) => 0,
            None => affordable(2 * window) - affordable(window),
        },
        engines: match affordable(window) < window {
            // Who is short of descriptors cannot tell whether another engine
            // will soon give some back.
            true => 1,
            false => engines(plan),
        },
        prepare: (!as_they_are).then_some(&prepare),
        data,
        listen: plan.banner.map(|patience| Listen {
            patience,
            data: data.unwrap_or_default(),
        }),
        max_rate: plan.pace.max_rate,
        retries: plan.pace.retries,
        news: Some(news.as_fd()),
    };
    let signals = survey.run.signals().pipe();
    let deadline = survey.run.deadline();
    let last = round.until.and_then(|last| last.checked_add(OVERTIME));
    let until = deadline.iter().map(|(at, _)| *at).chain(last).min();
    match probe::run(survey, &options, signals.as_fd(), until) {
        Ok(Stopped::Deadline) => match deadline {
            Some((at, timer)) if at <= Instant::now() => {
                survey.ended = Some(survey.run.timed_out(timer));
            }
            _ => survey.expired(),
        },
        Ok(Stopped::Done | Stopped::Interrupted | Stopped::Told) => {}
        Err(error) => {
            return Err(StageError::io(Stage::Connect, "epoll", Class::Local, &error).into());
        }
    }
    Ok(())
}

/// How many threads ask: one a processor where there is much to ask, and one
/// where a pace has to be kept.
fn engines(plan: &Probe) -> usize {
    let rows = plan.targets.iter().map(|target| target.len());
    let are_many = !plan.lists.is_empty() || rows.fold(0, u64::saturating_add) >= MANY;
    match are_many && !plan.udp && plan.pace.max_rate.is_none() {
        true => thread::available_parallelism().map_or(1, usize::from),
        false => 1,
    }
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
fn object(plan: &Probe) -> String {
    match (&plan.targets[..], &plan.lists[..]) {
        ([one], []) => one.host.to_string(),
        ([], [one]) => one.input.to_string(),
        (many, []) => format!("{} targets", many.len()),
        _ => "many targets".to_owned(),
    }
}
