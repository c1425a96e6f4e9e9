//! Words read as targets.

use super::{Cidr, Target, TargetHost};
use crate::address::Host;
use crate::address::reading::{host_in, is_port_word, misspelt_port, needs_port, ports_in};
use crate::address::split::Word;
use crate::ports::PortList;
use crate::services::Services;
use crate::word::WordError;

/// Reads the targets of a command line, and what a person has to be told about
/// its URLs.
///
/// Without `ports` a host or block takes all port words after it (`h 22 80`,
/// `127.0.0.1 80 ::1 80`), or carries its ports with a colon. With `ports`
/// (`--ports`) every word is a target, and one with a colon keeps its own.
/// A service name after the first port word is a host if ports follow it:
/// `redis 6379 mysql 3306` are two hosts.
///
/// # Errors
/// Targets without ports, ports without a target, no words at all.
pub fn targets(
    words: &[String],
    ports: Option<&PortList>,
    svc: &dyn Services,
) -> Result<(Vec<Target>, Option<String>), WordError> {
    if words.is_empty() {
        return Err(WordError::new(
            "",
            "a TARGET such as HOST PORT or HOST:PORT",
        ));
    }
    let mut found = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    let mut rest = words;
    while let Some((word, mut after)) = rest.split_first() {
        let (host, own, note) = one(word, svc)?;
        let ports = match (&host, own, ports) {
            (TargetHost::Unix(_), ..) => None,
            (_, Some(own), _) => Some(own),
            (_, None, Some(ports)) if PortList::looks_like(word) => {
                return Err(not_a_target(word, words, ports, svc));
            }
            (_, None, Some(ports)) => Some(ports.clone()),
            (_, None, None) if PortList::looks_like(word) => {
                return Err(no_target(word, words, found.last(), svc));
            }
            (host, None, None) => {
                let (list, used) = ports_of(after, svc)?;
                let list = list.ok_or_else(|| portless(host, rest, found.is_empty(), svc))?;
                after = &after[used..];
                Some(list)
            }
        };
        notes.extend(note.filter(|note| !notes.contains(note)));
        found.push(Target { host, ports });
        rest = after;
    }
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok((found, note))
}

/// `- 22`: the targets of standard input bring their own ports.
///
/// # Errors
/// Ports after `-`, with the form that was probably meant.
pub fn after_stdin(words: &[String], svc: &dyn Services) -> Result<(), WordError> {
    let (mut stdin, mut ports) = (false, Vec::new());
    for word in words {
        stdin |= word == "-";
        if stdin && is_port_word(word, svc) {
            ports.push(word.as_str());
        }
    }
    match ports.first() {
        Some(first) if words.first().is_some_and(|word| word == "-") => {
            let error = WordError::new(*first, "targets only after `-`, whose lines have ports");
            Err(error.meant(format!("--ports {} -", ports.join(","))))
        }
        _ => Ok(()),
    }
}

type Read = (TargetHost, Option<PortList>, Option<String>);

/// One word: the target, its own ports, and what there is to tell about it.
fn one(word: &str, svc: &dyn Services) -> Result<Read, WordError> {
    if word == "-" {
        let expected = "a target (`-` is standard input on the command line only)";
        return Err(WordError::new(word, expected));
    }
    match Word::read(word)? {
        Word::Unix(unix) => Ok((TargetHost::Unix(unix), None, None)),
        Word::Url(url) => {
            let port = url.port(svc)?;
            let note = url.note(port);
            Ok((TargetHost::Host(url.host), Some(port.into()), note))
        }
        Word::Any(port) => {
            ports_in(word, port, svc)?;
            let error = WordError::new(word, "a host before the port");
            Err(error.meant(format!("localhost:{port}")))
        }
        Word::Both(host, port) => {
            let host = host_or_block(word, host)?;
            Ok((host, Some(ports_in(word, port, svc)?), None))
        }
        // Only a place holder: ports in a target's place are an error that the
        // caller can word, because it knows the neighbours.
        Word::Bare(ports) if PortList::looks_like(ports) => {
            Ok((TargetHost::Host(Host::Name(ports.to_owned())), None, None))
        }
        Word::Bare(host) => {
            let host = host_or_block(word, host)
                .map_err(|error| misspelt_port(word, svc).unwrap_or(error))?;
            Ok((host, None, None))
        }
    }
}

fn host_or_block(word: &str, text: &str) -> Result<TargetHost, WordError> {
    if let Some(block) = Cidr::read(text) {
        let block = block.map_err(|error| error.within(word, |b| word.replacen(text, b, 1)))?;
        return Ok(TargetHost::Cidr(block));
    }
    host_in(word, text).map(TargetHost::Host)
}

/// The words of ports that `words` begin with, as one list.
fn ports_of(words: &[String], svc: &dyn Services) -> Result<(Option<PortList>, usize), WordError> {
    let mut found: Option<PortList> = None;
    let mut used = 0;
    for (index, word) in words.iter().enumerate() {
        let next_is_port = || {
            words
                .get(index + 1)
                .is_some_and(|w| PortList::looks_like(w))
        };
        let is_host = index > 0 && !PortList::looks_like(word) && next_is_port();
        if is_host || !is_port_word(word, svc) {
            break;
        }
        let ports = PortList::parse(word, svc);
        let ports = ports.map_err(|error| match words.get(index + 1) {
            // `22, 80`
            Some(next) if word.ends_with(',') && is_port_word(next, svc) => {
                WordError::new(word, "no blank after the comma").meant(format!("{word}{next}"))
            }
            _ => error,
        })?;
        found = Some(match found {
            Some(before) => before.and(ports),
            None => ports,
        });
        used += 1;
    }
    Ok((found, used))
}

/// A number among words that are all targets: `--ports 22 h 80`.
fn not_a_target(word: &str, words: &[String], ports: &PortList, svc: &dyn Services) -> WordError {
    let hosts: Vec<&str> = words
        .iter()
        .filter(|word| !PortList::looks_like(word))
        .map(String::as_str)
        .collect();
    let error = WordError::new(word, "a TARGET: with --ports every word is one");
    let are_targets = !hosts.is_empty() && hosts.iter().all(|host| one(host, svc).is_ok());
    match (PortList::parse(word, svc), are_targets) {
        (Ok(own), true) => error.meant(format!("--ports {ports},{own} {}", hosts.join(" "))),
        _ => error,
    }
}

/// Ports where a target should be: before their host, or after `h:22`.
fn no_target(word: &str, words: &[String], last: Option<&Target>, svc: &dyn Services) -> WordError {
    if let Err(error) = PortList::parse(word, svc) {
        return error;
    }
    let error = WordError::new(word, "a TARGET before its ports");
    match last {
        Some(Target {
            host,
            ports: Some(ports),
        }) => error.meant(format!("{host} {ports} {word}")),
        Some(_) => WordError::new(word, "a TARGET: a Unix socket has no port"),
        // A next word that cannot be read is not shown: it may hold a password.
        None => match words
            .get(1)
            .filter(|next| !is_port_word(next, svc) && one(next, svc).is_ok())
        {
            Some(host) => error.meant(format!("{host} {word}")),
            None => error.meant(format!("localhost {word}")),
        },
    }
}

/// A host without ports. `rest` begins with it.
fn portless(host: &TargetHost, rest: &[String], is_first: bool, svc: &dyn Services) -> WordError {
    let split = rest.iter().position(|word| is_port_word(word, svc));
    let (hosts, ports) = rest.split_at(split.unwrap_or(rest.len()));
    let is_bare = |word: &String| one(word, svc).is_ok_and(|(_, own, _)| own.is_none());
    let is_list = hosts.len() > 1 && is_first && hosts.iter().all(is_bare);
    let mut expected = "a port after the host".to_owned();
    if let [_, next] = hosts
        && !next.contains(['.', ':', '/'])
    {
        expected.push_str(&format!(" (`{next}` is neither a port nor a service)"));
    }
    expected.push_str("; --ports gives several hosts the same ports");
    let error = WordError::new(host.to_string(), expected);
    if is_list && !ports.is_empty() && ports.iter().all(|word| is_port_word(word, svc)) {
        return error.meant(format!("--ports {} {}", ports.join(","), hosts.join(" ")));
    }
    if let Some(misspelt) = rest.get(1).and_then(|next| misspelt_port(next, svc)) {
        return misspelt;
    }
    if is_list && ports.is_empty() {
        return error.meant(format!("--ports 1-1024 {}", hosts.join(" ")));
    }
    match host {
        TargetHost::Host(host @ Host::V6(..)) => needs_port(host, svc),
        host => WordError::new(
            host.to_string(),
            "a port or a list of ports after the target",
        )
        .meant(format!("{host} 1-1024")),
    }
}
