//! What a person reads at a terminal, of each kind of answer.

use super::*;

/// Ports of the table of cases, and the sentence of each.
#[rustfmt::skip]
const SENTENCES: &[(u16, &str)] = &[
    (2000, "open * the handshake completed in *"),
    (2001, "closed * the host answered RST: it is up, nothing listens here"),
    (2020, "filtered * no answer to 2 SYNs in 1.4 s: dropped on the way or by the host; typical of a cloud security group"),
    (2030, "rejected * 10.0.1.1 rejected it (ICMP admin-prohibited): a firewall on the way"),
    (2041, "rejected * 10.0.2.2 rejected it (ICMP port-unreachable): a firewall on the way"),
    (2032, "rejected * rejected (ICMP admin-prohibited) by the host, or a NAT or firewall that speaks in its name"),
    (2050, "unreachable * 10.0.1.1 has no route to it"),
    (2061, "unreachable * 10.0.2.2 cannot reach the host: it is down, or the address is wrong"),
    (2070, "rejected * 10.0.1.1 rejected it (ICMP protocol-unreachable): a firewall on the way"),
    (2033, "error * a firewall on this machine rejected it: nothing is known about the port"),
    (2024, "error * a firewall on this machine dropped it: nothing is known about the port"),
];

/// The same of UDP.
#[rustfmt::skip]
const DATAGRAMS: &[(u16, &str)] = &[
    (2000, "open * it replied in *"),
    (2001, "closed * the host, or a NAT or firewall that speaks in its name, answered ICMP port-unreachable: nothing listens here"),
    (2020, "silent * no answer to * datagrams in * s: open or filtered, UDP cannot tell"),
    (2040, "rejected * 10.0.1.1 rejected it (ICMP port-unreachable): a firewall on the way"),
    (2024, "error * a firewall on this machine dropped it: nothing is known about the port"),
];

/// Addresses, and the sentence of each.
#[rustfmt::skip]
const ROUTES: &[(&str, &str)] = &[
    ("10.0.1.96", "unreachable * nobody on the local network answers for this address: the host is down, or the address is wrong"),
    ("10.0.66.1", "unreachable * the packet died of old age at 10.0.2.2: a routing loop, or a TTL too small"),
    ("198.51.100.1", "unreachable * this machine has no route to it"),
    ("192.0.2.2", "unreachable * the routing table of this machine discards it (blackhole)"),
    ("192.0.2.3", "unreachable * the routing table of this machine prohibits it"),
    // NAT: R1 says no, with the address that was asked.
    ("10.0.7.1:2030", "rejected * rejected (ICMP admin-prohibited) by the host, or a NAT or firewall that speaks in its name"),
];

/// What a terminal shows, rows with their further lines joined.
#[track_caller]
fn shown(words: &str) -> Option<Vec<String>> {
    let ended = sock(format!("probe --all --color never {words}"))
        .inside(lab()?, "client")
        .stdout_to(Stdout::Tty)
        .any_end()
        .any_stdout()
        .run();
    let mut rows: Vec<String> = Vec::new();
    for line in ended.lines() {
        match rows.last_mut() {
            Some(row) if line.starts_with(' ') => {
                row.push(' ');
                row.push_str(line.trim());
            }
            _ => rows.push(line),
        }
    }
    Some(rows)
}

#[track_caller]
fn reads(rows: &[String], target: &str, sentence: &str) {
    let row = rows
        .iter()
        .find(|row| row.starts_with(&format!("{target} ")));
    let row = row.unwrap_or_else(|| panic!("no row of {target} in {rows:#?}"));
    let row = row.split_whitespace().collect::<Vec<_>>().join(" ");
    let pattern = format!("{target} {sentence}");
    assert!(like::line_like(&pattern, &row), "{pattern:?}\n{row:?}");
}

#[test]
fn at_a_terminal_each_answer_has_its_sentence() {
    let ports = SENTENCES.iter().map(|(port, _)| port.to_string());
    let ports = ports.collect::<Vec<_>>().join(",");
    let Some(rows) = shown(&format!("-w 1.4 10.0.3.2 {ports}")) else {
        return;
    };
    for (port, sentence) in SENTENCES {
        reads(&rows, &format!("10.0.3.2:{port}"), sentence);
    }
}

#[test]
fn at_a_terminal_each_datagram_has_its_sentence() {
    let ports = DATAGRAMS.iter().map(|(port, _)| port.to_string());
    let ports = ports.collect::<Vec<_>>().join(",");
    let Some(rows) = shown(&format!("-u -w 1.4 10.0.3.2 {ports}")) else {
        return;
    };
    for (port, sentence) in DATAGRAMS {
        reads(&rows, &format!("10.0.3.2:{port}"), sentence);
    }
}

#[test]
fn at_a_terminal_each_route_has_its_sentence() {
    let with_port = |target: &str| match target.contains(':') {
        true => target.to_owned(),
        false => format!("{target}:80"),
    };
    let targets = ROUTES.iter().map(|(target, _)| with_port(target));
    let targets = targets.collect::<Vec<_>>().join(" ");
    let Some(rows) = shown(&targets) else { return };
    for (target, sentence) in ROUTES {
        reads(&rows, &with_port(target), sentence);
    }
}

/// The table of a trace, with what it says in the end.
#[test]
fn at_a_terminal_a_path_is_a_table() {
    let Some(lab) = lab() else { return };
    let ended = sock("probe --trace-against 2000 -w 1.4 10.0.3.2 2020")
        .inside(lab, "client")
        .stdout_to(Stdout::Tty)
        .code(5)
        .stdout(
            "path to 10.0.3.2 port 2000/tcp\n\
             \x20 1  10.0.1.1  r1.lab *ms  mss 1460, ttl 64\n\
             \x20 2  10.0.2.2  r2.lab *ms  mss 1460, ttl 63\n\
             \x20 3  10.0.3.2  *ms  syn-ack\n\
             \x20 -> the host answers 3 hops away\n\
             \n\
             path to 10.0.3.2 port 2020/tcp\n\
             \x20 1  10.0.1.1  r1.lab *ms  mss 1460, ttl 64\n\
             \x20 2  *\n\
             \x20 -> its packets get to 10.0.1.1, hop 1, and not to 10.0.2.2, hop 2, as those of\n\
             \x20    port 2000 do: dropped by one of the two or between them\n\
             \n\
             10.0.3.2:2020  *filtered*no answer to 2 SYNs in 1.4 s: dropped on the way\n\
             *or by the host; typical of a cloud security\n\
             *group\n\
             1 probed: 1 filtered in *\n",
        )
        .run();
    assert!(ended.err.is_empty(), "{ended}");
}
