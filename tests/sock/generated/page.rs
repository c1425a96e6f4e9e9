//! A manual page of a verb, and of `sock` itself: title, synopsis, description
//! and options from the definition of the command line, the rest from text/.

use std::fmt::Write;

use clap::Command;

use super::markup::{escape, inline, item, literal, roff};
use super::options::options;

/// Fixed, so that a page changes only when its text does.
const DATE: &str = "2026-11-20";

/// The hand-written sections, `""` for a verb that has none.
fn sections(name: &str) -> &'static str {
    match name {
        "sock" => include_str!("text/sock.md"),
        "sock-listen" => include_str!("text/listen.md"),
        "sock-connect" => include_str!("text/connect.md"),
        "sock-send" => include_str!("text/send.md"),
        "sock-recv" => include_str!("text/recv.md"),
        "sock-probe" => include_str!("text/probe.md"),
        "sock-completions" => include_str!("text/completions.md"),
        _ => "",
    }
}

/// What every page begins with. `t` has man(1) run tbl(1) over it.
pub fn title(name: &str, section: u8) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let name = name.to_uppercase();
    format!("'\\\" t\n.TH {name} {section} {DATE} \"sock {version}\" sock\n")
}

/// The page of a built command.
pub fn page(command: &Command, name: &str) -> String {
    let mut out = title(name, 1);
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let _ = writeln!(out, ".SH NAME\n{} \\- {}", escape(name), escape(&about));
    out += ".SH SYNOPSIS\n";
    out += &synopsis(command);
    out += ".SH DESCRIPTION\n";
    out += &description(command);
    out += &verbs(command);
    out += ".SH OPTIONS\n";
    out += &options(command);
    out += &notes(command);
    out += &roff(&filled(sections(name)));
    out + &see_also(command, name)
}

/// The usage of the command, or of each of its verbs.
fn synopsis(command: &Command) -> String {
    let verbs: Vec<&Command> = command.get_subcommands().collect();
    let commands = match verbs.is_empty() {
        true => vec![command],
        false => verbs,
    };
    let mut forms = Vec::new();
    for one in commands {
        let usage = one.clone().render_usage().to_string();
        let lines = usage.trim_start_matches("Usage:").lines().map(str::trim);
        forms.extend(lines.map(|form| inline(&format!("`{form}`"))));
    }
    forms.join("\n.br\n") + "\n"
}

/// Its paragraphs; those that are indented stay as they are.
fn description(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    let text = about.map(ToString::to_string).unwrap_or_default();
    let paragraphs = text
        .split("\n\n")
        .map(|paragraph| match paragraph.starts_with("  ") {
            true => {
                ".PP\n".to_owned()
                    + &literal(
                        paragraph
                            .lines()
                            .map(|line| line.strip_prefix("  ").unwrap_or(line)),
                    )
            }
            false => format!(".PP\n{}\n", inline(&one_line(paragraph))),
        });
    // The first follows its heading.
    let text: String = paragraphs.collect();
    text.strip_prefix(".PP\n")
        .map(str::to_owned)
        .unwrap_or(text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn verbs(command: &Command) -> String {
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let items: String = verbs
        .map(|verb| {
            let about = verb
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default();
            item(&format!("`sock {}`", verb.get_name()), &about)
        })
        .collect();
    match items.is_empty() {
        true => items,
        false => format!(".SH VERBS\n{items}"),
    }
}

/// What `--help` says at its end, but for its examples and codes: those of a
/// page are longer.
fn notes(command: &Command) -> String {
    let text = command.get_after_long_help().map(ToString::to_string);
    let text = text.unwrap_or_default();
    let paragraphs: Vec<&str> = (text.split("\n\n"))
        .filter(|part| !part.starts_with("Examples:") && !part.starts_with("Exit codes:"))
        .filter(|part| !part.trim().is_empty())
        .collect();
    if paragraphs.is_empty() {
        return String::new();
    }
    let paragraphs: Vec<String> = (paragraphs.iter())
        .map(|part| inline(&one_line(part)) + "\n")
        .collect();
    format!(".SH NOTES\n{}", paragraphs.join(".PP\n"))
}

/// The text with what has its source elsewhere.
fn filled(text: &str) -> String {
    text.replace("{states}", include_str!("text/states.md"))
        .replace("{exit codes}", &exit_codes())
}

/// The exit codes that `--help` shows, as a list.
fn exit_codes() -> String {
    let mut out = String::new();
    for line in sock::cli::EXIT_CODES.lines().skip(1) {
        match line.strip_prefix("       ") {
            Some(more) => {
                out.truncate(out.trim_end().len());
                let _ = writeln!(out, " {}", more.trim());
            }
            None => {
                let line = line.trim();
                let (code, what) = line.split_once("  ").expect("code  meaning");
                let _ = writeln!(out, "- `{code}`: {}", what.trim());
            }
        }
    }
    out
}

fn see_also(command: &Command, name: &str) -> String {
    let mut pages = vec![("sock", 1)];
    let verbs = [
        "sock-listen",
        "sock-connect",
        "sock-send",
        "sock-recv",
        "sock-probe",
    ];
    pages.extend(verbs.map(|verb| (verb, 1)));
    pages.extend([("sock-completions", 1), ("sock-json", 5)]);
    if command.has_subcommands() {
        pages.extend([
            ("nc", 1),
            ("socket", 7),
            ("tcp", 7),
            ("udp", 7),
            ("unix", 7),
        ]);
    }
    references(pages.into_iter().filter(|(page, _)| *page != name))
}

/// `.SH "SEE ALSO"` with these pages.
pub fn references<'a>(pages: impl IntoIterator<Item = (&'a str, u8)>) -> String {
    let pages: Vec<String> = (pages.into_iter())
        .map(|(page, section)| format!(".BR {} ({section})", escape(page)))
        .collect();
    format!(".SH \"SEE ALSO\"\n{}\n", pages.join(",\n"))
}
