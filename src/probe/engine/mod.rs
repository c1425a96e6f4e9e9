//! The readiness loop: puts questions as the schedule gives them, and reports
//! each answer before it sleeps again. The only place in `probe` with a clock.
//!
//! `ask` puts a question, `twin` repeats it over a second socket, `settle` ends
//! it with a `finding` (`silence`: if that is to be believed), `listen` hears what
//! comes after a handshake; all are turns of the loop here.

mod ask;
mod finding;
mod listen;
mod settle;
mod silence;
#[cfg(test)]
mod tests;
mod twin;

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::Socket;

use super::deadline::Deadlines;
use super::desk::{Desk, Tray};
use super::flight::Flights;
use super::rate::Rate;
use super::rations::Doubted;
use super::schedule::{Next, Schedule};
use super::{Answer, Options, Peer, Stopped, pace, payload, udp};
use crate::sys::neighbour::Neighbours;
use crate::verdict::{Evidence, Protocol};

/// Questions put, and events taken, before the other side of the loop has its
/// turn: answers must not grow old while a thousand SYNs are sent.
const BATCH: usize = 64;
/// The token of the interrupt descriptor; slots never reach it.
const INTERRUPT: u64 = u64::MAX;
/// The token of the descriptor by which another engine ends this one.
const STOP: u64 = u64::MAX - 1;
/// The token of the descriptor that says that there may be questions again.
const NEWS: u64 = u64::MAX - 2;
/// RST: by far the most frequent answer, and the one that says nothing else.
const REFUSED: Evidence = Evidence::Errno {
    errno: libc::ECONNREFUSED,
    icmp: None,
};

/// Asks what the desk hands out until there is nothing more. `stop` ends it
/// when it becomes readable.
///
/// # Errors
/// As for [`super::run`].
pub fn run(
    desk: &Desk<'_>,
    options: &Options<'_>,
    interrupt: BorrowedFd<'_>,
    stop: Option<BorrowedFd<'_>>,
    until: Option<Instant>,
) -> io::Result<Stopped> {
    let mut tray = Tray::new(desk);
    let schedule = Schedule::new(&mut tray, options.window);
    turn(desk, schedule, options, interrupt, stop, until)
}

/// Asks again, at the pace of who rations its ICMP errors, what met with silence
/// for that.
///
/// # Errors
/// As for [`super::run`].
pub fn check(
    desk: &Desk<'_>,
    doubts: Vec<Doubted>,
    options: &Options<'_>,
    interrupt: BorrowedFd<'_>,
    until: Option<Instant>,
) -> io::Result<Stopped> {
    let now = Instant::now();
    let asked = doubts.iter().flat_map(|doubted| &doubted.questions);
    let patience = asked.map(|(question, _)| pace::patience(question)).max();
    let end = patience.and_then(|patience| now.checked_add(patience));
    // A wave that has begun is to be over, and told, before the run is.
    let wave = pace::ONE_SYN + Duration::from_millis(100);
    let last = until.map(|until| until.checked_sub(wave).unwrap_or(now));
    let end = end.into_iter().chain(last).min().unwrap_or(now);
    let mut nothing_new = std::iter::empty();
    let schedule = Schedule::new(&mut nothing_new, options.window).doubting(doubts, end);
    turn(desk, schedule, options, interrupt, None, until)
}

fn turn(
    desk: &Desk<'_>,
    schedule: Schedule<'_>,
    options: &Options<'_>,
    interrupt: BorrowedFd<'_>,
    stop: Option<BorrowedFd<'_>>,
    until: Option<Instant>,
) -> io::Result<Stopped> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(interrupt, EpollEvent::new(EpollFlags::EPOLLIN, INTERRUPT))?;
    if let Some(stop) = stop {
        epoll.add(stop, EpollEvent::new(EpollFlags::EPOLLIN, STOP))?;
    }
    if let Some(news) = options.news {
        // Nobody reads it: each engine is to hear of each event.
        let edge = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        epoll.add(news, EpollEvent::new(edge, NEWS))?;
    }
    let mut engine = Engine {
        options,
        epoll,
        schedule: schedule.at_most(options.max_rate.map(Rate::new)),
        flights: Flights::default(),
        deadlines: Deadlines::default(),
        spare: [None, None],
        twins: 0,
        earlier: HashMap::new(),
        neighbours: Neighbours::default(),
        answers: Vec::with_capacity(BATCH),
        desk,
    };
    match engine.run(until) {
        Ok(stopped) => {
            engine.hang_up();
            // Whoever has heard enough, it is over all the same.
            let _ = engine.deliver();
            Ok(stopped)
        }
        Err(Halt::Told) => Ok(Stopped::Told),
        Err(Halt::Broken(error)) => Err(error),
    }
}

/// What ends a run in the middle of a turn.
enum Halt {
    Told,
    Broken(io::Error),
}

struct Engine<'a, 'q, 'c> {
    options: &'a Options<'a>,
    epoll: Epoll,
    schedule: Schedule<'q>,
    flights: Flights,
    deadlines: Deadlines,
    /// A refused socket of each family, which can ask again at once: on
    /// loopback this saves half of all system calls.
    spare: [Option<Socket>; 2],
    /// Questions in flight that are asked over a second socket too.
    twins: usize,
    /// What questions that are asked again have behind them, by their id.
    earlier: HashMap<usize, Earlier>,
    /// Whether silence is that of nobody.
    neighbours: Neighbours,
    /// Answers that the client has not heard yet.
    answers: Vec<Answer>,
    desk: &'a Desk<'c>,
}

/// Tries of one question that met with silence.
struct Earlier {
    began: Instant,
    sent: u32,
    times: u32,
}

/// How a turn of asking ended.
enum Filled {
    /// There is more to ask right now.
    More,
    /// Nothing to ask before this moment, or before an answer.
    Wait(Option<Instant>),
    /// Nothing left to ask, nothing in flight.
    Done,
}

impl Engine<'_, '_, '_> {
    fn run(&mut self, until: Option<Instant>) -> Result<Stopped, Halt> {
        let mut events = [EpollEvent::empty(); BATCH];
        loop {
            let filled = self.fill()?;
            self.deliver()?;
            let wake = match filled {
                Filled::Done => return Ok(Stopped::Done),
                Filled::More => Some(Instant::now()),
                Filled::Wait(at) => at,
            };
            let soonest = [wake, self.deadlines.next(), until];
            let timeout = timeout(soonest.into_iter().flatten().min());
            let ready = match self.epoll.wait(&mut events, timeout) {
                Ok(ready) => ready,
                Err(Errno::EINTR) => 0,
                Err(errno) => return Err(Halt::Broken(errno.into())),
            };
            for event in &events[..ready] {
                match event.data() {
                    INTERRUPT if self.desk.interrupted().is_break() => {
                        return Ok(Stopped::Interrupted);
                    }
                    STOP => return Ok(Stopped::Told),
                    INTERRUPT | NEWS => {}
                    token => self.look(token)?,
                }
            }
            let now = Instant::now();
            while let Some(token) = self.deadlines.pop_due(now) {
                self.due(token, now)?;
            }
            let flights = &self.flights;
            self.deadlines
                .tidy(self.schedule.in_flight(), |token| flights.holds(token));
            if until.is_some_and(|until| until <= now) {
                return Ok(Stopped::Deadline);
            }
        }
    }

    /// Puts a batch of questions.
    fn fill(&mut self) -> Result<Filled, Halt> {
        for _ in 0..BATCH {
            match self.schedule.next(Instant::now()) {
                Next::Ask(question) => self.ask(question, 0)?,
                Next::Over(question, asked, ruling) => self.rule(&question, &asked, ruling)?,
                // There is time for what has been put off.
                Next::Wait(_) if self.may_pause() => return Ok(Filled::Done),
                Next::Wait(at) => return Ok(Filled::Wait(at)),
                Next::Done if self.schedule.in_flight() == 0 => return Ok(Filled::Done),
                Next::Done => return Ok(Filled::Wait(None)),
            }
        }
        Ok(Filled::More)
    }

    /// Whether nothing can be done here before there are questions again, and
    /// something can elsewhere.
    fn may_pause(&self) -> bool {
        let is_idle = self.schedule.is_starved() && self.schedule.in_flight() == 0;
        is_idle && self.desk.has_doubts()
    }

    /// Lets the client hear what is known.
    fn deliver(&mut self) -> Result<(), Halt> {
        match self.desk.hear(&mut self.answers) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Halt::Told),
        }
    }

    /// Something happened to the socket of `token`.
    fn look(&mut self, token: u64) -> Result<(), Halt> {
        let Some(flight) = self.flights.get(token) else {
            return Ok(());
        };
        if flight.accepted.is_some() {
            return self.hear(token);
        }
        let outcome = match flight.question.protocol {
            Protocol::Udp => udp::look(&flight.socket, flight.sent),
            _ => flight.look_tcp(),
        };
        self.conclude(token, outcome)
    }

    /// The moment that `token` waited for has come.
    fn due(&mut self, token: u64, now: Instant) -> Result<(), Halt> {
        let options = self.options;
        let Some(flight) = self.flights.get(token) else {
            return Ok(());
        };
        if flight.accepted.is_some() {
            return self.hear(token);
        }
        if flight.is_twin_due(now) {
            return self.twin(token, now);
        }
        let (outcome, next) = match flight.question.protocol {
            Protocol::Udp => {
                let before = flight.sent;
                let due = flight.due_udp(data(options, &flight.question.peer, before), now);
                if flight.sent > before {
                    self.schedule.sent_again(&flight.question, now);
                }
                due
            }
            _ => flight.due_tcp(now),
        };
        if let Some(at) = next {
            self.deadlines.push(at, token);
        }
        self.conclude(token, outcome)
    }
}

/// What a UDP question to `peer` carries, after `sent` others.
fn data<'a>(options: &Options<'a>, peer: &Peer, sent: u32) -> &'a [u8] {
    match (options.data, peer) {
        (Some(data), _) => data,
        (None, Peer::Inet(peer)) => payload(peer.port(), sent),
        (None, Peer::Unix(_)) => &[],
    }
}

/// Milliseconds to sleep until `at`, rounded up so that nothing is done early;
/// without a moment, until something happens.
fn timeout(at: Option<Instant>) -> EpollTimeout {
    let Some(at) = at else {
        return EpollTimeout::NONE;
    };
    let left = at.saturating_duration_since(Instant::now());
    let ms = left.as_nanos().div_ceil(1_000_000);
    i32::try_from(ms)
        .ok()
        .and_then(|ms| ms.try_into().ok())
        .unwrap_or(EpollTimeout::MAX)
}
