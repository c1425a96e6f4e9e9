//! Messages: one send() each, and what comes back for it.

use std::cell::Cell;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use super::carrier::{Carrier, Copy};
use super::crlf::Crlf;
use super::direction::TURN;
use super::end::{Sink, Step};
use super::ending::OnEof;
use super::look::Look;
use super::net::{Receiving, Sending};
use super::observed::Observed;
use super::output::{Stdout, write_all};
use crate::failure::{Class, Failure, StageError};
use crate::run::{Interest, Run, Wake};
use crate::stage::connect::Conn;
use crate::stage::pace::Pace;
use crate::stage::{Stage, recv, send, silence};
use crate::units;

/// What is done about the peer's answer to a message.
pub enum Reply<'a> {
    /// Read and discarded.
    Discard,
    /// Waited for and written out.
    Await {
        wait: Duration,
        stdout: &'a mut Stdout,
        lines: bool,
    },
}

/// One side of an exchange of messages.
pub struct Dialogue<'a> {
    conn: &'a Conn,
    options: &'a send::Options,
    recv: recv::Options,
    heard: Cell<bool>,
    peer_ended: bool,
    /// What one recv() may give.
    room: usize,
    pace: Pace,
    sent: u64,
    received: u64,
    /// At what is sent and at what is received.
    looks: &'a mut [Look; 2],
}

impl<'a> Dialogue<'a> {
    /// Nothing is sent yet.
    pub fn new(
        conn: &'a Conn,
        options: &'a send::Options,
        recv: recv::Options,
        looks: &'a mut [Look; 2],
    ) -> Self {
        Dialogue {
            conn,
            options,
            recv,
            heard: Cell::new(false),
            peer_ended: false,
            room: recv.buffer(conn.transport.keeps_boundaries()),
            pace: Pace::new(options.rate, None),
            sent: 0,
            received: 0,
            looks,
        }
    }

    /// Bytes sent so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes received so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Sends a message, deals with the reply, and unless it was the last one
    /// waits until the next is due.
    ///
    /// # Errors
    /// A cut connection, no reply in time, timers and signals.
    pub fn exchange(
        &mut self,
        run: &mut Run,
        message: &[u8],
        reply: Reply<'_>,
        last: bool,
    ) -> Result<(), Failure> {
        run.enter(Stage::Send, &self.conn.peer);
        let begun = Instant::now();
        let mut reply = reply;
        let mut answered = self.send(run, message, &mut reply)?;
        run.pause(Stage::Send)?;
        if let Reply::Await { wait, .. } = reply {
            run.enter(Stage::Recv, &self.conn.peer);
            while !answered {
                match self.take_in(run, &mut reply)? {
                    Step::Moved(_) | Step::Discarded(_) => answered = true,
                    Step::End => {
                        let reason = "the peer ended without a reply".to_owned();
                        return Err(self.error(Class::Cut, reason));
                    }
                    Step::NotReady => {
                        if self.wait(run, PollFlags::POLLIN, Some(begun + wait))? == Wake::Time {
                            let wait = units::display(wait);
                            let reason = format!("no reply in --await-reply {wait}");
                            return Err(silence(self.conn, begun, reason).into());
                        }
                    }
                }
            }
            // What is there by now belongs to this reply and not to the next.
            self.take_in_now(run, &mut reply)?;
            run.pause(Stage::Recv)?;
        }
        match self.options.interval {
            Some(interval) if !last => self
                .take_in_until(run, begun + interval, &mut Reply::Discard)
                .map(drop),
            _ => Ok(()),
        }
    }

    /// Sends all of it, taking in what comes meanwhile: a peer that answers
    /// must never have to wait for us before it reads on. True when something came.
    fn send(
        &mut self,
        run: &mut Run,
        message: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<bool, Failure> {
        let mut message = message.to_vec();
        if self.options.crlf {
            let length = message.len();
            Crlf::default().convert(&mut message, length);
        }
        let mut rest = &*message;
        let mut answered = false;
        loop {
            if let Some(due) = self.pace.due() {
                answered |= self.take_in_until(run, due, reply)?;
            }
            let sending = Sending::new(self.conn, self.options, OnEof::Shutdown, &self.heard);
            let mut sending = Observed::new(sending, &mut self.looks[0]);
            match sending.write(run, rest)? {
                Step::Moved(bytes) => {
                    self.sent += bytes as u64;
                    run.moved(self.sent, self.received);
                    self.pace.gave(bytes, Instant::now());
                    rest = &rest[bytes..];
                    if rest.is_empty() {
                        return Ok(answered);
                    }
                }
                _ => {
                    let both = match self.peer_ended {
                        true => PollFlags::POLLOUT,
                        false => PollFlags::POLLOUT | PollFlags::POLLIN,
                    };
                    self.wait(run, both, None)?;
                    answered |= self.take_in_now(run, reply)?;
                }
            }
        }
    }

    /// One recv(), written out or dropped.
    fn take_in(&mut self, run: &mut Run, reply: &mut Reply<'_>) -> Result<Step, Failure> {
        if self.peer_ended {
            return Ok(Step::End);
        }
        let mut carrier = Copy::new(self.room);
        if let Reply::Await { lines, .. } = reply {
            carrier = carrier.lines(*lines);
        }
        let receiving = Receiving::new(self.conn, self.recv, &self.heard);
        let mut receiving = Observed::new(receiving, &mut self.looks[1]);
        let step = carrier.fill(run, &mut receiving, usize::MAX)?;
        match step {
            Step::Moved(bytes) | Step::Discarded(bytes) => self.received += bytes as u64,
            Step::End => self.peer_ended = true,
            Step::NotReady => {}
        }
        run.moved(self.sent, self.received);
        if let Reply::Await { stdout, .. } = reply {
            write_all(run, *stdout, carrier.bytes())?;
        }
        Ok(step)
    }

    /// Takes in what is there. True when something came.
    fn take_in_now(&mut self, run: &mut Run, reply: &mut Reply<'_>) -> Result<bool, Failure> {
        let ends = Instant::now() + TURN;
        let mut came = false;
        while let Step::Moved(_) | Step::Discarded(_) = self.take_in(run, reply)? {
            came = true;
            if Instant::now() >= ends {
                break;
            }
        }
        Ok(came)
    }

    /// Waits, taking in what comes: a peer that resets is noticed at once.
    /// True when something came.
    fn take_in_until(
        &mut self,
        run: &mut Run,
        until: Instant,
        reply: &mut Reply<'_>,
    ) -> Result<bool, Failure> {
        let mut came = false;
        loop {
            came |= self.take_in_now(run, reply)?;
            if self.peer_ended {
                run.sleep(until.saturating_duration_since(Instant::now()))?;
                return Ok(came);
            }
            if self.wait(run, PollFlags::POLLIN, Some(until))? == Wake::Time {
                return Ok(came);
            }
        }
    }

    fn wait(
        &self,
        run: &mut Run,
        interest: PollFlags,
        until: Option<Instant>,
    ) -> Result<Wake, Failure> {
        let mut ready = [Interest::new(self.conn.socket.as_fd(), interest)];
        run.wait(&mut ready, until)
    }

    fn error(&self, class: Class, reason: String) -> Failure {
        StageError::new(Stage::Recv, &*self.conn.peer, class, reason).into()
    }
}
