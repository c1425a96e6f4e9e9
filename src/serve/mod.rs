//! Peers that `listen` answers itself: one readiness loop for all of them.
//!
//! No peer waits for another: each is moved as far as its own socket allows
//! and then left alone. Here too every stream can end only with a reset until
//! its peer has ended it in order.

mod answering;
mod datagrams;
mod pattern;
mod peer;

use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::event::Event;
use crate::failure::{Class, Failure, StageError, Timer};
use crate::plan::Serve;
use crate::run::{Interest, Run, Wake};
use crate::stage::Stage;
use crate::stage::accept::{self, BACK_OFF, full, is_passing, try_accept};
use crate::stage::bind::Bound;
use answering::Answering;
use peer::{Peer, Turn};

/// Events taken from epoll_wait(2) at once.
const EVENTS: usize = 256;

/// Serves all peers of all listeners; without `keep_open` one peer, after which
/// the listeners are closed.
///
/// # Errors
/// Local trouble, timers, signals; without `keep_open` also the peer's failure.
pub fn serve(
    run: &mut Run,
    bound: Vec<Bound>,
    what: &Serve,
    keep_open: bool,
    accept: &accept::Options,
) -> Result<(), Failure> {
    let mut answering = Answering::new(run, what)?;
    if bound.iter().any(|one| one.transport.is_datagram()) {
        return datagrams::serve(run, &bound, what, &mut answering);
    }
    let mut server = Server::new(bound, keep_open)?;
    let ended = server.run(run, what, &mut answering, accept);
    if let Err(failure) = &ended {
        server.end_all(run, failure);
    }
    ended
}

struct Server {
    epoll: Epoll,
    listeners: Vec<Bound>,
    /// By descriptor, which is also the number epoll(7) reports.
    peers: BTreeMap<RawFd, Peer>,
    keep_open: bool,
    /// The listeners are left alone until then: the machine is full.
    resting: Option<Instant>,
    listening: bool,
    /// The first address, for what is told of all of them.
    name: String,
    /// When `--accept-timeout` began; who only knocks does not put it off.
    waiting_since: Instant,
    /// When it was last told that the machine is full.
    told: Option<Instant>,
    /// Bytes sent to and received from all peers so far.
    moved: (u64, u64),
}

fn local(errno: Errno) -> Failure {
    StageError::os(Stage::Accept, "epoll", Class::Local, errno).into()
}

impl Server {
    fn new(listeners: Vec<Bound>, keep_open: bool) -> Result<Server, Failure> {
        Ok(Server {
            name: listeners
                .first()
                .map_or_else(String::new, |one| one.address.clone()),
            waiting_since: Instant::now(),
            told: None,
            moved: (0, 0),
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(local)?,
            listeners,
            peers: BTreeMap::new(),
            keep_open,
            resting: None,
            listening: false,
        })
    }

    fn run(
        &mut self,
        run: &mut Run,
        what: &Serve,
        answering: &mut Answering<'_>,
        accept: &accept::Options,
    ) -> Result<(), Failure> {
        let mut events = vec![EpollEvent::empty(); EVENTS];
        loop {
            run.enter(Stage::Accept, &self.name);
            self.listen(self.wants_peers() && self.resting.is_none())?;
            let alone = self.peers.is_empty();
            let nobody = accept
                .timeout
                .filter(|_| alone)
                .map(|t| self.waiting_since + t);
            let idle = self
                .peers
                .values()
                .filter_map(|peer| peer.idle_at(what))
                .min();
            let paced = match what.send.pace().is_free() {
                true => None,
                false => self.peers.values().filter_map(Peer::rests_until).min(),
            };
            let until = [nobody, idle, paced, self.resting];
            let until = until.into_iter().flatten().min();
            let mut ready = [Interest::new(self.epoll.0.as_fd(), PollFlags::POLLIN)];
            match run.wait(&mut ready, until)? {
                Wake::Ready => {}
                Wake::Progress => continue,
                Wake::Time => {
                    let now = Instant::now();
                    self.resting = self.resting.filter(|moment| now < *moment);
                    if nobody.is_some_and(|moment| now >= moment) {
                        return Err(run.timed_out(Timer {
                            option: "--accept-timeout",
                            after: accept.timeout.unwrap_or_default(),
                        }));
                    }
                    self.end_idle(run, what, now)?;
                    self.wake(now)?;
                }
            }
            let count = match self.epoll.wait(&mut events, EpollTimeout::ZERO) {
                Ok(count) => count,
                Err(Errno::EINTR) => 0,
                Err(errno) => return Err(local(errno)),
            };
            for event in &events[..count] {
                let fd = event.data() as RawFd;
                if self.peers.contains_key(&fd) {
                    if self.turn(run, what, answering, fd)? {
                        return Ok(());
                    }
                } else {
                    self.accept(run, what, fd)?;
                }
            }
        }
    }

    /// A peer uses up the only place there is without `-k`.
    fn wants_peers(&self) -> bool {
        self.keep_open || self.peers.is_empty()
    }

    fn listen(&mut self, on: bool) -> Result<(), Failure> {
        if on != self.listening {
            for one in &self.listeners {
                let fd = one.socket.as_raw_fd();
                if on {
                    let event = EpollEvent::new(EpollFlags::EPOLLIN, fd as u64);
                    self.epoll.add(&one.socket, event).map_err(local)?;
                } else {
                    self.epoll.delete(&one.socket).map_err(local)?;
                }
            }
            self.listening = on;
        }
        Ok(())
    }

    fn accept(&mut self, run: &mut Run, what: &Serve, fd: RawFd) -> Result<(), Failure> {
        let listener = self
            .listeners
            .iter()
            .find(|one| one.socket.as_raw_fd() == fd);
        let Some(listener) = listener.filter(|_| self.wants_peers()) else {
            return Ok(());
        };
        match try_accept(run, listener) {
            Ok(None) => Ok(()),
            Ok(Some(conn)) => {
                run.pause(Stage::Accept)?;
                let fd = conn.socket.as_raw_fd();
                let peer = Peer::new(conn, what);
                let event = EpollEvent::new(peer.interest(), fd as u64);
                self.epoll.add(peer.socket(), event).map_err(local)?;
                self.peers.insert(fd, peer);
                Ok(())
            }
            Err(errno) if is_passing(errno) => {
                let address = &*listener.address;
                full(run, address, errno, &mut self.told);
                self.resting = Some(Instant::now() + BACK_OFF);
                Ok(())
            }
            Err(errno) => {
                let address = &*listener.address;
                Err(StageError::os(Stage::Accept, address, Class::Local, errno).into())
            }
        }
    }

    /// Moves one peer on; true when it was the only one and has ended.
    fn turn(
        &mut self,
        run: &mut Run,
        what: &Serve,
        answering: &mut Answering<'_>,
        fd: RawFd,
    ) -> Result<bool, Failure> {
        let Some(peer) = self.peers.get_mut(&fd) else {
            return Ok(false);
        };
        let (before, moved) = (peer.interest(), peer.moved());
        let turn = peer.turn(run, what, answering);
        self.moved.0 += peer.moved().0 - moved.0;
        self.moved.1 += peer.moved().1 - moved.1;
        run.moved(self.moved.0, self.moved.1);
        if peer.has_proved() && !self.keep_open {
            self.listen(false)?;
            self.listeners.clear();
        }
        let Some(peer) = self.peers.get_mut(&fd) else {
            return Ok(false);
        };
        match turn {
            Ok(Turn::GoesOn) => {
                if peer.interest() != before {
                    let mut event = EpollEvent::new(peer.interest(), fd as u64);
                    self.epoll
                        .modify(peer.socket(), &mut event)
                        .map_err(local)?;
                }
                Ok(false)
            }
            Ok(Turn::Ended) => {
                self.end(run, fd, None);
                Ok(!self.keep_open)
            }
            Err(Failure::Stage(error)) if error.class == Class::Cut => {
                let is_probe = !peer.has_proved();
                self.end(run, fd, Some(&error));
                if self.keep_open || is_probe {
                    return Ok(false);
                }
                Err(error.into())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Lets those send again whose pace allows it by now.
    fn wake(&mut self, now: Instant) -> Result<(), Failure> {
        for (fd, peer) in &mut self.peers {
            if peer.rests_until().is_some_and(|moment| now >= moment) {
                peer.wake();
                let mut event = EpollEvent::new(peer.interest(), *fd as u64);
                self.epoll
                    .modify(peer.socket(), &mut event)
                    .map_err(local)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, run: &mut Run, fd: RawFd, error: Option<&StageError>) {
        if let Some(peer) = self.peers.remove(&fd) {
            if peer.has_proved() {
                self.waiting_since = Instant::now();
            }
            // Closing takes it off the epoll set: nobody else has the socket.
            peer.end(run, error);
        }
    }

    /// The run ends while peers are here: each is told, with the reason.
    fn end_all(&mut self, run: &mut Run, failure: &Failure) {
        let Some(Event::Error { reason, .. }) = failure.event() else {
            return;
        };
        for (_, peer) in std::mem::take(&mut self.peers) {
            let error = StageError::new(Stage::Close, peer.name(), Class::Cut, &*reason);
            if peer.has_proved() {
                peer.end(run, Some(&error));
            }
        }
    }

    fn end_idle(&mut self, run: &mut Run, what: &Serve, now: Instant) -> Result<(), Failure> {
        let silent: Vec<RawFd> = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.idle_at(what).is_some_and(|moment| now >= moment))
            .map(|(fd, _)| *fd)
            .collect();
        for fd in silent {
            let timer = Timer {
                option: "--idle",
                after: what.idle.unwrap_or_default(),
            };
            let Some(peer) = self.peers.get(&fd) else {
                continue;
            };
            run.enter(Stage::Recv, peer.name());
            let failure = run.timed_out(timer);
            let error = StageError::new(Stage::Recv, peer.name(), Class::Cut, "idle");
            self.end(run, fd, Some(&error));
            if !self.keep_open {
                return Err(failure);
            }
        }
        Ok(())
    }
}
