//! One peer that is served: what it said, and how much of the answer it has.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::epoll::EpollFlags;

use super::answering::Answering;
use super::pattern;
use crate::event::Event;
use crate::failure::{Failure, StageError};
use crate::flags;
use crate::plan::{Answer, Serve};
use crate::relay::look::Look;
use crate::relay::net::shown;
use crate::run::Run;
use crate::stage::accept::knocked;
use crate::stage::connect::Conn;
use crate::stage::pace::Pace;
use crate::stage::{Stage, close, recv, send};

/// Reads and writes of one peer before the others have their turn.
const ROUNDS: usize = 16;

/// Bytes that are generated at once.
const PIECE: usize = 64 * 1024;

/// Bytes taken from a stream at once: every peer may be owed so many, and
/// there may be many peers.
const STREAM_ROOM: usize = 64 * 1024;

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
    ended: bool,
    /// `--generate`: what is still to come; None when that was never asked for.
    generating: Option<u64>,
    /// Our direction has ended.
    finished: bool,
    pace: Pace,
    rests: Option<Instant>,
    questions: u64,
    /// At what is sent and at what is received.
    looks: [Look; 2],
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
    pub fn new(conn: Conn, what: &Serve) -> Peer {
        let now = Instant::now();
        Peer {
            room: match conn.transport.keeps_boundaries() {
                true => what.recv.buffer(true),
                false => what.recv.chunk.unwrap_or(STREAM_ROOM),
            },
            looks: Look::pair(what.look, &conn, true),
            conn,
            answer: Vec::new(),
            at: 0,
            ended: false,
            generating: match what.answer {
                Answer::Generate(bytes) => Some(bytes),
                _ => None,
            },
            finished: false,
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
        let sends = self.wants_send() && self.rests.is_none();
        let reads = match self.generating {
            Some(_) => !self.ended,
            None => !self.wants_send(),
        };
        let mut interest = EpollFlags::empty();
        interest.set(EpollFlags::EPOLLOUT, sends);
        interest.set(EpollFlags::EPOLLIN, reads);
        // A hang-up is reported whatever was asked for: once is enough.
        interest.set(EpollFlags::EPOLLET, interest.is_empty());
        interest
    }

    fn wants_send(&self) -> bool {
        self.at < self.answer.len() || (self.generating.is_some() && !self.finished)
    }

    /// When it may send again, if its pace forbids it now.
    pub fn rests_until(&self) -> Option<Instant> {
        self.rests
    }

    /// That moment has come.
    pub fn wake(&mut self) {
        self.rests = None;
    }

    /// Bytes came, or an end in order: a peer like any other.
    pub fn has_proved(&self) -> bool {
        self.received > 0 || self.sent > 0 || self.ended
    }

    /// When `--idle` ends it.
    pub fn idle_at(&self, what: &Serve) -> Option<Instant> {
        what.idle.map(|idle| self.moved + idle)
    }

    /// Moves it as far as its socket allows.
    ///
    /// # Errors
    /// A cut connection, or stdout.
    pub fn turn(
        &mut self,
        run: &mut Run,
        what: &Serve,
        answering: &mut Answering<'_>,
    ) -> Result<Turn, Failure> {
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

    /// One step of questions and answers; None when nothing can be done now.
    fn answer(
        &mut self,
        run: &mut Run,
        what: &Serve,
        answering: &mut Answering<'_>,
    ) -> Result<Option<Turn>, Failure> {
        if self.wants_send() {
            let sent = self.send(run, what)?;
            return Ok(sent.then_some(Turn::GoesOn));
        }
        if self.little {
            return Ok(None);
        }
        match self.recv(run, what, answering)? {
            Some(0) if self.is_end() => {
                self.ended = true;
                // Everything was answered: our direction ends in order.
                close::half_or_cut(run, &self.conn).map(|()| Some(Turn::Ended))
            }
            Some(length) => {
                self.questions += 1;
                // A full buffer says nothing about what follows.
                let short = length < TALK.min(self.room);
                self.little = short && !self.conn.transport.keeps_boundaries();
                answering.answer(run, length, self.questions, &mut self.answer)?;
                self.at = 0;
                Ok(Some(Turn::GoesOn))
            }
            None => Ok(None),
        }
    }

    /// One step of `--generate`: what the peer says is thrown away, so that it
    /// never has to wait for us and the end is no reset.
    fn generate(
        &mut self,
        run: &mut Run,
        what: &Serve,
        answering: &mut Answering<'_>,
        left: u64,
    ) -> Result<Option<Turn>, Failure> {
        let mut moved = false;
        if self.at == self.answer.len() && left > 0 {
            let length = left.min(PIECE as u64);
            pattern::fill(&mut self.answer, self.sent, length as usize);
            (self.at, self.generating) = (0, Some(left - length));
        }
        if self.at < self.answer.len() {
            moved |= self.send(run, what)?;
        } else if !self.finished {
            close::half_or_cut(run, &self.conn)?;
            (self.finished, moved) = (true, true);
        }
        if !self.ended {
            let heard = self.recv(run, what, answering)?;
            self.ended = heard == Some(0) && self.is_end();
            moved |= heard.is_some();
        }
        Ok(match (self.ended && self.finished, moved) {
            (true, _) => Some(Turn::Ended),
            (false, true) => Some(Turn::GoesOn),
            (false, false) => None,
        })
    }

    fn recv(
        &mut self,
        run: &mut Run,
        what: &Serve,
        answering: &mut Answering<'_>,
    ) -> Result<Option<usize>, Failure> {
        let room = &mut answering.buffer()[..self.room];
        let received = recv::recv(&self.conn.socket, room, what.recv.flags);
        run.call(
            || {
                let flags = flags::recv_names(what.recv.flags);
                format!(
                    "recv({}, {}, {flags})",
                    self.conn.socket.as_raw_fd(),
                    self.room
                )
            },
            shown(&received),
        );
        match received {
            Ok(length) => {
                self.received += length as u64;
                let end = length == 0 && self.is_end();
                if !end && !self.looks[1].is_blind() {
                    self.looks[1].saw(run, &answering.buffer()[..length]);
                }
                self.moved = Instant::now();
                Ok(Some(length))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(errno) => Err(self.failed(Stage::Recv, errno)),
        }
    }

    fn send(&mut self, run: &mut Run, what: &Serve) -> Result<bool, Failure> {
        let now = Instant::now();
        self.rests = self.pace.due().filter(|due| now < *due);
        if self.rests.is_some() {
            return Ok(false);
        }
        let rest = &self.answer[self.at..];
        let chunk = what.send.chunk.unwrap_or(rest.len()).min(rest.len());
        let sent = send::send(&self.conn.socket, &rest[..chunk], what.send.flags);
        run.call(
            || {
                let flags = flags::send_names(what.send.flags);
                format!("send({}, {chunk}, {flags})", self.conn.socket.as_raw_fd())
            },
            shown(&sent),
        );
        match sent {
            Ok(sent) => {
                self.looks[0].saw(run, &rest[..sent]);
                self.at += sent;
                self.sent += sent as u64;
                self.pace.gave(sent, now);
                self.moved = Instant::now();
                if self.at == self.answer.len() && self.answer.capacity() > STREAM_ROOM {
                    // One long message must not be paid for until the end.
                    self.answer = Vec::new();
                    self.at = 0;
                }
                Ok(true)
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(false),
            Err(errno) => Err(self.failed(Stage::Send, errno)),
        }
    }

    /// A message of no bytes is a question like any other.
    fn is_end(&self) -> bool {
        !self.conn.transport.keeps_boundaries() || recv::is_end(&self.conn.socket)
    }

    fn failed(&self, stage: Stage, errno: Errno) -> Failure {
        let (peer, transport) = (&self.conn.peer, self.conn.transport);
        send::failed(stage, &self.conn.socket, peer, transport, errno).into()
    }

    /// Closes it and tells how it ended.
    pub fn end(self, run: &mut Run, error: Option<&StageError>) {
        if let (Some(error), false) = (error, self.has_proved()) {
            knocked(run, (&self.conn.peer, &self.conn.local), error);
            return;
        }
        if let (None, Some(linger)) = (error, self.conn.linger) {
            // A peer that is gone already needs none.
            let _ = close::set_linger(run, &self.conn, linger);
        }
        run.tell(Event::PeerEnd {
            address: self.conn.peer.clone(),
            reason: error.map(|error| error.reason.clone()),
            traffic: close::traffic(&self.conn, self.begun, self.sent, self.received),
        });
        if error.is_none() {
            // Two lines each, in this order; neither stdin nor stdout is it.
            for look in &self.looks {
                look.tell_digest(run, OsStr::new(&self.conn.peer));
            }
        }
    }
}
