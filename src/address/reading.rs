//! What the readings of words have in common: parts of a word turned into
//! hosts and ports, and the errors for what is missing.

use super::host::Host;
use super::split::{Word, is_v6};
use crate::ports::PortList;
use crate::services::Services;
use crate::word::WordError;

/// The host that was found in `word`.
pub(crate) fn host_in(word: &str, host: &str) -> Result<Host, WordError> {
    Host::parse(host).map_err(|error| error.within(word, |meant| word.replacen(host, meant, 1)))
}

/// The ports of another machine that end `word`.
pub(crate) fn ports_in(word: &str, port: &str, svc: &dyn Services) -> Result<PortList, WordError> {
    within(word, port, PortList::parse(port, svc))
}

/// The ports of this machine that end `word`.
pub(super) fn local_ports_in(
    word: &str,
    port: &str,
    svc: &dyn Services,
) -> Result<PortList, WordError> {
    within(word, port, PortList::parse_local(port, svc))
}

fn within(
    word: &str,
    port: &str,
    read: Result<PortList, WordError>,
) -> Result<PortList, WordError> {
    if port.is_empty() {
        let error = WordError::new(word, "a port after the colon");
        return Err(match word.trim_end_matches(':').is_empty() {
            true => error,
            false => error.meant(format!("{word}80")),
        });
    }
    let before = word.strip_suffix(port).unwrap_or_default();
    read.map_err(|error| error.within(word, |meant| format!("{before}{meant}")))
}

/// The only port of a list that ends `word`.
pub(super) fn only(word: &str, port: &str, list: &PortList) -> Result<u16, WordError> {
    list.single().ok_or_else(|| {
        let before = word.strip_suffix(port).unwrap_or_default();
        let first = list.iter().next().map_or(0, |port| port.number);
        WordError::new(word, "one port only").meant(format!("{before}{first}"))
    })
}

/// Whether a word is a list of ports where service names count as such: after
/// a host, and wherever a local address may stand.
pub(crate) fn is_port_word(word: &str, svc: &dyn Services) -> bool {
    PortList::looks_like(word)
        || (word.contains(',') && !word.contains([':', '/']))
        || svc.port(word).is_some()
}

/// The error of a word that is meant as a port and misspelt, if it is: a
/// service that is nearly one, or ports in another tool's notation.
pub(crate) fn misspelt_port(word: &str, svc: &dyn Services) -> Option<WordError> {
    let is_address = match Word::read(word) {
        Ok(Word::Bare(text)) => Host::parse(text).is_ok_and(|host| host.ip().is_some()),
        _ => true,
    };
    let error = PortList::parse(word, svc).err()?;
    (!is_address && error.meant.is_some()).then_some(error)
}

/// The error for a host that no port follows.
pub(crate) fn needs_port(host: &Host, svc: &dyn Services) -> WordError {
    let text = host.to_string();
    if let Host::V6(..) = host {
        let error = WordError::new(
            &text,
            "a port after the IPv6 address (the whole word is one)",
        );
        return error.meant(match text.rsplit_once(':') {
            Some((literal, port)) if is_v6(literal) && port.parse::<u16>().is_ok() => {
                format!("[{literal}]:{port}")
            }
            _ => format!("[{text}]:80"),
        });
    }
    let port = svc.port(&text).unwrap_or(80);
    WordError::new(&text, "a port after the host").meant(format!("{text} {port}"))
}
