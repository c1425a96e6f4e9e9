//! What the plans of several verbs have in common.

use std::time::Duration;

use crate::address::{self, Address, Local};
use crate::cli;
use crate::guests;
use crate::plan::Way;
use crate::plan::options::{self, Side, Typed};
use crate::plan::pauses;
use crate::plan::rules::transport;
use crate::plan::rules::{self, chunk, paced_chunk, resolve, source};
use crate::plan::{Dial, Kind, Wait, Wrong};
use crate::relay::look;
use crate::run::Pause;
use crate::services::Services;
use crate::stage::socket::Transport;
use crate::stage::{
    accept, connect as connecting, listen as listening, recv as receiving, send as sending,
};
use crate::units::Limit;

/// How long stdin may be silent after the peer's end.
pub(super) const GRACE: Limit = Limit::For(Duration::from_secs(5));

/// How long the peer may take to close after our end.
pub(super) const CLOSE_WAIT: Duration = Duration::from_secs(5);

pub(super) fn wait(
    at: Vec<Local>,
    kind: Kind,
    set: &Typed<'_>,
    typed: (&cli::Resolve, &cli::ListenOptions),
) -> Result<Wait, Wrong> {
    let (resolve, options) = typed;
    rules::mode_without_path(set.mode, &at)?;
    rules::queues(kind, options)?;
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
            backlog: options.backlog,
        },
        accept: accept::Options {
            timeout: options.accept_timeout,
        },
        guests: guests(options, &transports)?,
    })
}

fn guests(typed: &cli::ListenOptions, transports: &[Transport]) -> Result<guests::Typed, Wrong> {
    let guests = guests::Typed {
        allow: typed.allow.clone(),
        deny: typed.deny.clone(),
    };
    let given = [
        ("--allow", !guests.allow.is_empty()),
        ("--deny", !guests.deny.is_empty()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) if transports.iter().all(|one| one.is_unix()) => Err(Wrong(format!(
            "{option} is about IP addresses; who may come to a Unix socket, its --mode says"
        ))),
        _ => Ok(guests),
    }
}

pub(super) fn dial(
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

pub(super) fn send_options(typed: &cli::SendOptions, transport: Transport) -> sending::Options {
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
pub(super) fn relay_options(
    verb: &str,
    typed: &cli::RecvOptions,
) -> Result<receiving::Options, Wrong> {
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

/// `--digest`, `--hex`
pub(super) fn look(typed: &cli::Look) -> look::Options {
    look::Options {
        digest: typed.digest.is_some(),
        hex: typed.hex,
    }
}

/// What `send` and `recv` take to say on which side of a connection they are.
pub(super) struct Sides<'a> {
    pub verb: &'static str,
    pub words: &'a [String],
    pub waits: bool,
    pub kind: Kind,
    pub resolve: &'a cli::Resolve,
    pub bind: &'a cli::Bind,
    pub listen: &'a cli::ListenOptions,
    pub connect: &'a cli::ConnectOptions,
    pub pauses: &'a [Pause],
}

/// Waiting or dialling, and how many words that took.
///
/// # Errors
/// Addresses that make no sense, and options of the other side.
pub(super) fn way(
    sides: &Sides<'_>,
    set: &Typed<'_>,
    services: &dyn Services,
) -> Result<(Way, usize, Transport), Wrong> {
    let (verb, kind) = (sides.verb, sides.kind);
    let listening = &[
        ("--backlog", sides.listen.backlog.is_some()),
        ("--accept-timeout", sides.listen.accept_timeout.is_some()),
        ("--allow", !sides.listen.allow.is_empty()),
        ("--deny", !sides.listen.deny.is_empty()),
    ];
    rules::goes_with("--listen", sides.waits, listening)?;
    if sides.waits {
        let (at, used) = address::local_one(sides.words, services)?;
        let never = pauses::never_waiting(std::slice::from_ref(&at));
        pauses::check(verb, sides.pauses, &never)?;
        if at.sockets() > 1 {
            return Err(Wrong(format!("{at}: {verb} takes one port")));
        }
        let transport = kind.on(matches!(at, Local::Unix(_)))?;
        let wait = wait(vec![at], kind, set, (sides.resolve, sides.listen))?;
        return Ok((Way::Wait(wait), used, transport));
    }
    let address = address::dial(sides.words, services)?;
    let never = pauses::never_dialling(&address.address, sides.bind.source.is_some());
    pauses::check(verb, sides.pauses, &never)?;
    let (used, transport) = (address.used, transport(&address.address, kind)?);
    let typed = (sides.resolve, sides.bind, sides.connect);
    let dial = dial(address, transport, set, typed)?;
    Ok((Way::Dial(dial), used, transport))
}
