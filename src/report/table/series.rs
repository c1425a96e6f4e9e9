//! Repeated measurement for people: a line an attempt, and then what all of
//! them amount to. Pure.

use std::time::Duration;

use super::layout::{paint, shows_address};
use super::line::{host_and_port, label, time, why};
use super::word;
use crate::event::{Figures, Probe, Statistics};
use crate::units::human_time;
use crate::verdict::State;
use crate::word::escaped;

/// One attempt, newline included.
pub fn attempt(row: &Probe, color: bool) -> String {
    let address = match &row.address {
        Some(address) if shows_address(row) => format!(" ({})", escaped(address)),
        _ => String::new(),
    };
    let state = word(row.state);
    let state = match (color, paint(row.state)) {
        (true, Some(code)) => format!("\x1b[{code}m{state}\x1b[0m"),
        _ => state.to_owned(),
    };
    let time = human_time(time(row));
    let number = row.attempt.unwrap_or_default();
    let about = match (row.state, row.rtt_ms, row.greeting) {
        (Some(State::Open), Some(rtt), None) => handshake(row.syns, rtt),
        _ => why(row),
    };
    format!(
        "{}{address}  {number}  {state}  {time}  {about}\n",
        label(row)
    )
}

/// What the kernel knows about a handshake: what a lost SYN cost is not the
/// network's round trip.
fn handshake(syns: Option<u32>, rtt: f64) -> String {
    let lost = match syns {
        Some(2) => "1 SYN lost, ".to_owned(),
        Some(syns @ 3..) => format!("{} SYNs lost, ", syns - 1),
        _ => String::new(),
    };
    format!(
        "{lost}rtt {}",
        human_time(Duration::from_secs_f64(rtt.max(0.0) / 1e3))
    )
}

/// The statistics of one row, as ping(8) has them.
pub fn statistics(sum: &Statistics) -> String {
    let mut text = format!("--- {} ---\n{}\n", name(sum), counts(sum));
    for line in figures(sum) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The same in one line.
pub fn statistics_line(sum: &Statistics) -> String {
    let mut parts = vec![counts(sum)];
    parts.extend(figures(sum));
    format!("sock: probe {}: {}", name(sum), parts.join("; "))
}

fn name(sum: &Statistics) -> String {
    let label = host_and_port(&sum.target, sum.address.as_deref(), sum.port);
    match &sum.address {
        Some(address) if !label.contains(address.as_str()) => {
            format!("{label} ({})", escaped(address))
        }
        _ => label,
    }
}

fn counts(sum: &Statistics) -> String {
    let states = [
        (sum.open, State::Open),
        (sum.closed, State::Closed),
        (sum.rejected, State::Rejected),
        (sum.filtered, State::Filtered),
        (sum.silent, State::Silent),
        (sum.unreachable, State::Unreachable),
        (sum.error, State::Error),
    ];
    let states: Vec<String> = (states.iter().filter(|(count, _)| *count > 0))
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    let syns = match sum.syns_lost {
        None | Some(0) => String::new(),
        Some(1) => ", 1 SYN lost".to_owned(),
        Some(lost) => format!(", {lost} SYNs lost"),
    };
    let lookup = match sum.lookup_ms {
        Some(ms) => format!(
            "; name resolved in {}",
            human_time(Duration::from_secs_f64(ms.max(0.0) / 1e3))
        ),
        None => String::new(),
    };
    let attempts = match sum.attempts {
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    format!(
        "{attempts}: {}; {}% lost{syns}{lookup}",
        states.join(", "),
        sum.loss_percent
    )
}

fn figures(sum: &Statistics) -> Vec<String> {
    let line = |what: &str, figures: &Figures| {
        let Figures {
            min,
            avg,
            max,
            p50,
            p95,
            mdev,
        } = figures;
        format!(
            "{what} min/avg/max/p50/p95/mdev = \
             {min:.3}/{avg:.3}/{max:.3}/{p50:.3}/{p95:.3}/{mdev:.3} ms"
        )
    };
    let time = if sum.protocol == "udp" {
        "reply"
    } else {
        "connect"
    };
    let lines = [
        sum.time_ms.as_ref().map(|figures| line(time, figures)),
        sum.rtt_ms.as_ref().map(|figures| line("rtt", figures)),
    ];
    lines.into_iter().flatten().collect()
}
