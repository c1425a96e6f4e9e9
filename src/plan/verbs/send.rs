//! The plan of `sock send`.

use super::parts::{CLOSE_WAIT, Sides, look, relay_options, send_options, way};

use crate::cli;
use crate::plan::flags::Flags;
use crate::plan::options::Typed;
use crate::plan::pauses;
use crate::plan::rules::{self, kind};
use crate::plan::{Facts, Kind, Send, What, Wrong};
use crate::services::Services;
use crate::stage::Stage;
use crate::units::Size;

/// # Errors
/// Addresses and combinations that make no sense.
pub fn send(typed: cli::Send, facts: Facts, services: &dyn Services) -> Result<Send, Wrong> {
    let kind = kind(&typed.socket);
    // An address is text; the files behind it are whatever the system has.
    let words: Vec<String> = typed
        .words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let set = Typed {
        socket: &typed.set,
        bind: &typed.bind_options,
        mode: typed.path.mode,
        linger: typed.linger.linger,
        flags: Flags {
            send: typed.send.send_flags,
            recv: typed.recv.recv_flags,
        },
    };
    rules::scheme(&words, typed.socket.udp)?;
    if typed.wait.listen && kind == Kind::Datagram {
        return Err(Wrong(
            "send -u -l: a datagram socket has no peer to send to before one has spoken; \
             sock listen -u answers peers"
                .into(),
        ));
    }
    let sides = Sides {
        verb: "send",
        words: &words,
        waits: typed.wait.listen,
        kind,
        resolve: &typed.resolve,
        bind: &typed.bind,
        listen: &typed.listen,
        connect: &typed.connect,
        pauses: &typed.run.pause,
    };
    let (way, used, transport) = way(&sides, &set, services)?;
    if kind == Kind::Datagram && typed.only.await_reply.is_none() {
        pauses::check("send", &typed.run.pause, &[Stage::Recv])?;
    }
    if kind == Kind::Datagram && typed.only.close_wait.is_some() {
        return Err(Wrong(
            "--close-wait: datagrams are not closed, so nobody says that they were stored".into(),
        ));
    }
    let lines = typed.lines.lines;
    rules::goes_with(
        "--await-reply",
        typed.only.await_reply.is_some(),
        &[("--lines", lines)],
    )?;
    rules::goes_with(
        "--message",
        typed.only.message.is_some(),
        &[
            ("--count", typed.only.count.is_some()),
            ("--await-reply", typed.only.await_reply.is_some()),
        ],
    )?;
    let files = typed.words[used..]
        .iter()
        .map(Into::into)
        .collect::<Vec<_>>();
    let mut send = send_options(&typed.send, transport);
    let what = match typed.only.message {
        Some(_) if !files.is_empty() => {
            return Err(Wrong(format!(
                "{}: --message is sent instead of files",
                words[used]
            )));
        }
        Some(text) => {
            // A message is one send(); only the user's own --chunk may cut it.
            send.chunk = rules::bytes(typed.send.chunk);
            What::Messages {
                text,
                count: typed.only.count.unwrap_or(1),
                await_reply: typed.only.await_reply,
                lines: typed.lines.lines || facts.stdout_terminal,
            }
        }
        None => What::Input {
            files,
            bytes: typed.only.bytes.map(|Size(bytes)| bytes),
        },
    };
    Ok(Send {
        way,
        what,
        send,
        recv: relay_options("send", &typed.recv)?,
        close_wait: typed.only.close_wait.unwrap_or(CLOSE_WAIT),
        idle: typed.idle.idle,
        look: look(&typed.look),
    })
}
