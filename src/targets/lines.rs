//! Lines of target files and of files of expectations.

use super::{Target, TargetHost, targets};
use crate::ports::PortList;
use crate::services::Services;
use crate::verdict::State;
use crate::word::WordError;

/// How the lines of a list are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineForm {
    /// `--ports`, for lines without ports.
    pub ports: Option<PortList>,
    /// Each line ends with the state that is expected.
    pub expects: bool,
    /// They are asked over UDP.
    pub udp: bool,
}

/// Reads a line of a list: its target, and the state that is expected of it
/// where the list says so.
///
/// # Errors
/// As for [`parse_line`] and [`parse_expectation`]; a Unix socket over UDP, and
/// `udp://` over TCP.
pub fn line(
    line: &str,
    form: &LineForm,
    svc: &dyn Services,
) -> Result<Option<(Target, Option<State>)>, WordError> {
    if !form.udp
        && let Some(word) = words(line).find(|word| word.starts_with("udp://"))
    {
        return Err(WordError::new(
            word,
            "a target for TCP: UDP is asked for with -u",
        ));
    }
    let read = match form.expects {
        true => parse_expectation(line, form.ports.as_ref(), svc)
            .map(|read| read.map(|(target, state)| (target, Some(state)))),
        false => {
            parse_line(line, form.ports.as_ref(), svc).map(|read| read.map(|target| (target, None)))
        }
    };
    let read = read.map_err(|error| WordError {
        // No option stands in a file.
        meant: error.meant.filter(|meant| !meant.starts_with("--")),
        ..error
    });
    match read? {
        Some((target, _)) if form.udp && matches!(target.host, TargetHost::Unix(_)) => {
            let expected = "a target for UDP (-u), which a Unix socket is not";
            Err(WordError::new(target.to_string(), expected))
        }
        read => Ok(read),
    }
}

/// Reads a row of a file of expectations: a target with its ports, and the
/// state that each of them is to have.
///
/// # Errors
/// As for [`parse_line`], and a last word that is no state a port can have.
pub fn parse_expectation(
    line: &str,
    ports: Option<&PortList>,
    svc: &dyn Services,
) -> Result<Option<(Target, State)>, WordError> {
    let all: Vec<&str> = words(line).collect();
    let Some((state, target)) = all.split_last() else {
        return Ok(None);
    };
    let expectable = State::EXPECTABLE.iter().map(|state| state.name());
    let expectable: Vec<&str> = expectable.collect();
    let wrong = || {
        let expected = format!(
            "a row HOST PORTS STATE; STATE is one of {}",
            expectable.join(", ")
        );
        let error = WordError::new(*state, expected);
        match crate::word::nearest(state, expectable.iter().copied()) {
            Some(meant) => error.meant(meant),
            None => error,
        }
    };
    let state = match state.parse() {
        Ok(State::Error) | Err(_) => return Err(wrong()),
        Ok(state) => state,
    };
    match parse_line(&target.join(" "), ports, svc)? {
        Some(target) => Ok(Some((target, state))),
        None => Err(WordError::new(line.trim(), "a row HOST PORTS STATE")),
    }
}

/// Reads a line of a target file: one target, alone or followed by its ports.
/// `#` at the beginning of a word begins a comment; a line without a target is
/// `None`.
///
/// # Errors
/// As for [`targets`], and more than one target.
pub fn parse_line(
    line: &str,
    ports: Option<&PortList>,
    svc: &dyn Services,
) -> Result<Option<Target>, WordError> {
    let words: Vec<String> = words(line).map(str::to_owned).collect();
    let ports = ports.filter(|_| words.len() == 1);
    if words.is_empty() {
        return Ok(None);
    }
    let (mut found, _) = targets(&words, ports, svc)?;
    match (found.pop(), found.is_empty()) {
        (target, true) => Ok(target),
        _ => Err(WordError::new(words.join(" "), "one target a line")),
    }
}

/// What stands before a comment.
fn words(line: &str) -> impl Iterator<Item = &str> {
    (line.trim_start_matches('\u{feff}').split_whitespace())
        .take_while(|word| !word.starts_with('#'))
}
