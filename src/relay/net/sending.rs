//! To the peer.

use std::cell::Cell;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

use super::failed;
use crate::failure::{Class, Failure, StageError};
use crate::flags;
use crate::relay::end::{Plain, Sink, Step};
use crate::relay::ending::OnEof;
use crate::run::{Run, shown};
use crate::stage::connect::Conn;
use crate::stage::{Stage, close, send};
use crate::sys::descriptor::Kind;

/// How long to leave a network device alone whose queue is full (ENOBUFS):
/// poll(2) does not tell when it has room.
const DEVICE_PAUSE: Duration = Duration::from_millis(1);

/// The sending half of a connection.
pub struct Sending<'a> {
    conn: &'a Conn,
    options: &'a send::Options,
    on_eof: OnEof,
    heard: &'a Cell<bool>,
}

impl<'a> Sending<'a> {
    /// `heard` is shared with the receiving half.
    pub fn new(
        conn: &'a Conn,
        options: &'a send::Options,
        on_eof: OnEof,
        heard: &'a Cell<bool>,
    ) -> Self {
        Sending {
            conn,
            options,
            on_eof,
            heard,
        }
    }
}

impl Plain for Sending<'_> {
    fn fd(&self) -> BorrowedFd<'_> {
        self.conn.socket.as_fd()
    }

    fn kind(&self) -> Kind {
        Kind::Socket
    }

    fn failed(&self, errno: Errno) -> Failure {
        failed(Stage::Send, self.conn, errno).into()
    }
}

impl Sink for Sending<'_> {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.conn.socket.as_fd())
    }

    fn kind(&self) -> Option<Kind> {
        Some(Kind::Socket)
    }

    /// Whatever shapes a send() needs a send(); sendfile(2) and splice(2) can
    /// only go without SIGPIPE where it is ignored, as it is with nosignal.
    fn plain(&self) -> Option<&dyn Plain> {
        let send::Options {
            flags,
            chunk,
            interval,
            rate,
            crlf,
        } = self.options;
        let plain = !self.conn.transport.keeps_boundaries()
            && *flags == libc::MSG_NOSIGNAL
            && chunk.is_none()
            && interval.is_none()
            && rate.is_none()
            && !crlf;
        plain.then_some(self)
    }

    fn write(&mut self, run: &mut Run, bytes: &[u8]) -> Result<Step, Failure> {
        let chunk = self.options.chunk.unwrap_or(bytes.len()).min(bytes.len());
        let mut sent = send::send(&self.conn.socket, &bytes[..chunk], self.options.flags);
        if let Err(errno) = sent
            && self.conn.transport.is_datagram()
            && self.heard.get()
            && !matches!(errno, Errno::EAGAIN | Errno::EMSGSIZE | Errno::ENOBUFS)
        {
            // What an earlier datagram met is reported in place of sending
            // this one; the queue is empty now.
            run.tell(failed(Stage::Send, self.conn, errno).attempt());
            sent = send::send(&self.conn.socket, &bytes[..chunk], self.options.flags);
        }
        run.call(
            || {
                format!(
                    "send({}, {chunk}, {})",
                    self.conn.socket.as_raw_fd(),
                    flags::send_names(self.options.flags)
                )
            },
            shown(&sent),
        );
        match sent {
            Ok(length) => Ok(Step::Moved(length)),
            Err(Errno::EAGAIN) if self.options.flags & libc::MSG_DONTWAIT != 0 => {
                let peer = &*self.conn.peer;
                Err(
                    StageError::os(Stage::Send, peer, Class::NoAnswer, Errno::EAGAIN)
                        .hint("the peer has not taken what is there, and dontwait does not wait for it")
                        .into(),
                )
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(Step::NotReady),
            Err(Errno::ENOBUFS) if self.conn.transport.is_datagram() => {
                run.sleep(DEVICE_PAUSE)?;
                Ok(Step::NotReady)
            }
            Err(errno) => Err(failed(Stage::Send, self.conn, errno).into()),
        }
    }

    fn finish(&mut self, run: &mut Run) -> Result<(), Failure> {
        let transport = self.conn.transport;
        send::let_go(run, &self.conn.socket, transport, self.options.flags)
            .map_err(|error| StageError::io(Stage::Send, &*self.conn.peer, Class::Local, &error))?;
        if transport.is_datagram() || self.on_eof == OnEof::Keep {
            return Ok(());
        }
        close::half_or_cut(run, self.conn)
    }
}
