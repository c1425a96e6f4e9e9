//! Who is here moves on, falls silent, and ends.

use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use nix::sys::epoll::EpollEvent;

use super::Server;
use crate::exit::Done;
use crate::failure::{Class, Failure, StageError, Timer};
use crate::run::Run;
use crate::serve::answering::Answering;
use crate::serve::child;
use crate::serve::client::Client;
use crate::serve::failed;
use crate::serve::peer::Turn;
use crate::serve::service::Work;
use crate::stage::Stage;

/// Peers that go on at once when stdout takes more: the first of them may fill
/// it again, and each then costs two system calls.
const RELEASED: usize = 64;

impl Server<'_> {
    /// Moves one on; the end of the run if it was the only one and has ended.
    pub(super) fn turn(&mut self, run: &mut Run, fd: RawFd) -> Result<Option<Done>, Failure> {
        let Some(client) = self.clients.get_mut(&fd) else {
            return Ok(None);
        };
        let before = client.interest();
        let (peer, what, answering) = match (client, &self.service.work, &mut self.answering) {
            (Client::Peer(peer), Work::Answers(what), Some(answering)) => (peer, what, answering),
            (Client::Child(child), ..) => {
                let Some(status) = child.status() else {
                    return Ok(None);
                };
                let only = !self.service.keep_open;
                if let Some(Client::Child(child)) = self.remove(&fd) {
                    if only && !run.tells_peers() {
                        child.tell_death(run, status);
                    }
                    child.end(run, Some(status));
                }
                let done = Done::Command(child::code(status));
                return Ok(only.then_some(done));
            }
            _ => return Ok(None),
        };
        let (sent, received) = peer.moved();
        let was_held = peer.is_held();
        let turn = peer.turn(run, what, answering);
        self.moved.0 += peer.moved().0 - sent;
        self.moved.1 += peer.moved().1 - received;
        run.moved(self.moved.0, self.moved.1);
        let (proved, after, is_held) = (peer.has_proved(), peer.interest(), peer.is_held());
        let wakes = peer.wakes_at(what);
        if proved && !self.service.keep_open {
            self.door.close();
        }
        match turn {
            Ok(Turn::GoesOn) => {
                if is_held && !was_held {
                    self.held.push_back(fd);
                }
                if after != before {
                    let mut event = EpollEvent::new(after, fd as u64);
                    self.epoll
                        .modify(peer.socket(), &mut event)
                        .map_err(failed)?;
                }
                // Later is soon enough: who is looked at too early is left alone.
                if wakes.is_some_and(|at| self.alarms.of(&fd).is_none_or(|old| at < old)) {
                    self.alarms.set(&fd, wakes);
                }
                Ok(None)
            }
            Ok(Turn::Ended) => {
                self.end(run, fd, None);
                Ok((!self.service.keep_open).then_some(Done::InOrder))
            }
            Err(Failure::Stage(error)) if error.class == Class::Cut => {
                self.end(run, fd, Some(&error));
                match self.service.keep_open || !proved {
                    true => Ok(None),
                    false => Err(error.into()),
                }
            }
            // What its own socket does not take, a message too long for it, is
            // no trouble of the others.
            Err(Failure::Stage(error)) if self.service.keep_open && error.object == peer.name() => {
                self.end(run, fd, Some(&error));
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// stdout takes more again: those who wait for it go on, the first few first.
    /// All of them have something to say, so that the next come soon.
    pub(super) fn release(&mut self) -> Result<(), Failure> {
        if self.held.is_empty() || self.answering.as_ref().is_some_and(Answering::is_full) {
            return Ok(());
        }
        for fd in self.held.drain(..self.held.len().min(RELEASED)) {
            let Some(Client::Peer(peer)) = self.clients.get_mut(&fd) else {
                continue;
            };
            peer.release();
            let mut event = EpollEvent::new(peer.interest(), fd as u64);
            self.epoll
                .modify(peer.socket(), &mut event)
                .map_err(failed)?;
        }
        Ok(())
    }

    /// The same failure, with what it leaves unprinted.
    pub fn unprinted(&self, failure: Failure) -> Failure {
        match &self.answering {
            Some(answering) => answering.unprinted(failure),
            None => failure,
        }
    }

    fn remove(&mut self, fd: &RawFd) -> Option<Client> {
        self.alarms.set(fd, None);
        // Closing takes it off the epoll set: nobody else has the socket.
        let client = self.clients.remove(fd)?;
        if let Client::Peer(peer) = &client
            && peer.is_held()
        {
            self.held.retain(|held| held != fd);
        }
        if !self.service.keep_open {
            self.bar = None;
        }
        if client.has_proved() {
            self.waiting_since = Instant::now();
        }
        Some(client)
    }

    fn end(&mut self, run: &mut Run, fd: RawFd, error: Option<&StageError>) {
        if let Some(Client::Peer(peer)) = self.remove(&fd) {
            peer.end(run, error);
        }
    }

    /// Looks at those whose moment has come: who may send again, and who was
    /// silent for too long.
    pub(super) fn ring(&mut self, run: &mut Run, now: Instant) -> Result<(), Failure> {
        for fd in self.alarms.take_due(now) {
            let Work::Answers(what) = &self.service.work else {
                continue;
            };
            let Some(Client::Peer(peer)) = self.clients.get_mut(&fd) else {
                continue;
            };
            if peer.idle_at(what).is_some_and(|moment| now >= moment) {
                self.idle(run, fd, what.idle.unwrap_or_default())?;
                continue;
            }
            peer.wake(now);
            let mut event = EpollEvent::new(peer.interest(), fd as u64);
            self.epoll
                .modify(peer.socket(), &mut event)
                .map_err(failed)?;
            let wakes = peer.wakes_at(what);
            self.alarms.set(&fd, wakes);
        }
        Ok(())
    }

    fn idle(&mut self, run: &mut Run, fd: RawFd, after: Duration) -> Result<(), Failure> {
        let Some(Client::Peer(peer)) = self.clients.get(&fd) else {
            return Ok(());
        };
        let name = peer.name().to_owned();
        run.enter(Stage::Recv, &name);
        let failure = run.timed_out(Timer {
            option: "--idle",
            after,
        });
        let error = StageError::new(Stage::Recv, name, Class::Cut, "idle");
        self.end(run, fd, Some(&error));
        match self.service.keep_open {
            true => Ok(()),
            false => Err(failure),
        }
    }
}
