//! The network that the examples speak of: client - r1 - r2 - server, where the
//! server is every other host.

use crate::support::Namespace;
use crate::support::command::SOCK;

/// What accepts on the server; tests/peers/examples.sh has the rest.
const PORTS: &str = "tcp:80 tcp:443 tcp:5432 tcp:6379 tcp:2000 tcp:2020 tcp:3306";

/// Makes it; `None` after a reported skip.
#[track_caller]
pub fn network() -> Option<Namespace> {
    let script = concat!(
        include_str!("../../peers/lab.sh"),
        include_str!("../../peers/examples.sh")
    );
    let mut env = vec![
        ("SERVER", include_str!("../../peers/server.py").to_owned()),
        ("PORTS", PORTS.to_owned()),
        ("SOCK", SOCK.to_owned()),
    ];
    let rules = ["RULES_client", "RULES_r1", "RULES_r2", "RULES_server"];
    env.extend(rules.map(|host| (host, String::new())));
    Namespace::new(script, &env)
}
