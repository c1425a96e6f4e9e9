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

/// The calls of one connection, one at a time, the next begun as soon as the
/// one before was taken.
pub struct Waiting {
    socket: Socket,
    asks: Option<Sender<usize>>,
    answers: Receiver<nix::Result<Vec<u8>>>,
    done: OwnedFd,
    thread: Option<JoinHandle<()>>,
    chunk: usize,
    /// What `--bytes` still lets us ask for.
    left: u64,
    /// A call that was not taken yet.
    under_way: bool,
}

impl Waiting {
    /// Begins to wait for `bytes` in calls for `chunk` each, with these flags.
    ///
    /// # Errors
    /// fcntl(2), pipe(2), or no thread to be had.
    pub fn new(socket: &Socket, bytes: Option<u64>, chunk: usize, flags: i32) -> io::Result<Self> {
        let socket = socket.try_clone()?;
        socket.set_nonblocking(false)?;
        let (done, ring) = pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let theirs = socket.try_clone()?;
        let thread = std::thread::Builder::new()
            .name("recv".into())
            .spawn(move || call(&theirs, flags, &asked, &answer, &ring))?;
        let mut waiting = Waiting {
            socket,
            asks: Some(asks),
            answers,
            done,
            thread: Some(thread),
            chunk,
            left: bytes.unwrap_or(u64::MAX),
            under_way: false,
        };
        waiting.ask();
        Ok(waiting)
    }

    /// Readable when a call is done.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.done.as_fd()
    }

    /// The result of the call that is done, in `buffer`, which has room for a
    /// chunk; then begins the next.
    pub fn take(&mut self, buffer: &mut [u8]) -> nix::Result<usize> {
        let mut rung = [0];
        read(&self.done, &mut rung)?;
        self.under_way = false;
        // The thread sends before it rings, and ends only with us.
        let bytes = self.answers.recv().unwrap_or(Ok(Vec::new()))?;
        let length = bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&bytes[..length]);
        self.left -= length as u64;
        if length > 0 {
            self.ask();
        }
        Ok(length)
    }

    /// Whether a call is done.
    pub fn is_done(&self) -> bool {
        crate::sys::descriptor::is_ready(self.fd(), nix::poll::PollFlags::POLLIN)
    }

    fn ask(&mut self) {
        let length = usize::try_from(self.left).map_or(self.chunk, |left| left.min(self.chunk));
        if let Some(asks) = self.asks.as_ref().filter(|_| length > 0) {
            // It ends only with us.
            self.under_way = asks.send(length).is_ok();
        }
    }
}

/// The thread. A signal would cut the call it interrupts short, and belongs to
/// the one that polls.
fn call(
    socket: &Socket,
    flags: i32,
    asked: &Receiver<usize>,
    answer: &Sender<nix::Result<Vec<u8>>>,
    ring: &OwnedFd,
) {
    let _ = SigSet::all().thread_block();
    for length in asked {
        let mut buffer = vec![0; length];
        let result = recv::recv(socket, &mut buffer, flags).map(|length| {
            buffer.truncate(length);
            buffer
        });
        if answer.send(result).is_err() || write(ring, &[1]).is_err() {
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

    fn wait(waiting: &Waiting) {
        let mut one = [PollFd::new(waiting.fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut one, 10_000u16), Ok(1));
    }

    #[test]
    fn calls_wait_for_all_and_the_last_for_the_rest() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut waiting = Waiting::new(&ours.into(), Some(10), 4, MSG_WAITALL).unwrap();
        let mut buffer = [0; 4];
        let mut taken = Vec::new();
        for piece in ["ab", "cde", "fghi", "j"] {
            theirs.write_all(piece.as_bytes()).unwrap();
        }
        for _ in 0..3 {
            wait(&waiting);
            taken.push(waiting.take(&mut buffer).unwrap());
        }
        assert_eq!(taken, [4, 4, 2]);
        assert!(!waiting.is_done(), "nothing more was asked for");
    }

    #[test]
    fn an_end_is_short_and_a_waiting_call_can_be_given_up() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"abc").unwrap();
        let given_up = Waiting::new(&ours.try_clone().unwrap().into(), None, 9, MSG_WAITALL);
        drop(given_up.unwrap());

        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut waiting = Waiting::new(&ours.into(), None, 9, MSG_WAITALL).unwrap();
        theirs.write_all(b"abc").unwrap();
        assert!(!waiting.is_done());
        drop(theirs);
        let mut buffer = [0; 9];
        wait(&waiting);
        assert_eq!(waiting.take(&mut buffer), Ok(3));
        wait(&waiting);
        assert_eq!(waiting.take(&mut buffer), Ok(0));
    }
}
