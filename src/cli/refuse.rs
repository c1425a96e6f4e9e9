//! What is said instead of a run: clap's errors, and the help that was asked for.

use std::io::IsTerminal;

use clap::error::{ContextKind, ContextValue};

use crate::sys::terminal::no_color;

/// A command line that leads to no run.
#[derive(Debug)]
pub struct Refusal {
    pub error: clap::Error,
    /// `--json` was among the words, wherever parsing stopped.
    pub json: bool,
}

/// What is said instead of a run.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// Help or the version, which was asked for: to stdout.
    Asked(String),
    /// Wrong usage, in clap's form.
    Wrong(String),
    /// Its first line, for programs.
    WrongJson(String),
}

/// What is said, in colour where its reader has some.
pub fn said(mut refusal: Refusal) -> Said {
    let meant = take_suggestion(&mut refusal.error);
    let text = refusal.error.render();
    let ansi = |terminal: bool| match terminal && !no_color() {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    if !refusal.error.use_stderr() {
        // clap pads the line between a help text and its default.
        let help = ansi(std::io::stdout().is_terminal());
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        return Said::Asked(lines.join("\n") + "\n");
    }
    if refusal.json {
        let plain = first_line_alone(&text.to_string(), &meant);
        let first = plain.lines().next().unwrap_or_default();
        return Said::WrongJson(first.strip_prefix("error: ").unwrap_or(first).to_owned());
    }
    Said::Wrong(first_line_alone(
        &ansi(std::io::stderr().is_terminal()),
        &meant,
    ))
}

/// clap's idea of what was meant, which it would say further down.
fn take_suggestion(error: &mut clap::Error) -> Option<String> {
    let kinds = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let found = kinds.into_iter().find_map(|kind| error.remove(kind))?;
    // What it would be as a value is never what is meant by a misspelt option.
    error.remove(ContextKind::Suggested);
    match found {
        ContextValue::String(one) => Some(one),
        // The last is the nearest.
        ContextValue::Strings(mut all) => all.pop(),
        _ => None,
    }
}

/// The first line of clap's error, without colour and without `error: `.
pub(super) fn first_line(error: &clap::Error) -> String {
    let text = first_line_alone(&error.render().to_string(), &None);
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).to_owned()
}

/// clap breaks lists over lines; who reads one line of a log has to find all of
/// it there, and what was probably meant.
fn first_line_alone(text: &str, meant: &Option<String>) -> String {
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let words: Vec<&str> = first.lines().map(str::trim).collect();
    let meant = match meant {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    format!("{}{meant}\n\n{rest}", words.join(" "))
}
