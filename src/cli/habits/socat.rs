//! Addresses as socat takes them: `TCP-LISTEN:5005,fork`, `UNIX-CONNECT:/run/s`.

use super::habit::shown;
use super::{Habit, Meant, tos};

/// One end of socat's relay.
#[derive(Default)]
struct End {
    listens: bool,
    options: Vec<String>,
    address: String,
    /// A command, for who comes.
    program: Option<String>,
    shell: Option<String>,
    /// A file.
    file: Option<String>,
}

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Both,
    Right,
    Left,
}

/// What the words mean, if one of them is such an address.
pub fn meant(verb: Option<&str>, words: &[String]) -> Option<Habit> {
    let ends: Vec<(usize, Kind)> = words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| Some((at, kind(word)?)))
        .collect();
    let first = ends.first()?.0;
    let wrong = format!("`{}` is an address of socat", shown(&words[first]));
    let mut net = None;
    let (mut program, mut shell, mut file) = (None, None, None);
    for (at, kind) in ends {
        match kind {
            Kind::Never(why) => return Some(Habit::never(&wrong, why)),
            Kind::End(end) if end.program.is_some() => program = end.program,
            Kind::End(end) if end.shell.is_some() => shell = end.shell,
            Kind::End(end) if end.file.is_some() => file = end.file,
            Kind::End(_) if net.is_some() => {
                let why = "sock relays between a socket and stdin and stdout";
                return Some(Habit::never(&wrong, why));
            }
            Kind::End(end) => net = Some((at, end)),
        }
    }
    let (at, net) = net?;
    let (way, own) = own(&words[..first]);
    let last = !words[at + 1..].iter().any(|word| is_end(word));
    let verb = match (verb, way) {
        (Some(verb @ ("send" | "recv")), _) => verb,
        (Some("probe"), _) if !net.listens => "probe",
        (_, Way::Both) if net.listens => "listen",
        (_, Way::Both) => "connect",
        (_, Way::Right) if last => "send",
        (_, Way::Left) if !last => "send",
        _ => "recv",
    };
    let mut meant = vec![verb.to_owned()];
    if net.listens && verb != "listen" {
        meant.push("-l".to_owned());
    }
    meant.extend(own);
    let mut options = net.options;
    // Who relays takes one peer after another.
    if program.is_none()
        && shell.is_none()
        && let Some(most) = options.iter().position(|one| one == "--max-clients")
    {
        options.drain(most..most + 2);
    }
    meant.extend(options);
    meant.push(net.address);
    match (file, verb) {
        (Some(file), "send") => meant.push(file),
        (Some(file), "recv") => meant.extend(["-o".to_owned(), file]),
        (Some(_), _) => {
            let why = "a file goes one way: sock send ADDRESS FILE, sock recv -o FILE";
            return Some(Habit::never(&wrong, why));
        }
        _ => {}
    }
    if verb != "listen" && (program.is_some() || shell.is_some()) {
        return Some(Habit::never(
            &wrong,
            "only sock listen runs a command, for who comes",
        ));
    }
    if let Some(shell) = shell {
        meant.extend(["--sh".to_owned(), shell]);
    }
    if let Some(program) = program {
        meant.push("--".to_owned());
        meant.extend(program.split_whitespace().map(str::to_owned));
    }
    Some(Habit {
        verb: Some(verb.to_owned()),
        wrong,
        meant: vec![Meant::new(meant)],
    })
}

/// socat's own options, before its addresses.
fn own(words: &[String]) -> (Way, Vec<String>) {
    let (mut way, mut options) = (Way::Both, Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut option = |name: &str, value: &str| {
            let value = match value {
                "" => rest.next().cloned().unwrap_or_default(),
                value => value.to_owned(),
            };
            options.extend([name.to_owned(), value]);
        };
        match word.as_str() {
            "-u" => way = Way::Right,
            "-U" => way = Way::Left,
            "-v" | "-x" => options.push("--hex".to_owned()),
            "-4" | "-6" => options.push(word.clone()),
            word => match (word.strip_prefix("-T"), word.strip_prefix("-t")) {
                (Some(value), _) => option("--idle", value),
                (_, Some(value)) => option("--quit-after-eof", value),
                _ => {}
            },
        }
    }
    options.dedup();
    (way, options)
}

/// Whether a word is an end of the relay at all.
fn is_end(word: &str) -> bool {
    let is_stdio = word == "-" || word.eq_ignore_ascii_case("stdio");
    is_stdio || word.eq_ignore_ascii_case("stdout") || kind(word).is_some()
}

enum Kind {
    End(End),
    Never(&'static str),
}

/// What a word is to socat; `-` and STDIO say what happens anyway.
fn kind(word: &str) -> Option<Kind> {
    let (name, rest) = word.split_once(':')?;
    // A URL, our own form, a host that has the name of a protocol.
    let is_port = rest.bytes().all(|byte| byte.is_ascii_digit());
    if rest.starts_with("//") || name == "unix" || (is_port && !name.contains('-')) {
        return None;
    }
    let name = name.to_ascii_uppercase();
    let mut parts = rest.split(',');
    let mut end = End {
        address: parts.next().unwrap_or_default().to_owned(),
        ..End::default()
    };
    match name.as_str() {
        // A command may hold commas.
        "EXEC" => {
            end.program = Some(end.address);
            end.address = String::new();
            return Some(Kind::End(end));
        }
        "SYSTEM" | "SHELL" => {
            end.shell = Some(rest.to_owned());
            return Some(Kind::End(end));
        }
        "OPEN" | "FILE" | "GOPEN" | "CREATE" => {
            end.file = Some(end.address);
            end.address = String::new();
            return Some(Kind::End(end));
        }
        _ => {}
    }
    let (protocol, act) = name.split_once('-').unwrap_or((&name, "CONNECT"));
    end.listens = matches!(act, "LISTEN" | "L" | "RECV" | "RECVFROM");
    if !end.listens && !matches!(act, "CONNECT" | "CLIENT" | "SENDTO" | "DATAGRAM") {
        return None;
    }
    let options: &[&str] = match protocol {
        "TCP" => &[],
        "TCP4" => &["-4"],
        "TCP6" => &["-6"],
        "UDP" => &["-u"],
        "UDP4" => &["-4", "-u"],
        "UDP6" => &["-6", "-u"],
        "UNIX" | "LOCAL" => {
            end.address.insert_str(0, "unix:");
            &[]
        }
        "ABSTRACT" => {
            end.address.insert_str(0, "unix:@");
            &[]
        }
        "OPENSSL" | "SSL" => return Some(Kind::Never("sock speaks no TLS")),
        "PROXY" | "SOCKS4" | "SOCKS4A" | "SOCKS5" => {
            return Some(Kind::Never("sock knows no proxies"));
        }
        "SCTP" | "SCTP4" | "SCTP6" => return Some(Kind::Never("sock speaks no SCTP")),
        _ => return None,
    };
    end.options
        .extend(options.iter().map(|one| (*one).to_owned()));
    let mut source = (None, None);
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name {
            "bind" if end.listens => end.address = format!("{value}:{}", end.address),
            "bind" => source.0 = Some(value),
            "sourceport" | "sp" => source.1 = Some(value),
            _ => end.options.extend(option(name, value, end.listens)),
        }
    }
    let source = match source {
        (None, None) => None,
        (Some(host), None) => Some(host.to_owned()),
        (host, Some(port)) => Some(format!("{}:{port}", host.unwrap_or_default())),
    };
    let source = source.map(|source| ["--source".to_owned(), source]);
    end.options.extend(source.into_iter().flatten());
    Some(Kind::End(end))
}

/// An option of an address in our words; none where it says what happens anyway,
/// or what nobody here does.
fn option(name: &str, value: &str, listens: bool) -> Vec<String> {
    /// Those that have a value, and ours of the same.
    const VALUED: &[(&str, &str)] = &[
        ("connect-timeout", "-w"),
        ("retry", "--retry"),
        ("interval", "--retry-interval"),
        ("backlog", "--backlog"),
        ("range", "--allow"),
        ("max-children", "--max-clients"),
        ("ttl", "--ttl"),
        ("mss", "--mss"),
        ("rcvbuf", "--rcvbuf"),
        ("sndbuf", "--sndbuf"),
        ("so-bindtodevice", "--interface"),
        ("interface", "--interface"),
        ("mode", "--mode"),
        ("accept-timeout", "--accept-timeout"),
        ("congestion", "--congestion"),
    ];
    const FLAGS: &[(&str, &[&str])] = &[
        ("nodelay", &["--nodelay"]),
        ("tcp-nodelay", &["--nodelay"]),
        ("broadcast", &["--broadcast"]),
        ("reuseport", &["--reuse-port"]),
        ("crlf", &["--crlf"]),
        ("crnl", &["--crlf"]),
        ("forever", &["--retry", "inf"]),
        ("shut-none", &["--on-eof", "keep"]),
    ];
    let words: Vec<&str> = match name {
        "fork" if listens => vec!["-k"],
        "tos" => return vec!["--dscp".to_owned(), tos::dscp(value)],
        _ => {
            let valued = VALUED.iter().find(|row| row.0 == name);
            let flag = FLAGS.iter().find(|row| row.0 == name);
            match (valued, flag) {
                (Some((_, ours)), _) => vec![ours, value],
                (_, Some((_, ours))) => ours.to_vec(),
                _ => Vec::new(),
            }
        }
    };
    words.into_iter().map(str::to_owned).collect()
}
