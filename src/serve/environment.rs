//! What a command is told about its peer.

use std::net::SocketAddr;
use std::process::Command;

use socket2::SockAddr;

use crate::stage::connect::Conn;
use crate::stage::socket::{Transport, name};

/// `SOCK_PEER_ADDR SOCK_PEER_PORT SOCK_LOCAL_ADDR SOCK_LOCAL_PORT SOCK_PROTO`;
/// a Unix socket has no port.
pub fn tell_who_is_there(process: &mut Command, conn: &Conn) {
    let protocol = match conn.transport {
        Transport::Tcp => "tcp",
        _ => "unix",
    };
    process.env("SOCK_PROTO", protocol);
    let names = [
        ("SOCK_PEER_ADDR", "SOCK_PEER_PORT", conn.socket.peer_addr()),
        (
            "SOCK_LOCAL_ADDR",
            "SOCK_LOCAL_PORT",
            conn.socket.local_addr(),
        ),
    ];
    for (address, port, socket) in names {
        let (ip, number) = parts(socket.ok());
        process.env(address, ip);
        match number {
            Some(number) => process.env(port, number.to_string()),
            None => process.env_remove(port),
        };
    }
}

/// IPv4 peers of a dual-stack socket are unmapped; of a Unix socket the path or
/// `@NAME`, empty where it has neither.
fn parts(address: Option<SockAddr>) -> (String, Option<u16>) {
    let Some(address) = address else {
        return (String::new(), None);
    };
    match address.as_socket() {
        Some(SocketAddr::V6(inet)) if inet.scope_id() != 0 => (
            format!("{}%{}", inet.ip(), inet.scope_id()),
            Some(inet.port()),
        ),
        Some(inet) => (inet.ip().to_canonical().to_string(), Some(inet.port())),
        None => {
            let told = name(&address);
            (told.trim_start_matches("unix:").to_owned(), None)
        }
    }
}
