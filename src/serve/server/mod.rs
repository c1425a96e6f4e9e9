//! The loop: it waits, and lets the others act. `serving` is about who comes in,
//! `moving` about who is here, `leaving` about the end.

mod leaving;
mod moving;
mod serving;

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, RawFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollTimeout};

use super::alarms::Alarms;
use super::answering::Answering;
use super::capacity::Capacity;
use super::child;
use super::client::Client;
use super::door::Door;
use super::service::{Service, Work};
use super::{MOST_COMMANDS, failed};
use crate::exit::Done;
use crate::failure::{Class, Failure, StageError, Timer};
use crate::report::Bar;
use crate::run::{Interest, Run, Seldom, Wake};
use crate::stage::Stage;
use crate::stage::accept;
use crate::stage::bind::Bound;
use crate::stage::connect::Conn;
use crate::sys::{descriptor, rlimit};

/// Events taken from epoll_wait(2) at once.
const EVENTS: usize = 256;

/// What a server knows.
pub struct Server<'a> {
    service: &'a Service,
    accept: &'a accept::Options,
    /// None where commands do the work.
    answering: Option<Answering<'a>>,
    door: Door,
    capacity: Capacity,
    epoll: Epoll,
    /// By descriptor, which is also the number epoll(7) reports.
    clients: BTreeMap<RawFd, Client>,
    alarms: Alarms<RawFd>,
    /// Those that wait for stdout, the first one first.
    held: VecDeque<RawFd>,
    /// It was let in, and has to wait: for `--pause`, or because this machine
    /// has no room for its command yet.
    unserved: Option<Conn>,
    /// When `--accept-timeout` began; who only knocks does not put it off.
    waiting_since: Instant,
    /// When it was last told that it is full.
    told: Seldom,
    /// A signal has asked for the end, and until when peers may finish.
    leaving: Option<(i32, Instant)>,
    /// Bytes sent to and received from all peers so far.
    moved: (u64, u64),
    bar: Option<Bar>,
}

impl<'a> Server<'a> {
    /// # Errors
    /// stdout was closed and is needed; epoll(7).
    pub fn new(
        run: &mut Run,
        bound: Vec<Bound>,
        service: &'a Service,
        accept: &'a accept::Options,
    ) -> Result<Server<'a>, Failure> {
        let door = Door::new(bound)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(failed)?;
        let (answering, usual) = match &service.work {
            Work::Answers(what) => (Some(Answering::new(run, what)?), None),
            Work::Command(_) => (None, Some(MOST_COMMANDS)),
        };
        let capacity = match service.keep_open {
            true => {
                let local =
                    |error| StageError::io(Stage::Accept, "RLIMIT_NOFILE", Class::Local, &error);
                let limit = rlimit::raise_descriptor_limit().map_err(local)?;
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let held = descriptor::count().unwrap_or_default();
                Capacity::new(service.most, usual, limit.saturating_sub(held))
            }
            false => Capacity::new(Some(1), None, usize::MAX),
        };
        if let Work::Command(_) = service.work {
            child::prepare(capacity.most)?;
        }
        Ok(Server {
            service,
            accept,
            answering,
            door,
            capacity,
            epoll,
            clients: BTreeMap::new(),
            alarms: Alarms::default(),
            held: VecDeque::new(),
            unserved: None,
            waiting_since: Instant::now(),
            told: Seldom::default(),
            leaving: None,
            moved: (0, 0),
            bar: None,
        })
    }

    /// Serves until the only peer has ended, or for ever.
    ///
    /// # Errors
    /// As `serve`.
    pub fn run(&mut self, run: &mut Run) -> Result<Done, Failure> {
        let mut events = vec![EpollEvent::empty(); EVENTS];
        loop {
            run.enter(Stage::Accept, self.door.name());
            let done = match self.step(run, &mut events) {
                Ok(None) if !self.is_over() => continue,
                // Wherever it was noticed.
                Err(Failure::Signal { number, .. }) if self.may_finish(number) => {
                    self.leave(run, number);
                    continue;
                }
                Ok(done) => Ok(done.unwrap_or(Done::InOrder)),
                Err(failure) => Err(failure),
            };
            return match (self.leaving, done) {
                // All that came after it was the end that it had asked for.
                (Some((number, _)), Ok(_)) => Err(run.signalled(number)),
                (Some((number, _)), Err(Failure::Stage(error))) => {
                    let how = format!("{}: {}", error.object, error.told());
                    Err(run.signalled(number).and(how))
                }
                (_, done) => done,
            };
        }
    }

    /// Waits once, and does what there is to do; the end of the run if the only
    /// peer has ended.
    fn step(&mut self, run: &mut Run, events: &mut [EpollEvent]) -> Result<Option<Done>, Failure> {
        if self.door.rests_until().is_none()
            && let Some(conn) = self.unserved.take()
        {
            self.serve(run, conn)?;
        }
        self.release()?;
        let Some((came, moved)) = self.wait(run)? else {
            return Ok(None);
        };
        if moved {
            let count = match self.epoll.wait(events, EpollTimeout::ZERO) {
                Ok(count) => count,
                Err(Errno::EINTR) => 0,
                Err(errno) => return Err(failed(errno)),
            };
            for event in &events[..count] {
                if let Some(done) = self.turn(run, event.data() as RawFd)? {
                    return Ok(Some(done));
                }
            }
        }
        if came {
            self.let_in(run)?;
        }
        Ok(None)
    }

    /// Everybody has finished who was here when the end was asked for.
    fn is_over(&self) -> bool {
        self.leaving.is_some() && !self.has_peers()
    }

    fn has_peers(&self) -> bool {
        !self.clients.is_empty() || self.unserved.is_some()
    }

    /// How many more there may be.
    fn room(&self) -> usize {
        match self.unserved {
            Some(_) => 0,
            None => self.capacity.most.saturating_sub(self.clients.len()),
        }
    }

    /// Whether somebody is at the door, and whether something moved; None after
    /// anything else that had to be done at its time.
    fn wait(&mut self, run: &mut Run) -> Result<Option<(bool, bool)>, Failure> {
        let open = self.door.is_open() && self.room() > 0;
        let nobody = match self.has_peers() {
            false => self.accept.timeout.map(|time| self.waiting_since + time),
            true => None,
        };
        let leaves = self.leaving.map(|(_, until)| until);
        let until = [nobody, leaves, self.alarms.next(), self.door.rests_until()];
        let until = until.into_iter().flatten().min();
        let stdout = self.answering.as_ref().and_then(Answering::waits_for);
        let mut fds = vec![Interest::new(self.epoll.0.as_fd(), PollFlags::POLLIN)];
        fds.extend(open.then(|| Interest::new(self.door.fd(), PollFlags::POLLIN)));
        fds.extend(stdout.map(|fd| Interest::new(fd, PollFlags::POLLOUT)));
        let wake = run.wait(&mut fds, until);
        let ready: Vec<bool> = fds.iter().map(Interest::is_ready).collect();
        match wake {
            Ok(Wake::Ready) => {
                if let (Some(true), Some(answering)) =
                    (stdout.and(ready.last()), &mut self.answering)
                {
                    answering.go_on(run)?;
                }
                Ok(Some((open && ready[1], ready[0])))
            }
            Ok(Wake::Progress) => Ok(None),
            Ok(Wake::Time) => {
                let now = Instant::now();
                if let Some((number, until)) = self.leaving
                    && now >= until
                {
                    return Err(run.signalled(number));
                }
                if nobody.is_some_and(|moment| now >= moment) {
                    return Err(run.timed_out(Timer {
                        option: "--accept-timeout",
                        after: self.accept.timeout.unwrap_or_default(),
                    }));
                }
                self.door.wake(now);
                self.ring(run, now)?;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}
