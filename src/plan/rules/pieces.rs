//! In what pieces bytes are taken, and what may be looked at on the way.

use crate::plan::{Kind, Wrong};
use crate::relay::look;
use crate::stage::socket::Transport;
use crate::units::{Rate, Size};

/// Bytes a datagram may carry so that it needs no fragments on Ethernet: 1,500
/// less the headers of IPv6 (40) and UDP (8); IPv4 would leave 20 more.
const UDP_CHUNK: usize = 1452;

/// A Unix datagram is bounded by the sender's buffer; this fits the default.
const UNIX_CHUNK: usize = 64 * 1024;

/// How many pieces a second a paced stream is sent in: one of them is all that
/// it may be ahead of its rate.
const PIECES: u64 = 50;

/// A size as memory counts it.
pub fn bytes(size: Option<Size>) -> Option<usize> {
    size.map(|Size(bytes)| usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// `--chunk`, or what a socket of this type takes at once.
pub fn chunk(typed: Option<usize>, transport: Transport) -> Option<usize> {
    typed.or(match transport {
        Transport::Udp => Some(UDP_CHUNK),
        Transport::UnixDatagram | Transport::UnixSeqpacket => Some(UNIX_CHUNK),
        Transport::Tcp | Transport::UnixStream => None,
    })
}

/// With `--rate` a stream leaves in small pieces; what has boundaries keeps them.
pub fn paced_chunk(
    chunk: Option<usize>,
    rate: Option<Rate>,
    transport: Transport,
) -> Option<usize> {
    match rate {
        Some(Rate(bytes)) if !transport.keeps_boundaries() => {
            let piece = usize::try_from((bytes / PIECES).max(1)).unwrap_or(usize::MAX);
            Some(chunk.map_or(piece, |chunk| chunk.min(piece)))
        }
        _ => chunk,
    }
}

/// `--digest` of datagrams that nobody calls complete.
pub fn digest_of_datagrams(kind: Kind, look: look::Options) -> Result<(), Wrong> {
    match kind {
        Kind::Datagram if look.digest => Err(Wrong(
            "--digest: datagrams have no end; --bytes or --count has to say when all has come"
                .into(),
        )),
        _ => Ok(()),
    }
}

/// A look at bytes that the kernel throws away.
pub fn thrown_away(transport: Transport, look: look::Options) -> Result<(), Wrong> {
    let option = match look {
        look::Options { digest: true, .. } => "--digest",
        look::Options { hex: true, .. } => "--hex",
        _ => return Ok(()),
    };
    match transport {
        Transport::Tcp => Err(Wrong(format!(
            "{option} looks at the bytes, and with --recv-flags trunc the kernel throws them away"
        ))),
        _ => Ok(()),
    }
}
