//! Columns, colours and folds of the table. Pure.

use std::collections::BTreeMap;

use super::fold::{self, Fold, Group, Key};
use super::line::{label, time, why};
use super::word;
use crate::event::Probe;
use crate::targets::Cidr;
use crate::units::human_time;
use crate::verdict::State;
use crate::word::escaped;

/// The least room in which a sentence can be read; with less it has a line of
/// its own.
const ROOM: usize = 30;
/// Labels longer than this do not push the other columns out.
const LABEL: usize = 45;

/// One line before its columns are aligned.
struct Line {
    cells: [String; 5],
    state: Option<State>,
    why: String,
    is_fold: bool,
}

/// The rows of all groups in the order of their targets, then of their ports;
/// a target's folds follow its rows.
pub fn lines(groups: BTreeMap<Key, Group>, color: bool, width: usize) -> String {
    let mut shown: Vec<Probe> = Vec::new();
    let mut folds: Vec<(usize, Fold)> = Vec::new();
    for (key, group) in groups {
        shown.extend(group.rows);
        folds.extend(group.fold.map(|fold| (key.place, fold)));
    }
    // One look at each, not one a comparison.
    shown.sort_by_cached_key(order);
    let has_addresses = shown.iter().any(shows_address);
    let mut folds = folds.into_iter().peekable();
    let mut lines = Vec::new();
    for row in shown {
        while let Some((_, fold)) = folds.next_if(|(place, _)| *place < row.place) {
            lines.push(folded(&fold, width));
        }
        lines.push(line(&row, has_addresses));
    }
    lines.extend(folds.map(|(_, fold)| folded(&fold, width)));
    align(&lines, color, width)
}

/// Targets as they were typed, their ports in order; in a block host by host.
fn order(
    row: &Probe,
) -> (
    usize,
    Option<std::net::IpAddr>,
    Option<u16>,
    Option<std::net::IpAddr>,
) {
    let ip = row.address.as_deref().and_then(fold::ip);
    let host = ip.filter(|_| Cidr::parse(&row.target).is_ok());
    (row.place, host, row.port, ip)
}

/// Whether the label leaves open which address was asked.
pub fn shows_address(row: &Probe) -> bool {
    (row.address.as_deref()).is_some_and(|address| {
        fold::ip(address) != fold::ip(&row.target) && Cidr::parse(&row.target).is_err()
    })
}

fn line(row: &Probe, has_addresses: bool) -> Line {
    let address = match &row.address {
        Some(address) if has_addresses && shows_address(row) => escaped(address),
        _ => String::new(),
    };
    let took = row.time_ms.map(|_| human_time(time(row)));
    Line {
        cells: [
            label(row),
            address,
            word(row.state).to_owned(),
            took.unwrap_or_else(|| "-".to_owned()),
            row.service.as_deref().map(escaped).unwrap_or_default(),
        ],
        state: row.state,
        why: why(row),
        is_fold: false,
    }
}

/// Many rows as one: how many, why if that is the same, which ports and hosts.
fn folded(fold: &Fold, width: usize) -> Line {
    let like = &fold.like;
    let is_block = Cidr::parse(&like.target).is_ok();
    let mut about = match (is_block, fold.ports.single()) {
        (true, Some(port)) => format!("{} hosts, port {port}", fold.count),
        _ => format!("{} ports", fold.count),
    };
    let reason = match (&like.by, fold.is_alike) {
        (_, false) => String::new(),
        // That is the state's own word already.
        (_, true) if like.state.is_none() => String::new(),
        (Some(by), true) => format!(" ({} by {by})", like.reason),
        (None, true) => format!(" ({})", like.reason),
    };
    about.push_str(&reason);
    // Cut to the line that begins after the shortest label and state.
    let room = width.saturating_sub(LABEL + 12 + about.len()).max(ROOM);
    let which = match is_block {
        true => (fold.addresses).text(room, |n| fold::address(n, fold.is_v6()).to_string()),
        false => fold.ports.text(room, |n| n.to_string()),
    };
    Line {
        cells: [
            escaped(&like.target),
            match shows_address(like) {
                true => like.address.as_deref().map(escaped).unwrap_or_default(),
                false => String::new(),
            },
            word(like.state).to_owned(),
            String::new(),
            String::new(),
        ],
        state: like.state,
        why: escaped(&format!("{about}: {which}")),
        is_fold: true,
    }
}

fn align(lines: &[Line], color: bool, width: usize) -> String {
    let columns: [usize; 5] = std::array::from_fn(|i| {
        let of = lines.iter().filter(|line| !(line.is_fold && i > 2));
        let longest = of.map(|line| columns_of(&line.cells[i])).max().unwrap_or(0);
        if i == 0 { longest.min(LABEL) } else { longest }
    });
    let mut text = String::new();
    for line in lines {
        let mut at = 0;
        let mut row = String::new();
        for (i, cell) in line.cells.iter().enumerate() {
            if columns[i] == 0 || (line.is_fold && i > 2) {
                continue;
            }
            let pad = columns[i].saturating_sub(columns_of(cell)) + 2;
            at += columns_of(cell) + pad;
            let blank = " ".repeat(pad);
            match (i, paint(line.state)) {
                // Numbers end under each other.
                (3, _) => row.push_str(&format!("{}{cell}  ", &blank[2..])),
                (2, Some(code)) if color => {
                    row.push_str(&format!("\x1b[{code}m{cell}\x1b[0m{blank}"));
                }
                _ => row.push_str(&format!("{cell}{blank}")),
            }
        }
        row.push_str(&wrapped(&line.why, at, width));
        for part in row.lines() {
            text.push_str(part.trim_end());
            text.push('\n');
        }
    }
    text
}

/// A sentence that begins at column `at`, its further lines under its first.
pub fn wrapped(why: &str, at: usize, width: usize) -> String {
    let (indent, mut text) = match at + ROOM <= width {
        true => (at, String::new()),
        false => (4, "\n    ".to_owned()),
    };
    let room = width.saturating_sub(indent).max(ROOM);
    let mut used = 0;
    for word in why.split(' ') {
        let long = columns_of(word);
        if used > 0 && used + 1 + long > room {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            used = 0;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += long;
    }
    text
}

/// Columns on a terminal, for text that is mostly ASCII.
fn columns_of(text: &str) -> usize {
    text.chars().count()
}

/// The colour of a state (SGR of ECMA-48).
pub fn paint(state: Option<State>) -> Option<u8> {
    Some(match state? {
        State::Open => 32,
        State::Closed | State::Rejected => 31,
        State::Filtered | State::Silent => 33,
        State::Unreachable | State::Error => 35,
    })
}
