//! A datagram socket without a single peer: everybody is heard, and whoever
//! spoke last is answered.

use std::cell::RefCell;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use socket2::SockAddr;

use super::end::{Sink, Source, Step};
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::stage::connect::Conn;
use crate::stage::socket::name;
use crate::stage::{Stage, recv, send};
use crate::sys::descriptor::Kind;

/// Who spoke last.
pub type Last = RefCell<Option<SockAddr>>;

/// Hears everybody.
pub struct FromAnyone<'a> {
    pub conn: &'a Conn,
    pub options: recv::Options,
    pub last: &'a Last,
    pub losses: recv::Losses,
}

impl Source for FromAnyone<'_> {
    fn fd(&self) -> BorrowedFd<'_> {
        self.conn.socket.as_fd()
    }

    fn kind(&self) -> Kind {
        Kind::Socket
    }

    fn sender(&self) -> Option<String> {
        self.last.borrow().as_ref().map(name)
    }

    fn read(&mut self, run: &mut Run, buffer: &mut [u8]) -> Result<Step, Failure> {
        match recv::datagram(&self.conn.socket, buffer, self.options.flags) {
            Ok(datagram) => {
                let object = &self.conn.local;
                self.losses.tell(run, object, &datagram, buffer.len());
                if let Some(keeper) = &self.conn.keeper
                    && !keeper.hears(run, object, &datagram.from)
                {
                    return Ok(Step::NotReady);
                }
                let mut last = self.last.borrow_mut();
                if *last != datagram.from {
                    run.tell(Event::Peer {
                        address: datagram.from.as_ref().map(name).unwrap_or_default(),
                        local: self.conn.local.clone(),
                        protocol: self.conn.transport.name(),
                    });
                    *last = datagram.from;
                }
                Ok(Step::Moved(datagram.length.min(buffer.len())))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(Step::NotReady),
            Err(errno) => {
                // It belongs to an earlier answer, not to this socket.
                let peer = &*self.conn.local;
                run.tell(StageError::os(Stage::Recv, peer, Class::Local, errno).attempt());
                Ok(Step::NotReady)
            }
        }
    }
}

/// Answers whoever spoke last; before anybody has, what is sent is told to be lost.
pub struct ToLast<'a> {
    pub conn: &'a Conn,
    pub options: &'a send::Options,
    pub last: &'a Last,
}

impl Sink for ToLast<'_> {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.conn.socket.as_fd())
    }

    fn kind(&self) -> Option<Kind> {
        Some(Kind::Socket)
    }

    fn addressee(&self) -> Option<String> {
        self.last.borrow().as_ref().map(name)
    }

    fn write(&mut self, run: &mut Run, bytes: &[u8]) -> Result<Step, Failure> {
        let last = self.last.borrow();
        let Some(peer) = last.as_ref() else {
            let text = format!("{} bytes had nobody to go to", bytes.len());
            run.note(Stage::Send, &*self.conn.local, text);
            return Ok(Step::Discarded(bytes.len()));
        };
        let chunk = self.options.chunk.unwrap_or(bytes.len()).min(bytes.len());
        match send::send_to(&self.conn.socket, &bytes[..chunk], peer, self.options.flags) {
            Ok(sent) => Ok(Step::Moved(sent)),
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ENOBUFS) => Ok(Step::NotReady),
            Err(errno) => {
                let error = StageError::os(Stage::Send, name(peer), Class::Local, errno);
                match errno {
                    Errno::EMSGSIZE | Errno::EOPNOTSUPP | Errno::EINVAL => Err(error.into()),
                    // This peer has gone; others may speak.
                    _ => {
                        run.note(Stage::Send, error.object, error.reason);
                        Ok(Step::Discarded(bytes.len()))
                    }
                }
            }
        }
    }

    fn finish(&mut self, _: &mut Run) -> Result<(), Failure> {
        Ok(())
    }
}
