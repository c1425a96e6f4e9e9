//! One that is served, by whomever.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use nix::sys::epoll::EpollFlags;

use super::child::Child;
use super::peer::Peer;
use super::service::Work;

/// A peer of this process, or of a command.
pub enum Client {
    Peer(Box<Peer>),
    Child(Child),
}

impl Client {
    /// What to poll.
    pub fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Client::Peer(peer) => peer.socket(),
            Client::Child(child) => child.fd(),
        }
    }

    /// What to poll it for.
    pub fn interest(&self) -> EpollFlags {
        match self {
            Client::Peer(peer) => peer.interest(),
            Client::Child(_) => EpollFlags::EPOLLIN,
        }
    }

    /// When it is to be looked at although nothing comes.
    pub fn wakes_at(&self, work: &Work) -> Option<Instant> {
        match (self, work) {
            (Client::Peer(peer), Work::Answers(what)) => peer.wakes_at(what),
            _ => None,
        }
    }

    /// It is a peer, and no port scan.
    pub fn has_proved(&self) -> bool {
        match self {
            Client::Peer(peer) => peer.has_proved(),
            Client::Child(_) => true,
        }
    }
}
