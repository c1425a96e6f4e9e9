//! Which ports answer, how fast, and when one does not: why, and who said so.
//!
//! `crew` is a run: one `engine` or several, each of which asks over many
//! non-blocking sockets from one readiness loop; at the `desk` they get their
//! questions from the client and leave the answers. `schedule` decides what is
//! asked next and is pure, as are its parts: `window` (how many at once), `rate`
//! (how many a second), `pace` (what the silence of a host that rations its ICMP
//! errors is worth) with its `budget`, `deadline` (whose time is up). `rations`
//! says which TCP silence that is about. `tcp`, `udp` and `unix` know how
//! a question is put and how its answer is read, `flight` keeps the questions
//! between the two, `accepted` and `banner` hear what an open port has to say.
//! What the answer means is for `verdict` to say, what many times amount to for
//! `statistics`.
//!
//! Nothing here resolves names, counts rows or writes anything for people.

mod accepted;
mod banner;
mod budget;
mod crew;
mod deadline;
mod desk;
mod engine;
mod flight;
mod pace;
mod payload;
mod rate;
mod rations;
mod schedule;
mod statistics;
mod tcp;
pub mod trace;
mod udp;
mod unix;
mod window;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::verdict::{Evidence, Protocol, Verdict};

pub use accepted::Listen;
pub use banner::Banner;
pub use crew::run;
pub use payload::payload;
pub use statistics::Samples;
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
        self.inet().map(|address| address.ip())
    }

    /// Address and port of an Internet peer.
    pub fn inet(&self) -> Option<SocketAddr> {
        match self {
            Peer::Inet(address) => Some(*address),
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
    /// A question to a host that rations its ICMP errors may take longer, if
    /// that had none to spare for it: see `pace` and `rations`.
    pub wait: Duration,
    /// One of many: a TCP question that is not answered soon is asked over a
    /// second socket too, because nobody will look at a single port again.
    pub of_many: bool,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The question's.
    pub id: usize,
    /// What the port is, why, and who said so.
    pub verdict: Verdict,
    /// From connect() to the answer, or to the deadline; what comes after a
    /// handshake does not count.
    pub time: Duration,
    /// SYNs or datagrams sent; 0 when the error came before any could be,
    /// `None` for Unix sockets.
    pub syns: Option<u32>,
    /// The local address, where the kernel still knew it.
    pub local: Option<SocketAddr>,
    /// The round trip of the handshake as the kernel measured it (`tcpi_rtt`).
    pub rtt: Option<Duration>,
    /// What the server did next, where it was listened to.
    pub banner: Option<Banner>,
}

/// What prepares a socket between socket() and connect(): binds a source
/// address, sets a mark, a TTL, an interface.
pub type Prepare<'a> = &'a (dyn Fn(&Socket, &Peer) -> io::Result<()> + Sync);

/// How questions are put.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How many questions may be in flight at once; the engine goes below this
    /// by itself when the machine runs out of something.
    pub window: usize,
    /// Threads that ask, each from a readiness loop of its own. What one of
    /// them is to keep in mind (the pace of UDP hosts, `max_rate`) wants one.
    pub engines: usize,
    /// How many questions may have a second socket at the same time: one of
    /// many TCP questions that is not answered soon is asked over two.
    pub twins: usize,
    /// Called with every new socket. An error of it is the verdict (`error`,
    /// the errno's name). A source address wants IP_BIND_ADDRESS_NO_PORT of
    /// ip(7), or every socket holds a port of its own.
    pub prepare: Option<Prepare<'a>>,
    /// What a UDP question carries, instead of the port's own query.
    pub data: Option<&'a [u8]>,
    /// Questions put in a second at most, repetitions included.
    pub max_rate: Option<NonZeroU32>,
    /// How many times a question that met with silence is asked again.
    pub retries: u32,
    /// Has another event, as eventfd(2) has with each write, whenever the
    /// client may have questions again after [`Supply::Later`].
    pub news: Option<BorrowedFd<'a>>,
    /// Whether and how long a server is listened to once it has accepted; of a
    /// UDP reply it only says that its bytes are wanted.
    pub listen: Option<Listen<'a>>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            window: DEFAULT_WINDOW,
            engines: 1,
            twins: DEFAULT_WINDOW,
            prepare: None,
            data: None,
            max_rate: None,
            retries: 0,
            news: None,
            listen: None,
        }
    }
}

/// What there is to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supply {
    /// A question.
    Question(Question),
    /// Nothing just now; perhaps when [`Options::news`] becomes readable, or
    /// at this moment.
    Later(Option<Instant>),
    /// Nothing any more.
    Done,
}

/// Where questions come from, one at a time.
pub trait Questions {
    /// The next question.
    fn next(&mut self) -> Supply;
}

impl<I: Iterator<Item = Question>> Questions for I {
    fn next(&mut self) -> Supply {
        Iterator::next(self).map_or(Supply::Done, Supply::Question)
    }
}

/// Whose questions they are, and who hears the answers.
pub trait Client: Send {
    /// The next question.
    fn ask(&mut self) -> Supply;

    /// Answers, moments after they became known, to be taken out; a `Break`
    /// ends the run.
    fn hear(&mut self, answers: &mut Vec<Answer>) -> ControlFlow<()>;

    /// The interrupt descriptor is readable. Who lets the run go on has to read
    /// it, or is told again at once.
    fn interrupted(&mut self) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every question has its answer.
    Done,
    /// The interrupt descriptor became readable, and the client had enough.
    Interrupted,
    /// The deadline of the whole run has come.
    Deadline,
    /// The client has heard enough.
    Told,
}

/// How far one question has come.
#[derive(Debug)]
enum Outcome {
    /// Nothing yet: wait for readiness or the deadline.
    Pending,
    /// Something was learned; with the number of packets it took.
    Settled(Evidence, Option<u32>),
    /// A datagram came back, after so many had been sent.
    Replied(Vec<u8>, u32),
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
