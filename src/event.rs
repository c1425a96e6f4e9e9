//! What happened, as data: the only thing `report` is given.
//!
//! Every variant is one JSON object of the schema `sock/1`. Field order is the
//! order of declaration and stays as it is; what is absent is `null`. Nothing
//! here formats text for people, reads a clock or does I/O.

use std::ffi::OsString;
use std::fmt::Write;

use serde::{Serialize, Serializer};

use crate::verdict::{Greeting, State};

/// One thing a run tells about itself.
///
/// Addresses are written as they are typed (`10.0.0.5:5432`, `[::1]:80`,
/// `unix:/run/x`), IPv4 peers unmapped. Times are milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A name became addresses, in the order in which they will be tried.
    Resolve {
        host: String,
        canonical: Option<String>,
        addresses: Vec<String>,
        time_ms: f64,
    },
    /// A socket was made.
    Socket {
        fd: i32,
        family: &'static str,
        kind: &'static str,
    },
    /// A local address was bound.
    Bind { address: String },
    /// Connections (or datagrams) will be taken from now on.
    Listening {
        address: String,
        protocol: &'static str,
        families: Vec<&'static str>,
    },
    /// A peer came.
    Peer {
        address: String,
        local: String,
        protocol: &'static str,
    },
    /// The accept queue of a listener, and what it cost (listen(2)).
    Queue(Queue),
    /// Somebody came who may not; `refused` counts them, and `reason` is of the
    /// last one.
    Refused {
        address: String,
        local: String,
        reason: String,
        refused: u64,
    },
    /// A peer's session is over; `reason` is null for an end in order. What a
    /// command sent and received is not known here.
    PeerEnd {
        address: String,
        reason: Option<String>,
        #[serde(flatten)]
        traffic: Traffic,
    },
    /// A connection was made.
    Connect {
        address: String,
        local: String,
        time_ms: f64,
        rtt_ms: Option<f64>,
        mss: Option<u32>,
    },
    /// One attempt at one address failed and another follows.
    Attempt {
        stage: &'static str,
        object: String,
        reason: String,
        errno: Option<String>,
    },
    /// The conversation is over.
    Close(Traffic),
    /// Progress so far, asked for with SIGUSR1 or `--progress`.
    Progress {
        stage: &'static str,
        object: String,
        sent: u64,
        received: u64,
        /// From the start of the run.
        elapsed_ms: f64,
        /// Bytes there will be in all (of a conversation: that will be sent),
        /// where that is known.
        total: Option<u64>,
        /// Bytes a second since the peer is there, of what counts towards the
        /// total, or of all.
        rate: Option<f64>,
    },
    /// What moves the bytes of one direction from now on (`-vv`); `reason` is
    /// null unless the kernel refused a faster way.
    Carrier {
        carrier: &'static str,
        from: &'static str,
        to: &'static str,
        reason: Option<String>,
    },
    /// What has passed the socket (`--hex`): a datagram, or what one call took
    /// of a stream, in blocks of at most 512 bytes.
    Hex {
        direction: Direction,
        peer: String,
        /// Which message of this direction it belongs to, from 1 on; null on a
        /// stream.
        message: Option<u64>,
        /// Of its first byte, in the message or in the stream.
        offset: u64,
        length: usize,
        /// In hexadecimal.
        #[serde(serialize_with = "hexadecimal")]
        data: Vec<u8>,
        /// Other peers may be dumped too.
        #[serde(skip)]
        many: bool,
    },
    /// The digest of all that was sent or received (`--digest`), after an end
    /// in order.
    Digest {
        algorithm: &'static str,
        direction: Direction,
        peer: String,
        /// The file it is of, `-` for stdin and stdout, or a served peer.
        #[serde(serialize_with = "lossy")]
        name: OsString,
        bytes: u64,
        digest: String,
    },
    /// One system call and its result (`-vv`).
    Call { call: String, result: String },
    /// Something to know that is not an error.
    Note {
        stage: &'static str,
        object: String,
        text: String,
    },
    /// A stage failed, or a timer or a signal ended the run.
    Error {
        stage: &'static str,
        object: String,
        reason: String,
        errno: Option<String>,
        hint: Option<String>,
        code: u8,
    },
    /// What one port (of one name, or of one address) answered.
    Probe(Probe),
    /// What all attempts at one port amount to (`probe --count`).
    Statistics(Statistics),
    /// One TTL of a trace.
    Hop(Hop),
    /// Where the packets of a traced port end; after its hops.
    Path(Path),
    /// The last line of a probe run.
    Summary(Summary),
}

/// Which way bytes went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Sent,
    Received,
}

fn hexadecimal<S: Serializer>(data: &[u8], to: S) -> Result<S::Ok, S::Error> {
    let text = data.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    to.serialize_str(&text)
}

fn lossy<S: Serializer>(name: &OsString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&name.to_string_lossy())
}

/// What a conversation was, in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Traffic {
    /// Bytes of payload; null where only the command knows that had the socket.
    pub sent: Option<u64>,
    /// Bytes of payload; as `sent`.
    pub received: Option<u64>,
    /// From the connection to its end.
    pub elapsed_ms: f64,
    /// TCP segments that were sent again (tcpi_total_retrans).
    pub retransmits: Option<u32>,
    /// Bytes a second, both ways together; null where no time has passed.
    pub rate: Option<f64>,
    /// The kernel's smoothed round-trip time at the end (tcpi_rtt).
    pub rtt_ms: Option<f64>,
}

/// What waits for accept(2), and what found no place there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Queue {
    /// The listener.
    pub address: String,
    /// As in `listening`.
    pub protocol: &'static str,
    /// Connections whose handshake is done.
    pub waiting: u32,
    /// As many as the kernel lets wait; one more is taken before it is full.
    pub backlog: u32,
    /// Connection attempts that were dropped because it was full, so far; null
    /// where the kernel does not count.
    pub overflows: Option<u32>,
    /// Handshakes whose last segment is awaited; null where nobody asked.
    pub half_open: Option<u32>,
    /// Peers that --allow and --deny did not let in; null without these.
    pub refused: Option<u64>,
    /// Overflows since it was last told; 0 when somebody asked how it is.
    pub new: u32,
}

/// One row of `probe`: a name and port, or with `--all-addresses` an address
/// and port.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// The target's place among all; what tables are sorted by.
    #[serde(skip)]
    pub place: usize,
    /// The target as it was typed.
    pub target: String,
    /// The address whose evidence this row shows; null where none was found.
    pub address: Option<String>,
    /// Null for Unix sockets.
    pub port: Option<u16>,
    /// The service name of the port.
    pub service: Option<String>,
    /// `tcp`, `udp`, `unix`.
    pub protocol: &'static str,
    /// The verdict; null (`unfinished`) when the run ended before there was one.
    pub state: Option<State>,
    /// The evidence in one word (`syn-ack`, `icmp-port-unreachable`, `EMFILE`).
    pub reason: String,
    /// Who sent the ICMP error.
    pub by: Option<String>,
    /// From the first packet to the answer, milliseconds.
    pub time_ms: Option<f64>,
    /// SYNs (or datagrams) sent; null where none can be.
    pub syns: Option<u32>,
    /// The state this port was expected to have.
    pub expected: Option<State>,
    /// Whether it had it.
    pub ok: Option<bool>,
    /// `--banner`: what an open port did next.
    pub greeting: Option<Greeting>,
    /// The first line it said, escaped.
    pub banner: Option<String>,
    /// From the handshake to the first byte, the end of the connection, or the
    /// end of patience, milliseconds.
    pub banner_ms: Option<f64>,
    /// `--count`: which attempt it was, from 1 on.
    pub attempt: Option<u64>,
    /// The round trip as the kernel measured it at the handshake (`tcpi_rtt`),
    /// without what lost SYNs cost, milliseconds.
    pub rtt_ms: Option<f64>,
}

/// Attempts at one port, as many as had an answer or an end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    pub target: String,
    /// The address of the latest attempt.
    pub address: Option<String>,
    pub port: Option<u16>,
    pub service: Option<String>,
    pub protocol: &'static str,
    pub attempts: u64,
    pub open: u64,
    pub closed: u64,
    pub rejected: u64,
    pub filtered: u64,
    pub silent: u64,
    pub unreachable: u64,
    pub error: u64,
    /// Attempts other than expected (open, where nothing else is); trouble of
    /// our own is none.
    pub lost: u64,
    /// The same in percent of all but `error`.
    pub loss_percent: f64,
    /// SYNs that had to be sent again before an answer came; null without TCP.
    pub syns_lost: Option<u64>,
    /// How long the name took to be looked up; null for addresses.
    pub lookup_ms: Option<f64>,
    /// Until the answer, of the attempts that had one; null if none had.
    pub time_ms: Option<Figures>,
    /// The kernel's round trips, of the attempts that were open.
    pub rtt_ms: Option<Figures>,
}

/// Times in milliseconds. Percentiles are by nearest rank, `mdev` is the
/// standard deviation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    pub min: f64,
    pub avg: f64,
    pub max: f64,
    pub p50: f64,
    pub p95: f64,
    pub mdev: f64,
}

/// What a packet of one TTL met with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hop {
    /// The target as it was typed.
    pub target: String,
    pub address: String,
    pub port: u16,
    /// `tcp`, `udp`.
    pub protocol: &'static str,
    pub ttl: u8,
    /// Who answered; null for silence, and for what this machine did itself.
    pub by: Option<String>,
    /// Its name, where one was found in time.
    pub name: Option<String>,
    /// `icmp-time-exceeded` of a router on the way, `no-answer`, or what the
    /// port's row says.
    pub reason: String,
    /// From the packet to its answer, milliseconds.
    pub time_ms: Option<f64>,
    /// The TTL with which the ICMP packet arrived.
    pub icmp_ttl: Option<u8>,
    /// The maximum segment size of our SYN when the router saw it.
    pub mss: Option<u16>,
}

/// Where the packets of one port end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Path {
    /// The target as it was typed.
    pub target: String,
    pub address: String,
    pub port: u16,
    /// `tcp`, `udp`.
    pub protocol: &'static str,
    /// `host`, `router`, `past`, `loop`, `here`, `unseen`, or `unfinished`.
    pub ends: &'static str,
    /// The TTL and the router that belong to it.
    pub ttl: Option<u8>,
    pub by: Option<String>,
    /// The port it was compared with.
    pub against: Option<u16>,
    /// `lost`, `refused`, `nearer`, `faster`, `none`, `no-reference`.
    pub differs: Option<&'static str>,
    /// The router that the other port's packets come to and these do not.
    pub until: Option<String>,
    /// All that in words.
    pub text: String,
}

/// Counts over all rows of a probe run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    pub probed: u64,
    pub open: u64,
    pub closed: u64,
    pub rejected: u64,
    pub filtered: u64,
    pub silent: u64,
    pub unreachable: u64,
    pub error: u64,
    pub ok: bool,
    pub elapsed_ms: f64,
    /// Rows that the run did not get to.
    pub unfinished: u64,
    /// Hosts that ration their ICMP errors, and had none to spare for some of the
    /// UDP ports asked (`icmp-limited`); of many hosts the first.
    pub limiting: Vec<String>,
}
