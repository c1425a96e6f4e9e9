//! A command and its peer: the socket is its stdin and stdout, and from then on
//! nobody else has it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{self, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::environment::tell_who_is_there;
use super::service::Command;
use crate::event::{Event, Traffic};
use crate::failure::{Class, StageError};
use crate::run::{Run, millis};
use crate::stage::accept::is_passing;
use crate::stage::connect::Conn;
use crate::stage::{Stage, close};
use crate::sys::{child, pidfd, rlimit};

/// A command that runs, or has ended and is not yet waited for.
pub struct Child {
    process: process::Child,
    /// Readable once it has ended.
    ended: OwnedFd,
    peer: String,
    begun: Instant,
}

impl Child {
    /// Starts the command. The connection is its alone when this succeeds;
    /// otherwise it can be tried again, and its end is a reset.
    ///
    /// # Errors
    /// What fork(2) or execve(2) say: of the command ([`Class::Command`]), or
    /// of this machine.
    pub fn start(run: &mut Run, conn: &Conn, command: &Command) -> Result<Child, StageError> {
        let begun = Instant::now();
        let started = hand_over(run, conn, command);
        if started.is_err() {
            close::demand_reset(&conn.socket, conn.transport);
        }
        let mut process = started?;
        run.call(
            || format!("execve({:?}) by fork", command.program),
            process.id(),
        );
        match pidfd::open(process.id()) {
            Ok(ended) => Ok(Child {
                process,
                ended,
                peer: conn.peer.clone(),
                begun,
            }),
            Err(error) => {
                // One whose end nobody would see must not go on.
                let _ = process.kill();
                let _ = process.wait();
                Err(failed(command, Class::Local, &error))
            }
        }
    }

    /// Readable once it has ended.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// How it ended, if it has.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// Asks it and all that it has started to end. Its group is its own as long
    /// as it was not waited for.
    pub fn signal(&self, signal: Signal) {
        // One that has ended already needs none.
        let _ = killpg(Pid::from_raw(self.process.id() as i32), signal);
    }

    /// Tells how it ended. How much went either way, only the two of them know.
    pub fn end(self, run: &mut Run, status: Option<ExitStatus>) {
        run.tell(Event::PeerEnd {
            address: self.peer,
            reason: status.and_then(said),
            traffic: Traffic {
                sent: None,
                received: None,
                elapsed_ms: millis(self.begun.elapsed()),
                retransmits: None,
                rate: None,
                rtt_ms: None,
            },
        });
    }
}

/// Asks all of them to end, and makes those that have not after `patience`.
pub fn end_all(run: &mut Run, mut children: Vec<Child>, patience: Duration) {
    for child in &children {
        child.signal(Signal::SIGTERM);
    }
    let until = Instant::now() + patience;
    while let Some(child) = children.last_mut() {
        let status = child.status();
        let left = until.saturating_duration_since(Instant::now());
        if status.is_none() && left.is_zero() {
            child.signal(Signal::SIGKILL);
        } else if status.is_none() {
            let mut fds = [PollFd::new(child.fd(), PollFlags::POLLIN)];
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
            // Whatever it says, the next look tells.
            let _ = poll(&mut fds, timeout);
            continue;
        }
        if let Some(mut child) = children.pop() {
            let status = status.or_else(|| child.process.wait().ok());
            child.end(run, status);
        }
    }
}

/// The code of a command, as a shell reports it.
pub fn code(status: ExitStatus) -> u8 {
    let signal = || status.signal().map(|signal| 128 + signal);
    let code = status.code().or_else(signal).unwrap_or(1);
    u8::try_from(code).unwrap_or(u8::MAX)
}

fn said(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("the command ended with {code}")),
        (None, signal) => {
            let name = signal.and_then(signal_hook::low_level::signal_name);
            Some(format!(
                "the command died of {}",
                name.unwrap_or("a signal")
            ))
        }
    }
}

fn hand_over(run: &mut Run, conn: &Conn, command: &Command) -> Result<process::Child, StageError> {
    let local = |error: &std::io::Error| failed(command, Class::Local, error);
    let own = |socket: std::io::Result<socket2::Socket>| {
        socket.map(|socket| Stdio::from(OwnedFd::from(socket)))
    };
    let stdin = own(conn.socket.try_clone()).map_err(|error| local(&error))?;
    let stdout = own(conn.socket.try_clone()).map_err(|error| local(&error))?;
    // What was ours, to tell a cut from an end, is nothing a program expects.
    conn.socket
        .set_nonblocking(false)
        .map_err(|error| local(&error))?;
    match conn.linger {
        Some(linger) => close::set_linger(run, conn, linger)?,
        // A peer that is gone already needs none.
        None => close::allow_fin(&conn.socket, conn.transport).unwrap_or(()),
    }
    let mut process = process::Command::new(&command.program);
    process.args(&command.args).stdin(stdin).stdout(stdout);
    // A group of its own, so that all that it starts can be ended with it.
    process.process_group(0);
    tell_who_is_there(&mut process, conn);
    child::belongs_to_us(&mut process, rlimit::descriptor_limit_before());
    process.spawn().map_err(|error| {
        let errno = error.raw_os_error().map(Errno::from_raw);
        let passing = |errno| is_passing(errno) || errno == Errno::EAGAIN;
        match errno.is_some_and(passing) {
            true => local(&error),
            false => failed(command, Class::Command, &error),
        }
    })
}

fn failed(command: &Command, class: Class, error: &std::io::Error) -> StageError {
    let object = format!("-- {}", command.program.to_string_lossy());
    let failed = StageError::io(Stage::Accept, object, class, error);
    match failed.errno {
        Some(Errno::ENOENT) => failed.hint("there is no such command"),
        Some(Errno::EACCES) => failed.hint("it cannot be executed"),
        Some(Errno::EAGAIN) => failed.hint("out of processes: see ulimit -u"),
        _ => failed,
    }
}
