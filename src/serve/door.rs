//! The listening side of a server: who is let in next, and when nobody can be.
//!
//! A door that is shut is not polled: who comes waits in the accept queue.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::failed;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Run, Seldom};
use crate::stage::Stage;
use crate::stage::accept::{BACK_OFF, full, is_passing, try_accept};
use crate::stage::bind::Bound;
use crate::stage::connect::Conn;

/// Listeners taken from epoll_wait(2) at once.
const EVENTS: usize = 64;

/// Peers taken from one listener before the others have their turn.
const ROUNDS: usize = 16;

/// A year, where a clock cannot say so.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// All listeners, polled as one.
pub struct Door {
    epoll: Epoll,
    listeners: BTreeMap<RawFd, Bound>,
    /// The first address, for what is told of all of them.
    name: String,
    /// Left alone until then: the machine is full, or `--pause` says so.
    resting: Option<Instant>,
    /// When it was last told that the machine is full.
    told: Seldom,
}

impl Door {
    /// # Errors
    /// epoll_create(2) and epoll_ctl(2).
    pub fn new(bound: Vec<Bound>) -> Result<Door, Failure> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(failed)?;
        let name = bound
            .first()
            .map_or_else(String::new, |b| b.address.clone());
        let mut listeners = BTreeMap::new();
        for one in bound {
            let fd = one.socket.as_raw_fd();
            let event = EpollEvent::new(EpollFlags::EPOLLIN, fd as u64);
            epoll.add(&one.socket, event).map_err(failed)?;
            listeners.insert(fd, one);
        }
        Ok(Door {
            epoll,
            listeners,
            name,
            resting: None,
            told: Seldom::default(),
        })
    }

    /// What is said to be accepting.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Readable when somebody waits.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }

    /// Closes the listeners: who comes from now on is refused.
    pub fn close(&mut self) {
        self.listeners.clear();
    }

    /// Whether there is anybody to let in, and a machine to do it.
    pub fn is_open(&self) -> bool {
        !self.listeners.is_empty() && self.resting.is_none()
    }

    /// When it opens again by itself.
    pub fn rests_until(&self) -> Option<Instant> {
        self.resting
    }

    /// That moment may have come.
    pub fn wake(&mut self, now: Instant) {
        self.resting = self.resting.filter(|until| now < *until);
    }

    /// The machine is out of something that one more would need.
    pub fn rest(&mut self, run: &mut Run, errno: Errno) {
        full(run, &self.name, errno, &mut self.told);
        self.resting = Some(Instant::now() + BACK_OFF);
    }

    /// Nobody is let in for so long.
    pub fn pause(&mut self, time: Duration) {
        // A moment too far away for a clock never comes.
        let now = Instant::now();
        self.resting = Some(now.checked_add(time).unwrap_or(now + FOR_EVER));
    }

    /// Lets in who waits, at most so many.
    ///
    /// # Errors
    /// What accept(2) says of a listener itself.
    pub fn accept(&mut self, run: &mut Run, most: usize) -> Result<Vec<Conn>, Failure> {
        if most == 0 {
            return Ok(Vec::new());
        }
        // Those that are reported go to the end of the kernel's list: of more
        // than can be let in the first would always be the same.
        let mut events = [EpollEvent::empty(); EVENTS];
        let events = &mut events[..most.min(EVENTS)];
        let count = match self.epoll.wait(events, EpollTimeout::ZERO) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(errno) => return Err(failed(errno)),
        };
        let mut waiting: Vec<RawFd> = events[..count].iter().map(|e| e.data() as RawFd).collect();
        let mut came = Vec::new();
        for _ in 0..ROUNDS {
            let mut more = Vec::with_capacity(waiting.len());
            for fd in waiting {
                if came.len() >= most {
                    return Ok(came);
                }
                let Some(listener) = self.listeners.get(&fd) else {
                    continue;
                };
                match try_accept(run, listener) {
                    Ok(None) => {}
                    Ok(Some(conn)) => {
                        came.push(conn);
                        more.push(fd);
                    }
                    Err(errno) if is_passing(errno) => {
                        self.rest(run, errno);
                        return Ok(came);
                    }
                    Err(errno) => {
                        let address = &*listener.address;
                        let error = StageError::os(Stage::Accept, address, Class::Local, errno);
                        return Err(error.into());
                    }
                }
            }
            waiting = more;
        }
        Ok(came)
    }
}
