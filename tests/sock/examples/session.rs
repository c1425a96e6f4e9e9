//! Commands of examples, typed one after the other.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use super::blocks::{Block, Step};
use super::network::network;
use crate::support::command::SOCK;
use crate::support::*;

/// No example takes longer, on a machine with much to do.
const LONGEST: Duration = Duration::from_secs(40);

/// What begins a command that waits for another one.
const WAITS: [&str; 4] = [
    "sock listen",
    "sock recv -l",
    "sock send -l",
    "set -o pipefail; sock recv -l",
];

/// Runs every block of a text. What a command shows must be all that it says; with
/// `whole` one that shows nothing must say nothing.
#[track_caller]
pub fn follow(text: &str, blocks: Vec<Block>, whole: bool) {
    assert!(blocks.len() >= 3, "{text}: {} examples", blocks.len());
    if peer("jq").is_none() {
        return;
    }
    let Some(network) = network() else { return };
    let dir = scratch();
    furnish(dir.path());
    // What listens on, with -k, until the end of the text.
    let mut up: Vec<Running> = Vec::new();
    for block in blocks {
        run(text, &network, dir.path(), block, whole, &mut up);
    }
}

/// The files that examples read.
fn furnish(dir: &Path) {
    symlink(SOCK, dir.join("sock")).expect("a link");
    std::fs::write(dir.join("file"), "hello\n").expect("a file");
    let script = dir.join("migrate");
    std::fs::write(&script, "#!/bin/sh\n").expect("a script");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&script, mode).expect("its mode");
}

fn run(
    text: &str,
    network: &Namespace,
    dir: &Path,
    block: Block,
    whole: bool,
    up: &mut Vec<Running>,
) {
    let curls = block
        .steps
        .iter()
        .any(|step| step.line.starts_with("curl "));
    if curls && peer("curl").is_none() {
        return;
    }
    let mut waiting: Vec<(Step, Running)> = Vec::new();
    let mut code = Some(0);
    // A port is free again for the next block that has it too.
    if block.steps.iter().any(|step| waits(&step.line)) {
        up.clear();
    }
    let mut steps = block.steps.into_iter().enumerate().peekable();
    while let Some((at, step)) = steps.next() {
        if step.line == "echo $?" {
            let shown: Option<i32> = step.shown.first().and_then(|code| code.parse().ok());
            assert_eq!(code, shown, "{text}: the code after {at} commands");
            continue;
        }
        // What is shown of a file is what is in it.
        if let Some(name) = step.line.strip_prefix("cat ")
            && !name.contains(' ')
        {
            let content = step.shown.join("\n") + "\n";
            std::fs::write(dir.join(name), content).expect("a file");
            continue;
        }
        let shell = shell(network, dir, &step.line);
        if waits(&step.line) {
            let running = shell.spawn();
            running.wait("its announcement", |state| {
                String::from_utf8_lossy(&state.out)
                    .contains("listening on ")
                    .then_some(())
            });
            waiting.push((step, running));
            continue;
        }
        let ended = shell.run();
        code = ended.code;
        // A code that the text itself asks for next is compared there.
        let asked = steps.peek().is_some_and(|(_, next)| next.line == "echo $?");
        let wanted = match steps.peek() {
            None => block.code.unwrap_or(0),
            Some(_) => 0,
        };
        if !asked {
            assert_eq!(code, Some(wanted), "{text}: {ended}");
        }
        // What jq picks out must be there.
        let silent = ended.text().trim().is_empty() && step.line.contains("jq ");
        assert!(!silent, "{text}: nothing is selected\n{ended}");
        if whole || !step.shown.is_empty() {
            compare(text, &step, &ended.text());
        }
    }
    for (step, running) in waiting {
        let shows = whole || !step.shown.is_empty();
        if step.line.contains(" -k") || step.line.contains("--generate") {
            let shown = plain(&step.shown.join("\n"));
            if shows {
                running.wait(&format!("what {text} shows: {shown}"), |state| {
                    (plain(&String::from_utf8_lossy(&state.out)) == shown).then_some(())
                });
            }
            up.push(running);
            continue;
        }
        let ended = running.finish();
        assert_eq!(ended.code, Some(0), "{text}: {ended}");
        if shows {
            compare(text, &step, &ended.text());
        }
    }
}

fn waits(line: &str) -> bool {
    WAITS.iter().any(|start| line.starts_with(start)) && !line.contains("2>&1 |")
}

/// A shell on the client that types this line; all that it says is on a terminal.
fn shell(network: &Namespace, dir: &Path, line: &str) -> command::Cmd {
    let path = std::env::var("PATH").unwrap_or_default();
    let script = format!("exec 2>&1; cd '{}'; {line}", dir.display());
    command::Cmd::lax("timeout")
        .args(["60", "bash", "-c", &script])
        .env("PATH", format!("{}:{path}", dir.display()))
        .env("HOME", dir)
        // curl(1) is to ask the network of the example and nobody else.
        .env("no_proxy", "*")
        .inside(network, "client")
        .stdout_to(Stdout::Tty)
        .deadline(LONGEST)
}

/// What is shown is what has come, all of it, but for numbers and the width of the
/// terminal.
#[track_caller]
fn compare(text: &str, step: &Step, out: &str) {
    assert!(
        plain(out) == plain(&step.shown.join("\n")),
        "{text}: `{}` shows\n{}\nand has said\n{out}",
        step.line,
        step.shown.join("\n")
    );
}

/// Without colours, bars, numbers and units of time, in single spaces.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                // What erases its line was not to stay: a bar.
                if chars.find(char::is_ascii_alphabetic) == Some('K') {
                    out.truncate(out.rfind('\n').map_or(0, |end| end + 1));
                }
            }
            '0'..='9' => {
                while chars.next_if(|c| c.is_ascii_digit() || *c == '.').is_some() {}
                out.push('0');
            }
            c => out.push(c),
        }
    }
    let words: Vec<&str> = out
        .split_whitespace()
        .map(|word| match word.trim_end_matches([',', ')', ':']) {
            "ms" | "µs" | "s" => "s",
            "B/s" | "KiB/s" | "MiB/s" => "B/s",
            _ => word,
        })
        .collect();
    words.join(" ")
}
