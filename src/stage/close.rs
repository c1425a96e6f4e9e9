//! close(): how a connection ends, and what it was.

use std::io;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use socket2::Socket;

use super::connect::Conn;
use super::socket::Transport;
use super::{Stage, send};
use crate::event::{Event, Traffic};
use crate::failure::{Class, Failure, StageError};
use crate::run::{Run, millis, outcome};
use crate::sys::tcp_info;
use crate::units;

/// shutdown(2) of our direction: everything was handed over, the peer may know.
/// From here on the kernel delivers what it holds even if this process dies.
///
/// # Errors
/// ENOTCONN when the peer has reset the connection meanwhile.
pub fn half(run: &mut Run, conn: &Conn) -> io::Result<()> {
    let done = conn.socket.shutdown(Shutdown::Write);
    run.call(
        || format!("shutdown({}, SHUT_WR)", conn.socket.as_raw_fd()),
        done.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    done?;
    allow_fin(&conn.socket, conn.transport)
}

/// Takes SO_LINGER {1, 0} off: from here on the connection ends in order.
///
/// # Errors
/// setsockopt(2).
pub fn allow_fin(socket: &Socket, transport: Transport) -> io::Result<()> {
    match transport {
        Transport::Tcp => socket.set_linger(None),
        _ => Ok(()),
    }
}

/// Makes the end a reset again: the peer has to know that something was lost.
pub fn demand_reset(socket: &Socket, transport: Transport) {
    if transport == Transport::Tcp {
        // If this fails the connection is gone already.
        let _ = socket.set_linger(Some(Duration::ZERO));
    }
}

/// Closes a connection, in order or as SO_LINGER says, and tells what it was.
pub fn tell(run: &mut Run, conn: Conn, begun: Instant, sent: u64, received: u64) {
    finish(run, conn, begun, (sent, received), |_, conn| drop(conn));
}

fn finish(
    run: &mut Run,
    conn: Conn,
    begun: Instant,
    (sent, received): (u64, u64),
    close: impl FnOnce(&mut Run, Conn),
) {
    let traffic = traffic(&conn, begun, sent, received);
    let fd = conn.socket.as_raw_fd();
    close(run, conn);
    run.call(|| format!("close({fd})"), 0);
    run.tell(Event::Close(traffic));
}

/// What a connection was, as far as it and the kernel know.
pub fn traffic(conn: &Conn, begun: Instant, sent: u64, received: u64) -> Traffic {
    let info = match conn.transport {
        Transport::Tcp => tcp_info::tcp_info(&conn.socket).ok(),
        _ => None,
    };
    Traffic {
        retransmits: info.map(|info| info.total_retrans),
        rtt_ms: info.and_then(|info| info.rtt()).map(millis),
        ..counted(begun, sent, received)
    }
}

/// The same without a connection to ask.
pub fn counted(begun: Instant, sent: u64, received: u64) -> Traffic {
    let elapsed = begun.elapsed();
    let rate = (sent + received) as f64 / elapsed.as_secs_f64();
    Traffic {
        sent: Some(sent),
        received: Some(received),
        elapsed_ms: millis(elapsed),
        retransmits: None,
        rate: rate.is_finite().then(|| rate.round()),
        rtt_ms: None,
    }
}

/// Closes a connection in order and tells what it was.
///
/// # Errors
/// A signal or `--timeout` during `--pause close`.
pub fn in_order(
    run: &mut Run,
    conn: Conn,
    begun: Instant,
    sent: u64,
    received: u64,
) -> Result<(), Failure> {
    run.enter(Stage::Close, &conn.peer);
    // After a reset there is nothing left to end in order.
    let _ = allow_fin(&conn.socket, conn.transport);
    match conn.linger {
        None => tell(run, conn, begun, sent, received),
        Some(linger) => {
            set_linger(run, &conn, linger)?;
            // Now close(2) may wait, O_NONBLOCK or not.
            finish(run, conn, begun, (sent, received), |run, conn| {
                run.guarded(|| drop(conn));
            });
        }
    }
    run.pause(Stage::Close)
}

/// `--linger`: how long close(2) waits until the peer's kernel has all; with 0
/// it throws away what was not sent, and resets (socket(7)). Only now: until
/// here SO_LINGER was ours, to tell a cut from an end.
///
/// # Errors
/// setsockopt(2).
pub fn set_linger(run: &mut Run, conn: &Conn, linger: Duration) -> Result<(), StageError> {
    let done = conn.socket.set_linger(Some(linger));
    let (fd, seconds) = (conn.socket.as_raw_fd(), linger.as_secs());
    run.call(
        || format!("setsockopt({fd}, SOL_SOCKET, SO_LINGER, {{1, {seconds}}})"),
        done.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    done.map_err(|error| {
        let object = format!("--linger {}", units::display(linger));
        StageError::io(Stage::Close, object, Class::Local, &error)
    })
}

/// As [`half`]; a connection that is gone already was cut.
///
/// # Errors
/// ENOTCONN, as the cut it stands for.
pub fn half_or_cut(run: &mut Run, conn: &Conn) -> Result<(), Failure> {
    half(run, conn).map_err(|error| {
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        send::failed(Stage::Send, &conn.socket, &conn.peer, conn.transport, errno).into()
    })
}

/// An error that a datagram sent earlier has met, if it is known by now.
///
/// # Errors
/// That error.
pub fn pending_error(conn: &Conn) -> Result<(), Failure> {
    match conn.socket.take_error() {
        Ok(Some(error)) => {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
            Err(send::failed(Stage::Send, &conn.socket, &conn.peer, conn.transport, errno).into())
        }
        _ => Ok(()),
    }
}
