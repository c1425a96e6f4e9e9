//! The Debian package: what it says of itself, and in a clean root, which
//! .ci/package makes and names in `SOCK_ROOT`, TAB as somebody meets it who has
//! installed nothing else.

use std::fmt::Write;
use std::path::PathBuf;

use crate::support::shell::installed;

/// What a line becomes; runs of spaces count as one.
const BECOMES: [(&str, &str); 3] = [
    ("sock pr\t", "sock probe"),
    ("sock probe loc\t ht\t", "sock probe localhost http"),
    (
        "sock send --send-flags nosignal,mo\t",
        "sock send --send-flags nosignal,more",
    ),
];

#[test]
#[ignore = "needs the root that .ci/package makes"]
fn tab_in_a_clean_root() {
    let root = PathBuf::from(std::env::var_os("SOCK_ROOT").expect("SOCK_ROOT"));
    for name in ["bash", "zsh", "fish"] {
        let mut shell = installed(name, &root);
        for (keys, line) in BECOMES {
            let typed = shell.types(keys);
            let words: Vec<&str> = typed.line.split_whitespace().collect();
            assert_eq!(words.join(" "), line, "{name}: {keys:?}: {}", typed.screen);
        }
    }
}

/// In the form of Debian's copyright files, version 1.0: an empty line is a dot.
#[test]
fn its_copyright_has_the_licence() {
    let licence = include_str!("../../LICENSE");
    let (_, text) = licence.split_once("\n\n").expect("a heading");
    let (holder, text) = text.split_once("\n\n").expect("a holder, and the text");
    let holder = holder.trim_start_matches("Copyright (c) ");
    let mut wanted = format!("\nFiles: *\nCopyright: {holder}\nLicense: MIT\n\nLicense: MIT\n");
    for line in text.lines() {
        let line = if line.is_empty() { "." } else { line };
        let _ = writeln!(wanted, " {line}");
    }
    let there = include_str!("../../.ci/deb/copyright");
    assert!(there.ends_with(&wanted), "{there}\n{wanted}");
}
