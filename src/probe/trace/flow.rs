//! The sockets of one trace: the same source port for one packet after the
//! other, so that every router on the way takes them for one flow.

use std::io;
use std::net::SocketAddr;

use nix::libc;
use socket2::Socket;

use crate::probe::{errno, tcp, udp};
use crate::sys::errqueue;
use crate::verdict::Protocol;

/// How the sockets of a trace are made.
#[derive(Clone, Copy)]
pub struct Flow<'a> {
    /// Whom they ask.
    pub peer: SocketAddr,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Where they come from; port 0 leaves it to the kernel, once.
    pub source: SocketAddr,
    /// Sets what else packets are to carry.
    pub prepare: &'a dyn Fn(&Socket) -> io::Result<()>,
}

impl Flow<'_> {
    /// A socket of the flow; the first fixes its port.
    ///
    /// # Errors
    /// socket(2), setsockopt(2), bind(2).
    pub fn next(&mut self, ttl: Option<u8>) -> io::Result<Socket> {
        let socket = match self.bound(ttl, self.source) {
            // Somebody else took it meanwhile: another flow is better than none.
            Err(error) if errno(&error) == libc::EADDRINUSE => self.beside(ttl)?,
            socket => socket?,
        };
        if let Some(local) = socket.local_addr()?.as_socket() {
            self.source = local;
        }
        Ok(socket)
    }

    /// A socket beside the flow, with a port of its own: two sockets cannot ask
    /// the same port from the same port at a time.
    ///
    /// # Errors
    /// socket(2), setsockopt(2), bind(2).
    pub fn beside(&self, ttl: Option<u8>) -> io::Result<Socket> {
        let mut source = self.source;
        source.set_port(0);
        self.bound(ttl, source)
    }

    /// Gives up the port: it is taken.
    pub fn move_on(&mut self) {
        self.source.set_port(0);
    }

    fn bound(&self, ttl: Option<u8>, source: SocketAddr) -> io::Result<Socket> {
        let v6 = self.peer.is_ipv6();
        let socket = match self.protocol {
            Protocol::Udp => udp::socket(v6)?,
            Protocol::Tcp | Protocol::Unix => tcp::socket(v6)?,
        };
        errqueue::enable_ttl(&socket, v6)?;
        (self.prepare)(&socket)?;
        if let Some(ttl) = ttl {
            if v6 {
                socket.set_unicast_hops_v6(ttl.into())?;
            }
            // An IPv6 socket asks a mapped address over IPv4.
            socket.set_ttl_v4(ttl.into())?;
        }
        socket.set_reuse_address(true)?;
        socket.bind(&source.into())?;
        Ok(socket)
    }
}
