//! The words of an address: a host, then a port; a local port; a Unix socket;
//! and what stands after the address.

use super::Asked;
use super::candidate::{Answer, Candidate};
use super::line::Line;
use super::ports::{self, Ports};
use crate::address::Unix;
use crate::address::reading::is_port_word;
use crate::address::split::Word;
use crate::ports::PortList;
use crate::services::Services;

/// What may come next.
#[derive(Debug, PartialEq, Eq)]
struct Next {
    hosts: bool,
    /// Addresses of this machine, in the place of hosts.
    own: bool,
    ports: bool,
    /// What a port may be, here or after a colon.
    form: Ports,
    files: bool,
}

impl Next {
    fn nothing(form: Ports) -> Next {
        Next {
            hosts: false,
            own: false,
            ports: false,
            form,
            files: false,
        }
    }

    fn is_nothing(&self) -> bool {
        *self == Next::nothing(self.form)
    }
}

/// The words that may stand at the cursor.
pub fn answer(line: &Line<'_>, asked: &Asked<'_>) -> Answer {
    if line.verb.get_name() == "completions" {
        return shells(line, asked);
    }
    let next = next(line, asked.services);
    let typed = line.typed;
    let begins = next.hosts || next.own;
    if begins && (Unix::looks_like(typed) || typed.starts_with("~/")) {
        return sockets(typed, asked);
    }
    if begins && let Some(answer) = within_word(typed, &next, asked) {
        return answer;
    }
    let mut answer = Answer::default();
    if next.ports {
        answer = ports::answer(typed, next.form, asked);
    }
    // In a list of ports no host can come any more.
    if answer.before.is_empty() {
        if next.hosts {
            answer = answer.and(hosts(typed, asked));
        }
        if next.own {
            answer = answer.and(own(typed, asked));
        }
        if begins && !typed.is_empty() && "unix:".starts_with(typed) {
            let unix = Candidate::new("unix:", "a Unix socket", "host").open();
            answer.candidates.push(unix);
        }
    }
    match next.files {
        true => answer.and(Answer::files("")),
        false => answer,
    }
}

/// The names of hosts that go on with `typed`.
pub fn hosts(typed: &str, asked: &Asked<'_>) -> Answer {
    named(typed, asked.sources.hosts(), asked)
}

fn own(typed: &str, asked: &Asked<'_>) -> Answer {
    let mut all = vec!["localhost".to_owned()];
    all.extend(asked.sources.addresses());
    named(typed, all, asked)
}

fn named(typed: &str, all: Vec<String>, asked: &Asked<'_>) -> Answer {
    let kept = all
        .into_iter()
        .filter(|host| asked.matching.keeps(host, typed));
    Answer::of("", kept.map(|host| Candidate::new(host, "", "host")))
}

fn sockets(typed: &str, asked: &Asked<'_>) -> Answer {
    if let Some(rest) = typed.strip_prefix("~/") {
        // The shell reads it later; what it will read is looked up now.
        let home = format!("{}/", asked.sources.home());
        let mut found = paths("", &format!("{home}{rest}"), asked);
        for one in &mut found.candidates {
            one.value = one.value.split_off(home.len());
        }
        return found.after("~/");
    }
    match typed.strip_prefix("unix:") {
        Some(path) => paths("unix:", path, asked),
        None => paths("", typed, asked),
    }
}

fn paths(before: &str, path: &str, asked: &Asked<'_>) -> Answer {
    let all = asked.sources.sockets(path).into_iter().map(|path| {
        let is_directory = path.ends_with('/');
        let candidate = Candidate::new(path, "", "socket");
        match is_directory {
            true => candidate.open(),
            false => candidate,
        }
    });
    Answer::of(before, all.filter(|one| one.value.starts_with(path)))
}

/// A port or a zone after its host in the same word.
fn within_word(typed: &str, next: &Next, asked: &Asked<'_>) -> Option<Answer> {
    if let Some((host, zone)) = typed.split_once('%')
        && !zone.contains([']', ':'])
    {
        let all = asked.sources.interfaces().into_iter();
        let kept = all.filter(|name| asked.matching.keeps(name, zone));
        let candidates = kept.map(|name| Candidate::new(name, "", "interface"));
        return Some(Answer::of(format!("{host}%"), candidates));
    }
    if typed.contains("://") {
        return Some(Answer::default());
    }
    let port = match Word::read(typed) {
        Ok(Word::Both(_, port)) => port,
        Ok(Word::Any(port)) if next.own => port,
        _ => return None,
    };
    let before = typed.strip_suffix(port)?;
    Some(ports::answer(port, next.form, asked).after(before))
}

/// What a verb takes after the words before the cursor.
fn next(line: &Line<'_>, services: &dyn Services) -> Next {
    let waits = line.has("listen");
    let mut next = match line.verb.get_name() {
        "listen" => local(&line.words, Ports::List, services),
        "send" | "recv" if waits && is_complete(&line.words, services) => Next::nothing(Ports::One),
        "send" | "recv" if waits => local(&line.words, Ports::One, services),
        "connect" | "send" | "recv" => dialled(&line.words),
        "probe" if line.has("ports") || line.has("targets") => Next {
            hosts: true,
            ..Next::nothing(Ports::List)
        },
        "probe" => target(&line.words, services),
        _ => Next::nothing(Ports::One),
    };
    next.files = line.verb.get_name() == "send" && next.is_nothing();
    next
}

fn dialled(words: &[&str]) -> Next {
    Next {
        hosts: words.is_empty(),
        ports: matches!(words, [host] if is_host(host)),
        ..Next::nothing(Ports::One)
    }
}

fn local(words: &[&str], form: Ports, services: &dyn Services) -> Next {
    let is_open = |word: &&str| is_host(word) && !is_port_word(word, services);
    Next {
        own: !words.last().is_some_and(is_open),
        ports: true,
        ..Next::nothing(form)
    }
}

/// Whether the words are one local address.
fn is_complete(words: &[&str], services: &dyn Services) -> bool {
    match words {
        [] => false,
        [first] => !is_host(first) || is_port_word(first, services),
        _ => true,
    }
}

/// A host takes all port words after it; any other word begins a new target.
fn target(words: &[&str], services: &dyn Services) -> Next {
    let (mut takes_ports, mut takes_host) = (false, true);
    for word in words {
        match takes_ports && is_port_word(word, services) {
            true => takes_host = true,
            false => {
                takes_ports = is_host(word);
                takes_host = !takes_ports;
            }
        }
    }
    Next {
        hosts: takes_host,
        ports: takes_ports,
        ..Next::nothing(Ports::List)
    }
}

/// Whether a word is a host, or a block, that a port has to follow.
fn is_host(word: &str) -> bool {
    matches!(Word::read(word), Ok(Word::Bare(text)) if !PortList::looks_like(text))
}

fn shells(line: &Line<'_>, asked: &Asked<'_>) -> Answer {
    let one = line
        .verb
        .get_positionals()
        .filter(|_| line.words.is_empty());
    let values = one.flat_map(|arg| arg.get_possible_values());
    let names = values.map(|value| value.get_name().to_owned());
    let kept = names.filter(|name| asked.matching.keeps(name, line.typed));
    Answer::of("", kept.map(|name| Candidate::new(name, "", "shell")))
}
