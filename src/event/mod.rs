//! What happened, as data: the only thing `report` is given.
//!
//! Every variant is one JSON object of the schema `sock/1`. Field order is the
//! order of declaration and stays as it is; what is absent is `null`. Nothing
//! here formats text for people, reads a clock or does I/O.

mod probe;
mod traffic;

use std::ffi::OsString;
use std::fmt::Write;

use serde::{Serialize, Serializer};

pub use probe::{Figures, Hop, Path, Probe, Statistics, Summary};
pub use traffic::{Queue, Traffic};

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
    /// One attempt at one address failed, whether or not another follows; a retry
    /// is due; or the kernel allows less than the default backlog.
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
