//! The plan of `sock listen`.

use super::parts::{GRACE, look, relay_options, send_options, sockets, wait};

use crate::address::{self, Local};
use crate::cli;
use crate::plan::options::Typed;
use crate::plan::rules::{self, kind, transports};
use crate::plan::{Act, Answer, Facts, Kind, Listen, Serve, Talk, Wrong};
use crate::services::Services;
use crate::stage::Stage;
use crate::units::Size;

/// # Errors
/// Addresses that make no sense, alone or with the type.
pub fn listen(typed: cli::Listen, facts: Facts, services: &dyn Services) -> Result<Listen, Wrong> {
    let kind = kind(&typed.socket);
    let set = Typed {
        socket: &typed.set,
        bind: &typed.bind_options,
        mode: typed.path.mode,
        linger: typed.linger.linger,
    };
    let at = address::local(&typed.words, services)?;
    transports(&at, kind)?;
    let sockets: usize = at.iter().map(sockets).sum();
    let unix = matches!(at.first(), Some(Local::Unix(_)));
    let send = send_options(&typed.send, kind.on(unix)?);
    let recv = relay_options("listen", &typed.recv)?;
    rules::pauses("listen", &typed.run.pause, &[Stage::Connect])?;
    rules::datagrams_have_no_end(kind, &typed.close)?;
    let answer = match (typed.serve.echo, typed.serve.reply, typed.serve.generate) {
        (true, ..) => Some(Answer::Echo),
        (_, Some(text), _) => Some(Answer::Reply(text)),
        (.., Some(Size(bytes))) => Some(Answer::Generate(bytes)),
        _ => None,
    };
    rules::answer_as_it_is(answer.as_ref(), send.crlf)?;
    rules::generated_datagrams(answer.as_ref(), kind)?;
    rules::paced_answers(answer.as_ref(), kind, send.rate)?;
    if answer.is_some() || typed.serve.keep_open {
        rules::accepts(kind, &typed.listen)?;
    }
    if answer.is_some() {
        rules::lingering_server(typed.linger.linger)?;
    }
    let look = look(&typed.look);
    if answer.is_some() || typed.serve.keep_open {
        rules::digest_without_end(kind, look)?;
    }
    let act = match answer {
        Some(answer) => Act::Serve(Serve {
            answer,
            send,
            recv,
            idle: typed.idle.idle,
            lines: typed.lines.lines || facts.stdout_terminal,
            look,
        }),
        None if kind == Kind::Datagram && sockets > 1 => {
            return Err(Wrong(
                "one conversation over datagrams has one address; --echo and --reply serve many"
                    .into(),
            ));
        }
        None => Act::Relay(Talk {
            send,
            recv,
            on_eof: typed.close.on_eof.unwrap_or_default(),
            grace: typed.close.grace.unwrap_or(GRACE),
            quit_after_eof: typed.close.quit_after_eof,
            idle: typed.idle.idle,
            lines: typed.lines.lines,
            look,
        }),
    };
    Ok(Listen {
        wait: wait(at, kind, &set, (&typed.resolve, &typed.listen))?,
        keep_open: typed.serve.keep_open,
        act,
    })
}
