//! The files in man/ are those that the definition of the command line makes:
//! byte for byte, or this test says how to make them anew.

use std::fs;
use std::path::Path;

use clap_mangen::Man;

/// Set to write the files instead of comparing them.
const WRITE: &str = "SOCK_WRITE_GENERATED";
const CURE: &str = "SOCK_WRITE_GENERATED=1 cargo test --test sock generated";

/// Fixed, so that a page changes only when its text does.
const DATE: &str = "2026-11-20";

fn check(path: &str, made: &[u8]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os(WRITE).is_some() {
        fs::create_dir_all(file.parent().expect("a directory")).expect(path);
        fs::write(&file, made).expect(path);
    }
    let there = fs::read(&file).unwrap_or_default();
    assert!(there == made, "{path} is stale; make it anew with: {CURE}");
}

fn page(command: clap::Command, name: &str) -> Vec<u8> {
    let man = Man::new(command.display_name(name.to_owned()))
        .title(name.to_uppercase())
        .date(DATE)
        .source(format!("sock {}", env!("CARGO_PKG_VERSION")))
        .manual("sock");
    let mut text = Vec::new();
    man.render(&mut text).expect("a page");
    text
}

#[test]
fn generated_manual_pages() {
    let mut command = sock::cli::command();
    command.build();
    for verb in command.get_subcommands() {
        let name = format!("sock-{}", verb.get_name());
        check(&format!("man/{name}.1"), &page(verb.clone(), &name));
    }
    check("man/sock.1", &page(command, "sock"));
}
