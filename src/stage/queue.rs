//! The accept queues: how many connections wait in them, and how many found no
//! place (listen(2), tcp(7)).
//!
//! Asked by inode (sock_diag(7)), so that nothing here holds a listener open:
//! one that is closed is simply no longer there.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use nix::sys::stat::fstat;

use super::accept::Doorkeeper;
use super::bind::Bound;
use crate::event::{Event, Queue};
use crate::run::Watch;
use crate::sys::sock_diag::{self, Listening};

/// All listeners of a run, in the order in which they were announced.
pub struct Queues(Vec<Listener>);

struct Listener {
    inode: u32,
    address: String,
    protocol: &'static str,
    /// None for a Unix socket.
    local: Option<SocketAddr>,
    keeper: Option<Arc<Doorkeeper>>,
    /// Overflows that were told.
    told: u32,
}

impl Queues {
    /// Those of listeners that accept; sockets of datagrams have no such queue.
    pub fn of(bound: &[Bound]) -> Queues {
        let accepting = bound.iter().filter(|one| one.transport.connects());
        let listener = |one: &Bound| {
            Some(Listener {
                inode: u32::try_from(fstat(&one.socket).ok()?.st_ino).ok()?,
                address: one.address.clone(),
                protocol: one.transport.name(),
                local: one.socket.local_addr().ok()?.as_socket(),
                keeper: one.keeper.clone(),
                told: 0,
            })
        };
        Queues(accepting.filter_map(listener).collect())
    }

    /// Whether there is nothing to watch.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// By inode; nothing where the kernel does not answer such questions.
fn asked() -> HashMap<u32, Listening> {
    let all = sock_diag::listening().unwrap_or_default();
    all.into_iter().map(|one| (one.inode, one)).collect()
}

impl Listener {
    fn queue(&self, now: &Listening, half_open: Option<u32>, new: u32) -> Event {
        Event::Queue(Queue {
            address: self.address.clone(),
            protocol: self.protocol,
            waiting: now.waiting,
            backlog: now.backlog,
            overflows: now.drops,
            half_open,
            refused: self.keeper.as_ref().map(|keeper| keeper.refused()),
            new,
        })
    }

    fn half_open(&self, all: Option<&[SocketAddr]>) -> Option<u32> {
        let local = self.local?;
        let ip = local.ip().to_canonical();
        let is_ours = |one: &&SocketAddr| {
            one.port() == local.port() && (ip.is_unspecified() || one.ip() == ip)
        };
        u32::try_from(all?.iter().filter(is_ours).count()).ok()
    }
}

impl Watch for Queues {
    fn look(&mut self) -> Vec<Event> {
        let now = asked();
        let half_open = sock_diag::half_open().ok();
        let told = |one: &Listener| {
            let half_open = one.half_open(half_open.as_deref());
            Some(one.queue(now.get(&one.inode)?, half_open, 0))
        };
        self.0.iter().filter_map(told).collect()
    }

    fn news(&mut self) -> Vec<Event> {
        let now = asked();
        let mut events = Vec::new();
        for one in &mut self.0 {
            let Some(listening) = now.get(&one.inode) else {
                continue;
            };
            let new = listening.drops.unwrap_or(0).wrapping_sub(one.told);
            if new > 0 {
                one.told = one.told.wrapping_add(new);
                events.push(one.queue(listening, None, new));
            }
        }
        events
    }
}
