//! connect(): to the first address that answers.
//!
//! Addresses of both families are tried with a short head start each, and the
//! first handshake that completes wins (RFC 8305 section 5). The error queue
//! is on while they are under way, so that an error can say who said no.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStringExt;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::UnixAddr;
use socket2::{Domain, SockAddr, Socket};

use super::Stage;
use super::bind::{self, OwnPath, Source};
use super::options;
use super::socket::{Transport, local_name, outcome, socket};
use crate::address::Unix;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError, describe, errno_name};
use crate::run::{Interest, Run, Wake, millis};
use crate::sys::{errqueue, sockopt, tcp_info};
use crate::units;
use crate::verdict::{self, Evidence, Protocol, State, Verdict, judge};

/// How long an attempt is alone before the next address is tried too (the
/// Connection Attempt Delay of RFC 8305 section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// How often a Unix listener whose backlog is full is asked again; nothing
/// tells when it has room.
const BACKLOG_POLL: Duration = Duration::from_millis(20);

/// The options of this stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `-w`: for each address, from its SYN on.
    pub timeout: Duration,
    /// `--source`
    pub source: Option<Source>,
    /// What is set on each socket.
    pub socket: options::Options,
}

/// `--retry`: how often it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    Times(u32),
    Inf,
}

/// A connected socket and its two names.
pub struct Conn {
    pub socket: Socket,
    /// The peer as people type it.
    pub peer: String,
    pub local: String,
    pub transport: Transport,
    /// The path of a datagram socket that was bound, removed with it.
    pub path: Option<OwnPath>,
    /// `--linger`: SO_LINGER when it is closed in order.
    pub linger: Option<Duration>,
    /// The peer's reset was seen already, and with it the kernel forgot: its
    /// end would look like one in order.
    pub reset: bool,
    /// The only sender whose datagrams count: others may have been queued
    /// before the socket was tied to this one.
    pub only: Option<SockAddr>,
}

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

/// One address that did not answer as wished.
struct Failed {
    address: SocketAddr,
    verdict: Verdict,
    reason: String,
    errno: Option<Errno>,
    hint: Option<String>,
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
        let evidence = Evidence::Errno {
            errno: errno as i32,
            icmp: errqueue::take(&self.socket).ok().flatten(),
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

impl Failed {
    fn new(
        address: SocketAddr,
        evidence: Evidence,
        own: Option<SocketAddr>,
        errno: Option<Errno>,
        time: Duration,
    ) -> Failed {
        let target = Some(address.ip());
        let verdict = judge(Protocol::Tcp, target, own.map(|own| own.ip()), &evidence);
        let reason = match errno {
            Some(errno) => describe(errno),
            None => format!("no answer in {}", units::human_time(time)),
        };
        let by_errno = errno.and_then(|errno| super::hint(Stage::Connect, errno));
        let needs_zone = matches!(address, SocketAddr::V6(v6)
            if v6.ip().is_unicast_link_local() && v6.scope_id() == 0);
        let hint = match (verdict.state, by_errno) {
            _ if needs_zone => {
                format!("a link-local address needs its zone: {}%eth0", address.ip())
            }
            // No packet said it, so the errno's own hint is all there is.
            (State::Closed | State::Error, Some(hint)) if verdict.by.is_none() => hint.to_owned(),
            (State::Filtered, _) => "dropped on the way or by the host".to_owned(),
            _ => verdict::sentence(Protocol::Tcp, &verdict, target, None, time),
        };
        Failed {
            address,
            verdict,
            reason,
            errno,
            hint: Some(hint),
        }
    }

    /// The reason, and who said so where it was not the host.
    fn told_in_full(&self) -> String {
        match (&self.verdict.by, &self.hint) {
            (Some(_), Some(hint)) => format!("{}: {hint}", self.told()),
            _ => self.told(),
        }
    }

    fn told(&self) -> String {
        match self.errno {
            Some(errno) => format!("{} ({})", self.reason, errno_name(errno)),
            None => self.reason.clone(),
        }
    }
}

/// One error out of many: the best evidence decides, every address is named.
fn all_failed(target: &str, failed: Vec<Failed>) -> StageError {
    let Some(best) = failed
        .iter()
        .min_by_key(|failed| failed.verdict.state.rank())
    else {
        return StageError::new(
            Stage::Connect,
            target,
            Class::Name,
            "there is no address to try",
        );
    };
    let (object, reason, errno) = match failed.as_slice() {
        [only] if only.address.to_string() == target => {
            (target.to_owned(), only.reason.clone(), only.errno)
        }
        [only] => (
            format!("{target} ({})", only.address.ip()),
            only.reason.clone(),
            only.errno,
        ),
        all => {
            let each: Vec<String> = all
                .iter()
                .map(|failed| format!("{} {}", failed.address, failed.told_in_full()))
                .collect();
            (target.to_owned(), each.join(", "), None)
        }
    };
    StageError {
        stage: Stage::Connect,
        object,
        reason,
        errno,
        // Each of several has had its own.
        hint: best.hint.clone().filter(|_| failed.len() == 1),
        class: class(&best.verdict),
    }
}

/// The class of an error that rests on a verdict.
pub fn class(verdict: &Verdict) -> Class {
    verdict.state.class().unwrap_or(Class::Local)
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

/// Gives a UDP socket its peer; nothing is sent, so nothing is learned yet.
///
/// # Errors
/// No route, no permission (broadcast), or bind(2) of the source.
pub fn udp(run: &mut Run, address: &SocketAddr, options: &Options) -> Result<Conn, Failure> {
    let domain = Domain::for_address(*address);
    let socket = socket(run, domain, Transport::Udp, &options.socket)?;
    let object = address.to_string();
    let local = |error: io::Error| StageError::io(Stage::Connect, &*object, Class::Local, &error);
    errqueue::enable(&socket, address.is_ipv6(), true).map_err(local)?;
    if let Some(source) = &options.source {
        bind::source(run, &socket, source, address, &options.socket)?;
    }
    run.enter(Stage::Connect, &object);
    let begun = Instant::now();
    let connected = socket.connect(&(*address).into());
    run.call(
        || format!("connect({}, {object})", socket.as_raw_fd()),
        connected.as_ref().map_or_else(outcome, |()| "0".to_owned()),
    );
    connected.map_err(|error| {
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        let evidence = Evidence::errno(errno as i32);
        let verdict = judge(Protocol::Udp, Some(address.ip()), None, &evidence);
        let error = StageError::os(Stage::Connect, &*object, class(&verdict), errno);
        match errno == Errno::EACCES && is_broadcast(&socket, address) {
            true => error.hint("this is a broadcast address: see --broadcast"),
            false => error,
        }
    })?;
    finish(run, socket, object, Transport::Udp, begun)
}

/// Whether EACCES was about a broadcast address (SO_BROADCAST of socket(7)) and
/// not about a route. Nothing is sent.
fn is_broadcast(socket: &Socket, address: &SocketAddr) -> bool {
    socket.set_broadcast(true).is_ok() && socket.connect(&(*address).into()).is_ok()
}

/// Connects to a Unix socket. A datagram socket gets a name of its own
/// (autobind, unix(7)), so that it can be answered.
///
/// # Errors
/// ENOENT, ECONNREFUSED (stale), EACCES, EPROTOTYPE, a path that is too long,
/// and no room in the backlog for `-w`.
pub fn unix(
    run: &mut Run,
    unix: &Unix,
    transport: Transport,
    options: &Options,
) -> Result<Conn, Failure> {
    let object = unix.to_string();
    let address = unix_address(Stage::Connect, unix)?;
    let socket = socket(run, Domain::UNIX, transport, &options.socket)?;
    run.enter(Stage::Connect, &object);
    if transport == Transport::UnixDatagram {
        nix::sys::socket::bind(socket.as_raw_fd(), &UnixAddr::new_unnamed())
            .map_err(|errno| StageError::os(Stage::Bind, &*object, Class::Local, errno))?;
    }
    let begun = Instant::now();
    loop {
        let connected = socket.connect(&address);
        run.call(
            || format!("connect({}, {object})", socket.as_raw_fd()),
            connected.as_ref().map_or_else(outcome, |()| "0".to_owned()),
        );
        let Err(error) = connected else { break };
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        let failed = |class| StageError::os(Stage::Connect, &*object, class, errno);
        match errno {
            Errno::EINTR => {}
            Errno::EAGAIN if begun.elapsed() < options.timeout => run.sleep(BACKLOG_POLL)?,
            Errno::EAGAIN => return Err(failed(Class::NoAnswer).into()),
            Errno::ECONNREFUSED => {
                return Err(failed(Class::Refused)
                    .hint("nobody listens on this socket any more")
                    .into());
            }
            Errno::ENOENT => return Err(failed(Class::Refused).into()),
            _ => return Err(failed(Class::Local).into()),
        }
    }
    finish(run, socket, object, transport, begun)
}

fn finish(
    run: &mut Run,
    socket: Socket,
    peer: String,
    transport: Transport,
    begun: Instant,
) -> Result<Conn, Failure> {
    let conn = Conn {
        peer,
        local: local_name(&socket),
        socket,
        transport,
        path: None,
        linger: None,
        reset: false,
        only: None,
    };
    run.tell(Event::Connect {
        address: conn.peer.clone(),
        local: conn.local.clone(),
        time_ms: millis(begun.elapsed()),
        rtt_ms: None,
        mss: None,
    });
    run.pause(Stage::Connect)?;
    Ok(conn)
}

/// A Unix address for the kernel.
///
/// # Errors
/// A path longer than sun_path holds (unix(7)).
pub fn unix_address(stage: Stage, unix: &Unix) -> Result<SockAddr, StageError> {
    let failed = |reason: String| StageError::new(stage, unix.to_string(), Class::Local, reason);
    unix.check().map_err(|error| failed(error.expected))?;
    let made = match unix {
        Unix::Path(path) => SockAddr::unix(path),
        Unix::Abstract(name) => {
            let mut path = vec![0];
            path.extend(name);
            SockAddr::unix(std::ffi::OsString::from_vec(path))
        }
    };
    made.map_err(|error| failed(error.to_string()))
}
