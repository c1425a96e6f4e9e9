//! Events for people: one line each. Pure.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::event::{Event, Queue, Traffic};
use crate::stage::Stage;
use crate::units::{human_bytes, human_time};
use crate::word::escaped;

/// From which `-v` on an event is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Even with `--quiet`: errors, and what was asked for by itself.
    Errors,
    /// Unless `--quiet`.
    Normal,
    /// On a terminal, in JSON and with `-v`.
    Coming,
    /// With `-v`.
    Stages,
    /// With `-vv`.
    Calls,
}

/// The level of an event.
pub fn level(event: &Event) -> Level {
    match event {
        Event::Error { .. } => Level::Errors,
        Event::Hex { .. } | Event::Digest { .. } | Event::Progress { .. } => Level::Errors,
        Event::Queue(_) | Event::Listening { .. } | Event::Note { .. } => Level::Normal,
        Event::Probe(_) | Event::Statistics(_) | Event::Summary(_) => Level::Normal,
        Event::Hop(_) | Event::Path(_) => Level::Normal,
        Event::Peer { .. } | Event::PeerEnd { .. } | Event::Refused { .. } => Level::Coming,
        Event::Resolve { .. }
        | Event::Socket { .. }
        | Event::Bind { .. }
        | Event::Connect { .. }
        | Event::Attempt { .. }
        | Event::Close(_) => Level::Stages,
        Event::Carrier { .. } | Event::Call { .. } => Level::Calls,
    }
}

/// The event as a line without its newline, as `-v` aligns its stages.
pub fn line(event: &Event) -> String {
    let text = match event {
        Event::Resolve {
            host,
            canonical,
            addresses,
            time_ms,
        } => {
            let alias = match canonical {
                Some(name) if name != host => format!(" ({name})"),
                _ => String::new(),
            };
            stage(
                "resolve",
                format!(
                    "{host}{alias} -> {} ({})",
                    addresses.join(", "),
                    time(*time_ms)
                ),
            )
        }
        Event::Socket { fd, family, kind } => stage("socket", format!("fd {fd} {family} {kind}")),
        Event::Bind { address } => stage("bind", address.clone()),
        Event::Listening {
            address,
            protocol,
            families,
        } => {
            let mut about: Vec<&str> = Vec::new();
            let both = families.join(" and ");
            // Of every address of the machine it matters which family it is.
            let wildcard = address.starts_with("0.0.0.0:") || address.starts_with("[::]:");
            if wildcard && !families.is_empty() {
                about.push(&both);
            }
            if !matches!(*protocol, "tcp" | "unix") {
                about.push(match *protocol {
                    "udp" => "UDP",
                    other => other,
                });
            }
            match about.as_slice() {
                [] => format!("listening on {address}"),
                about => format!("listening on {address} ({})", about.join(", ")),
            }
        }
        Event::Peer { address, local, .. } => stage("accept", format!("{address} on {local}")),
        Event::Queue(queue) => match queue.new {
            0 => stage("queue", format!("{} {}", queue.address, lengths(queue))),
            1 => format!(
                "sock: accept {}: 1 more connection attempt found no place: {}; its client \
                 hears nothing and tries again",
                queue.address,
                lengths(queue)
            ),
            new => format!(
                "sock: accept {}: {new} more connection attempts found no place: {}; their \
                 clients hear nothing and try again",
                queue.address,
                lengths(queue)
            ),
        },
        Event::Refused {
            address,
            local,
            reason,
            refused,
        } => stage(
            "accept",
            format!("{address} on {local}: refused, {reason} ({refused} so far)"),
        ),
        Event::PeerEnd {
            address,
            reason,
            traffic,
        } => {
            let how = reason
                .as_deref()
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            let numbers = numbers(traffic);
            stage("close", format!("{address} {numbers}{how}"))
        }
        Event::Connect {
            address,
            local,
            time_ms,
            rtt_ms,
            mss,
        } => {
            let mut about = vec![time(*time_ms)];
            about.extend(rtt_ms.map(|rtt| format!("rtt {}", time(rtt))));
            about.extend(mss.map(|mss| format!("mss {mss}")));
            stage(
                "connect",
                format!("{address} from {local} ({})", about.join(", ")),
            )
        }
        Event::Attempt {
            stage: name,
            object,
            reason,
            errno,
        } => stage(
            name,
            match errno {
                Some(errno) => format!("{object}: {reason} ({errno})"),
                None => format!("{object}: {reason}"),
            },
        ),
        Event::Close(traffic) => stage("close", numbers(traffic)),
        Event::Progress {
            stage,
            object,
            sent,
            received,
            elapsed_ms,
            total,
            rate,
        } => {
            let of = total.map(|total| format!(" of {}", human_bytes(total)));
            let (sent_of, received_of) = match *stage == Stage::Recv.name() {
                true => (None, of),
                false => (of, None),
            };
            let rate = rate.filter(|rate| *rate > 0.0);
            let rate = rate.map(|rate| format!(", {}/s", human_bytes(rate as u64)));
            format!(
                "sock: {stage} {object}: sent {}{}, received {}{}, {}{}",
                human_bytes(*sent),
                sent_of.unwrap_or_default(),
                human_bytes(*received),
                received_of.unwrap_or_default(),
                time(*elapsed_ms),
                rate.unwrap_or_default(),
            )
        }
        Event::Carrier {
            carrier,
            from,
            to,
            reason,
        } => {
            let why = reason
                .as_deref()
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            stage("carrier", format!("{carrier}: {from} to {to}{why}"))
        }
        Event::Call { call, result } => format!("         {call} = {result}"),
        Event::Note {
            stage,
            object,
            text,
        } => format!("sock: {stage} {object}: {text}"),
        Event::Error {
            stage,
            object,
            reason,
            errno,
            hint,
            ..
        } => {
            let mut line = format!("sock: {stage} {object}: {reason}");
            if let Some(errno) = errno {
                line.push_str(&format!(" ({errno})"));
            }
            if let Some(hint) = hint {
                line.push_str(&format!(": {hint}"));
            }
            line
        }
        // Lines of their own form: see `hex` and `digest`.
        Event::Hex { .. } | Event::Digest { .. } => String::new(),
        Event::Probe(row) => super::table::row(row),
        Event::Statistics(sum) => super::table::statistics_line(sum),
        Event::Hop(hop) => super::path::hop(hop),
        Event::Path(path) => super::path::path(path),
        Event::Summary(summary) => super::table::summary(summary),
    };
    escaped(&text)
}

/// `6/5 waiting, 14 overflows, 0 half-open, 3 refused`
fn lengths(queue: &Queue) -> String {
    let mut parts = vec![format!("{}/{} waiting", queue.waiting, queue.backlog)];
    parts.extend(queue.overflows.map(|n| match n {
        1 => "1 overflow".to_owned(),
        n => format!("{n} overflows"),
    }));
    parts.extend(queue.half_open.map(|n| format!("{n} half-open")));
    parts.extend(queue.refused.map(|n| format!("{n} refused")));
    parts.join(", ")
}

/// As sha256sum(1) writes it, so that `sha256sum -c` reads it.
pub fn digest(sum: &str, name: &OsStr) -> Vec<u8> {
    let mut line = format!("{sum}  ").into_bytes();
    let mut plain = true;
    for byte in name.as_bytes() {
        let escape = match byte {
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            byte => {
                line.push(*byte);
                continue;
            }
        };
        line.extend([b'\\', escape]);
        plain = false;
    }
    if !plain {
        line.insert(0, b'\\');
    }
    line.push(b'\n');
    line
}

/// `sent 1.2 MiB, received 340 B, 2.4 s, 512.0 KiB/s, 0 retransmits, rtt 0.9 ms`
fn numbers(traffic: &Traffic) -> String {
    let mut parts = Vec::new();
    parts.extend((traffic.sent).map(|sent| format!("sent {}", human_bytes(sent))));
    parts.extend((traffic.received).map(|bytes| format!("received {}", human_bytes(bytes))));
    parts.push(time(traffic.elapsed_ms));
    // Of nothing there is no rate to speak of.
    let rate = traffic.rate.filter(|rate| *rate > 0.0);
    parts.extend(rate.map(|rate| format!("{}/s", human_bytes(rate as u64))));
    let again = traffic.retransmits;
    parts.extend(again.map(|n| format!("{n} retransmits")));
    parts.extend(traffic.rtt_ms.map(|rtt| format!("rtt {}", time(rtt))));
    parts.join(", ")
}

fn stage(name: &str, text: String) -> String {
    format!("{name:<8} {text}")
}

fn time(ms: f64) -> String {
    human_time(Duration::from_secs_f64(ms.max(0.0) / 1e3))
}
