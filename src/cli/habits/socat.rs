//! Addresses as socat takes them: `TCP-LISTEN:5005,fork`, `UNIX-CONNECT:/run/s`.

use super::Habit;

/// One end of socat's relay.
#[derive(Default)]
struct End {
    listens: bool,
    options: Vec<&'static str>,
    address: String,
    program: Option<String>,
}

/// What the words mean, if one of them is such an address.
pub fn meant(verb: Option<&str>, words: &[String]) -> Option<Habit> {
    let ends: Vec<(&String, Kind)> = words
        .iter()
        .filter_map(|word| Some((word, kind(word)?)))
        .collect();
    let (first, _) = ends.first()?;
    let wrong = format!("`{}` is an address of socat", super::shown(first));
    let mut net = None;
    let mut program = None;
    for (_, kind) in ends {
        match kind {
            Kind::Never(why) => return Some(Habit::never(&wrong, why)),
            Kind::End(end) if end.program.is_some() => program = end.program,
            Kind::End(_) if net.is_some() => {
                let why = "sock relays between a socket and stdin and stdout";
                return Some(Habit::never(&wrong, why));
            }
            Kind::End(end) => net = Some(end),
        }
    }
    let net = net?;
    let verb = match (verb, net.listens) {
        (Some(verb @ ("send" | "recv" | "probe")), false) => verb,
        (_, true) => "listen",
        (_, false) => "connect",
    };
    let options = net.options.iter().map(|option| (*option).to_owned());
    let mut meant: Vec<String> = std::iter::once(verb.to_owned()).chain(options).collect();
    meant.push(net.address);
    if let Some(program) = program {
        if verb != "listen" {
            return Some(Habit::never(
                &wrong,
                "only sock listen runs a command, for who comes",
            ));
        }
        meant.push("--".to_owned());
        meant.extend(program.split_whitespace().map(str::to_owned));
    }
    Some(Habit {
        verb: Some(verb.to_owned()),
        wrong,
        meant: Some(meant),
    })
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
    let mut parts = rest.split(',');
    let address = parts.next().unwrap_or_default().to_owned();
    let forks = parts.any(|option| option == "fork");
    let name = name.to_ascii_uppercase();
    let (protocol, act) = name.split_once('-').unwrap_or((&name, "CONNECT"));
    let listens = matches!(act, "LISTEN" | "L" | "RECV" | "RECVFROM");
    if !listens && !matches!(act, "CONNECT" | "CLIENT" | "SENDTO" | "DATAGRAM") {
        return None;
    }
    let mut end = End {
        listens,
        address,
        ..End::default()
    };
    match protocol {
        "TCP" => {}
        "TCP4" => end.options.push("-4"),
        "TCP6" => end.options.push("-6"),
        "UDP" => end.options.push("-u"),
        "UDP4" => end.options.extend(["-4", "-u"]),
        "UDP6" => end.options.extend(["-6", "-u"]),
        "UNIX" | "LOCAL" => end.address.insert_str(0, "unix:"),
        "ABSTRACT" => end.address.insert_str(0, "unix:@"),
        "EXEC" | "SYSTEM" => end.program = Some(std::mem::take(&mut end.address)),
        "OPENSSL" | "SSL" => return Some(Kind::Never("sock speaks no TLS")),
        "PROXY" | "SOCKS4" | "SOCKS4A" | "SOCKS5" => {
            return Some(Kind::Never("sock knows no proxies"));
        }
        "SCTP" | "SCTP4" | "SCTP6" => return Some(Kind::Never("sock speaks no SCTP")),
        _ => return None,
    }
    if listens && forks {
        end.options.push("-k");
    }
    Some(Kind::End(end))
}
