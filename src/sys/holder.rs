//! Who holds an address, as far as proc(5) tells.

use std::fs;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use socket2::{SockAddr, Type};

use super::sock_diag;

/// `nginx (pid 812)`, or None where /proc does not tell: another user's
/// processes show their sockets only to themselves and to root.
pub fn of(address: &SockAddr, kind: Option<Type>) -> Option<String> {
    let inode = match (address.as_socket(), address.as_pathname()) {
        (Some(inet), _) => {
            let protocol = if kind == Some(Type::DGRAM) {
                "udp"
            } else {
                "tcp"
            };
            inet_inode(protocol, &inet)?
        }
        (None, Some(path)) => by_file(path).or_else(|| unix_inode(&path.display().to_string()))?,
        (None, None) => {
            let name = address.as_abstract_namespace()?;
            unix_inode(&format!("@{}", String::from_utf8_lossy(name)))?
        }
    };
    process_with(&format!("socket:[{inode}]"))
}

fn inet_inode(protocol: &str, wanted: &SocketAddr) -> Option<String> {
    ["", "6"].iter().find_map(|version| {
        let table = fs::read_to_string(format!("/proc/net/{protocol}{version}")).ok()?;
        in_inet_table(&table, protocol, wanted)
    })
}

/// The inode of the socket that keeps others from `wanted`.
fn in_inet_table(table: &str, protocol: &str, wanted: &SocketAddr) -> Option<String> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let (ip, port) = local.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let ip = kernel_ip(ip)?;
        let clashes = ip.is_unspecified() || wanted.ip().is_unspecified() || ip == wanted.ip();
        // 0A is LISTEN; UDP sockets have no such state.
        let holds = protocol == "udp" || *state == "0A";
        (port == wanted.port() && clashes && holds).then(|| (*inode).to_owned())
    })
}

/// Addresses stand in /proc as 32-bit words in the byte order of the machine.
fn kernel_ip(hex: &str) -> Option<IpAddr> {
    let words: Vec<[u8; 4]> = (0..hex.len())
        .step_by(8)
        .map(|at| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok())
        .map(|word| word.map(u32::to_ne_bytes))
        .collect::<Option<_>>()?;
    match words.as_slice() {
        [word] => Some(IpAddr::from(*word)),
        [_, _, _, _] => {
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

/// By the file itself: it has more names than the one it was bound by.
fn by_file(path: &Path) -> Option<String> {
    let file = fs::symlink_metadata(path).ok()?;
    let found = sock_diag::bound_to(file.dev(), file.ino(), path.file_name()?);
    found.ok()?.map(|inode| inode.to_string())
}

fn unix_inode(name: &str) -> Option<String> {
    let table = fs::read_to_string("/proc/net/unix").ok()?;
    in_unix_table(&table, name)
}

fn in_unix_table(table: &str, name: &str) -> Option<String> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(6);
        let inode = fields.next()?;
        (fields.next()? == name).then(|| inode.to_owned())
    })
}

fn process_with(link: &str) -> Option<String> {
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let pid = process.file_name();
        let pid = pid.to_string_lossy();
        if !pid.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let Ok(descriptors) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let holds = |path: &Path| fs::read_link(path).is_ok_and(|to| to.as_os_str() == link);
        if descriptors.flatten().any(|entry| holds(&entry.path())) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", name.trim_end()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 0200007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
";

    #[test]
    fn a_listener_on_the_port_is_found_by_address_or_wildcard() {
        let find = |wanted: &str| in_inet_table(TCP, "tcp", &wanted.parse().unwrap());
        assert_eq!(find("127.0.0.1:8080"), Some("4711".into()));
        assert_eq!(find("0.0.0.0:8080"), Some("4711".into()));
        assert_eq!(find("127.0.0.2:8080"), None);
        assert_eq!(find("127.0.0.2:8081"), None, "a connection holds nothing");
    }

    #[test]
    fn both_families_are_read() {
        assert_eq!(kernel_ip("0100007F"), Some("127.0.0.1".parse().unwrap()));
        assert_eq!(
            kernel_ip("00000000000000000000000001000000"),
            Some("::1".parse().unwrap())
        );
        assert_eq!(kernel_ip("zz"), None);
    }

    #[test]
    fn unix_sockets_are_found_by_name() {
        let table = "Num RefCount Protocol Flags Type St Inode Path\n\
                     ffff: 00000002 00000000 00010000 0001 01 99 /run/x\n";
        assert_eq!(in_unix_table(table, "/run/x"), Some("99".into()));
        assert_eq!(in_unix_table(table, "/run/y"), None);
    }
}
