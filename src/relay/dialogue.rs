//! Messages: one send() each, and what comes back for it.

use std::cell::Cell;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use super::carrier::{Carrier, Copy};
use super::end::{Sink, Source, Step};
use super::ending::OnEof;
use super::net::{Receiving, Sending};
use super::output::Stdout;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Interest, Run, Wake};
use crate::stage::connect::Conn;
use crate::stage::recv::{self, DATAGRAM_BUFFER};
use crate::stage::{Stage, send};
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
    sent: u64,
    received: u64,
}

impl<'a> Dialogue<'a> {
    /// Nothing is sent yet.
    pub fn new(conn: &'a Conn, options: &'a send::Options, recv: recv::Options) -> Self {
        Dialogue {
            conn,
            options,
            recv,
            heard: Cell::new(false),
            peer_ended: false,
            sent: 0,
            received: 0,
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
        self.send(run, message)?;
        run.pause(Stage::Send)?;
        if let Reply::Await {
            wait,
            stdout,
            lines,
        } = reply
        {
            self.reply(run, begun, wait, stdout, lines)?;
        }
        match self.options.interval {
            Some(interval) if !last => self.listen_until(run, begun + interval),
            _ => Ok(()),
        }
    }

    fn send(&mut self, run: &mut Run, message: &[u8]) -> Result<(), Failure> {
        let mut sending = Sending::new(self.conn, self.options, OnEof::Shutdown, &self.heard);
        let mut rest = message;
        loop {
            match sending.write(run, rest)? {
                Step::Moved(bytes) => {
                    self.sent += bytes as u64;
                    rest = &rest[bytes..];
                    if rest.is_empty() {
                        return Ok(());
                    }
                }
                _ => {
                    self.wait(run, PollFlags::POLLOUT, None)?;
                }
            }
        }
    }

    fn reply(
        &mut self,
        run: &mut Run,
        begun: Instant,
        wait: Duration,
        stdout: &mut Stdout,
        lines: bool,
    ) -> Result<(), Failure> {
        run.enter(Stage::Recv, &self.conn.peer);
        let mut carrier = Copy::new(DATAGRAM_BUFFER).lines(lines);
        while !carrier.holds() {
            let mut receiving = Receiving::new(self.conn, self.recv, &self.heard);
            match carrier.fill(run, &mut receiving, usize::MAX)? {
                Step::Moved(bytes) | Step::Discarded(bytes) => self.received += bytes as u64,
                Step::End => {
                    return Err(self.error(Class::Cut, "the peer ended without a reply".into()));
                }
                Step::NotReady => {
                    if self.wait(run, PollFlags::POLLIN, Some(begun + wait))? == Wake::Time {
                        let reason = format!("no reply in --await-reply {}", units::display(wait));
                        return Err(self.error(Class::NoAnswer, reason));
                    }
                }
            }
        }
        while carrier.holds() {
            if carrier.drain(run, stdout)? == Step::NotReady {
                let mut ready: Vec<Interest<'_>> = stdout
                    .fd()
                    .map(|fd| Interest::new(fd, PollFlags::POLLOUT))
                    .into_iter()
                    .collect();
                run.wait(&mut ready, None)?;
            }
        }
        run.pause(Stage::Recv)
    }

    /// Waits, reading and discarding: a peer that resets is noticed at once.
    fn listen_until(&mut self, run: &mut Run, until: Instant) -> Result<(), Failure> {
        let mut buffer = vec![0; recv::STREAM_BUFFER];
        loop {
            let step = match self.peer_ended {
                true => Step::NotReady,
                false => {
                    Receiving::new(self.conn, self.recv, &self.heard).read(run, &mut buffer)?
                }
            };
            match step {
                Step::Moved(bytes) | Step::Discarded(bytes) => self.received += bytes as u64,
                Step::End => self.peer_ended = true,
                Step::NotReady if self.peer_ended => {
                    let left = until.saturating_duration_since(Instant::now());
                    return run.sleep(left);
                }
                Step::NotReady => {
                    if self.wait(run, PollFlags::POLLIN, Some(until))? == Wake::Time {
                        return Ok(());
                    }
                }
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
        let wake = run.wait_quietly(&mut ready, until)?;
        if wake == Wake::Progress {
            run.progress(self.sent, self.received);
        }
        Ok(wake)
    }

    fn error(&self, class: Class, reason: String) -> Failure {
        StageError::new(Stage::Recv, &*self.conn.peer, class, reason).into()
    }
}
