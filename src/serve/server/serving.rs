//! Who comes in, and what is done when that cannot be served yet.

use std::os::fd::{AsFd, AsRawFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::epoll::EpollEvent;

use super::Server;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::serve::capacity::Limit;
use crate::serve::child::Child;
use crate::serve::client::Client;
use crate::serve::failed;
use crate::serve::peer::Peer;
use crate::serve::service::Work;
use crate::stage::accept::{is_passing, knocked, settle};
use crate::stage::close;
use crate::stage::connect::Conn;
use crate::stage::{Stage, recv};
use crate::sys::descriptor;

impl Server<'_> {
    /// Lets in who waits at the door.
    pub(super) fn let_in(&mut self, run: &mut Run) -> Result<(), Failure> {
        let pause = run.pause_after(Stage::Accept);
        // A command that cannot be started holds up who comes after it, and so
        // does a pause: they are better off in the queue.
        let most = match (&self.service.work, pause) {
            (Work::Answers(_), None) => self.room(),
            _ => self.room().min(1),
        };
        for conn in self.door.accept(run, most)? {
            match pause {
                Some(time) => {
                    self.door.pause(time);
                    self.unserved = Some(conn);
                }
                None => self.serve(run, conn)?,
            }
        }
        Ok(())
    }

    /// Serves one more.
    pub(super) fn serve(&mut self, run: &mut Run, conn: Conn) -> Result<(), Failure> {
        let client = match &self.service.work {
            Work::Answers(what) => {
                if !self.service.keep_open || self.bar.is_none() {
                    let (goal, undisturbed) = what.goal(self.service.keep_open);
                    self.bar = run.bar(goal, &conn.peer, undisturbed);
                    run.moved(self.moved.0, self.moved.1);
                }
                Client::Peer(Box::new(Peer::new(conn, what)))
            }
            Work::Command(command) => {
                match self.only_knocks(run, &conn) {
                    Ok(true) => return Ok(()),
                    Ok(false) => {}
                    // What ended that wait is no reason to forget who is here.
                    Err(failure) => {
                        self.unserved = Some(conn);
                        return Err(failure);
                    }
                }
                match Child::start(run, &conn, command) {
                    Ok(child) => Client::Child(child),
                    Err(error) => return self.not_started(run, conn, error),
                }
            }
        };
        if !self.service.keep_open && client.has_proved() {
            self.door.close();
        }
        let fd = client.fd().as_raw_fd();
        let event = EpollEvent::new(client.interest(), fd as u64);
        self.epoll.add(client.fd(), event).map_err(failed)?;
        self.alarms.set(&fd, client.wakes_at(&self.service.work));
        self.clients.insert(fd, client);
        self.full(run);
        Ok(())
    }

    /// Tells that there is no room for more, at most once a second: those who
    /// wait in the queue do not know why.
    fn full(&mut self, run: &mut Run) {
        let is_full = self.room() == 0 && self.service.keep_open;
        if !is_full || !self.told.is_due(Instant::now()) {
            return;
        }
        let object = self.door.name().to_owned();
        let text = format!("{}: others wait in the queue", self.capacity);
        match self.capacity.limit {
            Limit::Asked => {
                run.tell(StageError::new(Stage::Accept, object, Class::Local, text).attempt());
            }
            // Nobody has asked for it.
            Limit::Usual | Limit::Descriptors => run.note(Stage::Accept, object, text),
        }
    }

    /// A port scan or a health check gets no command. The only peer there is
    /// has a moment to show that it is one.
    fn only_knocks(&self, run: &mut Run, conn: &Conn) -> Result<bool, Failure> {
        let begun = Instant::now();
        let ready = match self.service.keep_open {
            true if descriptor::is_ready(conn.socket.as_fd(), PollFlags::POLLIN) => {
                settle(run, conn)?
            }
            true => return Ok(false),
            false => settle(run, conn)?,
        };
        if !ready.contains(PollFlags::POLLERR) {
            return Ok(false);
        }
        // What it said before its reset is for the command, as it came.
        let errno = match recv::recv(&conn.socket, &mut [0], libc::MSG_PEEK) {
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => return Ok(false),
            Err(errno) => errno,
        };
        let error = StageError::os(Stage::Recv, &*conn.peer, Class::Cut, errno);
        if run.tells_peers() {
            run.tell(Event::PeerEnd {
                address: conn.peer.clone(),
                reason: Some(error.reason.clone()),
                traffic: close::traffic(conn, begun, 0, 0),
            });
        }
        knocked(run, (&conn.peer, &conn.local), &error);
        Ok(true)
    }

    /// Out of something that will be there again: later. A command that does
    /// not exist is told, and with `-k` the next peer may have more luck.
    fn not_started(&mut self, run: &mut Run, conn: Conn, error: StageError) -> Result<(), Failure> {
        // fork(2) says EAGAIN where it is out of processes.
        let passing = |errno| is_passing(errno) || errno == Errno::EAGAIN;
        match (error.class, error.errno) {
            (Class::Local, Some(errno)) if self.service.keep_open && passing(errno) => {
                self.door.rest(run, errno);
                self.unserved = Some(conn);
                Ok(())
            }
            (Class::Command, _) | (Class::Local, None) if self.service.keep_open => {
                let failure = Failure::from(error);
                if let Some(event) = failure.event() {
                    run.tell(event);
                }
                Ok(())
            }
            _ => Err(error.into()),
        }
    }
}
