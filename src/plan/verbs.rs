//! From the words of one verb to its plan.

use std::time::Duration;

use super::options::{self, Side, Typed};
use super::rules::{self, chunk, kind, paced_chunk, resolve, source, transport, transports};
use super::{
    Act, Answer, Connect, Dial, Facts, Kind, Listen, Probe, Recv, Send, Serve, Talk, Wait, Way,
    What, Wrong,
};
use crate::address::{self, Address, Local};
use crate::cli;
use crate::ports::PortList;
use crate::services::Services;
use crate::stage::Stage;
use crate::stage::options::Useless;
use crate::stage::socket::Transport;
use crate::stage::{
    accept, connect as connecting, listen as listening, recv as receiving, send as sending,
};
use crate::targets;
use crate::units::{Limit, Size};
use crate::verdict::State;
use crate::word::nearest;

/// How long stdin may be silent after the peer's end.
const GRACE: Limit = Limit::For(Duration::from_secs(5));

/// How long the peer may take to close after our end.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// listen(2)'s argument unless `--backlog` says otherwise: what std uses too.
const BACKLOG: i32 = 128;

fn wait(
    at: Vec<Local>,
    kind: Kind,
    set: &Typed<'_>,
    typed: (&cli::Resolve, &cli::ListenOptions),
) -> Result<Wait, Wrong> {
    let (resolve, options) = typed;
    rules::mode_without_path(set.mode, &at)?;
    let transports = at
        .iter()
        .map(|local| kind.on(matches!(local, Local::Unix(_))));
    let transports = transports.collect::<Result<Vec<_>, _>>()?;
    Ok(Wait {
        socket: options::options(set, Side::Waits, &transports)?,
        at,
        kind,
        resolve: rules::resolve(resolve),
        listen: listening::Options {
            backlog: options.backlog.unwrap_or(BACKLOG),
        },
        accept: accept::Options {
            timeout: options.accept_timeout,
        },
    })
}

fn dial(
    dial: address::Dial,
    transport: Transport,
    set: &Typed<'_>,
    typed: (&cli::Resolve, &cli::Bind, &cli::ConnectOptions),
) -> Result<Dial, Wrong> {
    let (resolving, bind, options) = typed;
    let unix = matches!(dial.address, Address::Unix(_));
    rules::goes_with(
        "--source",
        bind.source.is_some(),
        &[
            ("--reuse-port", set.bind.reuse_port),
            ("--freebind", set.bind.freebind),
        ],
    )?;
    rules::goes_with("--listen", false, &[("--mode", set.mode.is_some())])?;
    rules::another_group(set.socket.multicast, &dial.address)?;
    Ok(Dial {
        transport,
        resolve: resolve(resolving),
        connect: connecting::Options {
            timeout: options.connect_timeout,
            source: source(bind.source.as_deref(), unix)?,
            socket: options::options(set, Side::Dials, &[transport])?,
        },
        retry: options.retry,
        retry_interval: options.retry_interval,
        note: dial.note,
        address: dial.address,
    })
}

fn send_options(typed: &cli::SendOptions, transport: Transport) -> sending::Options {
    let bytes = rules::bytes(typed.chunk);
    sending::Options {
        flags: typed.send_flags.bits(),
        chunk: paced_chunk(chunk(bytes, transport), typed.rate, transport),
        interval: typed.interval,
        rate: typed.rate,
        crlf: typed.crlf,
    }
}

/// The flags of a verb that reads until the end: with these it would never
/// get there, or have nothing to show.
fn relay_options(verb: &str, typed: &cli::RecvOptions) -> Result<receiving::Options, Wrong> {
    match ["peek", "oob", "trunc", "dontwait", "waitall"]
        .into_iter()
        .find(|flag| typed.recv_flags.has(flag))
    {
        Some(flag) => Err(Wrong(format!(
            "--recv-flags {flag} is for sock recv; {verb} has to read what comes"
        ))),
        None => Ok(receiving::Options {
            flags: typed.recv_flags.bits(),
            chunk: rules::bytes(typed.recv_chunk),
        }),
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
    let act = match answer {
        Some(answer) => Act::Serve(Serve {
            answer,
            send,
            recv,
            idle: typed.idle.idle,
            lines: typed.lines.lines || facts.stdout_terminal,
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
        }),
    };
    Ok(Listen {
        wait: wait(at, kind, &set, (&typed.resolve, &typed.listen))?,
        keep_open: typed.serve.keep_open,
        act,
    })
}

fn sockets(local: &Local) -> usize {
    match local {
        Local::Inet(at) => at.ports.len(),
        Local::Unix(_) => 1,
    }
}

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
    rules::pauses("connect", &typed.run.pause, &[Stage::Listen, Stage::Accept])?;
    rules::datagrams_have_no_end(kind, &typed.close)?;
    let set = Typed {
        socket: &typed.set,
        bind: &typed.bind_options,
        mode: None,
        linger: typed.linger.linger,
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
        },
    })
}

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
    };
    rules::scheme(&words, typed.socket.udp)?;
    let (way, used, transport) = if typed.wait.listen {
        if kind == Kind::Datagram {
            return Err(Wrong(
                "send -u -l: a datagram socket has no peer to send to before one has spoken; \
                 sock listen -u answers peers"
                    .into(),
            ));
        }
        let (at, used) = address::local_one(&words, services)?;
        if sockets(&at) > 1 {
            return Err(Wrong(format!("{at}: send takes one port")));
        }
        let transport = kind.on(matches!(at, Local::Unix(_)))?;
        let wait = wait(vec![at], kind, &set, (&typed.resolve, &typed.listen))?;
        (Way::Wait(wait), used, transport)
    } else {
        let address = address::dial(&words, services)?;
        let (used, transport) = (address.used, transport(&address.address, kind)?);
        let dial = dial(
            address,
            transport,
            &set,
            (&typed.resolve, &typed.bind, &typed.connect),
        )?;
        (Way::Dial(dial), used, transport)
    };
    let never: &[Stage] = match way {
        Way::Dial(_) => &[Stage::Listen, Stage::Accept],
        Way::Wait(_) => &[Stage::Connect],
    };
    rules::pauses("send", &typed.run.pause, never)?;
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
        "--listen",
        typed.wait.listen,
        &[
            ("--backlog", typed.listen.backlog.is_some()),
            ("--accept-timeout", typed.listen.accept_timeout.is_some()),
        ],
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
    })
}

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
    let (way, used, transport) = if typed.wait.listen || alone {
        let (at, used) = address::local_one(&typed.words, services)?;
        if sockets(&at) > 1 {
            return Err(Wrong(format!("{at}: recv takes one port")));
        }
        let transport = kind.on(matches!(at, Local::Unix(_)))?;
        let wait = wait(vec![at], kind, &set, (&typed.resolve, &typed.listen))?;
        (Way::Wait(wait), used, transport)
    } else {
        let address = address::dial(&typed.words, services)?;
        let (used, transport) = (address.used, transport(&address.address, kind)?);
        let dial = dial(
            address,
            transport,
            &set,
            (&typed.resolve, &typed.bind, &typed.connect),
        )?;
        (Way::Dial(dial), used, transport)
    };
    if let Some(extra) = typed.words.get(used) {
        return Err(Wrong(format!(
            "{extra}: recv takes one address; a file to store in is --output {extra}"
        )));
    }
    let never: &[Stage] = match way {
        Way::Dial(_) => &[Stage::Listen, Stage::Accept],
        Way::Wait(_) => &[Stage::Connect],
    };
    rules::pauses("recv", &typed.run.pause, never)?;
    rules::accepts(kind, &typed.listen)?;
    rules::goes_with(
        "--listen",
        matches!(way, Way::Wait(_)),
        &[
            ("--backlog", typed.listen.backlog.is_some()),
            ("--accept-timeout", typed.listen.accept_timeout.is_some()),
        ],
    )?;
    let forced = typed.only.force;
    rules::goes_with(
        "--output",
        typed.only.output.is_some(),
        &[("--force", forced)],
    )?;
    let mut way = way;
    if typed.recv.recv_flags.has("waitall") && transport.keeps_boundaries() {
        way.useless(Useless {
            stage: Stage::Recv,
            option: "--recv-flags waitall",
            why: "without effect on a socket that keeps messages apart",
        });
    }
    if typed.only.count.is_some() && !transport.keeps_boundaries() {
        return Err(Wrong(
            "--count counts datagrams (-u) or messages (--seqpacket); a stream has --bytes".into(),
        ));
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
    })
}

/// # Errors
/// Targets and combinations that make no sense.
pub fn probe(typed: cli::Probe, services: &dyn Services) -> Result<Probe, Wrong> {
    rules::scheme(&typed.words, typed.udp.udp)?;
    let ports = match &typed.probe.ports {
        Some(list) => Some(PortList::parse(list, services)?),
        None => None,
    };
    let (targets, note) = targets::targets(&typed.words, ports.as_ref(), services)?;
    let unix = |target: &targets::Target| matches!(target.host, targets::TargetHost::Unix(_));
    if typed.udp.udp
        && let Some(target) = targets.iter().find(|target| unix(target))
    {
        return Err(Wrong(format!(
            "{target}: -u asks over UDP, which a Unix socket is not"
        )));
    }
    let expect = match typed.probe.expect {
        Some(word) => Some(word.parse::<State>().map_err(|unknown| {
            match nearest(&word, State::ALL.map(State::name)) {
                Some(meant) => Wrong(format!("--expect: {unknown}; did you mean `{meant}`?")),
                None => Wrong(format!("--expect: {unknown}")),
            }
        })?),
        None => None,
    };
    rules::expectable(expect)?;
    rules::probe_pauses(&typed.run.pause)?;
    let transport = match typed.udp.udp {
        true => Transport::Udp,
        false => Transport::Tcp,
    };
    Ok(Probe {
        set: options::probe(&typed.packets, transport)?,
        source: source(typed.bind.source.as_deref(), targets.iter().all(unix))?,
        targets,
        udp: typed.udp.udp,
        resolve: resolve(&typed.resolve),
        wait: typed.connect.connect_timeout,
        expect,
        all_addresses: typed.probe.all_addresses,
        note,
    })
}
