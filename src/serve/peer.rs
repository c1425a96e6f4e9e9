//! One peer that is served: what it said, and how much of the answer it has.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::epoll::EpollFlags;

use super::print;
use crate::event::Event;
use crate::failure::{Failure, StageError};
use crate::plan::{Answer, Serve};
use crate::relay::output::Stdout;
use crate::run::{Run, millis};
use crate::stage::connect::Conn;
use crate::stage::recv::DATAGRAM_BUFFER;
use crate::stage::{Stage, close, recv, send};
use crate::text::Text;

/// Reads and writes of one peer before the others have their turn.
const ROUNDS: usize = 16;

/// Bytes taken from a stream at once: every peer may be owed so many, and
/// there may be many peers.
const STREAM_ROOM: usize = 64 << 10;

/// A stream that says less than this has said all for now: epoll(7) is asked
/// next, not the stream.
const TALK: usize = 4096;

/// What is answered, with what all peers share.
pub struct Answering<'a> {
    answer: Shared<'a>,
    buffer: Vec<u8>,
}

enum Shared<'a> {
    Echo,
    Reply {
        text: &'a Text,
        stdout: Stdout,
        lines: bool,
    },
}

impl<'a> Answering<'a> {
    /// # Errors
    /// `--reply` prints, and stdout was closed when the process began.
    pub fn new(what: &'a Serve) -> Result<Answering<'a>, Failure> {
        Ok(Answering {
            answer: match &what.answer {
                Answer::Echo => Shared::Echo,
                Answer::Reply(text) => Shared::Reply {
                    text,
                    stdout: Stdout::new(true)?,
                    lines: what.lines,
                },
            },
            buffer: vec![0; DATAGRAM_BUFFER],
        })
    }

    /// Where questions are received.
    pub fn buffer(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    /// The answer to a question of `length` bytes in the buffer, the peer's
    /// `n`th, into `into`.
    pub fn answer(
        &mut self,
        run: &mut Run,
        length: usize,
        n: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        into.clear();
        let question = &self.buffer[..length];
        match &mut self.answer {
            Shared::Echo => into.extend_from_slice(question),
            Shared::Reply {
                text,
                stdout,
                lines,
            } => {
                print(run, stdout, question)?;
                if *lines && question.last().is_some_and(|last| *last != b'\n') {
                    print(run, stdout, b"\n")?;
                }
                into.extend_from_slice(&text.render(n));
            }
        }
        Ok(())
    }
}

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
    questions: u64,
    sent: u64,
    received: u64,
    begun: Instant,
    moved: Instant,
    room: usize,
}

impl Peer {
    /// A peer that has said nothing.
    pub fn new(conn: Conn, _: &Serve) -> Peer {
        let now = Instant::now();
        Peer {
            room: if conn.transport.keeps_boundaries() {
                DATAGRAM_BUFFER
            } else {
                STREAM_ROOM
            },
            conn,
            answer: Vec::new(),
            at: 0,
            ended: false,
            questions: 0,
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

    /// The peer's address.
    pub fn name(&self) -> &str {
        &self.conn.peer
    }

    /// Reading and answering take turns, so that a peer that does not read
    /// cannot make us store what it sends.
    pub fn interest(&self) -> EpollFlags {
        if self.at < self.answer.len() {
            EpollFlags::EPOLLOUT
        } else {
            EpollFlags::EPOLLIN
        }
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
        let mut little = false;
        for _ in 0..ROUNDS {
            let done = if self.at < self.answer.len() {
                self.send(what)?
            } else if little {
                false
            } else {
                match self.recv(what, answering)? {
                    Some(0) => {
                        self.ended = true;
                        // Everything was answered: our direction ends in order.
                        return close::half_or_cut(run, &self.conn).map(|()| Turn::Ended);
                    }
                    Some(length) => {
                        self.questions += 1;
                        little = length < TALK && !self.conn.transport.keeps_boundaries();
                        answering.answer(run, length, self.questions, &mut self.answer)?;
                        self.at = 0;
                        true
                    }
                    None => false,
                }
            };
            if !done {
                break;
            }
        }
        Ok(Turn::GoesOn)
    }

    fn recv(
        &mut self,
        what: &Serve,
        answering: &mut Answering<'_>,
    ) -> Result<Option<usize>, Failure> {
        let room = &mut answering.buffer()[..self.room];
        match recv::recv(&self.conn.socket, room, what.recv.flags) {
            Ok(length) => {
                self.received += length as u64;
                self.moved = Instant::now();
                Ok(Some(length))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(errno) => Err(self.failed(Stage::Recv, errno)),
        }
    }

    fn send(&mut self, what: &Serve) -> Result<bool, Failure> {
        let rest = &self.answer[self.at..];
        let chunk = what.send.chunk.unwrap_or(rest.len()).min(rest.len());
        match send::send(&self.conn.socket, &rest[..chunk], what.send.flags) {
            Ok(sent) => {
                self.at += sent;
                self.sent += sent as u64;
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

    fn failed(&self, stage: Stage, errno: Errno) -> Failure {
        let (peer, transport) = (&self.conn.peer, self.conn.transport);
        send::failed(stage, &self.conn.socket, peer, transport, errno).into()
    }

    /// Closes it and tells how it ended.
    pub fn end(self, run: &mut Run, error: Option<&StageError>) {
        if let (Some(error), false) = (error, self.has_proved()) {
            run.tell(crate::verb::probed(&self.conn.peer, error));
            return;
        }
        run.tell(Event::PeerEnd {
            address: self.conn.peer.clone(),
            sent: self.sent,
            received: self.received,
            elapsed_ms: millis(self.begun.elapsed()),
            reason: error.map(|error| error.reason.clone()),
        });
    }
}
