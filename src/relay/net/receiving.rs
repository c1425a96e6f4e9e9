//! From the peer.

use std::cell::Cell;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;
use socket2::SockAddr;

use super::failed;
use crate::failure::{Class, Failure, StageError};
use crate::flags;
use crate::relay::end::{Plain, Source, Step};
use crate::relay::waiting::Waiting;
use crate::run::{Run, shown};
use crate::stage::connect::Conn;
use crate::stage::socket::{Transport, name};
use crate::stage::{Stage, recv};
use crate::sys::descriptor::Kind;

/// The receiving half of a connection.
pub struct Receiving<'a> {
    conn: &'a Conn,
    flags: i32,
    /// Datagrams: something has come, so a later error is not the answer.
    heard: &'a Cell<bool>,
    losses: recv::Losses,
    /// `--recv-chunk` is about recv().
    chunked: bool,
    /// MSG_WAITALL: who waits for all of it.
    waiting: Option<Waiting>,
    /// Where the peer can be anybody: who it was last.
    sender: Option<SockAddr>,
}

impl<'a> Receiving<'a> {
    /// `heard` is shared with the sending half.
    pub fn new(conn: &'a Conn, options: recv::Options, heard: &'a Cell<bool>) -> Self {
        Receiving {
            conn,
            flags: options.flags,
            heard,
            losses: recv::Losses::default(),
            chunked: options.chunk.is_some(),
            waiting: None,
            sender: None,
        }
    }

    /// Each recv() blocks for all it asks for (MSG_WAITALL).
    ///
    /// # Errors
    /// No pipe, or no thread to be had.
    pub fn waits_for_all(mut self) -> Result<Self, Failure> {
        let waiting = Waiting::new(&self.conn.socket, self.flags);
        let peer = &*self.conn.peer;
        let local = |error| StageError::io(Stage::Recv, peer, Class::Local, &error);
        self.waiting = Some(waiting.map_err(local)?);
        Ok(self)
    }

    /// One message; None is a stranger's, which is none of this conversation.
    fn message(&mut self, run: &mut Run, buffer: &mut [u8]) -> nix::Result<Option<usize>> {
        let datagram = recv::datagram(&self.conn.socket, buffer, self.flags)?;
        let object = &self.conn.peer;
        self.losses.tell(run, object, &datagram, buffer.len());
        if let Some(keeper) = &self.conn.keeper
            && !keeper.hears(run, &self.conn.local, &datagram.from)
        {
            return Ok(None);
        }
        if let (Some(only), Some(from)) = (&self.conn.only, &datagram.from)
            && only != from
        {
            let text = format!(
                "{} bytes of {} came too late: another is the peer",
                datagram.length,
                name(from)
            );
            run.note(Stage::Recv, object, text);
            return Ok(None);
        }
        if self.conn.only.is_none() {
            self.sender = datagram.from;
        }
        Ok(Some(datagram.length.min(buffer.len())))
    }

    /// What one recv() for `room` bytes means.
    fn judge(
        &self,
        run: &mut Run,
        received: nix::Result<usize>,
        room: usize,
    ) -> Result<Step, Failure> {
        let transport = self.conn.transport;
        let is_datagram = transport.is_datagram();
        run.call(
            || {
                format!(
                    "recv({}, {room}, {})",
                    self.conn.socket.as_raw_fd(),
                    flags::recv_names(self.flags)
                )
            },
            shown(&received),
        );
        match received {
            Ok(0) if self.conn.reset => {
                Err(failed(Stage::Recv, self.conn, Errno::ECONNRESET).into())
            }
            Ok(0) if !transport.keeps_boundaries() => Ok(Step::End),
            Ok(0) if !is_datagram && recv::is_end(&self.conn.socket) => Ok(Step::End),
            Ok(length) => {
                self.heard.set(true);
                if self.flags & libc::MSG_TRUNC != 0 && self.conn.transport == Transport::Tcp {
                    return Ok(Step::Discarded(length));
                }
                Ok(Step::Moved(length))
            }
            Err(Errno::EAGAIN) if self.flags & libc::MSG_DONTWAIT != 0 => {
                let peer = &*self.conn.peer;
                Err(
                    StageError::os(Stage::Recv, peer, Class::NoAnswer, Errno::EAGAIN)
                        .hint("nothing more was there, and dontwait does not wait for it")
                        .into(),
                )
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(Step::NotReady),
            // poll(2) has said that there is one, or that the stream has ended.
            Err(Errno::EINVAL) if self.flags & libc::MSG_OOB != 0 => {
                let peer = &*self.conn.peer;
                Err(StageError::os(Stage::Recv, peer, Class::Cut, Errno::EINVAL).into())
            }
            Err(errno) => {
                let error = failed(Stage::Recv, self.conn, errno);
                if is_datagram && self.heard.get() {
                    run.tell(error.attempt());
                    return Ok(Step::NotReady);
                }
                Err(error.into())
            }
        }
    }
}

impl Plain for Receiving<'_> {
    fn fd(&self) -> BorrowedFd<'_> {
        self.conn.socket.as_fd()
    }

    fn kind(&self) -> Kind {
        Kind::Socket
    }

    fn failed(&self, errno: Errno) -> Failure {
        failed(Stage::Recv, self.conn, errno).into()
    }
}

impl Source for Receiving<'_> {
    fn fd(&self) -> BorrowedFd<'_> {
        match &self.waiting {
            Some(waiting) => waiting.fd(),
            None => self.conn.socket.as_fd(),
        }
    }

    fn kind(&self) -> Kind {
        Kind::Socket
    }

    /// Flags, a length, and the memory of a reset are of recv() alone.
    fn plain(&self) -> Option<&dyn Plain> {
        let plain = !self.conn.transport.keeps_boundaries()
            && self.flags == 0
            && !self.chunked
            && !self.conn.reset;
        plain.then_some(self)
    }

    fn sender(&self) -> Option<String> {
        self.sender.as_ref().map(name)
    }

    fn interest(&self) -> PollFlags {
        match self.flags & libc::MSG_OOB {
            0 => PollFlags::POLLIN,
            // Nothing is urgent there; who asks is told.
            _ if self.conn.transport.keeps_boundaries() => PollFlags::POLLIN,
            _ => PollFlags::from_bits_retain(libc::POLLPRI | libc::POLLRDHUP),
        }
    }

    fn read(&mut self, run: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure> {
        let received = if self.conn.transport.keeps_boundaries() {
            match self.message(run, buffer) {
                Ok(None) => return Ok(Step::NotReady),
                Ok(Some(length)) => Ok(length),
                Err(errno) => Err(errno),
            }
        } else {
            recv::recv(&self.conn.socket, buffer, self.flags)
        };
        self.judge(run, received, buffer.len())
    }

    fn fill(&mut self, run: &mut Run, buffer: &mut Vec<u8>, room: usize) -> Result<Step, Failure> {
        match &mut self.waiting {
            None => self.read(run, &mut buffer[..room]),
            Some(waiting) => match waiting.fill(buffer, room) {
                Some(received) => self.judge(run, received, room),
                None => Ok(Step::NotReady),
            },
        }
    }
}
