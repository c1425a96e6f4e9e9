//! The source of a connection that is one of many.

use std::os::fd::AsFd;

use nix::sys::socket::{setsockopt, sockopt};

/// Lets bind(2) choose the address only and connect(2) the port
/// (IP_BIND_ADDRESS_NO_PORT of ip(7), for both families), so that two
/// connections to different peers may share one: otherwise thirty thousand
/// sockets use up every port. Where the kernel does not know the option, bind(2)
/// takes a port as it always did.
pub fn bind_address_only(socket: &impl AsFd) {
    let _ = setsockopt(socket, sockopt::IpBindAddressNoPort, &true);
}
