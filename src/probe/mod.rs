//! Which ports answer, how fast, and when one does not: why, and who said so.
//!
//! `engine` asks: many non-blocking sockets, one readiness loop. `schedule`
//! decides what is asked next and is pure, as are its parts: `turns` (hosts
//! take turns), `window` (how many at once), `pace` (what the UDP silence of a
//! host is worth) with its `budget`, `deadline` (whose time is up). `tcp`, `udp` and `unix` know
//! how a question is put and how its answer is read, `flight` keeps the
//! questions between the two. What the answer means is for `verdict` to say.
//!
//! Nothing here resolves names, counts rows or writes anything for people.

mod budget;
mod deadline;
mod engine;
mod flight;
mod pace;
mod payload;
mod schedule;
mod tcp;
mod turns;
mod udp;
mod unix;
mod window;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use socket2::Socket;

use crate::verdict::{Evidence, Protocol, Verdict};

pub use engine::run;
pub use payload::payload;
pub use turns::Turns;
pub use window::{DEFAULT_WINDOW, affordable};

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Peer {
    /// An address and port, over TCP or UDP.
    Inet(SocketAddr),
    /// A local socket. A leading NUL byte names the abstract namespace, as in
    /// unix(7).
    Unix(PathBuf),
}

impl Peer {
    /// The address of an Internet peer.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Peer::Inet(address) => Some(address.ip()),
            Peer::Unix(_) => None,
        }
    }
}

/// One thing to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Comes back in the answer; means nothing here.
    pub id: usize,
    /// Who is asked.
    pub peer: Peer,
    /// What carries the question; a Unix peer goes with `Protocol::Unix` only.
    pub protocol: Protocol,
    /// How long this question may take, from connect() on. A TCP question with
    /// less than 1.8 s takes that long where its SYNs seem to be stopped on this
    /// machine: only then is it certain.
    ///
    /// A UDP question to a host that rations its ICMP errors may take longer, if
    /// that had none to spare for it: see `pace`.
    pub wait: Duration,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The question's.
    pub id: usize,
    /// What the port is, why, and who said so.
    pub verdict: Verdict,
    /// From connect() to the answer, or to the deadline.
    pub time: Duration,
    /// SYNs or datagrams sent; 0 when the error came before any could be,
    /// `None` for Unix sockets.
    pub syns: Option<u32>,
    /// The local address, where the kernel still knew it.
    pub local: Option<SocketAddr>,
}

/// What prepares a socket between socket() and connect(): binds a source
/// address, sets a mark, a TTL, an interface.
pub type Prepare<'a> = &'a dyn Fn(&Socket, &Peer) -> io::Result<()>;

/// How questions are put.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How many questions may be in flight at once; the engine goes below this
    /// by itself when the machine runs out of something.
    pub window: usize,
    /// Called with every new socket. An error of it is the verdict (`error`,
    /// the errno's name). A source address wants IP_BIND_ADDRESS_NO_PORT of
    /// ip(7), or every socket holds a port of its own.
    pub prepare: Option<Prepare<'a>>,
    /// What a UDP question carries, instead of the port's own query.
    pub data: Option<&'a [u8]>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            window: DEFAULT_WINDOW,
            prepare: None,
            data: None,
        }
    }
}

/// Who hears the answers.
pub trait Audience {
    /// An answer, the moment it is known; a `Break` ends the run.
    fn answer(&mut self, answer: Answer) -> ControlFlow<()>;

    /// The interrupt descriptor is readable. Who lets the run go on has to read
    /// it, or is told again at once.
    fn interrupted(&mut self) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

impl<F: FnMut(Answer) -> ControlFlow<()>> Audience for F {
    fn answer(&mut self, answer: Answer) -> ControlFlow<()> {
        self(answer)
    }
}

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every question has its answer.
    Done,
    /// The interrupt descriptor became readable, and the audience had enough.
    Interrupted,
    /// The deadline of the whole run has come.
    Deadline,
    /// The receiver of the answers has heard enough.
    Told,
}

/// How far one question has come.
#[derive(Debug)]
enum Outcome {
    /// Nothing yet: wait for readiness or the deadline.
    Pending,
    /// Something was learned; with the number of packets it took.
    Settled(Evidence, Option<u32>),
    /// This machine lacks something just now: no answer, ask again later.
    Short(i32),
    /// The socket is connected to itself: no answer, ask again.
    MetItself,
}

impl Outcome {
    /// What an errno of socket(), connect() or send() amounts to when no packet
    /// has left.
    fn failed(error: &io::Error) -> Outcome {
        use nix::libc::{EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC};
        match errno(error) {
            // ENOSPC is epoll_ctl(2) over its limit of watches.
            short @ (EMFILE | ENFILE | ENOBUFS | ENOMEM | ENOSPC) => Outcome::Short(short),
            other => Outcome::Settled(Evidence::errno(other), Some(0)),
        }
    }
}

/// The number behind an error; EIO where an error has none.
fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(nix::libc::EIO)
}
