//! The plan of `sock connect`.

use super::parts::{GRACE, dial, look, relay_options, send_options};

use crate::address;
use crate::cli;
use crate::plan::flags::Flags;
use crate::plan::options::Typed;
use crate::plan::pauses;
use crate::plan::rules::{self, kind, transport};
use crate::plan::{Connect, Talk, Wrong};
use crate::services::Services;

/// # Errors
/// An address that makes no sense, alone or with the type.
pub fn connect(typed: cli::Connect, services: &dyn Services) -> Result<Connect, Wrong> {
    rules::scheme(&typed.words, typed.socket.udp)?;
    let address = address::dial(&typed.words, services)?;
    if let Some(extra) = typed.words.get(address.used) {
        return Err(Wrong(format!(
            "{extra}: connect takes one address, and {} is one already",
            address.address
        )));
    }
    let kind = kind(&typed.socket);
    let transport = transport(&address.address, kind)?;
    let mut never = pauses::never_dialling(&address.address, typed.bind.source.is_some());
    never.extend(pauses::never_conversing(kind));
    pauses::check("connect", &typed.run.pause, &never)?;
    rules::datagrams_have_no_end(kind, &typed.close)?;
    let set = Typed {
        socket: &typed.set,
        bind: &typed.bind_options,
        mode: None,
        linger: typed.linger.linger,
        flags: Flags {
            send: typed.send.send_flags,
            recv: typed.recv.recv_flags,
        },
    };
    Ok(Connect {
        dial: dial(
            address,
            transport,
            &set,
            (&typed.resolve, &typed.bind, &typed.connect),
        )?,
        talk: Talk {
            send: send_options(&typed.send, transport),
            recv: relay_options("connect", &typed.recv)?,
            on_eof: typed.close.on_eof.unwrap_or_default(),
            grace: typed.close.grace.unwrap_or(GRACE),
            quit_after_eof: typed.close.quit_after_eof,
            idle: typed.idle.idle,
            lines: typed.lines.lines,
            look: look(&typed.look),
        },
    })
}
