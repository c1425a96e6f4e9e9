//! A question to a local socket, unix(7). connect() answers at once: yes, or
//! why not.
//!
//! What nobody listens on is closed, whether the file is gone or only its
//! server; a full accept queue is a server that does not answer; a socket of
//! another type is asked again as what it is. Missing permission is our trouble
//! and no answer.

use std::io;
use std::path::Path;

use nix::libc;
use socket2::{Domain, SockAddr, Socket, Type};

use super::{Outcome, Peer, Prepare, errno};
use crate::verdict::Evidence;

/// Connects as a stream, then as seqpacket. If it is neither, connect() has
/// found a datagram socket: that one is bound, which is all it can be asked.
pub fn ask(peer: &Peer, path: &Path, prepare: Option<Prepare<'_>>) -> (Option<Socket>, Outcome) {
    for kind in [Type::STREAM, Type::SEQPACKET] {
        match connect(peer, path, kind, prepare) {
            Ok(socket) => {
                return (Some(socket), Outcome::Settled(Evidence::Connected, None));
            }
            Err(error) if errno(&error) == libc::EPROTOTYPE => {}
            Err(error) => return (None, settle(&error)),
        }
    }
    let evidence = Evidence::errno(libc::EPROTOTYPE);
    (None, Outcome::Settled(evidence, None))
}

fn connect(
    peer: &Peer,
    path: &Path,
    kind: Type,
    prepare: Option<Prepare<'_>>,
) -> io::Result<Socket> {
    // The only way in which a path is no address.
    let address =
        SockAddr::unix(path).map_err(|_| io::Error::from_raw_os_error(libc::ENAMETOOLONG))?;
    let socket = Socket::new(Domain::UNIX, kind.nonblocking(), None)?;
    if let Some(prepare) = prepare {
        prepare(&socket, peer)?;
    }
    socket.connect(&address)?;
    Ok(socket)
}

fn settle(error: &io::Error) -> Outcome {
    match Outcome::failed(error) {
        Outcome::Settled(evidence, _) => Outcome::Settled(evidence, None),
        short => short,
    }
}
