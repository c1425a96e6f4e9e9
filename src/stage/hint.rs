//! What an errno means at a stage, for a person. A table, pure.

use nix::errno::Errno;

use super::Stage;

/// The hint that helps, where one does.
pub fn hint(stage: Stage, errno: Errno) -> Option<&'static str> {
    use Errno::*;
    Some(match (stage, errno) {
        (Stage::Connect, ECONNREFUSED) => "the host answered, nothing listens on this port",
        (Stage::Connect, ENOENT) => "there is no such socket",
        (Stage::Connect, EPROTOTYPE) => {
            "the socket there is of another type: see --udp (datagram) and --seqpacket"
        }
        (Stage::Connect, ENOTSOCK) => "this file is not a socket",
        (Stage::Connect, EADDRNOTAVAIL) => {
            "no free local port for this destination, or no local address of its family"
        }
        (Stage::Connect, ENETUNREACH) => "no route to this network",
        (Stage::Connect, EAGAIN) => "the listener's backlog is full",
        (Stage::Bind, EACCES) => "a port below 1024 needs CAP_NET_BIND_SERVICE",
        (Stage::Bind, EADDRNOTAVAIL) => "this machine does not have that address",
        (Stage::Bind, ENOENT) => "the directory does not exist",
        (Stage::Socket, EAFNOSUPPORT) => "this machine does not speak that family",
        (_, EMFILE) => "out of descriptors: see ulimit -n",
        (_, ENFILE) => "the system is out of descriptors: see fs.file-max",
        (Stage::Send, EPIPE | ECONNRESET) => "the peer has closed; not everything reached it",
        (Stage::Recv, ECONNRESET) => "the peer ended the connection with a reset",
        (Stage::Send, EMSGSIZE) => "the datagram is too long: see --chunk",
        (Stage::Send | Stage::Recv, EOPNOTSUPP) => "on this type of socket nothing is urgent",
        (Stage::Recv, EINVAL) => "there is no urgent byte to receive with --recv-flags oob",
        (Stage::Send | Stage::Connect, EPERM) => "a local firewall drops it",
        (Stage::Send | Stage::Recv, ETIMEDOUT) => "the peer has stopped answering",
        _ => return None,
    })
}
