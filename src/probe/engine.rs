//! The readiness loop: puts questions as the schedule gives them, and reports
//! each answer the moment it is known. The only place here with a clock.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::Socket;

use super::deadline::Deadlines;
use super::flight::{Flight, Flights};
use super::pace::Heard;
use super::schedule::{Next, Schedule};
use super::{Answer, Options, Outcome, Peer, Question, Stopped, payload, tcp, udp, unix};
use crate::verdict::{Evidence, Protocol, judge};

/// Questions put, and events taken, before the other side of the loop has its
/// turn: answers must not grow old while a thousand SYNs are sent.
const BATCH: usize = 64;
/// The token of the interrupt descriptor; slots never reach it.
const INTERRUPT: u64 = u64::MAX;
/// Times a socket may meet itself before the question is given up: with a
/// random source port even twice is rare.
const MEETINGS: u32 = 8;

/// Asks all `questions` and hands each answer to `on_answer`, in the order in
/// which they come; a `Break` of it ends the run.
///
/// `interrupt` ends the run as soon as it is readable or hung up, and is not
/// read;
/// `until` is the deadline of the whole run. Questions that are then without
/// an answer get none; whatever was in flight is closed with RST.
///
/// Trouble with a single question is its answer. Errors are of epoll(7) itself:
/// no descriptor for it, or an `interrupt` that cannot be polled.
pub fn run(
    questions: &mut dyn Iterator<Item = Question>,
    options: &Options<'_>,
    interrupt: BorrowedFd<'_>,
    until: Option<Instant>,
    mut on_answer: impl FnMut(Answer) -> ControlFlow<()>,
) -> io::Result<Stopped> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(interrupt, EpollEvent::new(EpollFlags::EPOLLIN, INTERRUPT))?;
    let mut engine = Engine {
        options,
        epoll,
        schedule: Schedule::new(questions, options.window),
        flights: Flights::default(),
        deadlines: Deadlines::default(),
        spare: [None, None],
        on_answer: &mut on_answer,
    };
    match engine.run(until) {
        Ok(stopped) => Ok(stopped),
        Err(Halt::Told) => Ok(Stopped::Told),
        Err(Halt::Broken(error)) => Err(error),
    }
}

/// What ends a run in the middle of a turn.
enum Halt {
    Told,
    Broken(io::Error),
}

struct Engine<'a, 'q> {
    options: &'a Options<'a>,
    epoll: Epoll,
    schedule: Schedule<'q>,
    flights: Flights,
    deadlines: Deadlines,
    /// A refused socket of each family, which can ask again at once: on
    /// loopback this saves half of all system calls.
    spare: [Option<Socket>; 2],
    on_answer: &'a mut dyn FnMut(Answer) -> ControlFlow<()>,
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

impl Engine<'_, '_> {
    fn run(&mut self, until: Option<Instant>) -> Result<Stopped, Halt> {
        let mut events = [EpollEvent::empty(); BATCH];
        loop {
            let wake = match self.fill()? {
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
                    INTERRUPT => return Ok(Stopped::Interrupted),
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
                Next::Wait(at) => return Ok(Filled::Wait(at)),
                Next::Done if self.schedule.in_flight() == 0 => return Ok(Filled::Done),
                Next::Done => return Ok(Filled::Wait(None)),
            }
        }
        Ok(Filled::More)
    }

    /// Puts one question, after `met` meetings with itself, and reports the
    /// answer if it is there at once.
    fn ask(&mut self, question: Question, met: u32) -> Result<(), Halt> {
        for met in met..MEETINGS {
            let began = Instant::now();
            let (socket, outcome) = self.put(&question);
            match outcome {
                Outcome::MetItself => {}
                Outcome::Short(errno) => return self.put_back(question, began, errno),
                Outcome::Pending => return self.wait_for(question, socket, began, met),
                Outcome::Settled(evidence, sent) => {
                    self.answer(&question, socket.as_ref(), began, &evidence, sent)?;
                    self.spare(&question, socket, &evidence);
                    return Ok(());
                }
            }
        }
        let evidence = Evidence::SelfConnect;
        self.answer(&question, None, Instant::now(), &evidence, None)
    }

    /// Finds a socket and puts the question with it.
    fn put(&mut self, question: &Question) -> (Option<Socket>, Outcome) {
        let peer = match &question.peer {
            Peer::Inet(peer) => *peer,
            Peer::Unix(path) => {
                let outcome = unix::ask(&question.peer, path, self.options.prepare);
                return (None, outcome);
            }
        };
        let socket = match self.socket(question, peer) {
            Ok(socket) => socket,
            Err(error) => return (None, Outcome::failed(&error)),
        };
        let outcome = match question.protocol {
            Protocol::Udp => udp::ask(&socket, peer, data(self.options, peer)),
            _ => tcp::ask(&socket, peer),
        };
        (Some(socket), outcome)
    }

    fn socket(&mut self, question: &Question, peer: SocketAddr) -> io::Result<Socket> {
        let v6 = peer.is_ipv6();
        let socket = match question.protocol {
            Protocol::Tcp => match self.spare[usize::from(v6)].take() {
                Some(spare) => return Ok(spare),
                None => tcp::socket(v6)?,
            },
            Protocol::Udp => udp::socket(v6)?,
            Protocol::Unix => return Err(io::Error::from_raw_os_error(libc::EPROTONOSUPPORT)),
        };
        if let Some(prepare) = self.options.prepare {
            prepare(&socket, &question.peer)?;
        }
        Ok(socket)
    }

    /// Keeps a socket whose connect() was refused on the spot: the kernel has
    /// disconnected it and its queue has been read, so it is as good as new. Not
    /// so one whose refusal came later, nor one that was prepared for its peer.
    fn spare(&mut self, question: &Question, socket: Option<Socket>, evidence: &Evidence) {
        let is_tcp = question.protocol == Protocol::Tcp;
        let v6 = matches!(question.peer, Peer::Inet(SocketAddr::V6(_)));
        if is_tcp && self.options.prepare.is_none() && *evidence == REFUSED {
            self.spare[usize::from(v6)] = socket;
        }
    }

    /// Registers a question that got no answer at once.
    fn wait_for(
        &mut self,
        question: Question,
        socket: Option<Socket>,
        began: Instant,
        met: u32,
    ) -> Result<(), Halt> {
        let (Some(socket), Peer::Inet(peer)) = (socket, &question.peer) else {
            // A Unix connect() that does not block is never pending.
            let evidence = Evidence::Silence;
            return self.answer(&question, None, began, &evidence, None);
        };
        let peer = *peer;
        let is_udp = question.protocol == Protocol::Udp;
        let interest = if is_udp {
            EpollFlags::EPOLLIN
        } else {
            EpollFlags::EPOLLOUT
        };
        let token = self.flights.reserve();
        if let Err(errno) = self.epoll.add(&socket, EpollEvent::new(interest, token)) {
            self.flights.settle(token, None);
            return self.put_back(question, began, errno as i32);
        }
        // A wait too long for the clock has no end.
        let ends = began.checked_add(question.wait);
        let first = match is_udp {
            true => Some(began + udp::resend_after(question.wait)),
            false if question.wait > tcp::RETRIED => Some(began + tcp::RETRIED),
            false => ends,
        };
        let flight = Flight {
            question,
            peer,
            socket,
            began,
            sent: u32::from(is_udp),
            met,
            dropped: None,
        };
        self.flights.settle(token, Some(flight));
        if let Some(at) = first {
            self.deadlines.push(at, token);
        }
        Ok(())
    }

    /// Something happened to the socket of `token`.
    fn look(&mut self, token: u64) -> Result<(), Halt> {
        let Some(flight) = self.flights.get(token) else {
            return Ok(());
        };
        let outcome = match flight.question.protocol {
            Protocol::Udp => udp::look(&flight.socket, flight.sent),
            _ => tcp::look(&flight.socket),
        };
        self.conclude(token, outcome)
    }

    /// The moment that `token` waited for has come.
    fn due(&mut self, token: u64, now: Instant) -> Result<(), Halt> {
        let options = self.options;
        let Some(flight) = self.flights.get(token) else {
            return Ok(());
        };
        let (outcome, next) = match flight.question.protocol {
            Protocol::Udp => flight.due_udp(data(options, flight.peer), now),
            _ => flight.due_tcp(now),
        };
        if let Some(at) = next {
            self.deadlines.push(at, token);
        }
        self.conclude(token, outcome)
    }

    /// Ends a flight, unless it goes on.
    fn conclude(&mut self, token: u64, outcome: Outcome) -> Result<(), Halt> {
        if matches!(outcome, Outcome::Pending) {
            return Ok(());
        }
        let Some(flight) = self.flights.take(token) else {
            return Ok(());
        };
        let Flight {
            question,
            socket,
            began,
            met,
            ..
        } = flight;
        match outcome {
            Outcome::Pending => Ok(()),
            Outcome::Settled(evidence, sent) => {
                self.answer(&question, Some(&socket), began, &evidence, sent)
            }
            Outcome::Short(errno) => self.put_back(question, began, errno),
            Outcome::MetItself => {
                // The port must be free again before it is asked.
                drop(socket);
                self.ask(question, met + 1)
            }
        }
    }

    /// This machine is short of something: later, or if there is no later, an
    /// error.
    fn put_back(&mut self, question: Question, began: Instant, errno: i32) -> Result<(), Halt> {
        match self.schedule.put_back(question, Instant::now()) {
            None => Ok(()),
            Some(question) => {
                let sent = (question.protocol != Protocol::Unix).then_some(0);
                self.report(&question, None, began, &Evidence::errno(errno), sent)
            }
        }
    }

    /// A question in flight has its answer.
    fn answer(
        &mut self,
        question: &Question,
        socket: Option<&Socket>,
        began: Instant,
        evidence: &Evidence,
        sent: Option<u32>,
    ) -> Result<(), Halt> {
        let heard = match evidence {
            Evidence::Errno { icmp: Some(_), .. } => Heard::Icmp,
            Evidence::Silence => Heard::Nothing,
            _ => Heard::Other,
        };
        self.schedule.finished(question, heard, Instant::now());
        self.report(question, socket, began, evidence, sent)
    }

    fn report(
        &mut self,
        question: &Question,
        socket: Option<&Socket>,
        began: Instant,
        evidence: &Evidence,
        sent: Option<u32>,
    ) -> Result<(), Halt> {
        let time = began.elapsed();
        let local = socket.and_then(|socket| local(socket, evidence));
        let own = own(question, local, evidence);
        let verdict = judge(question.protocol, question.peer.ip(), own, evidence);
        let answer = Answer {
            id: question.id,
            verdict,
            time,
            syns: sent,
            local,
        };
        match (self.on_answer)(answer) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Halt::Told),
        }
    }
}

/// RST: by far the most frequent answer, and the one that says nothing else.
const REFUSED: Evidence = Evidence::Errno {
    errno: libc::ECONNREFUSED,
    icmp: None,
};

/// What a UDP question to `peer` carries.
fn data<'a>(options: &Options<'a>, peer: SocketAddr) -> &'a [u8] {
    options.data.unwrap_or_else(|| payload(peer.port()))
}

/// The local end of a socket, unless nobody will ask for it.
fn local(socket: &Socket, evidence: &Evidence) -> Option<SocketAddr> {
    if *evidence == REFUSED {
        return None;
    }
    let local = socket.local_addr().ok()?.as_socket()?;
    (!local.ip().is_unspecified()).then_some(local)
}

/// The address that asked. The kernel forgets it when connect() fails on the
/// spot; it is looked up again where an ICMP error may be our own.
fn own(question: &Question, local: Option<SocketAddr>, evidence: &Evidence) -> Option<IpAddr> {
    match (local, evidence, &question.peer) {
        (Some(local), _, _) => Some(local.ip()),
        (None, Evidence::Errno { icmp: Some(_), .. }, Peer::Inet(peer)) => tcp::source(*peer),
        _ => None,
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

#[cfg(test)]
mod tests;
