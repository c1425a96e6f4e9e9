//! A connection that a server has accepted: something may be said to it, and
//! what it says first is heard. Nothing is decided here about what that means.

use std::io::Read;
use std::time::{Duration, Instant};

use nix::sys::epoll::EpollFlags;
use socket2::Socket;

use super::banner::{Banner, Ear, MOST};
use super::{Peer, errno};
use crate::sys::errqueue;
use crate::verdict::Greeting;

/// What is said after the handshake, and how long the answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen<'a> {
    /// Counted from the handshake.
    pub patience: Duration,
    /// Sent first; empty if the server is to begin.
    pub data: &'a [u8],
}

/// A connection under way.
#[derive(Debug)]
pub struct Accepted {
    /// From connect() to the handshake's end.
    pub time: Duration,
    /// SYNs it took.
    pub syns: Option<u32>,
    /// Its round trip as the kernel measured it.
    pub rtt: Option<Duration>,
    ear: Ear,
    /// Bytes of the data that have been sent.
    sent: usize,
}

impl Accepted {
    /// The handshake has just completed, after `time`.
    pub fn new(time: Duration, syns: Option<u32>, now: Instant, patience: Duration) -> Accepted {
        Accepted {
            time,
            syns,
            rtt: None,
            ear: Ear::new(now, patience),
            sent: 0,
        }
    }

    /// Makes an ICMP error that comes now what it is to a connection: nothing.
    /// Left on, its queue would make one recv() fail.
    pub fn settle(socket: &Socket, peer: &Peer) {
        if let Peer::Inet(peer) = peer {
            // Without it that recv() is told as silence.
            let _ = errqueue::enable(socket, peer.is_ipv6(), false);
        }
    }

    /// What to wait for.
    pub fn interest(&self, listen: &Listen<'_>) -> EpollFlags {
        match self.sent < listen.data.len() {
            true => EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT,
            false => EpollFlags::EPOLLIN,
        }
    }

    /// When it is over if nothing comes.
    pub fn ends(&self) -> Option<Instant> {
        self.ear.ends()
    }

    /// Says what is left to say, and hears what has come.
    pub fn look(
        &mut self,
        mut socket: &Socket,
        listen: &Listen<'_>,
        now: Instant,
    ) -> Option<Banner> {
        while let Some(rest @ [_, ..]) = listen.data.get(self.sent..) {
            match socket.send_with_flags(rest, nix::libc::MSG_NOSIGNAL) {
                Ok(sent) => self.sent += sent,
                // What is wrong shows when it is read; until then it may have
                // spoken before it closed.
                Err(_) => break,
            }
        }
        let mut buffer = [0; MOST];
        loop {
            let room = self.ear.room();
            match socket.read(&mut buffer[..room]) {
                Ok(0) => return Some(self.ear.banner(Greeting::Closed, now)),
                Ok(read) if self.ear.take(&buffer[..read], now) => {
                    return Some(self.over(now));
                }
                Ok(_) => {}
                Err(error) => match errno(&error) {
                    nix::libc::EAGAIN => return None,
                    nix::libc::EINTR => {}
                    _ => return Some(self.ear.banner(Greeting::Reset, now)),
                },
            }
        }
    }

    /// What is known when nobody listens any longer.
    pub fn over(&mut self, now: Instant) -> Banner {
        self.ear.banner(Greeting::Silent, now)
    }
}
