//! recv() and send() of one peer, and what they cost.

use std::os::fd::AsRawFd;
use std::time::Instant;

use nix::errno::Errno;
use nix::libc;

use super::{KEPT, Peer};
use crate::failure::Failure;
use crate::flags;
use crate::run::Run;
use crate::run::shown;
use crate::serve::answering::Answering;
use crate::serve::service::Answers;
use crate::stage::connect::Conn;
use crate::stage::{Stage, recv, send};

/// What one recv() has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    /// So many bytes; a message may have none.
    Said(usize),
    End,
}

impl Peer {
    pub(super) fn recv(
        &mut self,
        run: &mut Run,
        what: &Answers,
        answering: &mut Answering<'_>,
    ) -> Result<Heard, Failure> {
        let (room, flags) = (&mut answering.buffer()[..self.room], what.recv.flags);
        let received = receive(&self.conn, room, flags);
        run.call(
            || {
                let flags = flags::recv_names(what.recv.flags);
                format!(
                    "recv({}, {}, {flags})",
                    self.conn.socket.as_raw_fd(),
                    self.room
                )
            },
            shown(&received.map(Option::unwrap_or_default)),
        );
        match received {
            Ok(said) => {
                self.moved = Instant::now();
                let Some(length) = said else {
                    return Ok(Heard::End);
                };
                self.received += length as u64;
                if let Some(looks) = &mut self.looks {
                    looks[1].saw(run, &answering.buffer()[..length]);
                }
                Ok(Heard::Said(length))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(Heard::Nothing),
            Err(errno) => Err(self.failed(Stage::Recv, errno)),
        }
    }

    /// What a recv() would bring, which stays where it is. An end or an error
    /// need no room.
    pub(super) fn peek(&mut self) -> Result<Heard, Failure> {
        match receive(&self.conn, &mut [0], libc::MSG_PEEK) {
            Ok(said) => Ok(said.map_or(Heard::End, Heard::Said)),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(Heard::Nothing),
            Err(errno) => Err(self.failed(Stage::Recv, errno)),
        }
    }

    /// Whether anything could be sent.
    pub(super) fn send(&mut self, run: &mut Run, what: &Answers) -> Result<bool, Failure> {
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
                if let Some(looks) = &mut self.looks {
                    looks[0].saw(run, &rest[..sent]);
                }
                self.at += sent;
                self.owes_empty = false;
                self.sent += sent as u64;
                self.pace.gave(sent, now);
                self.moved = Instant::now();
                if self.at == self.answer.len() && self.answer.capacity() > KEPT {
                    // One long answer must not be paid for until the end.
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
}

/// None is the end.
fn receive(conn: &Conn, room: &mut [u8], flags: i32) -> nix::Result<Option<usize>> {
    match conn.transport.keeps_boundaries() {
        true => recv::message(&conn.socket, room, flags),
        false => {
            let received = recv::recv(&conn.socket, room, flags)?;
            Ok((received > 0).then_some(received))
        }
    }
}
