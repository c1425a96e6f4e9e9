//! Names that the kernel knows.

use std::fs;
use std::net::IpAddr;

use nix::ifaddrs::getifaddrs;

/// Network interfaces, in the kernel's order.
pub fn interfaces() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for row in getifaddrs().into_iter().flatten() {
        if !names.contains(&row.interface_name) {
            names.push(row.interface_name);
        }
    }
    names
}

/// The IP addresses of the interfaces; those of one link only need a zone and
/// are left out.
pub fn addresses() -> Vec<String> {
    let rows = getifaddrs().into_iter().flatten();
    let found = rows.filter_map(|row| {
        let address = row.address?;
        let ip = match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
            (Some(v4), _) => IpAddr::V4(v4.ip()),
            (_, Some(v6)) if !v6.ip().is_unicast_link_local() => IpAddr::V6(v6.ip()),
            _ => return None,
        };
        Some(ip.to_string())
    });
    let mut found: Vec<String> = found.collect();
    found.dedup();
    found
}

/// What an ordinary user may choose (tcp(7)).
pub fn congestion() -> Vec<String> {
    let list = fs::read_to_string("/proc/sys/net/ipv4/tcp_allowed_congestion_control");
    let list = list.unwrap_or_default();
    list.split_whitespace().map(str::to_owned).collect()
}
