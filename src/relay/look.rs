//! What looks at the bytes of one direction: `--digest` and `--hex`.
//!
//! It sees what passes the socket, so that both sides of a connection see the
//! same: outward behind `--crlf`, inward before `--lines`. It changes nothing,
//! and stderr never holds it up.

use std::ffi::OsStr;

use super::digest::{Digest, Sum};
use crate::event::{Direction, Event};
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::connect::Conn;
use crate::stage::socket::Transport;

/// What is to be seen of the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// `--digest sha256`
    pub digest: bool,
    /// `--hex`
    pub hex: bool,
}

/// Bytes of one dumped block. With their text they are less than a pipe takes
/// at once (PIPE_BUF), so that a block is written as a whole or not at all.
const BLOCK: usize = 512;

/// Looks at one direction of one connection.
pub struct Look {
    direction: Direction,
    peer: String,
    digest: Option<Digest>,
    hex: Option<Hex>,
}

/// Where a dump is.
struct Hex {
    /// Others may be dumped too: lines need names.
    many: bool,
    /// Messages so far, where they are kept apart.
    messages: Option<u64>,
    offset: u64,
}

impl Look {
    /// At what is sent over a connection, and at what is received. `many` says
    /// that other peers may be dumped too.
    pub fn pair(options: Options, conn: &Conn, many: bool) -> [Look; 2] {
        Look::pair_of(options, &conn.peer, conn.transport, many)
    }

    /// As [`Look::pair`], where there is no connection.
    pub fn pair_of(options: Options, peer: &str, transport: Transport, many: bool) -> [Look; 2] {
        [Direction::Sent, Direction::Received].map(|direction| Look {
            direction,
            peer: peer.to_owned(),
            digest: options.digest.then(Digest::default),
            hex: options.hex.then_some(Hex {
                many,
                messages: transport.keeps_boundaries().then_some(0),
                offset: 0,
            }),
        })
    }

    /// Whether nobody wants to see the bytes.
    pub fn is_blind(&self) -> bool {
        self.digest.is_none() && self.hex.is_none()
    }

    /// These bytes have passed, all of one message where those are kept apart.
    pub fn saw(&mut self, run: &mut Run, bytes: &[u8]) {
        self.saw_of(run, bytes, None);
    }

    /// As [`Look::saw`], where anybody may be the peer.
    pub fn saw_of(&mut self, run: &mut Run, bytes: &[u8], peer: Option<String>) {
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        let Some(hex) = &mut self.hex else { return };
        if let Some(messages) = &mut hex.messages {
            *messages += 1;
            hex.offset = 0;
        }
        let peer = peer.as_ref().unwrap_or(&self.peer);
        // A message of no bytes is one too.
        let blocks = bytes.chunks(BLOCK).chain(bytes.is_empty().then_some(bytes));
        for block in blocks {
            run.tell(Event::Hex {
                direction: self.direction,
                peer: peer.clone(),
                message: hex.messages,
                offset: hex.offset,
                length: block.len(),
                data: block.to_vec(),
                many: hex.many,
            });
            hex.offset += block.len() as u64;
        }
    }

    /// Tells the digest of all that was seen; the end has to be one in order.
    pub fn tell_digest(&self, run: &mut Run, name: &OsStr) {
        if let Some(digest) = &self.digest {
            self.tell_sum(run, name, digest.sum());
        }
    }

    /// Tells a digest of something that is part of this direction.
    pub fn tell_sum(&self, run: &mut Run, name: &OsStr, sum: Sum) {
        run.tell(Event::Digest {
            algorithm: "sha256",
            direction: self.direction,
            peer: self.peer.clone(),
            name: name.to_owned(),
            bytes: sum.bytes,
            digest: sum.to_string(),
        });
    }

    /// Tells that there is no digest, because this direction had no end in
    /// order though the run has.
    pub fn tell_incomplete(&self, run: &mut Run) {
        if self.digest.is_some() {
            let (stage, why) = match self.direction {
                Direction::Sent => (Stage::Send, "not all of it was sent"),
                Direction::Received => (Stage::Recv, "the peer had not ended"),
            };
            run.note(stage, &*self.peer, format!("no digest: {why}"));
        }
    }
}
