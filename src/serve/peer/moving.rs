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
use crate::stage::{Stage, recv, send};

impl Peer {
    /// None when nothing is there.
    pub(super) fn recv(
        &mut self,
        run: &mut Run,
        what: &Answers,
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
                if let (false, Some(looks)) = (end, &mut self.looks) {
                    looks[1].saw(run, &answering.buffer()[..length]);
                }
                self.moved = Instant::now();
                Ok(Some(length))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(errno) => Err(self.failed(Stage::Recv, errno)),
        }
    }

    /// Whether something could be received, which stays where it is; None when
    /// nothing is there. An end or an error need no room.
    pub(super) fn peek(&mut self) -> Result<Option<usize>, Failure> {
        match recv::recv(&self.conn.socket, &mut [0], libc::MSG_PEEK) {
            Ok(length) => Ok(Some(length)),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
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
