//! The plan of `sock recv`.

use super::parts::{Sides, look, way};

use crate::cli;
use crate::flags::SendFlags;
use crate::plan::flags::Flags;
use crate::plan::options::Typed;
use crate::plan::pauses;
use crate::plan::rules::{self, kind};
use crate::plan::{Kind, Recv, Wrong};
use crate::ports::PortList;
use crate::services::Services;
use crate::stage::Stage;
use crate::stage::recv as receiving;
use crate::units::Size;

/// # Errors
/// Addresses and combinations that make no sense.
pub fn recv(typed: cli::Recv, services: &dyn Services) -> Result<Recv, Wrong> {
    rules::scheme(&typed.words, typed.socket.udp)?;
    let kind = kind(&typed.socket);
    let set = Typed {
        socket: &typed.set,
        bind: &typed.bind_options,
        mode: typed.path.mode,
        linger: typed.linger.linger,
        flags: Flags {
            send: SendFlags::default(),
            recv: typed.recv.recv_flags,
        },
    };
    let Some(first) = typed.words.first() else {
        return Err(Wrong(
            "recv needs an ADDRESS: `sock recv -l 5005` waits for a sender, \
             `sock recv HOST 5005` dials one"
                .into(),
        ));
    };
    // Nobody can be dialled at a port alone: it says where to listen.
    let alone = typed.words.len() == 1 && (PortList::looks_like(first) || first.starts_with(':'));
    let sides = Sides {
        verb: "recv",
        words: &typed.words,
        waits: typed.wait.listen || alone,
        kind,
        resolve: &typed.resolve,
        bind: &typed.bind,
        listen: &typed.listen,
        connect: &typed.connect,
        pauses: &typed.run.pause,
    };
    let (way, used, transport) = way(&sides, &set, services)?;
    if let Some(extra) = typed.words.get(used) {
        return Err(Wrong(format!(
            "{extra}: recv takes one address; a file to store in is --output {extra}"
        )));
    }
    rules::accepts(kind, &typed.listen)?;
    pauses::check("recv", &typed.run.pause, &[Stage::Send])?;
    if kind == Kind::Datagram {
        pauses::check("recv", &typed.run.pause, &[Stage::Accept])?;
    }
    let forced = typed.only.force;
    rules::goes_with(
        "--output",
        typed.only.output.is_some(),
        &[("--force", forced)],
    )?;
    if typed.only.count.is_some() && !transport.keeps_boundaries() {
        return Err(Wrong(
            "--count counts datagrams (-u) or messages (--seqpacket); a stream has --bytes".into(),
        ));
    }
    let look = look(&typed.look);
    if typed.recv.recv_flags.has("trunc") {
        rules::thrown_away(transport, look)?;
    }
    if typed.only.bytes.is_none() && typed.only.count.is_none() {
        rules::digest_of_datagrams(kind, look)?;
    }
    Ok(Recv {
        way,
        recv: receiving::Options {
            flags: typed.recv.recv_flags.bits(),
            chunk: rules::bytes(typed.recv.recv_chunk),
        },
        output: typed.only.output,
        force: typed.only.force,
        bytes: typed.only.bytes.map(|Size(bytes)| bytes),
        count: typed.only.count,
        idle: typed.idle.idle,
        lines: typed.lines.lines,
        look,
    })
}
