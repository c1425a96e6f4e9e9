//! What the options of socket(), bind() and close() mean on the sockets of a
//! run: the data that its stages apply.

use super::flags::Flags;
use super::{Wrong, rules};
use crate::cli;
use crate::stage::Stage;
use crate::stage::options::{Options, SocketOption, Useless};
use crate::stage::socket::Transport;

/// All that was typed about the socket itself.
pub struct Typed<'a> {
    pub socket: &'a cli::SocketOptions,
    pub bind: &'a cli::BindOptions,
    pub mode: Option<crate::mode::Mode>,
    pub linger: Option<std::time::Duration>,
    pub flags: Flags,
}

/// On which side a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It dials.
    Dials,
    /// It waits, and is bound in any case.
    Waits,
}

/// The options of a run whose sockets are of these types.
///
/// # Errors
/// An option that makes no sense for one of them.
pub fn options(typed: &Typed<'_>, side: Side, transports: &[Transport]) -> Result<Options, Wrong> {
    for transport in transports {
        rules::for_tcp_only(*transport, &tcp_only(typed.socket))?;
        rules::for_ip_only(*transport, &ip_only(typed))?;
        rules::for_udp_only(*transport, &udp_only(typed.socket))?;
    }
    let mut set = stream(typed.socket);
    set.extend(packets(&typed.socket.packets));
    if let Some(group) = typed.socket.multicast {
        let interface = typed.socket.packets.interface.clone();
        set.push(match side {
            Side::Waits => SocketOption::Join { group, interface },
            Side::Dials => SocketOption::SendTo { group, interface },
        });
    }
    let flags = [
        (typed.socket.broadcast, SocketOption::Broadcast),
        (typed.bind.reuse_port, SocketOption::ReusePort),
        (typed.bind.freebind, SocketOption::Freebind),
    ];
    set.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, set)| set));
    Ok(Options {
        set,
        mptcp: typed.socket.mptcp,
        mode: typed.mode,
        linger: typed.linger,
        notes: without_effect(typed, transports),
    })
}

/// What every packet of a probe carries.
///
/// # Errors
/// Segments over UDP, packets to a Unix socket.
pub fn probe(typed: &cli::Packets, transport: Transport) -> Result<Vec<SocketOption>, Wrong> {
    rules::for_tcp_only(transport, &[("--mss", typed.mss.is_some())])?;
    rules::for_ip_only(transport, &of_packets(typed))?;
    Ok(packets(typed))
}

fn stream(typed: &cli::SocketOptions) -> Vec<SocketOption> {
    let all = [
        typed.sndbuf.map(SocketOption::SendBuffer),
        typed.rcvbuf.map(SocketOption::ReceiveBuffer),
        typed.nodelay.then_some(SocketOption::NoDelay),
        typed.keepalive.map(SocketOption::KeepAlive),
        typed.user_timeout.map(SocketOption::UserTimeout),
        typed.congestion.clone().map(SocketOption::Congestion),
    ];
    all.into_iter().flatten().collect()
}

fn packets(typed: &cli::Packets) -> Vec<SocketOption> {
    let all = [
        typed.dscp.map(SocketOption::Dscp),
        typed.ttl.map(SocketOption::Ttl),
        typed.mss.map(SocketOption::MaxSegment),
        typed.mark.map(SocketOption::Mark),
        typed.interface.clone().map(SocketOption::Interface),
    ];
    all.into_iter().flatten().collect()
}

fn tcp_only(typed: &cli::SocketOptions) -> [(&'static str, bool); 6] {
    [
        ("--nodelay", typed.nodelay),
        ("--keepalive", typed.keepalive.is_some()),
        ("--user-timeout", typed.user_timeout.is_some()),
        ("--mss", typed.packets.mss.is_some()),
        ("--congestion", typed.congestion.is_some()),
        ("--mptcp", typed.mptcp),
    ]
}

fn of_packets(typed: &cli::Packets) -> [(&'static str, bool); 4] {
    [
        ("--dscp", typed.dscp.is_some()),
        ("--ttl", typed.ttl.is_some()),
        ("--mark", typed.mark.is_some()),
        ("--interface", typed.interface.is_some()),
    ]
}

fn ip_only(typed: &Typed<'_>) -> Vec<(&'static str, bool)> {
    let mut all = of_packets(&typed.socket.packets).to_vec();
    all.push(("--reuse-port", typed.bind.reuse_port));
    all.push(("--freebind", typed.bind.freebind));
    all
}

fn udp_only(typed: &cli::SocketOptions) -> [(&'static str, bool); 2] {
    [
        ("--multicast", typed.multicast.is_some()),
        ("--broadcast", typed.broadcast),
    ]
}

/// What the kernel takes without a word, and does nothing with.
fn without_effect(typed: &Typed<'_>, transports: &[Transport]) -> Vec<Useless> {
    let mut notes = typed.flags.useless(transports);
    let unix = transports.iter().any(|transport| transport.is_unix());
    if typed.socket.rcvbuf.is_some() && unix {
        notes.push(Useless {
            stage: Stage::Socket,
            option: "--rcvbuf",
            why: "without effect on a Unix socket, where --sndbuf of the sender counts",
        });
    }
    if typed.linger.is_some() && transports.iter().any(|t| *t != Transport::Tcp) {
        notes.push(Useless {
            stage: Stage::Close,
            option: "--linger",
            why: "without effect on a socket that is not TCP",
        });
    }
    notes
}
