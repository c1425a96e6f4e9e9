//! One peer that is served: what it said, and how much of the answer it has.
//!
//! `steps` decides what is done with it next, `moving` does it.

mod moving;
mod steps;

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use nix::sys::epoll::EpollFlags;

use super::answering::Answering;
use super::service::{Answer, Answers};
use crate::event::Event;
use crate::failure::{Failure, StageError};
use crate::relay::look::{self, Look};
use crate::run::Run;
use crate::stage::accept::knocked;
use crate::stage::connect::Conn;
use crate::stage::pace::Pace;
use crate::stage::{close, recv};

/// Reads and writes of one peer before the others have their turn.
const ROUNDS: usize = 16;

/// Bytes that are generated at once.
const PIECE: usize = 64 * 1024;

/// Bytes taken from a stream at once: every peer may be owed so many, and
/// there may be many peers.
const STREAM_ROOM: usize = 64 * 1024;

/// What of an answer's room is kept for the next one: thousands of peers may
/// be silent, and all of them have had one.
const KEPT: usize = 4096;

/// A stream that says less than this has said all for now: epoll(7) is asked
/// next, not the stream.
const TALK: usize = 4096;

/// How far a peer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    GoesOn,
    /// It ended, and has every answer.
    Ended,
}

/// A connected peer.
pub struct Peer {
    conn: Conn,
    answer: Vec<u8>,
    /// What of the answer was sent.
    at: usize,
    /// The answer is a message of no bytes, and was not sent.
    owes_empty: bool,
    ended: bool,
    /// `--generate`: what is still to come; None when that was never asked for.
    generating: Option<u64>,
    /// Our direction has ended.
    finished: bool,
    /// What it says, or has said, waits for stdout.
    held: bool,
    pace: Pace,
    rests: Option<Instant>,
    questions: u64,
    /// At what is sent and at what is received, where somebody wants to see it.
    looks: Option<Box<[Look; 2]>>,
    /// The last question was short.
    little: bool,
    sent: u64,
    received: u64,
    begun: Instant,
    moved: Instant,
    room: usize,
}

impl Peer {
    /// A peer that has said nothing.
    pub fn new(conn: Conn, what: &Answers) -> Peer {
        let now = Instant::now();
        if conn.transport.keeps_boundaries() {
            // Every Linux has it; without it messages of no bytes were ends.
            let _ = recv::tell_ends(&conn.socket);
        }
        Peer {
            room: match conn.transport.keeps_boundaries() {
                true => what.recv.buffer(true),
                false => what.recv.chunk.unwrap_or(STREAM_ROOM),
            },
            looks: (what.look != look::Options::default())
                .then(|| Box::new(Look::pair(what.look, &conn, true))),
            conn,
            answer: Vec::new(),
            at: 0,
            owes_empty: false,
            ended: false,
            generating: match what.answer {
                Answer::Generate(bytes) => Some(bytes),
                _ => None,
            },
            finished: false,
            held: false,
            pace: what.send.pace(),
            rests: None,
            questions: 0,
            little: false,
            sent: 0,
            received: 0,
            begun: now,
            moved: now,
        }
    }

    /// What to poll.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.conn.socket.as_fd()
    }

    /// Bytes sent and received.
    pub fn moved(&self) -> (u64, u64) {
        (self.sent, self.received)
    }

    /// The peer's address.
    pub fn name(&self) -> &str {
        &self.conn.peer
    }

    /// Reading and answering take turns, so that a peer that does not read
    /// cannot make us store what it sends. What is generated answers nothing,
    /// and goes on whatever the peer says.
    pub fn interest(&self) -> EpollFlags {
        let sends = self.wants_send() && self.rests.is_none() && !self.held;
        let reads = match self.generating {
            Some(_) => !self.ended,
            None => !self.wants_send() && !self.held,
        };
        let mut interest = EpollFlags::empty();
        interest.set(EpollFlags::EPOLLOUT, sends);
        interest.set(EpollFlags::EPOLLIN, reads);
        // A hang-up is reported whatever was asked for: once is enough.
        interest.set(EpollFlags::EPOLLET, interest.is_empty());
        interest
    }

    fn wants_send(&self) -> bool {
        self.at < self.answer.len()
            || self.owes_empty
            || (self.generating.is_some() && !self.finished)
    }

    /// What it says, or has said, waits for stdout.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// stdout takes more.
    pub fn release(&mut self) {
        self.held = false;
    }

    /// Bytes came, or an end in order: a peer like any other.
    pub fn has_proved(&self) -> bool {
        self.received > 0 || self.sent > 0 || self.ended
    }

    /// When `--idle` ends it.
    pub fn idle_at(&self, what: &Answers) -> Option<Instant> {
        what.idle.map(|idle| self.moved + idle)
    }

    /// When it is to be looked at although nothing comes.
    pub fn wakes_at(&self, what: &Answers) -> Option<Instant> {
        [self.idle_at(what), self.rests].into_iter().flatten().min()
    }

    /// That moment has come: what it may do again.
    pub fn wake(&mut self, now: Instant) {
        self.rests = self.rests.filter(|until| now < *until);
    }

    /// Moves it as far as its socket allows.
    ///
    /// # Errors
    /// A cut connection, or stdout.
    pub fn turn(
        &mut self,
        run: &mut Run,
        what: &Answers,
        answering: &mut Answering<'_>,
    ) -> Result<Turn, Failure> {
        if self.held {
            // Whatever came: first comes what it has said.
            return Ok(Turn::GoesOn);
        }
        self.little = false;
        for _ in 0..ROUNDS {
            let turn = match self.generating {
                Some(left) => self.generate(run, what, answering, left)?,
                None => self.answer(run, what, answering)?,
            };
            match turn {
                Some(Turn::Ended) => return Ok(Turn::Ended),
                Some(Turn::GoesOn) => {}
                None => break,
            }
        }
        Ok(Turn::GoesOn)
    }

    /// Closes it and tells how it ended.
    pub fn end(self, run: &mut Run, error: Option<&StageError>) {
        if let (None, Some(linger)) = (error, self.conn.linger) {
            // A peer that is gone already needs none.
            let _ = close::set_linger(run, &self.conn, linger);
        }
        // Nobody pays for what is not told.
        if run.tells_peers() {
            run.tell(Event::PeerEnd {
                address: self.conn.peer.clone(),
                reason: error.map(|error| error.reason.clone()),
                traffic: close::traffic(&self.conn, self.begun, self.sent, self.received),
            });
        }
        // Without an errno it was not the peer that ended it.
        if let Some(error) = error.filter(|error| error.errno.is_some())
            && !self.has_proved()
        {
            knocked(run, (&self.conn.peer, &self.conn.local), error);
        }
        if let (None, Some(looks)) = (error, &self.looks) {
            // Two lines each, in this order; neither stdin nor stdout is it.
            for look in looks.iter() {
                look.tell_digest(run, OsStr::new(&self.conn.peer));
            }
        }
    }
}
