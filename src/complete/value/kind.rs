//! What completes the value of an option: it follows from the definition, from
//! clap's possible values, else from the name of the value, else (where that
//! name says too little) from the option itself. Pure.

use clap::Arg;

use crate::complete::ports::Ports;

/// What completes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// clap's possible values.
    Listed,
    SendFlags,
    RecvFlags,
    /// A stage, and a time after it.
    Stages,
    States,
    Dscp,
    Interfaces,
    Congestion,
    /// Addresses of this machine.
    Own,
    /// Hosts, or a file of them after `@`.
    Hosts,
    Ports(Ports),
    Files,
    /// A text, or a file that holds it after `@`.
    Text,
    /// The words in lower case in the name of the value: `N|inf`.
    Words,
    /// Numbers, times and the like; the sample is one.
    Free(&'static str),
}

/// What completes the value of an option; nothing where nobody has said.
pub fn kind(arg: &Arg) -> Option<Kind> {
    if !arg.get_possible_values().is_empty() {
        return Some(Kind::Listed);
    }
    Some(match (arg.get_id().as_str(), value_name(arg)) {
        ("send_flags", _) => Kind::SendFlags,
        ("recv_flags", _) => Kind::RecvFlags,
        ("dscp", _) => Kind::Dscp,
        ("interface", _) => Kind::Interfaces,
        ("congestion", _) => Kind::Congestion,
        ("ports", _) => Kind::Ports(Ports::List),
        (_, "PORT") => Kind::Ports(Ports::One),
        (_, "STAGE=DUR") => Kind::Stages,
        (_, "STATE") => Kind::States,
        (_, "ADDR[:PORT]") => Kind::Own,
        (_, "CIDR|HOST|@FILE") => Kind::Hosts,
        (_, "FILE") => Kind::Files,
        (_, "TEXT") => Kind::Text,
        (_, "DUR") => Kind::Free("1s"),
        (_, "N") => Kind::Free("100"),
        (_, "SIZE" | "RATE") => Kind::Free("1k"),
        (_, "PCT") => Kind::Free("1"),
        (_, "OCTAL") => Kind::Free("600"),
        (_, "GROUP") => Kind::Free("224.0.0.1"),
        (_, "CMD") => Kind::Free("true"),
        (_, name) if name.split('|').any(is_word) => Kind::Words,
        _ => return None,
    })
}

/// A value that the option's own parser takes.
pub fn sample(arg: &Arg) -> Option<String> {
    let word = match kind(arg)? {
        Kind::Listed => {
            return arg
                .get_possible_values()
                .first()
                .map(|value| value.get_name().to_owned());
        }
        Kind::SendFlags => "more",
        Kind::RecvFlags => "none",
        Kind::Stages => "resolve=1s",
        Kind::States => "open",
        Kind::Dscp => "ef",
        Kind::Interfaces => "lo",
        Kind::Congestion => "reno",
        Kind::Own | Kind::Hosts => "127.0.0.1",
        Kind::Ports(_) => "1",
        Kind::Files | Kind::Text => "x",
        Kind::Words => return words(arg).next().map(str::to_owned),
        Kind::Free(sample) => sample,
    };
    Some(word.to_owned())
}

/// The words that stand for themselves in the name of the value.
pub fn words(arg: &Arg) -> impl Iterator<Item = &str> {
    value_name(arg).split('|').filter(|part| is_word(part))
}

fn value_name(arg: &Arg) -> &str {
    let names = arg.get_value_names().unwrap_or_default();
    names.first().map_or("", |name| name.as_str())
}

/// Whether a part of a value's name stands for itself.
fn is_word(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase())
}
