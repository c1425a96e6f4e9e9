//! What is said instead of a run: clap's errors, and the help that was asked for.

use std::io::IsTerminal;

use crate::exit::{Exit, USAGE};
use crate::failure::Failure;
use crate::report::{self, Unwritten};

/// A command line that leads to no run.
#[derive(Debug)]
pub struct Refusal {
    pub error: clap::Error,
    /// `--json` was among the words, wherever parsing stopped.
    pub json: bool,
}

/// Says it: help and version to stdout, everything else to stderr.
pub fn refuse(refusal: &Refusal) -> Exit {
    let text = refusal.error.render();
    let ansi = |terminal: bool| match terminal && std::env::var_os("NO_COLOR").is_none() {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    if !refusal.error.use_stderr() {
        // clap pads the line between a help text and its default.
        let help = ansi(std::io::stdout().is_terminal());
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        return match report::answer((lines.join("\n") + "\n").as_bytes()) {
            Ok(()) => Exit::OK,
            Err(Unwritten::Gone) => Exit::failure(&Failure::StdoutGone),
            Err(Unwritten::Failed(_)) => Exit::LOCAL,
        };
    }
    if refusal.json {
        let plain = first_line_alone(&text.to_string());
        let first = plain.lines().next().unwrap_or_default();
        report::complain_json(first.strip_prefix("error: ").unwrap_or(first));
    } else {
        let said = first_line_alone(&ansi(std::io::stderr().is_terminal()));
        report::complain(said.as_bytes());
    }
    Exit::Code(USAGE)
}

/// clap breaks lists over lines; who reads one line of a log has to find all of it there.
fn first_line_alone(text: &str) -> String {
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let words: Vec<&str> = first.lines().map(str::trim).collect();
    format!("{}\n\n{rest}", words.join(" "))
}
