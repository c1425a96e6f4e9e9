//! The source of a connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::Socket;

use super::bind;
use crate::failure::Failure;
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::options::{self, Options};

/// `--source ADDR[:PORT]`: where connections come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// None leaves the address to the kernel.
    pub ip: Option<IpAddr>,
    /// 0 leaves the port to the kernel.
    pub port: u16,
}

impl Source {
    /// Whether connections to this address can come from here.
    pub fn reaches(&self, target: &SocketAddr) -> bool {
        self.ip.is_none_or(|ip| ip.is_ipv4() == target.is_ipv4())
    }

    /// The address to bind for a connection to `target`.
    pub fn towards(&self, target: &SocketAddr) -> SocketAddr {
        let any: IpAddr = match target {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        SocketAddr::new(self.ip.unwrap_or(any), self.port)
    }
}

/// Binds the source of a connection to `target`.
///
/// # Errors
/// bind(2): an address this machine does not have, a busy or privileged port.
pub fn source(
    run: &mut Run,
    socket: &Socket,
    source: &Source,
    target: &SocketAddr,
    options: &Options,
) -> Result<(), Failure> {
    options::apply(run, socket, &options.set, Stage::Bind)?;
    if source.port != 0 {
        // TIME_WAIT of an earlier connection from here must not refuse this one.
        let _ = socket.set_reuse_address(true);
    }
    bind(run, socket, &source.towards(target).into())
}
