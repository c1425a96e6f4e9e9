//! The simple addresses of socat: `TCP:host:80`, `TCP-LISTEN:5005,fork`.

use super::Habit;
use super::habit::shown;

/// A protocol, the options of ours that ask for it, and what comes before its address.
const NETS: &[(&str, &[&str], &str)] = &[
    ("TCP", &[], ""),
    ("TCP4", &["-4"], ""),
    ("TCP6", &["-6"], ""),
    ("UDP", &["-u"], ""),
    ("UDP4", &["-4", "-u"], ""),
    ("UDP6", &["-6", "-u"], ""),
    ("UNIX", &[], "unix:"),
];

/// What else an address of socat begins with.
const OTHERS: &[&str] = &[
    "ABSTRACT", "OPENSSL", "SSL", "PROXY", "SOCKS4", "SOCKS4A", "SOCKS5", "SCTP", "EXEC", "SYSTEM",
    "SHELL", "OPEN", "FILE", "GOPEN", "CREATE", "PTY",
];

const ACTS: &[&str] = &[
    "LISTEN", "L", "CONNECT", "CLIENT", "SENDTO", "RECV", "RECVFROM", "DATAGRAM",
];

/// What the words mean, if one of them is such an address.
pub fn meant(verb: Option<&str>, words: &[String]) -> Option<Habit> {
    let first = words.iter().find(|word| read(word).is_some())?;
    let wrong = format!("`{}` is an address of socat", shown(first));
    Some(match simple(verb, words) {
        Some(words) => Habit::one(wrong, words),
        None => Habit::none(format!("{wrong}: see sock(1), COMPARISON")),
    })
}

/// One socket and no more than stdin and stdout at the other end. Whatever an
/// option of an address would limit is never left out: then nothing is simple.
fn simple(verb: Option<&str>, words: &[String]) -> Option<Vec<String>> {
    let is_stdio = |word: &str| word == "-" || word.eq_ignore_ascii_case("stdio");
    let end = match words {
        [end] => end,
        [stdio, end] if is_stdio(stdio) => end,
        [end, stdio] if is_stdio(stdio) => end,
        _ => return None,
    };
    let (protocol, act, rest) = read(end)?;
    let (_, options, before) = NETS.iter().find(|row| row.0 == protocol)?;
    let listens = matches!(act.as_str(), "LISTEN" | "L");
    let verb = match (verb, act.as_str()) {
        (None | Some("listen"), "LISTEN" | "L") => "listen",
        (Some(verb), "" | "CONNECT") if verb != "listen" => verb,
        (None, "" | "CONNECT") => "connect",
        _ => return None,
    };
    let mut parts = rest.split(',');
    let address = format!("{before}{}", parts.next()?);
    let mut meant = vec![verb.to_owned()];
    for part in parts {
        match part {
            "fork" if listens => meant.push("-k".to_owned()),
            "reuseaddr" => {}
            _ => return None,
        }
    }
    meant.extend(options.iter().map(|one| (*one).to_owned()));
    meant.push(address);
    Some(meant)
}

/// The protocol, what is done with it, and the rest of an address.
fn read(word: &str) -> Option<(String, String, &str)> {
    let (name, rest) = word.split_once(':')?;
    // A URL, our own form, a host that has the name of a protocol.
    let is_port = rest.bytes().all(|byte| byte.is_ascii_digit());
    if rest.starts_with("//") || name == "unix" || (is_port && !name.contains('-')) {
        return None;
    }
    let name = name.to_ascii_uppercase();
    let (protocol, act) = name.split_once('-').unwrap_or((&name, ""));
    let is_known = NETS.iter().any(|row| row.0 == protocol) || OTHERS.contains(&protocol);
    let is_address = is_known && (act.is_empty() || ACTS.contains(&act));
    is_address.then(|| (protocol.to_owned(), act.to_owned(), rest))
}
