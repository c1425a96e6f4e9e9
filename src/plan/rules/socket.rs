//! What goes with the type of a socket, and with the address it is for.

use std::net::IpAddr;

use crate::address::{Address, Local, Unix};
use crate::cli;
use crate::mode::Mode;
use crate::plan::{Kind, Wrong};
use crate::stage::bind::Source;
use crate::stage::socket::Transport;

/// The socket type that was asked for.
pub fn kind(typed: &cli::Socket) -> Kind {
    match (typed.udp, typed.seqpacket) {
        (true, _) => Kind::Datagram,
        (_, true) => Kind::Seqpacket,
        _ => Kind::Stream,
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

/// The transport to an address.
pub fn transport(address: &Address, kind: Kind) -> Result<Transport, Wrong> {
    kind.on(matches!(address, Address::Unix(_)))
}

/// Every address has to make sense with the type.
pub fn transports(at: &[Local], kind: Kind) -> Result<(), Wrong> {
    at.iter()
        .try_for_each(|local| kind.on(matches!(local, Local::Unix(_))).map(drop))
}

/// `udp://` without -u would be a verdict about another protocol.
pub fn scheme<'a>(words: impl IntoIterator<Item = &'a String>, udp: bool) -> Result<(), Wrong> {
    match words.into_iter().find(|word| word.starts_with("udp://")) {
        Some(word) if !udp => Err(Wrong(format!("{word}: UDP is asked for with -u"))),
        _ => Ok(()),
    }
}

/// An option of tcp(7) on another socket.
pub fn for_tcp_only(transport: Transport, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if transport != Transport::Tcp => Err(Wrong(format!(
            "{option} is for TCP; this is a {} socket",
            spoken(transport)
        ))),
        _ => Ok(()),
    }
}

/// An option about packets, where there are none.
pub fn for_ip_only(transport: Transport, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if transport.is_unix() => Err(Wrong(format!(
            "{option} is for TCP and UDP; nothing of a Unix socket leaves this machine"
        ))),
        _ => Ok(()),
    }
}

/// An option about groups and broadcasts, which a connection does not reach.
pub fn for_udp_only(transport: Transport, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if transport != Transport::Udp => Err(Wrong(format!(
            "{option} is for UDP (-u); this is a {} socket",
            spoken(transport)
        ))),
        _ => Ok(()),
    }
}

/// `--multicast` of one group while another address is dialled: nothing would
/// go to the group, and nothing could be heard of it.
pub fn another_group(group: Option<IpAddr>, dialled: &Address) -> Result<(), Wrong> {
    let dialled_ip = match dialled {
        Address::Inet { host, .. } => host.ip(),
        _ => None,
    };
    // A name may well be that of the group.
    let is_it = |group: &IpAddr| dialled_ip.is_none_or(|ip| ip == *group);
    match group.filter(|group| !is_it(group)) {
        Some(group) => Err(Wrong(format!(
            "--multicast {group} while {dialled} is dialled: who sends dials the group itself \
             (sock send -u {group} PORT), who wants to hear it waits (sock recv -u -l PORT \
             --multicast {group})"
        ))),
        None => Ok(()),
    }
}

/// `--mode` of something that has no permissions.
pub fn mode_without_path(mode: Option<Mode>, at: &[Local]) -> Result<(), Wrong> {
    let has_path = |local: &Local| matches!(local, Local::Unix(Unix::Path(_)));
    match (mode, at.iter().find(|local| !has_path(local))) {
        (Some(mode), Some(local)) => Err(Wrong(format!(
            "--mode {mode} is for the path of a Unix socket (unix:PATH), and {local} has none"
        ))),
        _ => Ok(()),
    }
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

fn spoken(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
        _ => "Unix",
    }
}
