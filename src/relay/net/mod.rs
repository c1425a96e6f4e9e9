//! The socket as source and as sink.

mod receiving;
mod sending;

use nix::errno::Errno;

use crate::failure::StageError;
use crate::stage::connect::Conn;
use crate::stage::{Stage, send};
pub use receiving::Receiving;
pub use sending::Sending;

fn failed(stage: Stage, conn: &Conn, errno: Errno) -> StageError {
    send::failed(stage, &conn.socket, &conn.peer, conn.transport, errno)
}
