//! A command and its peer: the socket is its stdin and stdout, and from then on
//! nobody else has it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use super::environment::tell_who_is_there;
use super::service::Command;
use crate::event::{Event, Traffic};
use crate::failure::{Class, StageError};
use crate::run::{Run, millis};
use crate::stage::accept::is_passing;
use crate::stage::connect::Conn;
use crate::stage::{Stage, close};
use crate::sys::group::{self, Group};
use crate::sys::{child, descriptor, pidfd, rlimit, signal};

/// How long one may take to go that was killed: the kernel may have to finish
/// something for it first, and that must not hold us up.
const KILLED: Duration = Duration::from_millis(60);

/// How often it is looked whether what commands have started has ended: there
/// is no descriptor of a group.
const LOOK: Duration = Duration::from_millis(10);

/// Before the first command: room for so many at the same time, and whoever
/// started us, their ends can be seen and no descriptor goes with them.
///
/// # Errors
/// close_range(2).
pub fn prepare(most: usize) -> Result<(), StageError> {
    group::prepare(most);
    let failed = |call| move |error| StageError::io(Stage::Accept, call, Class::Local, &error);
    signal::set_default(libc::SIGCHLD).map_err(failed("SIGCHLD"))?;
    descriptor::keep_from_commands().map_err(failed("close_range"))
}

/// A command that runs, or has ended and is not yet waited for.
pub struct Child {
    process: process::Child,
    /// Its own, so that all that it starts can be ended with it.
    group: Group,
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
        let mut group = Group::enter(process.id());
        match pidfd::open(process.id()) {
            Ok(ended) => Ok(Child {
                process,
                group,
                ended,
                peer: conn.peer.clone(),
                begun,
            }),
            Err(error) => {
                // One whose end nobody would see must not go on.
                group.signal(Signal::SIGKILL);
                if group.leave() {
                    let _ = process.wait();
                }
                // It has run, and must not be started again for this peer.
                let again = failed(command, Class::Local, &error);
                Err(StageError {
                    errno: None,
                    ..again
                })
            }
        }
    }

    /// Readable once it has ended.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// How it ended, if it has. What it has started and left behind goes on.
    pub fn status(&mut self) -> Option<ExitStatus> {
        let ended = descriptor::is_ready(self.fd(), PollFlags::POLLIN) && self.group.leave();
        // Does not wait, because it has ended.
        ended.then(|| self.process.wait().ok()).flatten()
    }

    /// Waits until it has ended, at most so long.
    fn wait(&self, time: Duration) {
        let mut fds = [PollFd::new(self.fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(time).unwrap_or(PollTimeout::ZERO);
        // Whatever it says, the next look tells.
        let _ = poll(&mut fds, timeout);
    }

    /// Tells of a death by signal: the code alone could be the command's own.
    pub fn tell_death(&self, run: &mut Run, status: ExitStatus) {
        if status.signal().is_some() {
            run.tell(Event::Error {
                stage: Stage::Close.name(),
                object: self.peer.clone(),
                reason: said(status).unwrap_or_default(),
                errno: None,
                hint: None,
                code: code(status),
            });
        }
    }

    /// Tells how it ended, None if it was killed and takes its time. How much
    /// went either way, only the two of them know.
    pub fn end(self, run: &mut Run, status: Option<ExitStatus>) {
        run.tell(Event::PeerEnd {
            address: self.peer,
            reason: status.map_or_else(|| Some("the command was killed".to_owned()), said),
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

/// Asks all of them, and all that they have started, to end, and kills who has
/// not after `patience`.
pub fn end_all(run: &mut Run, children: Vec<Child>, patience: Duration) {
    let until = Instant::now() + patience;
    for child in &children {
        child.group.signal(Signal::SIGTERM);
        // One that was stopped hears nothing before it goes on.
        child.group.signal(Signal::SIGCONT);
    }
    let left = || until.saturating_duration_since(Instant::now());
    for child in &children {
        child.wait(left());
    }
    // Those who have ended are still to be waited for, so their groups are too.
    while !children.is_empty() && !left().is_zero() {
        let living = group::living();
        if !children.iter().any(|child| child.group.is_in(&living)) {
            break;
        }
        std::thread::sleep(LOOK.min(left()));
    }
    for child in &children {
        child.group.signal(Signal::SIGKILL);
    }
    for mut child in children {
        child.wait(KILLED);
        let status = child.status();
        child.end(run, status);
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
