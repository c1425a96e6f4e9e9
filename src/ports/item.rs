//! One item of a port list: a number, a range or a service name.

use super::{PortItem, PortList};
use crate::services::{Compiled, Services};
use crate::word::WordError;

/// Whether 0 is a port here: it is where the system is to choose one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    Refused,
    Allowed,
}

/// Reads what stands between two commas.
pub(super) fn item(text: &str, svc: &dyn Services, zero: Zero) -> Result<PortItem, WordError> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return number(text, zero).map(PortItem::One);
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return range(text);
    }
    if let Some(port) = svc.port(text) {
        return Ok(PortItem::One(port));
    }
    let expected = match text.ends_with("/udp") {
        true => "a port number alone; -u asks over UDP",
        false => "a port number, a range such as 8000-8100, or a service name",
    };
    let error = WordError::new(text, expected);
    Err(match repaired(text, svc).or_else(|| svc.nearest(text)) {
        Some(meant) => error.meant(meant),
        None => error,
    })
}

/// Ports as other tools and typographers write them.
fn repaired(text: &str, svc: &dyn Services) -> Option<String> {
    let bare = text.trim();
    let bare = bare.strip_suffix("/tcp").unwrap_or(bare);
    let bare = bare.strip_suffix("/udp").unwrap_or(bare);
    let plain = bare.replace("..", "-").replace(['–', '—', ':'], "-");
    let parts: Vec<&str> = plain.split('-').map(str::trim).collect();
    let plain = parts.join("-").trim_start_matches('+').to_owned();
    if let Some(words) = several(text) {
        return Some(words);
    }
    let port = |word: &str| word.parse().ok().or_else(|| svc.port(word));
    if let [low, high] = parts[..]
        && let (Some(one @ 1..), Some(other @ 1..)) = (port(low), port(high))
    {
        return Some(PortItem::Range(one.min(other), one.max(other)).to_string());
    }
    PortList::looks_like(&plain)
        .then(|| item(&plain, &Compiled, Zero::Refused).ok())
        .flatten()
        .map(|item| item.to_string())
}

/// Numbers and ranges that blanks part, in quotes: `'81 82'`.
fn several(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let are_ports = words.len() > 1 && words.iter().all(|word| is_item(word));
    are_ports.then(|| words.join(","))
}

fn is_item(word: &str) -> bool {
    word != "-" && PortList::looks_like(word) && item(word, &Compiled, Zero::Refused).is_ok()
}

fn number(text: &str, zero: Zero) -> Result<u16, WordError> {
    match (text.parse(), zero) {
        (Ok(0), Zero::Refused) => Err(WordError::new(
            text,
            "a port from 1 to 65535 (0, a port of the system's choice, is for listening only)",
        )),
        (Ok(port), _) => Ok(port),
        (Err(_), Zero::Refused) => Err(WordError::new(text, "a port from 1 to 65535")),
        (Err(_), Zero::Allowed) => Err(WordError::new(text, "a port from 0 to 65535")),
    }
}

/// A range holds real ports wherever it stands: a run from "any port" up says nothing.
fn range(text: &str) -> Result<PortItem, WordError> {
    let Some((low, high)) = text.split_once('-') else {
        return Err(WordError::new(text, "a range of ports"));
    };
    if high.contains('-') {
        return Err(WordError::new(text, "a range with two ends, LOW-HIGH"));
    }
    if low.is_empty() || high.is_empty() {
        let error = WordError::new(text, "a range with both its ends, LOW-HIGH");
        let port = |text: &str| number(text, Zero::Refused);
        return Err(match (port(low), port(high)) {
            (Ok(low), _) => error.meant(format!("{low}-65535")),
            (_, Ok(high)) => error.meant(format!("1-{high}")),
            _ => error,
        });
    }
    let bounds = (low.parse::<u16>(), high.parse::<u16>());
    let (Ok(from), Ok(to)) = bounds else {
        return Err(WordError::new(text, "a range within 1-65535"));
    };
    if from > to {
        let error = WordError::new(text, "a range from the lower port to the higher");
        return Err(error.meant(format!("{}-{from}", to.max(1))));
    }
    if from == 0 {
        let error = WordError::new(text, "a range within 1-65535");
        return Err(error.meant(format!("1-{}", to.max(1))));
    }
    Ok(PortItem::Range(from, to))
}
