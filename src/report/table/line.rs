//! Single rows as text. Pure.

use std::time::Duration;

use super::layout::paint;
use super::{fold, word};
use crate::event::{Probe, Summary};
use crate::report::Rows;
use crate::units::human_time;
use crate::verdict::{Greeting, Protocol, RESENT, State, Verdict, sentence};
use crate::word::escaped;

/// A row for a pipe, newline included: TARGET ADDRESS PORT PROTOCOL STATE
/// REASON BY TIME_MS SERVICE, with `--count` ATTEMPT SYNS RTT_MS, with `--banner`
/// GREETING BANNER, separated by tabs, `-` for none.
pub fn tsv(row: &Probe, shown: Rows, color: bool) -> String {
    let state = row.state.map(State::name);
    let painted = match (color, state, paint(row.state)) {
        (true, Some(state), Some(code)) => Some(format!("\x1b[{code}m{state}\x1b[0m")),
        _ => None,
    };
    let port = row.port.map(|port| port.to_string());
    let time = row.time_ms.map(|ms| ms.to_string());
    let mut fields = vec![
        Some(row.target.as_str()),
        row.address.as_deref(),
        port.as_deref(),
        Some(row.protocol),
        state,
        Some(row.reason.as_str()),
        row.by.as_deref(),
        time.as_deref(),
        row.service.as_deref(),
    ];
    let attempt = row.attempt.map(|attempt| attempt.to_string());
    let syns = row.syns.map(|syns| syns.to_string());
    let rtt = row.rtt_ms.map(|ms| ms.to_string());
    if shown.attempts {
        fields.extend([attempt.as_deref(), syns.as_deref(), rtt.as_deref()]);
    }
    if shown.banner {
        fields.extend([row.greeting.map(Greeting::name), row.banner.as_deref()]);
    }
    let fields = fields.into_iter();
    let mut fields: Vec<String> = fields
        .map(|field| field.map_or_else(|| "-".to_owned(), escaped))
        .collect();
    if let Some(painted) = painted {
        fields[4] = painted;
    }
    fields.join("\t") + "\n"
}

/// A row in one line, outside of any table.
pub fn row(row: &Probe) -> String {
    format!("{} {}: {}", label(row), word(row.state), why(row))
}

/// The target with the port of the row, as it would be typed.
pub fn label(row: &Probe) -> String {
    host_and_port(&row.target, row.address.as_deref(), row.port)
}

/// The same, of any event about a port.
pub fn host_and_port(target: &str, address: Option<&str>, port: Option<u16>) -> String {
    let block = target.contains('/') && port.is_some();
    let host = match address {
        Some(address) if block => address,
        _ => target,
    };
    escaped(&match port {
        Some(port) if fold::ip(host).is_some_and(|ip| ip.is_ipv6()) => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Why the row has its state, in a sentence.
pub fn why(row: &Probe) -> String {
    let Some(state) = row.state else {
        return "the run ended before it was answered".to_owned();
    };
    let protocol = match row.protocol {
        "udp" => Protocol::Udp,
        "unix" => Protocol::Unix,
        _ => Protocol::Tcp,
    };
    let verdict = Verdict {
        state,
        reason: row.reason.clone().into(),
        by: row.by.as_deref().and_then(fold::ip),
    };
    let target = row.address.as_deref().and_then(fold::ip);
    let mut why = sentence(protocol, &verdict, target, row.syns, time(row));
    let has_lost = protocol == Protocol::Tcp && row.syns > Some(1) && time(row) >= RESENT;
    if let (State::Open, true, Some(_)) = (state, has_lost, row.rtt_ms) {
        why.push_str(&format!(", rtt {}", human_time(duration(row.rtt_ms))));
    }
    if let Some(greeting) = row.greeting {
        let said = row.banner.as_deref().unwrap_or_default();
        why.push_str("; ");
        why.push_str(&greeting.sentence(duration(row.banner_ms), said));
    }
    escaped(&match row.expected {
        Some(expected) if expected != State::Open && row.ok == Some(false) => {
            format!("expected {expected}: {why}")
        }
        _ => why,
    })
}

/// How long the answer took.
pub fn time(row: &Probe) -> Duration {
    duration(row.time_ms)
}

fn duration(ms: Option<f64>) -> Duration {
    Duration::from_secs_f64(ms.unwrap_or(0.0).clamp(0.0, 1e12) / 1e3)
}

/// The last line: how many of each state, and the time it took.
pub fn summary(counts: &Summary) -> String {
    let states = [
        (counts.open, "open"),
        (counts.closed, "closed"),
        (counts.rejected, "rejected"),
        (counts.filtered, "filtered"),
        (counts.silent, "silent"),
        (counts.unreachable, "unreachable"),
        (counts.error, "error"),
        (counts.unfinished, "unfinished"),
    ];
    let states: Vec<String> = (states.iter().filter(|(count, _)| *count > 0))
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    let states = match states.is_empty() {
        true => String::new(),
        false => format!(": {}", states.join(", ")),
    };
    let elapsed = Duration::from_secs_f64(counts.elapsed_ms.clamp(0.0, 1e12) / 1e3);
    format!(
        "{} probed{states} in {}{}",
        counts.probed,
        human_time(elapsed),
        limits(&counts.limiting)
    )
}

/// Why some of the silence means nothing.
fn limits(hosts: &[String]) -> String {
    /// More than these would be a table of their own.
    const NAMED: usize = 3;
    let named = hosts[..hosts.len().min(NAMED)].join(", ");
    match hosts.len() {
        0 => String::new(),
        1 => format!("; {named} limits its answers: what is icmp-limited is not known"),
        n if n <= NAMED => {
            format!("; {named} limit their answers: what is icmp-limited is not known")
        }
        n => format!(
            "; {named} and {} more limit their answers: what is icmp-limited is not known",
            n - NAMED
        ),
    }
}
