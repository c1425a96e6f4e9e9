//! The options of a page, from the definition of the command line.

use std::fmt::Write;

use clap::Command;
use clap_mangen::Man;

/// The options as clap_mangen writes them, each stage a part of one section,
/// after the words that are no options.
pub fn options(command: &Command) -> String {
    let mut made = Vec::new();
    Man::new(command.clone())
        .render_options_section(&mut made)
        .expect("a section");
    let made = String::from_utf8(made).expect("text");
    let mut out = String::new();
    for line in made.lines() {
        match line {
            ".SH OPTIONS" | ".br" => {}
            // What makes apostrophes of \*(Aq: this page has them from escape().
            line if line.starts_with(".ie ") || line.starts_with(".el ") => {}
            // mandoc(1) would have paragraphs instead.
            "" | ".sp" => out += ".sp\n",
            line => match line.strip_prefix(".SH ") {
                // clap_mangen shouts: these are names of functions.
                Some(stage) => {
                    let _ = writeln!(out, ".SS {}", stage.to_lowercase());
                }
                None => {
                    let _ = writeln!(out, "{}", bold(&line.replace("\\*(Aq", "\\(aq")));
                }
            },
        }
    }
    let (general, stages) = match out.find(".SS ") {
        Some(at) => out.split_at(at),
        None => (out.as_str(), ""),
    };
    let (words, general): (Vec<String>, Vec<String>) = general
        .split(".TP\n")
        .filter(|item| !item.is_empty())
        .map(|item| format!(".TP\n{item}"))
        .partition(|item| !item.starts_with(".TP\n\\fB"));
    words.concat() + &general.concat() + stages
}

/// What stands between backticks in bold; the rest is roff already.
fn bold(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return line.to_owned();
    }
    let parts = parts.iter().enumerate();
    parts
        .map(|(at, part)| match at % 2 {
            0 => (*part).to_owned(),
            _ => format!("\\fB{part}\\fR"),
        })
        .collect()
}
