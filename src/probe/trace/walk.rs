//! Walks a course: asks what it wants asked (`put`), waits, and tells it what
//! came (`look`).

mod look;
mod put;

use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use super::course::Next;
use super::{Course, Flow, Heard, Path};
use crate::probe::flight::Flight;
use crate::probe::{payload, tcp};
use crate::verdict::Protocol;

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
}
