//! What is typed wrong: code 2, before anything was sent, and a first line that
//! names the word and stands alone. And what `--help` looks like.

use crate::support::*;

const VERBS: [&str; 5] = ["listen", "connect", "send", "recv", "probe"];

/// Wrong words, and what the first line must contain of them.
#[rustfmt::skip]
const WRONG: &[(&str, &[&str])] = &[
    ("frobnicate", &["frobnicate"]),
    ("conect 127.0.0.1 80", &["conect"]),
    ("connect --frobnicate 127.0.0.1 80", &["--frobnicate"]),
    ("connect", &["ADDRESS"]),
    ("connect 127.0.0.1", &["127.0.0.1", "port"]),
    ("connect 127.0.0.1 99999", &["99999"]),
    ("connect 127.0.0.1 -1", &["-1"]),
    ("connect 127.0.0.1:", &["127.0.0.1:"]),
    ("connect 127.0.0.1:no-such-service", &["no-such-service"]),
    ("connect [::1:80", &["[::1:80"]),
    ("connect 127.0.0.1 80 90", &["90"]),
    ("connect 127.0.0.1 80-90", &["80-90"]),
    ("connect 127.0.0.1 80 ::1 80", &["80"]),
    ("connect unix:", &["unix:"]),
    ("connect http://", &["http://"]),
    ("connect -w never 127.0.0.1 80", &["never"]),
    ("connect -w -1 127.0.0.1 80", &["-1"]),
    ("connect --timeout 5M 127.0.0.1 80", &["5M"]),
    ("connect --grace 1y 127.0.0.1 80", &["1y"]),
    ("connect --on-eof maybe 127.0.0.1 80", &["maybe"]),
    ("connect --send-flags bogus 127.0.0.1 80", &["bogus"]),
    ("connect --recv-flags confirm 127.0.0.1 80", &["confirm"]),
    ("connect --pause nowhere=1s 127.0.0.1 80", &["nowhere"]),
    ("connect --pause send 127.0.0.1 80", &["send"]),
    ("connect --retry lots 127.0.0.1 80", &["lots"]),
    ("probe --retry inf 127.0.0.1 80", &["`inf`", "--wait", "--count inf"]),
    ("probe --retry -1 127.0.0.1 80", &["`-1`"]),
    ("probe localhost ssh-http", &["`ssh-http`", "`22-80`"]),
    ("connect --color sometimes 127.0.0.1 80", &["sometimes"]),
    ("connect --source nonsense! 127.0.0.1 80", &["nonsense!"]),
    ("connect -4 -6 127.0.0.1 80", &["-4", "-6"]),
    ("connect -u --seqpacket ./s", &["--seqpacket"]),
    ("connect --seqpacket 127.0.0.1 80", &["--seqpacket"]),
    ("listen --backlog many 0", &["many"]),
    ("listen --echo --reply x 0", &["--echo", "--reply"]),
    ("listen 127.0.0.1:99999", &["99999"]),
    ("listen 0 --", &["-- CMD"]),
    ("listen -k --max-clients 3 0 --", &["-- CMD"]),
    ("listen --echo 0 --", &["-- CMD"]),
    ("send", &["ADDRESS"]),
    ("send -u -l 0", &["-l"]),
    ("send --chunk 10x 127.0.0.1 80", &["10x"]),
    ("send --chunk 0 127.0.0.1 80", &["0", "--chunk"]),
    ("send --count 3 127.0.0.1 80", &["--count", "--message"]),
    ("send --bytes lots 127.0.0.1 80", &["lots"]),
    ("send --message hex:0g 127.0.0.1 80", &["hex:0g"]),
    ("recv", &["-l", "HOST"]),
    ("recv --bytes 1q 0", &["1q"]),
    ("recv --force 0", &["--force", "--output"]),
    ("probe", &["TARGET"]),
    ("probe 127.0.0.1", &["127.0.0.1", "port"]),
    ("probe 127.0.0.1 9-1", &["9-1"]),
    ("probe 127.0.0.1 22,,80", &["22,,80"]),
    ("probe 127.0.0.1 0", &["0"]),
    ("probe 10.0.0.0/33 80", &["10.0.0.0/33"]),
    ("probe --expect ajar 127.0.0.1 80", &["ajar"]),
    ("probe h1 h2 22", &["--ports"]),
];

#[test]
fn the_first_line_names_the_word() {
    let mut wrong = String::new();
    for (words, named) in WRONG {
        let ended = sock(words).any_end().any_stdout().any_stderr().run();
        let first = ended.err.lines().next().unwrap_or("").to_owned();
        let complete = ended.code == Some(2)
            && ended.out.is_empty()
            && first.starts_with("error: ")
            && !first.ends_with(':')
            && named.iter().all(|word| first.contains(word));
        if !complete {
            wrong.push_str(&format!("expected {named:?} in the first line: {ended}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Without any word: a usage error that shows what there is.
#[test]
fn no_verb_at_all() {
    let ended = sock("").code(2).any_stderr().run();
    for verb in VERBS {
        assert!(ended.err.contains(verb), "{ended}");
    }
}

/// A misspelt word is answered with the one that was probably meant.
#[test]
fn what_was_probably_meant_is_shown() {
    for (words, meant) in [
        ("conect 127.0.0.1 80", "connect"),
        ("connect --tiemout 3 127.0.0.1 80", "--timeout"),
        ("probe h1 h2 22", "--ports"),
        ("connect --timeout 5M 127.0.0.1 80", "5m"),
        ("recv", "-l"),
    ] {
        let ended = sock(words).code(2).any_stderr().run();
        assert!(ended.err.contains(meant), "{meant:?} in {ended}");
    }
}

/// 80 columns, in a pipe and at a terminal; the stage first, and stage headings
/// in the order in which a run meets them.
#[test]
fn help_reads_well_on_80_columns() {
    const ORDER: [&str; 9] = [
        "resolve",
        "socket()",
        "bind()",
        "listen()",
        "accept()",
        "connect()",
        "send()",
        "recv()",
        "close()",
    ];
    for verb in VERBS {
        for to in [Stdout::Capture, Stdout::Tty] {
            let ended = sock(format!("{verb} --help"))
                .stdout_to(to)
                .env("NO_COLOR", "1")
                .any_stdout()
                .run();
            for line in ended.lines() {
                let width = line.chars().count();
                assert!(width <= 80, "{width} columns: {line}\n{ended}");
            }
            let headings: Vec<String> = ended
                .lines()
                .into_iter()
                .filter(|line| line.ends_with(':') && !line.starts_with(' '))
                .collect();
            let places: Vec<usize> = headings
                .iter()
                .filter_map(|heading| ORDER.iter().position(|stage| heading.contains(stage)))
                .collect();
            assert!(places.len() >= 2, "stage headings: {headings:?}");
            assert!(places.is_sorted(), "in order: {headings:?}");
        }
    }
}

#[test]
fn short_help_is_short() {
    for verb in VERBS {
        let ended = sock(format!("{verb} -h")).any_stdout().run();
        assert!(ended.text().contains("Usage: sock "), "{ended}");
    }
    let ended = sock("--help").any_stdout().run();
    for verb in VERBS {
        assert!(ended.text().contains(verb), "{ended}");
    }
}

/// Every long option of a verb's help is one that the verb takes: what is not
/// built is not in the help.
#[test]
fn every_option_in_the_help_is_taken() {
    for verb in VERBS {
        let help = sock(format!("{verb} --help")).any_stdout().run();
        let mut taken = 0;
        for line in help.lines() {
            let Some(option) = line
                .split_whitespace()
                .find(|word| word.starts_with("--"))
                .map(|word| word.trim_end_matches('.'))
                .filter(|_| line.trim_start().starts_with('-'))
                // A text or a command may begin with dashes, so it would be `--help`.
                .filter(|_| !line.contains("<TEXT>") && !line.contains("<CMD>"))
            else {
                continue;
            };
            let ended = sock(format!("{verb} {option} --help"))
                .any_end()
                .any_stdout()
                .any_stderr()
                .run();
            assert!(
                !ended.err.contains("unexpected argument"),
                "{option}: {ended}"
            );
            taken += 1;
        }
        assert!(taken > 10, "{taken} options of {verb}");
    }
}

#[test]
fn the_version_is_that_of_the_crate() {
    let version = format!("sock {}\n", env!("CARGO_PKG_VERSION"));
    sock("--version").stdout(version.clone()).run();
    sock("-V").stdout(version).run();
}

#[test]
fn completions_are_valid_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = sock(format!("completions {shell}")).any_stdout().run();
        assert!(ended.text().contains("sock"), "{ended}");
        if shell == "bash" {
            let Some(bash) = peer("bash") else { continue };
            bash.arg("-n").input(&ended.out).code(0).run();
        }
    }
    let ended = sock("completions noshell").code(2).any_stderr().run();
    assert!(ended.err.contains("noshell"), "{ended}");
}

/// Neither mandoc(1) nor man(1) has anything to say about the pages in man/, and
/// on 80 columns none of their lines is cut.
#[test]
fn manual_pages_are_well_formed() {
    let pages: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/man"))
        .expect("man/")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(
        pages.len() > VERBS.len() + 1,
        "a page a verb, sock(1), sock-json(5)"
    );
    if let Some(mandoc) = peer("mandoc") {
        let lint = mandoc.args(["-Tlint", "-W", "warning"]).args(&pages);
        lint.code(0).stdout("").stderr("").run();
    }
    for page in &pages {
        let Some(man) = peer("man") else { return };
        let ended = man
            .env("MANWIDTH", "80")
            .args(["--warnings", "-l"])
            .arg(page)
            .code(0)
            .stderr("")
            .run();
        for line in ended.lines() {
            assert!(line.chars().count() <= 80, "{}: {line}", page.display());
        }
    }
}

/// Help and refusals are coloured where rows are: on a terminal, unless NO_COLOR
/// is there and not empty, or the terminal is dumb.
#[test]
fn help_heeds_no_color() {
    for (name, value, coloured) in [
        ("NO_COLOR", "", true),
        ("NO_COLOR", "1", false),
        ("TERM", "dumb", false),
        ("TERM", "xterm", true),
    ] {
        let help = sock("probe --help")
            .env(name, value)
            .stdout_to(Stdout::Tty)
            .any_stdout()
            .run();
        let refusal = sock("probe --frobnicate")
            .env(name, value)
            .stderr_to(Stdout::Tty)
            .code(2)
            .any_stderr()
            .run();
        for text in [help.text(), refusal.err] {
            assert_eq!(text.contains('\u{1b}'), coloured, "{name}={value}: {text}");
        }
    }
}
