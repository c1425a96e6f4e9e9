//! Walks a course: asks what it wants asked, waits, and tells it what came.

use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::PollFlags;
use socket2::Socket;

use super::course::Next;
use super::{Course, Flow, Heard, Path, quote};
use crate::probe::flight::{Flight, Twin};
use crate::probe::{Outcome, Peer, Question, payload, tcp, udp};
use crate::sys::errqueue::Entry;
use crate::sys::tcp_info;
use crate::verdict::{Evidence, Protocol, judge};

/// How long a TTL may be silent: two SYNs, the second after 1 s.
const STEP: Duration = Duration::from_millis(1300);

/// How long a silent TTL is still waited for beside the others: a router finds
/// out in 3.1 s that a host is down. Datagrams are repeated in the meantime, the
/// first time within a step.
const LATE: Duration = Duration::from_millis(3300);

/// How a walk waits: until one of the descriptors is ready, or the moment has
/// come. An error of it ends the walk.
pub type Call<'a, E> =
    &'a mut dyn FnMut(&[(BorrowedFd<'_>, PollFlags)], Option<Instant>) -> Result<(), E>;

/// Who hears of a TTL as soon as it is answered, or was not.
pub type Told<'a> = &'a mut dyn FnMut(u8, &Heard);

/// One trace.
pub struct Walk<'a> {
    flow: Flow<'a>,
    course: Course,
    /// How long the port itself may be silent.
    wait: Duration,
    /// What a datagram carries, instead of the query of its port.
    data: Option<&'a [u8]>,
    own: Option<IpAddr>,
    flying: Vec<Flying>,
}

/// A packet that nobody has answered yet.
struct Flying {
    /// None asks the port itself.
    ttl: Option<u8>,
    flight: Flight,
    /// When to look at it in any case.
    due: Option<Instant>,
    /// When the course goes on without it, though its answer is still welcome.
    patience: Option<Instant>,
}

impl Flying {
    /// Whether the course waits for it.
    fn is_awaited(&self) -> bool {
        self.ttl.is_some() && self.patience.is_some()
    }
}

/// What the kernel tells besides the answer.
#[derive(Default)]
struct Detail {
    entry: Option<Entry>,
    rtt: Option<Duration>,
}

/// The round trip of a completed handshake.
fn rtt(socket: &Socket) -> Option<Duration> {
    let info = tcp_info::tcp_info(socket).ok()?;
    Some(Duration::from_micros(info.rtt_us.into()))
}

impl<'a> Walk<'a> {
    /// A trace that has not begun.
    pub fn new(flow: Flow<'a>, wait: Duration, data: Option<&'a [u8]>) -> Walk<'a> {
        Walk {
            own: tcp::source(flow.peer),
            flow,
            course: Course::default(),
            wait,
            data,
            flying: Vec::new(),
        }
    }

    /// Walks to the end; `told` hears of each TTL.
    ///
    /// # Errors
    /// Those of `call`; what is known until then is in `path`.
    pub fn run<E>(&mut self, call: Call<'_, E>, told: Told<'_>) -> Result<(), E> {
        loop {
            let is_round_over: fn(&[Flying]) -> bool = match self.course.advance() {
                Next::Done => return Ok(()),
                Next::Wait => |flying| flying.is_empty(),
                Next::Ask { ttls, port } => {
                    let is_step = ttls.len() == 1;
                    for (index, ttl) in ttls.iter().enumerate() {
                        let wait = match is_step {
                            true => self.wait.min(LATE),
                            false => self.wait.min(STEP),
                        };
                        self.put(Some(*ttl), wait, index == 0, told);
                    }
                    if port {
                        self.put(None, self.wait, ttls.is_empty(), told);
                    }
                    |flying| !flying.iter().any(Flying::is_awaited)
                }
            };
            while !is_round_over(&self.flying) {
                let sockets = self.flying.iter().map(|flying| {
                    let interest = match self.flow.protocol {
                        Protocol::Udp => PollFlags::POLLIN,
                        _ => PollFlags::POLLOUT,
                    };
                    (flying.flight.socket.as_fd(), interest)
                });
                let moments = self.flying.iter().flat_map(|one| [one.due, one.patience]);
                let due = moments.flatten().min();
                call(&sockets.collect::<Vec<_>>(), due)?;
                self.look(told);
            }
        }
    }

    /// What a datagram after `sent` others carries.
    fn data(&self, sent: u32) -> &'a [u8] {
        (self.data).unwrap_or_else(|| payload(self.flow.peer.port(), sent))
    }

    /// What is known.
    pub fn path(&self) -> Path {
        Path::of(&self.course, self.flow.peer.ip())
    }

    /// Sends a packet, from the port of the flow if it `follows` it.
    fn put(&mut self, ttl: Option<u8>, wait: Duration, follows: bool, told: Told<'_>) {
        // Asked again, it is no longer waited for.
        self.flying
            .retain(|flying| flying.ttl.is_none() || flying.ttl != ttl);
        if follows && self.flying.iter().any(|flying| flying.ttl.is_some()) {
            // A silent one has the port, and errors would get to either.
            self.flow.move_on();
        }
        let mut is_second = false;
        loop {
            let began = Instant::now();
            let socket = match follows {
                true => self.flow.next(ttl),
                false => self.flow.beside(ttl),
            };
            let (socket, outcome) = match socket {
                Err(error) => (None, Outcome::failed(&error)),
                Ok(socket) => {
                    let outcome = match self.flow.protocol {
                        Protocol::Udp => udp::ask(&socket, self.flow.peer, self.data(0)),
                        _ => tcp::ask(&socket, self.flow.peer),
                    };
                    (Some(socket), outcome)
                }
            };
            let evidence = match (outcome, socket) {
                (Outcome::Pending, Some(socket)) => {
                    let flight = self.flight(wait, socket, began);
                    self.flying.push(Flying {
                        ttl,
                        due: flight.first(),
                        patience: ttl.map(|_| began + wait.min(STEP)),
                        flight,
                    });
                    return;
                }
                // The last packet of the flow is still remembered by somebody.
                (Outcome::Short(libc::EADDRNOTAVAIL) | Outcome::MetItself, _) if !is_second => {
                    self.flow.move_on();
                    is_second = true;
                    continue;
                }
                (Outcome::Short(errno), _) => (Evidence::errno(errno), Some(0)),
                (Outcome::Settled(evidence, sent), _) => (evidence, sent),
                (Outcome::Replied(_, sent), _) => (Evidence::Reply, Some(sent)),
                (Outcome::MetItself | Outcome::Pending, _) => (Evidence::Silence, None),
            };
            self.hear(ttl, began, evidence, Detail::default(), told);
            return;
        }
    }

    fn flight(&self, wait: Duration, socket: Socket, began: Instant) -> Flight {
        Flight {
            question: Question {
                id: 0,
                peer: Peer::Inet(self.flow.peer),
                protocol: self.flow.protocol,
                wait,
                of_many: false,
            },
            accepted: None,
            socket,
            twin: Twin::None,
            began,
            sent: u32::from(self.flow.protocol == Protocol::Udp),
            met: 0,
            dropped: None,
        }
    }

    /// Looks at everything that flies.
    fn look(&mut self, told: Told<'_>) {
        let now = Instant::now();
        for mut flying in std::mem::take(&mut self.flying) {
            let data = self.data(flying.flight.sent);
            let flight = &mut flying.flight;
            let is_udp = self.flow.protocol == Protocol::Udp;
            let (mut outcome, entry) = match is_udp {
                true => udp::look_closely(&flight.socket, flight.sent),
                false => tcp::look_closely(&flight.socket),
            };
            let is_due = flying.due.is_some_and(|due| due <= now);
            if is_due && matches!(outcome, Outcome::Pending) {
                (outcome, flying.due) = match is_udp {
                    true => flight.due_udp(data, now),
                    false => flight.due_tcp(now),
                };
            }
            let evidence = match outcome {
                Outcome::Pending => {
                    self.lose_patience(&mut flying, now);
                    self.flying.push(flying);
                    continue;
                }
                Outcome::Settled(evidence, sent) => (evidence, sent),
                Outcome::Replied(_, sent) => (Evidence::Reply, Some(sent)),
                Outcome::Short(errno) => (Evidence::errno(errno), Some(0)),
                Outcome::MetItself => {
                    self.flow.move_on();
                    (Evidence::Silence, None)
                }
            };
            let is_open = evidence.0 == Evidence::Connected;
            let detail = Detail {
                entry,
                rtt: is_open.then(|| rtt(&flying.flight.socket)).flatten(),
            };
            self.hear(flying.ttl, flying.flight.began, evidence, detail, told);
        }
    }

    /// Lets the course go on without a TTL that has been silent for a step: a
    /// router may ration its ICMP errors, and takes 3 s to find a host down.
    fn lose_patience(&mut self, flying: &mut Flying, now: Instant) {
        let (Some(ttl), Some(_)) = (flying.ttl, flying.patience.filter(|at| *at <= now)) else {
            return;
        };
        let is_tcp = self.flow.protocol == Protocol::Tcp;
        let flight = &mut flying.flight;
        if is_tcp && flight.dropped != Some(false) && tcp::is_retry_stopped(&flight.socket) {
            // Its SYN was stopped on this machine, which will soon be certain.
            flight.question.wait = flight.question.wait.min(STEP);
            flying.patience = flight.began.checked_add(tcp::RETRIED);
            return;
        }
        flying.patience = None;
        self.course.heard(
            ttl,
            Heard {
                verdict: judge(self.flow.protocol, None, None, &Evidence::Silence),
                time: flight.began.elapsed(),
                rtt: None,
                syns: None,
                ttl: None,
                mss: None,
            },
        );
    }

    fn hear(
        &mut self,
        ttl: Option<u8>,
        began: Instant,
        (evidence, syns): (Evidence, Option<u32>),
        Detail { entry, rtt }: Detail,
        told: Told<'_>,
    ) {
        let (protocol, peer) = (self.flow.protocol, self.flow.peer.ip());
        let heard = Heard {
            verdict: judge(protocol, Some(peer), self.own, &evidence),
            time: began.elapsed(),
            rtt,
            syns,
            ttl: entry.and_then(|entry| entry.ttl),
            mss: entry
                .filter(|_| protocol == Protocol::Tcp)
                .and_then(|entry| quote::mss(entry.quote())),
        };
        match ttl {
            Some(ttl) => {
                told(ttl, &heard);
                self.course.heard(ttl, heard);
            }
            None => self.course.heard_itself(heard),
        }
    }
}
