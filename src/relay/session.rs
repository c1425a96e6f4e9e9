//! The poll loop of one conversation.
//!
//! Poll interest is computed anew from state each turn; each direction ends on
//! its own; no call blocks longer than the timers allow.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollFlags;

use super::direction::{Direction, Want};
use super::ending::{Ending, Facts, Next, Over};
use crate::failure::{Class, Failure, Timer};
use crate::run::{Interest, Run};
use crate::stage::connect::Conn;
use crate::stage::socket::Transport;
use crate::stage::{Stage, send};
use crate::sys::outq;

/// One conversation over one connection.
pub struct Session<'a> {
    pub conn: &'a Conn,
    /// From the user to the peer.
    pub outbound: Option<Direction<'a>>,
    /// From the peer to the user.
    pub inbound: Option<Direction<'a>>,
    pub ending: Ending,
    /// `--idle`
    pub idle: Option<Duration>,
    /// Called once, when the peer has proved to be one: bytes moved, or it
    /// ended in order.
    pub on_first: Option<Box<dyn FnOnce() + 'a>>,
    /// The outbound side failed; the peer may still have something to say.
    failed: Option<Failure>,
    /// Look once and take what is there, instead of waiting for it.
    pub no_wait: bool,
    unacknowledged: (usize, Instant),
    /// Bytes sent and received over this connection before the session.
    pub before: (u64, u64),
}

impl<'a> Session<'a> {
    /// A session that nothing has happened in.
    pub fn new(
        conn: &'a Conn,
        outbound: Option<Direction<'a>>,
        inbound: Option<Direction<'a>>,
        ending: Ending,
        idle: Option<Duration>,
    ) -> Self {
        Session {
            conn,
            outbound,
            inbound,
            ending,
            idle,
            on_first: None,
            failed: None,
            no_wait: false,
            unacknowledged: (usize::MAX, Instant::now()),
            before: (0, 0),
        }
    }

    /// Bytes the peer's socket has taken.
    pub fn sent(&self) -> u64 {
        self.outbound.as_ref().map_or(0, |d| d.pump.given())
    }

    /// Bytes that came from the peer.
    pub fn received(&self) -> u64 {
        self.inbound.as_ref().map_or(0, |d| d.pump.taken())
    }

    /// Whether what was sent is all there was, and what came: an end of the
    /// user's own choice says nothing about the peer's.
    pub fn is_whole(&self) -> [bool; 2] {
        let outbound = self.outbound.as_ref().map(Direction::side);
        let inbound = self.inbound.as_ref().map(Direction::side);
        [
            outbound.is_none_or(|side| !side.holds),
            inbound.is_none_or(|side| side.finished.is_some()),
        ]
    }

    /// Runs until the conversation is over.
    ///
    /// # Errors
    /// A failed end, a timer, a signal, or a reader of stdout that has gone.
    pub fn run(&mut self, run: &mut Run) -> Result<Over, Failure> {
        loop {
            let now = Instant::now();
            run.enter(self.stage(), &self.conn.peer);
            run.moved(self.before.0 + self.sent(), self.before.1 + self.received());
            self.ask_kernel(now);
            if self.inbound.as_ref().is_none_or(|d| d.pump.is_over())
                && let Some(failure) = self.failed.take()
            {
                return Err(failure);
            }
            let until = match self.ending.next(now, &self.facts()) {
                Next::Over(over) => return Ok(over),
                Next::Go(until) => until,
            };
            let [outward, inward] = self.wait(run, now, until)?;
            run.idles_at(self.idles_at());
            let now = Instant::now();
            let talks = !self.conn.transport.keeps_boundaries();
            if let Some(outbound) = self.outbound.as_mut().filter(|_| outward)
                && let Err(failure) = outbound.turn(run, now, talks, (Stage::Send, &self.conn.peer))
            {
                self.outbound_failed(failure)?;
            }
            if let Some(inbound) = self.inbound.as_mut().filter(|_| inward) {
                // After a failure the peer's end proves nothing: nobody is to
                // be told that everything has come.
                if self.failed.is_some() {
                    inbound.pump.breaks_at_end();
                }
                inbound.turn(run, now, talks, (Stage::Recv, &self.conn.peer))?;
            }
            let proved = self.sent() > 0
                || self.received() > 0
                || (self.failed.is_none()
                    && self.inbound.as_ref().is_some_and(|d| d.pump.has_ended()));
            if proved && let Some(first) = self.on_first.take() {
                first();
            }
        }
    }

    fn idles_at(&self) -> Option<(Instant, Timer)> {
        let after = self.idle?;
        let directions = [&self.outbound, &self.inbound];
        let moved = directions
            .into_iter()
            .flatten()
            .map(|d| d.pump.last_moved())
            .max()?;
        let timer = Timer {
            option: "--idle",
            after,
        };
        Some((moved + after, timer))
    }

    fn stage(&self) -> Stage {
        match &self.outbound {
            Some(outbound) if !outbound.pump.is_over() => Stage::Send,
            _ => Stage::Recv,
        }
    }

    /// A connection that takes no more may still hold what the peer said
    /// before it closed; that is read first, and the failure told then.
    fn outbound_failed(&mut self, failure: Failure) -> Result<(), Failure> {
        let cut = matches!(&failure, Failure::Stage(error) if error.class == Class::Cut
            && error.stage == Stage::Send && error.errno.is_some());
        match (&mut self.outbound, &self.inbound) {
            (Some(outbound), Some(inbound)) if cut && !inbound.pump.is_over() => {
                outbound.pump.broken();
                self.failed.get_or_insert(failure);
                Ok(())
            }
            _ => Err(failure),
        }
    }

    fn ask_kernel(&mut self, now: Instant) {
        let finished = self
            .outbound
            .as_ref()
            .is_none_or(|d| d.pump.finished_at().is_some());
        if self.ending.asks_for_acknowledgement(finished) {
            // Where the kernel cannot tell, nothing is outstanding.
            let left = outq::unacknowledged(&self.conn.socket).unwrap_or(0);
            if left != self.unacknowledged.0 {
                self.unacknowledged = (left, now);
            }
        }
    }

    fn facts(&self) -> Facts {
        Facts {
            outbound: self.outbound.as_ref().map(Direction::side),
            inbound: self.inbound.as_ref().map(Direction::side),
            unacknowledged: self.unacknowledged,
            idle: self.idle,
        }
    }

    /// Waits until something can be moved or decided: what can be moved,
    /// outward and inward.
    fn wait(
        &self,
        run: &mut Run,
        now: Instant,
        until: Option<Instant>,
    ) -> Result<[bool; 2], Failure> {
        let directions = [&self.outbound, &self.inbound];
        let mut until = until;
        let mut fds: Vec<Interest<'_>> = Vec::with_capacity(4);
        let mut movers = [None; 2];
        let mut can_move = [self.no_wait; 2];
        for (which, direction) in directions.into_iter().enumerate() {
            let Some(direction) = direction else {
                continue;
            };
            movers[which] = Some(fds.len());
            match direction.interest(now) {
                Want::Read(fd, what) => fds.push(Interest::new(fd, what)),
                Want::Write(Some(fd)) => fds.push(Interest::new(fd, PollFlags::POLLOUT)),
                Want::Write(None) => {
                    can_move[which] = true;
                    movers[which] = None;
                }
                Want::At(moment) => {
                    until = Some(until.map_or(moment, |u| u.min(moment)));
                    movers[which] = None;
                }
                Want::Nothing => movers[which] = None,
            }
        }
        if can_move.contains(&true) {
            until = Some(now);
        }
        let watched = self.may_be_cut_unseen().then_some(fds.len());
        if watched.is_some() {
            fds.push(Interest::new(self.conn.socket.as_fd(), PollFlags::empty()));
        }
        run.wait(&mut fds, until)?;
        if watched.is_some_and(|index| fds[index].is_ready()) {
            return Err(self.cut());
        }
        for (can, mover) in can_move.iter_mut().zip(movers) {
            *can |= mover.is_some_and(|index| fds[index].is_ready());
        }
        Ok(can_move)
    }

    /// Once the peer has finished talking nothing is read from it any more, and
    /// while our source is silent nothing is sent: a reset would be news only
    /// with the next byte. A Unix socket has none.
    fn may_be_cut_unseen(&self) -> bool {
        let waits = |d: &Direction<'_>| d.pump.wants_read() && !d.side().holds;
        self.conn.transport == Transport::Tcp
            && self.inbound.as_ref().is_some_and(|d| d.pump.is_over())
            && self.outbound.as_ref().is_some_and(waits)
    }

    fn cut(&self) -> Failure {
        let told = self.conn.socket.take_error().ok().flatten();
        let errno = told.and_then(|error| error.raw_os_error());
        let errno = errno.map_or(Errno::EPIPE, Errno::from_raw);
        let (socket, peer) = (&self.conn.socket, &self.conn.peer);
        send::failed(Stage::Send, socket, peer, Transport::Tcp, errno).into()
    }
}
