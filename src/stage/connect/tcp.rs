//! TCP to the first address that answers.
//!
//! Addresses of both families are tried with a short head start each, and the
//! first handshake that completes wins (RFC 8305 section 5). The error queue
//! is on while they are under way, so that an error can say who said no.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollFlags;
use socket2::{Domain, Socket};

use super::failed::{Failed, all_failed};
use super::{Conn, Options};
use crate::event::Event;
use crate::failure::{Class, Failure, StageError, errno_name};
use crate::run::{Interest, Run, Wake, millis, outcome};
use crate::stage::socket::{Transport, local_name, socket};
use crate::stage::{Stage, bind};
use crate::sys::broadcast::is_broadcast;
use crate::sys::{errqueue, neighbour, sockopt, tcp_info};
use crate::verdict::Evidence;

/// How long an attempt is alone before the next address is tried too (the
/// Connection Attempt Delay of RFC 8305 section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects TCP to one of the addresses.
///
/// # Errors
/// When all have failed: each address and its reason. The class is that of the
/// best evidence.
pub fn tcp(
    run: &mut Run,
    target: &str,
    addresses: &[SocketAddr],
    options: &Options,
) -> Result<Conn, Failure> {
    let mut waiting = reachable(target, addresses, options)?.into_iter();
    let mut underway: Vec<Attempt> = Vec::new();
    let mut failed: Vec<Failed> = Vec::new();
    let mut next = Instant::now();
    loop {
        run.enter(Stage::Connect, target);
        if underway.is_empty() || Instant::now() >= next {
            if let Some(address) = waiting.next() {
                match Attempt::start(run, address, options)? {
                    Ok(attempt) => underway.push(attempt),
                    Err(failure) => failed.push(failure),
                }
                next = Instant::now() + HEAD_START;
                // A refusal may be there already: look before waiting.
            } else if underway.is_empty() {
                return Err(all_failed(target, failed).into());
            }
        }
        let until = underway
            .iter()
            .map(|attempt| attempt.begun + options.timeout)
            .chain((waiting.len() > 0).then_some(next))
            .min();
        let Some(until) = until else { continue };
        let mut ready: Vec<Interest<'_>> = underway
            .iter()
            .map(|attempt| Interest::new(attempt.socket.as_fd(), PollFlags::POLLOUT))
            .collect();
        if run.wait(&mut ready, Some(until))? == Wake::Progress {
            continue;
        }
        let now = Instant::now();
        let mut still = Vec::new();
        for attempt in underway {
            match attempt.look(run, now, options)? {
                Look::Connected(conn) => {
                    run.pause(Stage::Connect)?;
                    return Ok(conn);
                }
                Look::Pending(attempt) => still.push(attempt),
                Look::Failed(failure) => {
                    failed.push(failure);
                    // The next address need not wait for its turn any more.
                    next = now;
                }
            }
        }
        underway = still;
    }
}

struct Attempt {
    socket: Socket,
    address: SocketAddr,
    begun: Instant,
}

enum Look {
    Connected(Conn),
    Pending(Attempt),
    Failed(Failed),
}

impl Attempt {
    /// Sends the first SYN. The outer error ends the run, the inner one this address.
    fn start(
        run: &mut Run,
        address: SocketAddr,
        options: &Options,
    ) -> Result<Result<Attempt, Failed>, Failure> {
        let socket = match socket(
            run,
            Domain::for_address(address),
            Transport::Tcp,
            &options.socket,
        ) {
            Ok(socket) => socket,
            // A machine without IPv6 says so here; the other family may work.
            Err(Failure::Stage(error)) if error.errno == Some(Errno::EAFNOSUPPORT) => {
                let errno = error.errno;
                return Ok(Err(Failed::new(
                    address,
                    Evidence::NoSource,
                    None,
                    errno,
                    Duration::ZERO,
                )));
            }
            Err(failure) => return Err(failure),
        };
        // An MPTCP socket has no error queue: who said no stays unknown.
        if !options.socket.mptcp {
            errqueue::enable(&socket, address.is_ipv6(), true).map_err(|error| {
                StageError::io(Stage::Socket, address.to_string(), Class::Local, &error)
            })?;
        }
        if let Some(source) = &options.source {
            bind::source(run, &socket, source, &address, &options.socket)?;
        }
        run.enter(Stage::Connect, &address.to_string());
        let begun = Instant::now();
        let connected = socket.connect(&address.into());
        run.call(
            || format!("connect({}, {address})", socket.as_raw_fd()),
            connected.as_ref().map_or_else(outcome, |()| "0".to_owned()),
        );
        let attempt = Attempt {
            socket,
            address,
            begun,
        };
        Ok(
            match connected.map_err(|error| error.raw_os_error().map(Errno::from_raw)) {
                Ok(()) | Err(Some(Errno::EINPROGRESS | Errno::EINTR)) => Ok(attempt),
                Err(errno) => Err(attempt.failed(run, errno.unwrap_or(Errno::EIO))),
            },
        )
    }

    /// Looks at an attempt that poll(2) reported, or whose time is up.
    fn look(self, run: &mut Run, now: Instant, options: &Options) -> Result<Look, Failure> {
        let address = self.address;
        let local = |error: io::Error| {
            StageError::io(Stage::Connect, address.to_string(), Class::Local, &error)
        };
        // SO_ERROR before the queue: reading the queue resets it.
        let error = self.socket.take_error().map_err(local)?;
        let errno = error.map(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)));
        let reset = matches!(errno, Some(Errno::ECONNRESET | Errno::EPIPE));
        if let Some(errno) = errno.filter(|_| !reset) {
            return Ok(Look::Failed(self.failed(run, errno)));
        }
        if reset || self.socket.peer_addr().is_ok() {
            return self.connected(run, reset, options).map(|conn| match conn {
                Ok(conn) => Look::Connected(conn),
                Err(failed) => Look::Failed(failed),
            });
        }
        // An entry in SYN_SENT is final, even while SO_ERROR is still 0.
        if let Some(icmp) = errqueue::take(&self.socket).map_err(local)? {
            let errno = Errno::from_raw(icmp.errno);
            let evidence = Evidence::Errno {
                errno: icmp.errno,
                icmp: Some(icmp),
            };
            return Ok(Look::Failed(self.fail(run, evidence, Some(errno))));
        }
        if now < self.begun + options.timeout {
            return Ok(Look::Pending(self));
        }
        let dropped = tcp_info::tcp_info(&self.socket).is_ok_and(|info| info.is_dropped_locally());
        let evidence = if dropped {
            Evidence::LocalDrop
        } else if neighbour::is_unanswered(address, self.begun) {
            Evidence::NoNeighbour
        } else {
            Evidence::Silence
        };
        Ok(Look::Failed(self.fail(run, evidence, None)))
    }

    fn connected(
        self,
        run: &mut Run,
        reset: bool,
        options: &Options,
    ) -> Result<Result<Conn, Failed>, Failure> {
        let (local, peer) = (self.socket.local_addr(), self.socket.peer_addr());
        if let (Ok(local), Ok(peer)) = (&local, &peer)
            && local.as_socket() == peer.as_socket()
        {
            // Nothing listens there: the SYN met its own port.
            return Ok(Err(self.fail(
                run,
                Evidence::SelfConnect,
                Some(Errno::ECONNREFUSED),
            )));
        }
        let local = |error: io::Error| {
            StageError::io(
                Stage::Connect,
                self.address.to_string(),
                Class::Local,
                &error,
            )
        };
        if options.socket.mptcp {
            if !sockopt::is_multipath(&self.socket) {
                let peer = self.address.to_string();
                run.note(
                    Stage::Connect,
                    peer,
                    "the peer does not speak MPTCP; this is TCP",
                );
            }
        } else {
            // Left on, one ICMP error would fail a recv() of a healthy connection.
            errqueue::enable(&self.socket, self.address.is_ipv6(), false).map_err(local)?;
        }
        let info = tcp_info::tcp_info(&self.socket).ok();
        let conn = Conn {
            peer: self.address.to_string(),
            local: local_name(&self.socket),
            socket: self.socket,
            transport: Transport::Tcp,
            path: None,
            linger: options.socket.linger,
            reset,
            only: None,
            keeper: None,
        };
        run.tell(Event::Connect {
            address: conn.peer.clone(),
            local: conn.local.clone(),
            time_ms: millis(self.begun.elapsed()),
            rtt_ms: info.map(|info| f64::from(info.rtt_us) / 1e3),
            mss: info.map(|info| info.mss),
        });
        Ok(Ok(conn))
    }

    fn failed(self, run: &mut Run, errno: Errno) -> Failed {
        let evidence = match errqueue::take(&self.socket).ok().flatten() {
            None if errno == Errno::ENETUNREACH && is_broadcast(self.address.ip()) => {
                Evidence::Broadcast
            }
            icmp => Evidence::Errno {
                errno: errno as i32,
                icmp,
            },
        };
        self.fail(run, evidence, Some(errno))
    }

    fn fail(self, run: &mut Run, evidence: Evidence, errno: Option<Errno>) -> Failed {
        let own = self
            .socket
            .local_addr()
            .ok()
            .and_then(|own| own.as_socket());
        let failed = Failed::new(self.address, evidence, own, errno, self.begun.elapsed());
        run.tell(Event::Attempt {
            stage: Stage::Connect.name(),
            object: self.address.to_string(),
            reason: failed.reason.clone(),
            errno: errno.map(errno_name),
        });
        failed
    }
}

fn reachable(
    target: &str,
    addresses: &[SocketAddr],
    options: &Options,
) -> Result<Vec<SocketAddr>, Failure> {
    let Some(source) = &options.source else {
        return Ok(addresses.to_vec());
    };
    let reachable: Vec<SocketAddr> = addresses
        .iter()
        .filter(|address| source.reaches(address))
        .copied()
        .collect();
    if reachable.is_empty() {
        let reason = "has no address of the family of --source";
        return Err(StageError::new(Stage::Bind, target, Class::Local, reason).into());
    }
    Ok(reachable)
}
