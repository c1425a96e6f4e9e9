//! The numbers of a conversation, and of a queue in front of one.

use serde::Serialize;

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
