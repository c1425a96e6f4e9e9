//! A row against what was expected of it, as diff(1) would show it: without
//! their sign the lines can be put into a file of expectations. Pure.

use super::line::why;
use super::{fold, word};
use crate::event::Probe;
use crate::word::escaped;

/// `-HOST PORT EXPECTED` and `+HOST PORT STATE  # why`, newlines included; one
/// line without a sign where they are the same, or nothing was expected.
pub fn difference(row: &Probe, color: bool) -> String {
    let subject = subject(row);
    let state = word(row.state);
    match row.expected {
        Some(expected) if row.ok != Some(true) => {
            let minus = format!("-{subject} {expected}");
            let plus = format!("+{subject} {state}  # {}", bare(row));
            format!(
                "{}\n{}\n",
                painted(&minus, 31, color),
                painted(&plus, 32, color)
            )
        }
        _ => format!(" {subject} {state}\n"),
    }
}

/// Why, without the word about what was expected, which stands above.
fn bare(row: &Probe) -> String {
    why(&Probe {
        expected: None,
        ..row.clone()
    })
}

/// As a row of the file names it; of a block the very address.
fn subject(row: &Probe) -> String {
    let is_block = row.port.is_some() && row.target.contains('/');
    let host = match &row.address {
        Some(address) if is_block => address,
        _ => &row.target,
    };
    let host = match row.port {
        None if fold::ip(host).is_none() && !host.starts_with("unix:") => format!("unix:{host}"),
        _ => host.clone(),
    };
    escaped(&match row.port {
        Some(port) => format!("{host} {port}"),
        None => host,
    })
}

/// In a colour of ECMA-48.
fn painted(line: &str, code: u8, color: bool) -> String {
    match color {
        true => format!("\x1b[{code}m{line}\x1b[0m"),
        false => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::State;

    fn row(target: &str, port: Option<u16>, state: Option<State>) -> Probe {
        Probe {
            place: 1,
            target: target.to_owned(),
            address: Some("10.0.0.7".to_owned()),
            port,
            service: None,
            protocol: "tcp",
            state,
            reason: "reset".to_owned(),
            by: None,
            time_ms: Some(1.0),
            syns: Some(1),
            expected: Some(State::Open),
            ok: state.map(|state| state == State::Open),
            greeting: None,
            banner: None,
            banner_ms: None,
            attempt: None,
            rtt_ms: None,
        }
    }

    #[test]
    fn a_surprise_is_two_lines_and_the_rest_one() {
        let said = difference(&row("db", Some(22), Some(State::Closed)), false);
        assert!(said.starts_with("-db 22 open\n+db 22 closed  # "), "{said}");
        assert_eq!(said.lines().count(), 2);
        let said = difference(&row("10.0.0.0/24", Some(22), Some(State::Open)), false);
        assert_eq!(said, " 10.0.0.7 22 open\n");
        let said = difference(&row("unix:/x", None, None), true);
        assert!(said.starts_with("\x1b[31m-unix:/x open\x1b[0m\n\x1b[32m+unix:/x unfinished"));
    }
}
