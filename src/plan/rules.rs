//! Rules between options, small functions named for the mistake.

use std::net::IpAddr;

use super::{Kind, Wrong};
use crate::address::{Address, Local};
use crate::cli;
use crate::run::Pause;
use crate::stage::Stage;
use crate::stage::bind::Source;
use crate::stage::resolve::{self, Family};
use crate::stage::socket::Transport;
use crate::verdict::State;

/// The socket type that was asked for.
pub fn kind(typed: &cli::Socket) -> Kind {
    match (typed.udp, typed.seqpacket) {
        (true, _) => Kind::Datagram,
        (_, true) => Kind::Seqpacket,
        _ => Kind::Stream,
    }
}

/// The options of the resolve stage.
pub fn resolve(typed: &cli::Resolve) -> resolve::Options {
    resolve::Options {
        family: match (typed.ipv4, typed.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        },
        numeric: typed.numeric,
        timeout: typed.resolve_timeout,
    }
}

impl Kind {
    /// What it is on a Unix socket or over IP.
    ///
    /// # Errors
    /// SOCK_SEQPACKET over IP.
    pub fn on(self, unix: bool) -> Result<Transport, Wrong> {
        Ok(match (self, unix) {
            (Kind::Stream, false) => Transport::Tcp,
            (Kind::Stream, true) => Transport::UnixStream,
            (Kind::Datagram, false) => Transport::Udp,
            (Kind::Datagram, true) => Transport::UnixDatagram,
            (Kind::Seqpacket, true) => Transport::UnixSeqpacket,
            (Kind::Seqpacket, false) => {
                return Err(Wrong(
                    "--seqpacket is for Unix sockets (unix:PATH); over IP there is no such type"
                        .into(),
                ));
            }
        })
    }
}

/// Options that mean nothing without another one.
pub fn goes_with(needed: &str, given: bool, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if !given => Err(Wrong(format!("{option} goes with {needed}"))),
        _ => Ok(()),
    }
}

/// The transport to an address.
pub fn transport(address: &Address, kind: Kind) -> Result<Transport, Wrong> {
    kind.on(matches!(address, Address::Unix(_)))
}

/// Every address has to make sense with the type.
pub fn transports(at: &[Local], kind: Kind) -> Result<(), Wrong> {
    at.iter()
        .try_for_each(|local| kind.on(matches!(local, Local::Unix(_))).map(drop))
}

/// `--source ADDR[:PORT]`
pub fn source(word: Option<&str>, unix: bool) -> Result<Option<Source>, Wrong> {
    let Some(word) = word else { return Ok(None) };
    if unix {
        return Err(Wrong(format!(
            "--source {word} is an IP address, and a Unix socket has none"
        )));
    }
    let wrong = || {
        Wrong(format!(
            "--source {word}: expected an address of this machine with or without a port, \
             such as 10.0.0.9, 10.0.0.9:4000, [::1]:4000 or :4000"
        ))
    };
    let (ip, port) = match word.parse::<IpAddr>() {
        Ok(ip) => (Some(ip), None),
        Err(_) => match word.rsplit_once(':') {
            Some(("" | "*", port)) => (None, Some(port)),
            Some((ip, port)) => {
                let ip = match ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')) {
                    Some(v6) => v6.parse().map(IpAddr::V6),
                    None => ip.parse().map(IpAddr::V4),
                };
                (Some(ip.map_err(|_| wrong())?), Some(port))
            }
            None => return Err(wrong()),
        },
    };
    let port = match port {
        Some(port) => port.parse().map_err(|_| wrong())?,
        None => 0,
    };
    Ok(Some(Source { ip, port }))
}

/// `--expect STATE` of a state that is an answer.
pub fn expectable(expect: Option<State>) -> Result<(), Wrong> {
    match expect {
        Some(State::Error) => Err(Wrong(
            "--expect error: `error` is trouble of this machine and no answer of a port".into(),
        )),
        _ => Ok(()),
    }
}

/// `--pause` of a stage that a probe can stop after: thousands of sockets are
/// at the later ones all at once.
pub fn probe_pauses(pauses: &[Pause]) -> Result<(), Wrong> {
    match pauses.iter().find(|pause| pause.stage != Stage::Resolve) {
        Some(Pause { stage, .. }) => Err(Wrong(format!(
            "--pause {stage}: probe can pause after `resolve` only; \
             `sock connect --pause {stage}=2s` shows one connection"
        ))),
        None => Ok(()),
    }
}

/// Bytes a datagram may carry so that it needs no fragments on Ethernet: 1,500
/// less the headers of IPv6 (40) and UDP (8); IPv4 would leave 20 more.
const UDP_CHUNK: usize = 1452;

/// A Unix datagram is bounded by the sender's buffer; this fits the default.
const UNIX_CHUNK: usize = 64 * 1024;

/// `--chunk`, or what a socket of this type takes at once.
pub fn chunk(typed: Option<usize>, transport: Transport) -> Option<usize> {
    typed.or(match transport {
        Transport::Udp => Some(UDP_CHUNK),
        Transport::UnixDatagram | Transport::UnixSeqpacket => Some(UNIX_CHUNK),
        Transport::Tcp | Transport::UnixStream => None,
    })
}
