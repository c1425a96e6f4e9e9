//! The plan of `sock listen`.

use std::ffi::OsString;
use std::time::Duration;

use super::parts::{GRACE, look, relay_options, send_options, wait};

use crate::address::{self, Local};
use crate::cli;
use crate::plan::flags::Flags;
use crate::plan::options::Typed;
use crate::plan::pauses;
use crate::plan::rules::{self, kind, transports};
use crate::plan::{Act, Facts, Kind, Listen, Talk, Wrong};
use crate::serve::{Answer, Answers, Command, Service, Work};
use crate::services::Services;
use crate::stage::send;
use crate::units::Size;

/// How long peers may take to finish once TERM or HUP came.
const DRAIN: Duration = Duration::from_secs(5);

fn answer(typed: &cli::Serve) -> Option<Answer> {
    match (typed.echo, typed.discard, &typed.reply, typed.generate) {
        (true, ..) => Some(Answer::Echo),
        (_, true, ..) => Some(Answer::Discard),
        (_, _, Some(text), _) => Some(Answer::Reply(text.clone())),
        (.., Some(Size(bytes))) => Some(Answer::Generate(bytes)),
        _ => None,
    }
}

fn command(typed: &cli::Serve, words: &[OsString]) -> Option<Command> {
    match (words.split_first(), &typed.sh) {
        (Some((program, args)), _) => Some(Command {
            program: program.clone(),
            args: args.to_vec(),
        }),
        (None, line) => line.clone().map(Command::of_shell),
    }
}

/// # Errors
/// Addresses that make no sense, alone or with the type.
pub fn listen(typed: cli::Listen, facts: Facts, services: &dyn Services) -> Result<Listen, Wrong> {
    let kind = kind(&typed.socket);
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
    let at = address::local(&typed.words, services)?;
    transports(&at, kind)?;
    let sockets: usize = at.iter().map(Local::sockets).sum();
    let unix = matches!(at.first(), Some(Local::Unix(_)));
    let send = send_options(&typed.send, kind.on(unix)?);
    let recv = relay_options("listen", &typed.recv)?;
    rules::datagrams_have_no_end(kind, &typed.close)?;
    let answer = answer(&typed.serve);
    rules::named_command(&typed.serve, &typed.command)?;
    let command = command(&typed.serve, &typed.command);
    let serves = answer.is_some() || command.is_some();
    let mut never = pauses::never_waiting(&at);
    never.extend(pauses::never_serving(serves));
    never.extend(pauses::never_conversing(kind));
    pauses::check("listen", &typed.run.pause, &never)?;
    rules::answer_as_it_is(answer.as_ref(), send.crlf)?;
    rules::generated_datagrams(answer.as_ref(), kind)?;
    set.flags
        .held_answers(kind, answer.is_some() || typed.serve.keep_open)?;
    rules::paced_answers(answer.as_ref(), kind, send.rate)?;
    rules::many_clients(serves, kind, &typed.serve)?;
    if serves || typed.serve.keep_open {
        rules::accepts(kind, &typed.listen)?;
    }
    if answer.is_some() {
        rules::lingering_server(typed.linger.linger)?;
    }
    let look = look(&typed.look);
    if answer.is_some() || typed.serve.keep_open {
        rules::digest_without_end(kind, look)?;
    }
    let work = match (answer, command) {
        (Some(answer), _) => Some(Work::Answers(Answers {
            answer,
            send: send::Options {
                // An answer is one message, as its question was.
                chunk: match kind {
                    Kind::Seqpacket => rules::bytes(typed.send.chunk),
                    _ => send.chunk,
                },
                ..send.clone()
            },
            recv,
            idle: typed.idle.idle,
            lines: typed.lines.lines || facts.stdout_terminal,
            look,
        })),
        (None, command) => command.map(Work::Command),
    };
    let act = match work {
        Some(work) => Act::Serve(Service {
            work,
            keep_open: typed.serve.keep_open,
            most: typed.serve.max_clients,
            drain: typed.serve.drain.unwrap_or(DRAIN),
        }),
        None if kind == Kind::Datagram && sockets > 1 => {
            return Err(Wrong(
                "one conversation over datagrams has one address; --echo, --discard and --reply \
                 serve many"
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
    let mut wait = wait(at, kind, &set, (&typed.resolve, &typed.listen))?;
    if matches!(&act, Act::Serve(service) if matches!(service.work, Work::Answers(_))) {
        wait.socket.notes.extend(set.flags.useless_of_answers());
    }
    Ok(Listen {
        wait,
        keep_open: typed.serve.keep_open,
        act,
    })
}
