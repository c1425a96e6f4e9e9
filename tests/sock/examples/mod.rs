//! Every example of the manual and of README, as somebody types it who reads it:
//! in a shell, on a network of its own where hosts have the names, open ports and
//! firewalls that the text speaks of.
//!
//! Output that is shown must be what comes, all of it, but for numbers and for
//! where lines break. README shows the output of every command; the pages may
//! leave it out.

mod blocks;
mod network;
mod session;

use std::path::Path;

use blocks::{console, indented};
use session::follow;

const README: &str = include_str!("../../../README.md");

/// What the pages are made of; see tests/sock/generated/.
macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("../generated/text/", $name, ".md"))
    };
}

#[test]
fn of_readme() {
    follow("README.md", console(README), true);
}

#[test]
fn of_sock() {
    follow("sock(1)", indented(text!("sock")), false);
}

#[test]
fn of_listen() {
    follow("sock-listen(1)", indented(text!("listen")), false);
}

#[test]
fn of_connect() {
    follow("sock-connect(1)", indented(text!("connect")), false);
}

#[test]
fn of_send() {
    follow("sock-send(1)", indented(text!("send")), false);
}

#[test]
fn of_recv() {
    follow("sock-recv(1)", indented(text!("recv")), false);
}

#[test]
fn of_probe() {
    follow("sock-probe(1)", indented(text!("probe")), false);
}

#[test]
fn of_completions() {
    follow("sock-completions(1)", indented(text!("completions")), false);
}

#[test]
fn of_json() {
    follow("sock-json(5)", indented(text!("sock-json")), false);
}

#[test]
fn there_are_as_many_as_promised() {
    for text in [
        text!("listen"),
        text!("connect"),
        text!("send"),
        text!("recv"),
        text!("probe"),
        text!("sock-json"),
    ] {
        let groups = indented(text).len();
        assert!(groups >= 5, "{groups} examples in: {}", &text[..60]);
    }
}

/// What README says of codes and states is what --help and the manual say.
#[test]
fn readme_has_the_tables_of_the_manual() {
    assert!(
        README.contains(sock::cli::EXIT_CODES),
        "exit codes as in --help"
    );
    assert!(README.contains(text!("states")), "states as in sock(1)");
}

/// To its own headings, as GitHub names them, and to files.
#[test]
fn readme_links_lead_somewhere() {
    let anchors: Vec<String> = (README.lines())
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.to_lowercase().replace(' ', "-"))
        .collect();
    let links: Vec<&str> = (README.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert!(links.len() >= anchors.len(), "{links:?}");
    for link in links {
        let leads = match link.strip_prefix('#') {
            Some(anchor) => anchors.iter().any(|known| known == anchor),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join(link).exists(),
        };
        assert!(leads, "{link}: {anchors:?}");
    }
}

/// But for tables, and for output that is what it is.
#[test]
fn readme_is_readable_at_80_columns() {
    let mut inside = None;
    let mut command = false;
    for (at, line) in README.lines().enumerate() {
        if let Some(kind) = line.strip_prefix("```") {
            inside = inside.is_none().then_some(kind);
            continue;
        }
        // A command goes on after a line that cannot be its last.
        command = line.starts_with("$ ") || command && line.starts_with("    ");
        let table = inside.is_none() && line.starts_with('|');
        let output = inside == Some("console") && !command;
        let columns = line.chars().count();
        assert!(
            columns <= 80 || table || output,
            "README.md:{}: {columns} columns: {line}",
            at + 1
        );
    }
}
