//! accept(): one finished handshake out of the queue; `datagram` takes the first
//! datagram in its place.

mod datagram;
mod keeper;
mod turns;

use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;

use super::Stage;
use super::bind::Bound;
use super::connect::Conn;
use super::socket::{local_name, name};
use crate::event::Event;
use crate::failure::{Class, Failure, StageError, Timer};
use crate::run::{Flood, Interest, Run, Seldom, Wake, outcome};
pub use datagram::first_datagram;
pub use keeper::Doorkeeper;
pub use turns::Turns;

/// How long to leave the queue alone when this machine has no room for one more.
pub const BACK_OFF: Duration = Duration::from_millis(100);

/// The options of this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// `--accept-timeout`: from the announcement, with `-k` from the end of the
    /// last peer.
    pub timeout: Option<Duration>,
}

/// Waits for a peer and takes it; `since` is when `--accept-timeout` began, so
/// that those who only knock do not put it off, and `turns` whose turn it is.
///
/// # Errors
/// `--accept-timeout`, signals, and what accept(2) reports of the listener itself.
pub fn accept(
    run: &mut Run,
    bound: &[Bound],
    options: &Options,
    since: Instant,
    turns: &mut Turns,
) -> Result<Conn, Failure> {
    let object = bound.first().map_or("", |first| &first.address);
    run.enter(Stage::Accept, object);
    let until = options.timeout.map(|after| since + after);
    let timer = || Timer {
        option: "--accept-timeout",
        after: options.timeout.unwrap_or_default(),
    };
    let mut told = Seldom::default();
    loop {
        let mut ready: Vec<Interest<'_>> = bound
            .iter()
            .map(|one| Interest::new(one.socket.as_fd(), PollFlags::POLLIN))
            .collect();
        match run.wait(&mut ready, until)? {
            Wake::Time => return Err(run.timed_out(timer())),
            Wake::Progress => continue,
            Wake::Ready => {}
        }
        let Some(at) = turns.next(ready.iter().map(Interest::is_ready)) else {
            continue;
        };
        let one = &bound[at];
        match try_accept(run, one) {
            Ok(Some(conn)) => {
                run.pause(Stage::Accept)?;
                return Ok(conn);
            }
            Ok(None) => {}
            Err(errno) if is_passing(errno) => {
                full(run, &one.address, errno, &mut told);
                let left = until.map(|at| at.saturating_duration_since(Instant::now()));
                run.sleep(left.map_or(BACK_OFF, |left| BACK_OFF.min(left)))?;
            }
            Err(errno) => {
                return Err(
                    StageError::os(Stage::Accept, &*one.address, Class::Local, errno).into(),
                );
            }
        }
    }
}

/// Takes a peer if one is waiting; a connection that died in the queue is none.
///
/// # Errors
/// The errno, for the caller to weigh with [`is_passing`].
pub fn try_accept(run: &mut Run, bound: &Bound) -> Result<Option<Conn>, Errno> {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let accepted = bound.socket.accept4(flags);
    run.call(
        || {
            let fd = bound.socket.as_raw_fd();
            format!("accept4({fd}, SOCK_CLOEXEC|SOCK_NONBLOCK)")
        },
        match &accepted {
            Ok((socket, _)) => socket.as_raw_fd().to_string(),
            Err(error) => outcome(error),
        },
    );
    let (socket, peer) = match accepted {
        Ok(accepted) => accepted,
        Err(error) => match error.raw_os_error().map(Errno::from_raw) {
            // accept(2): errors of the connection, not of the listener.
            Some(
                Errno::EAGAIN
                | Errno::EINTR
                | Errno::ECONNABORTED
                | Errno::EPROTO
                | Errno::ENETDOWN
                | Errno::ENOPROTOOPT
                | Errno::EOPNOTSUPP
                | Errno::ETIMEDOUT
                | Errno::EHOSTDOWN
                | Errno::ENONET
                | Errno::EHOSTUNREACH
                | Errno::ENETUNREACH,
            ) => return Ok(None),
            Some(errno) => return Err(errno),
            None => return Err(Errno::EIO),
        },
    };
    if let Some(keeper) = &bound.keeper
        && !keeper.lets_in(run, bound, &peer)
    {
        // SO_LINGER {1, 0} came with the listener: it ends with a reset.
        return Ok(None);
    }
    let conn = Conn {
        peer: name(&peer),
        local: local_name(&socket),
        socket,
        transport: bound.transport,
        path: None,
        linger: bound.linger,
        reset: false,
        only: None,
        keeper: None,
    };
    run.tell(Event::Peer {
        address: conn.peer.clone(),
        local: conn.local.clone(),
        protocol: conn.transport.name(),
    });
    Ok(Some(conn))
}

/// How long a peer that has just come may take to show that it only knocks.
const SETTLE: Duration = Duration::from_millis(10);

/// Gives a port scan or health check the time for its reset, before anything
/// is sent to it and lost; what poll(2) says of the peer then. A peer that
/// speaks waits for nothing.
///
/// # Errors
/// Timers and signals.
pub fn settle(run: &mut Run, conn: &Conn) -> Result<PollFlags, Failure> {
    let mut ready = [Interest::new(conn.socket.as_fd(), PollFlags::POLLIN)];
    run.wait(&mut ready, Some(Instant::now() + SETTLE))?;
    Ok(ready[0].ready())
}

/// Whether it helps to wait: this machine is out of something for now.
pub fn is_passing(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM
    )
}

/// Tells of a peer that only knocked: it was gone with a reset before a byte
/// went either way, as port scans and health checks are.
pub fn knocked(run: &mut Run, (peer, local): (&str, &str), error: &StageError) {
    let why = &error.reason;
    run.note_of_many((Flood::Knocks, 1), local, || {
        (
            format!("{peer} on {local}"),
            format!("gone before a byte went either way ({why}); still listening"),
        )
    });
}

/// Tells that this machine has no room for one more peer, at most once a
/// second: those who wait in the queue do not know why.
pub fn full(run: &mut Run, object: &str, errno: Errno, told: &mut Seldom) {
    if told.is_due(Instant::now()) {
        let why = StageError::os(Stage::Accept, object, Class::Local, errno).told();
        run.note(
            Stage::Accept,
            object,
            format!("{why}: peers wait until there is room"),
        );
    }
}
