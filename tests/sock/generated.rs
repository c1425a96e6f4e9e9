//! The files in man/ are those that the definition of the command line makes:
//! byte for byte, or this test says how to make them anew.

mod markup;
mod options;
mod page;
mod schema_page;

use std::fs;
use std::path::Path;

/// Set to write the files instead of comparing them.
const WRITE: &str = "SOCK_WRITE_GENERATED";
const CURE: &str = "SOCK_WRITE_GENERATED=1 cargo test --test sock generated";

fn check(path: &str, made: &[u8]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os(WRITE).is_some() {
        fs::create_dir_all(file.parent().expect("a directory")).expect(path);
        fs::write(&file, made).expect(path);
    }
    let there = fs::read(&file).unwrap_or_default();
    assert!(there == made, "{path} is stale; make it anew with: {CURE}");
}

#[test]
fn generated_manual_pages() {
    let mut command = sock::cli::command();
    command.build();
    for verb in command.get_subcommands() {
        let name = format!("sock-{}", verb.get_name());
        check(&format!("man/{name}.1"), page::page(verb, &name).as_bytes());
    }
    check("man/sock.1", page::page(&command, "sock").as_bytes());
    check("man/sock-json.5", schema_page::page().as_bytes());
}
