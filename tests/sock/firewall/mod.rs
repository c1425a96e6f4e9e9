//! What the network says, and who said it: every kind of answer that routers,
//! firewalls and routing tables can give to a connect(), for TCP and UDP, IPv4
//! and IPv6, told apart by a process without any capability.
//!
//! client - r1 - r2 - server; the rules are generated from the table of cases,
//! so that a case is one row: where, what nft does there, what must be said.

mod cases;
mod codes;
mod matrix;
mod others;
mod routes;
mod sentences;
mod trace;

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::command::Cmd;
use crate::support::*;
use cases::*;

/// The network, made once for this module.
fn lab() -> Option<&'static Namespace> {
    static LAB: OnceLock<Option<Namespace>> = OnceLock::new();
    LAB.get_or_init(network).as_ref()
}

/// Another one like it.
fn network() -> Option<Namespace> {
    let ports = cases()
        .iter()
        .filter(|case| ![2001, 2010].contains(&case.port))
        .fold(String::new(), |mut words, case| {
            let _ = write!(words, "tcp:{0} udp:{0} ", case.port);
            words
        });
    Namespace::new(
        include_str!("../../peers/lab.sh"),
        &[
            ("SERVER", include_str!("../../peers/server.py").to_owned()),
            ("PORTS", ports),
            ("RULES_client", rules("client", "output")),
            ("RULES_r1", rules("r1", "forward")),
            ("RULES_r2", rules("r2", "forward")),
            ("RULES_server", rules("server", "input")),
        ],
    )
}

/// A probe from the client, as JSON.
#[track_caller]
fn rows(words: &str) -> Option<Vec<Value>> {
    let ended = sock(format!("probe --json {words}"))
        .inside(lab()?, "client")
        .any_end()
        .any_stdout()
        .run();
    Some(
        ended
            .lines()
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).expect("a JSON object a line"))
            .filter(|row| row["event"] == "probe")
            .collect(),
    )
}

/// Compares a row with a verdict; what is wrong goes to `wrong`.
fn compare(wrong: &mut String, what: &str, row: &Value, says: Says, family: Family) {
    let (state, reason, by) = says;
    let by = by.address(family);
    if row["state"] != state || row["reason"] != reason || row["by"].as_str() != by {
        let _ = writeln!(
            wrong,
            "{what}: expected {state} {reason} by {by:?}, found {} {} by {} ({row})",
            row["state"], row["reason"], row["by"]
        );
    }
}

#[test]
fn the_user_of_these_tests_has_no_capabilities() {
    let Some(lab) = lab() else { return };
    Cmd::new("grep")
        .words("CapEff /proc/self/status")
        .inside(lab, "client")
        .stdout("CapEff:\t0000000000000000\n")
        .run();
}
