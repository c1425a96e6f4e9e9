//! The silence of a peer that was sent something: whether there is a host that
//! could have said anything.

use std::time::Instant;

use super::Stage;
use super::connect::{Conn, class};
use super::socket::Transport;
use crate::failure::{Class, StageError};
use crate::sys::neighbour;
use crate::verdict::{Evidence, Protocol, judge, sentence};

/// The error of a peer that has said nothing to what was sent from `since` on.
pub fn silence(conn: &Conn, since: Instant, reason: String) -> StageError {
    let error = |class| StageError::new(Stage::Recv, &*conn.peer, class, reason);
    match nobody(conn, since) {
        Some((class, hint)) => error(class).hint(hint),
        None => error(Class::NoAnswer),
    }
}

/// What it is that no neighbour answers for a datagram's peer. Of a connection
/// somebody has answered, and what has become of him TCP says itself.
fn nobody(conn: &Conn, since: Instant) -> Option<(Class, String)> {
    if conn.transport != Transport::Udp {
        return None;
    }
    let peer = conn.socket.peer_addr().ok()?.as_socket()?;
    if !neighbour::is_unanswered(peer, since) {
        return None;
    }
    let target = Some(peer.ip());
    let verdict = judge(Protocol::Udp, target, None, &Evidence::NoNeighbour);
    let hint = sentence(Protocol::Udp, &verdict, target, None, since.elapsed());
    Some((class(&verdict), hint))
}
