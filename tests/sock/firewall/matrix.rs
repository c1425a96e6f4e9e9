//! Every firewall rule, at every place, again and again.

use super::*;

/// How often each table is gone through: one deviation is one too many.
const ROUNDS: &str = "SOCK_FIREWALL_ROUNDS";

fn rounds() -> u32 {
    let typed = std::env::var(ROUNDS).ok();
    typed.map_or(2, |rounds| rounds.parse().expect(ROUNDS))
}

/// Whose address is asked, and what it says instead where that is not the
/// server's own.
#[track_caller]
fn all_cases(target: By, family: Family, protocol: Protocol) {
    let cases: Vec<&Case> = cases()
        .iter()
        .filter(|case| case.family.is_none_or(|only| only == family))
        // The client's own rules are the same for every target.
        .filter(|case| target == Server || case.host != "client")
        .collect();
    let address = target.address(family).expect("it has one");
    // A survey paces itself, over TCP where one host rejects five at once; several
    // small ones take no longer than one.
    const SIZE: usize = 5;
    let udp = match protocol {
        Udp => "-u",
        Tcp => "",
    };
    let surveys: Vec<String> = cases
        .chunks(SIZE)
        .map(|cases| {
            let ports: Vec<String> = cases.iter().map(|case| case.port.to_string()).collect();
            format!("{udp} -w 1.4 {address} {}", ports.join(","))
        })
        .collect();
    let mut wrong = String::new();
    for round in 1..=rounds() {
        let running = surveys.iter().map(|words| {
            let words = words.clone();
            std::thread::spawn(move || rows(&words))
        });
        let running: Vec<_> = running.collect();
        let rows = running.into_iter().map(|one| one.join().expect("a survey"));
        let Some(rows) = rows.collect::<Option<Vec<_>>>() else {
            return;
        };
        let rows = rows.concat();
        assert_eq!(rows.len(), cases.len(), "a row a port");
        for case in &cases {
            let row = rows
                .iter()
                .find(|row| row["port"] == case.port)
                .unwrap_or_else(|| panic!("no row for {}", case.port));
            let said = if protocol == Tcp { case.tcp } else { case.udp };
            let says = match target {
                Public => behind_nat(said, protocol),
                _ => said,
            };
            let what = format!(
                "round {round}: {protocol:?} {family:?} {target:?} {} {:?} at {:?}",
                case.port, case.rule, case.host
            );
            compare(&mut wrong, &what, row, says, family);
            if says == FILTERED && row["syns"] != 2 {
                let _ = writeln!(wrong, "{what}: two SYNs in 1.4 s ({row})");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Behind a NAT all who speak do so with the address that was asked; for UDP
/// a port-unreachable of the target's is a closed port, whoever sent it.
fn behind_nat((state, reason, by): Says, protocol: Protocol) -> Says {
    let by = match by {
        Nobody => Nobody,
        _ => Public,
    };
    match (protocol, reason) {
        (Udp, "icmp-port-unreachable") => ("closed", reason, by),
        _ => (state, reason, by),
    }
}

#[test]
fn tcp_over_ipv4_says_what_each_firewall_did() {
    all_cases(Server, V4, Tcp);
}

#[test]
fn tcp_over_ipv6_says_what_each_firewall_did() {
    all_cases(Server, V6, Tcp);
}

#[test]
fn udp_over_ipv4_says_what_each_firewall_did() {
    all_cases(Server, V4, Udp);
}

#[test]
fn udp_over_ipv6_says_what_each_firewall_did() {
    all_cases(Server, V6, Udp);
}

#[test]
fn behind_a_nat_everybody_speaks_in_the_name_of_the_host() {
    for family in [V4, V6] {
        all_cases(Public, family, Tcp);
    }
}

#[test]
fn behind_a_nat_everybody_speaks_in_the_name_of_the_host_over_udp() {
    for family in [V4, V6] {
        all_cases(Public, family, Udp);
    }
}
