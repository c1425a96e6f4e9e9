//! What probe tells: rows, statistics, traces, and the sum of them all.

use serde::Serialize;

use crate::verdict::{Greeting, State};

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
    /// ports asked (`icmp-limited`); of many hosts the first.
    pub limiting: Vec<String>,
}
