//! Every example of the manual and of README, as somebody types it who reads it:
//! in a shell, on a network of its own where hosts have the names, open ports and
//! firewalls that the text speaks of.
//!
//! What a page shows of the output must be what comes, but for numbers and for
//! where lines break.

mod blocks;
mod network;
mod session;

use blocks::{console, indented};
use session::follow;

/// What the pages are made of; see tests/sock/generated/.
macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("../generated/text/", $name, ".md"))
    };
}

#[test]
fn of_readme() {
    follow("README.md", console(include_str!("../../../README.md")));
}

#[test]
fn of_sock() {
    follow("sock(1)", indented(text!("sock")));
}

#[test]
fn of_listen() {
    follow("sock-listen(1)", indented(text!("listen")));
}

#[test]
fn of_connect() {
    follow("sock-connect(1)", indented(text!("connect")));
}

#[test]
fn of_send() {
    follow("sock-send(1)", indented(text!("send")));
}

#[test]
fn of_recv() {
    follow("sock-recv(1)", indented(text!("recv")));
}

#[test]
fn of_probe() {
    follow("sock-probe(1)", indented(text!("probe")));
}

#[test]
fn of_json() {
    follow("sock-json(5)", indented(text!("sock-json")));
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
    let readme = include_str!("../../../README.md");
    assert!(
        readme.contains(sock::cli::EXIT_CODES),
        "exit codes as in --help"
    );
    assert!(readme.contains(text!("states")), "states as in sock(1)");
}
