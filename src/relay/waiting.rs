//! recv() that blocks for all it asked for (MSG_WAITALL), while timers and
//! signals go on: a thread makes the calls, and a pipe says when one is done.
//!
//! Only for a connection that is read and not written: its socket is blocking
//! for as long.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use nix::sys::signal::SigSet;
use nix::unistd::{pipe2, read, write};
use socket2::Socket;

use crate::stage::recv;

/// The calls of one connection, one at a time: each begins when the bytes of
/// the one before have been passed on, into the same buffer.
pub struct Waiting {
    socket: Socket,
    asks: Option<Sender<Ask>>,
    answers: Receiver<Answer>,
    /// Readable while no call is under way, so that poll(2) brings us back.
    turn: OwnedFd,
    thread: Option<JoinHandle<()>>,
    /// A call that was not taken yet.
    under_way: bool,
}

/// A buffer and how much of it a call is to fill.
type Ask = (Vec<u8>, usize);

/// The same buffer and what became of the call.
type Answer = (Vec<u8>, nix::Result<usize>);

impl Waiting {
    /// Nothing is waited for yet; every call will have these flags.
    ///
    /// # Errors
    /// fcntl(2), pipe(2), or no thread to be had.
    pub fn new(socket: &Socket, flags: i32) -> io::Result<Self> {
        let socket = socket.try_clone()?;
        socket.set_nonblocking(false)?;
        let (turn, ring) = pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
        write(&ring, &[1])?;
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let theirs = socket.try_clone()?;
        let thread = std::thread::Builder::new()
            .name("recv".into())
            .spawn(move || call(&theirs, flags, &asked, &answer, &ring))?;
        Ok(Waiting {
            socket,
            asks: Some(asks),
            answers,
            turn,
            thread: Some(thread),
            under_way: false,
        })
    }

    /// Readable when [`Waiting::fill`] has something to do.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.turn.as_fd()
    }

    /// The result of the call that is done, its bytes in `buffer`; or None, and
    /// a call for `room` bytes is under way, which has borrowed the buffer.
    pub fn fill(&mut self, buffer: &mut Vec<u8>, room: usize) -> Option<nix::Result<usize>> {
        if !self.is_our_turn() {
            return None;
        }
        if self.under_way {
            self.under_way = false;
            // The thread sends before it rings, and ends only with us.
            let (filled, result) = self.answers.recv().ok()?;
            *buffer = filled;
            return Some(result);
        }
        if let Err(errno) = read(&self.turn, &mut [0]) {
            return Some(Err(errno));
        }
        let ask = (std::mem::take(buffer), room);
        // The thread ends only with us.
        self.under_way = self.asks.as_ref()?.send(ask).is_ok();
        None
    }

    fn is_our_turn(&self) -> bool {
        crate::sys::descriptor::is_ready(self.fd(), nix::poll::PollFlags::POLLIN)
    }
}

/// The thread. A signal would cut the call it interrupts short, and belongs to
/// the one that polls.
fn call(
    socket: &Socket,
    flags: i32,
    asked: &Receiver<Ask>,
    answer: &Sender<Answer>,
    ring: &OwnedFd,
) {
    let _ = SigSet::all().thread_block();
    for (mut buffer, length) in asked {
        let result = recv::recv(socket, &mut buffer[..length], flags);
        if answer.send((buffer, result)).is_err() || write(ring, &[1]).is_err() {
            return;
        }
    }
}

impl Drop for Waiting {
    /// A call that still waits is woken by shutdown(2) of our reading side,
    /// which sends nothing and changes nothing about how the connection ends.
    fn drop(&mut self) {
        self.asks = None;
        let Some(thread) = self.thread.take() else {
            return;
        };
        if self.under_way {
            let _ = self.socket.shutdown(std::net::Shutdown::Read);
        }
        let _ = thread.join();
        let _ = self.socket.set_nonblocking(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::libc::MSG_WAITALL;
    use nix::poll::{PollFd, PollFlags, poll};
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    /// Asks, waits, and takes.
    fn fill(waiting: &mut Waiting, buffer: &mut Vec<u8>, room: usize) -> nix::Result<usize> {
        assert_eq!(waiting.fill(buffer, room), None);
        assert!(buffer.is_empty(), "it is lent");
        let mut one = [PollFd::new(waiting.fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut one, 10_000u16), Ok(1));
        waiting.fill(buffer, room).unwrap()
    }

    #[test]
    fn each_call_waits_for_all_it_asked_for() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut waiting = Waiting::new(&ours.into(), MSG_WAITALL).unwrap();
        let mut buffer = vec![0; 4];
        for piece in ["ab", "cde", "fghi", "j"] {
            theirs.write_all(piece.as_bytes()).unwrap();
        }
        for (room, bytes) in [(4, "abcd"), (4, "efgh"), (2, "ij")] {
            assert_eq!(fill(&mut waiting, &mut buffer, room), Ok(room));
            assert_eq!((&buffer[..room], buffer.len()), (bytes.as_bytes(), 4));
        }
        assert!(!waiting.under_way, "nothing more was asked for");
    }

    #[test]
    fn an_end_is_short_and_a_waiting_call_can_be_given_up() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"abc").unwrap();
        let mut given_up = Waiting::new(&ours.try_clone().unwrap().into(), MSG_WAITALL).unwrap();
        assert_eq!(given_up.fill(&mut vec![0; 9], 9), None);
        drop(given_up);

        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut waiting = Waiting::new(&ours.into(), MSG_WAITALL).unwrap();
        let mut buffer = vec![0; 9];
        theirs.write_all(b"abc").unwrap();
        drop(theirs);
        assert_eq!(fill(&mut waiting, &mut buffer, 9), Ok(3));
        assert_eq!(fill(&mut waiting, &mut buffer, 9), Ok(0));
    }
}
