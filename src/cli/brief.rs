//! `-h`: one screen for who uses a verb every day, made of the same definition
//! as `--help`.

use clap::{Arg, Command};

/// The options used most, by verb; all others are in `--help`.
const MOST_USED: &[(&str, &[&str])] = &[
    (
        "listen",
        &[
            "udp",
            "keep_open",
            "echo",
            "reply",
            "sh",
            "accept_timeout",
            "idle",
            "verbose",
            "json",
        ],
    ),
    (
        "connect",
        &[
            "numeric",
            "udp",
            "source",
            "connect_timeout",
            "retry",
            "crlf",
            "quit_after_eof",
            "idle",
            "verbose",
            "json",
        ],
    ),
    (
        "send",
        &[
            "udp",
            "listen",
            "connect_timeout",
            "retry",
            "rate",
            "message",
            "count",
            "await_reply",
            "digest",
            "verbose",
            "json",
        ],
    ),
    (
        "recv",
        &[
            "udp",
            "listen",
            "accept_timeout",
            "connect_timeout",
            "output",
            "bytes",
            "count",
            "digest",
            "verbose",
            "json",
        ],
    ),
    (
        "probe",
        &[
            "udp",
            "connect_timeout",
            "ports",
            "targets",
            "expect",
            "wait",
            "count",
            "banner",
            "trace",
            "json",
        ],
    ),
];

/// Examples on the screen.
const EXAMPLES: usize = 3;

/// Whether `-h` is among the words; a word that only looks like it does no harm.
pub fn is_asked(words: &[std::ffi::OsString]) -> bool {
    let words = words.iter().take_while(|word| *word != "--");
    words.filter_map(|word| word.to_str()).any(|word| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        letters.contains('h') && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The definition with everything else hidden: it parses the same lines.
pub fn brief(command: Command) -> Command {
    command.mut_subcommands(|verb| {
        let Some((name, ids)) = MOST_USED.iter().find(|row| row.0 == verb.get_name()) else {
            return verb;
        };
        let examples = examples(&verb);
        let verb = verb.mut_args(|arg| match ids.contains(&arg.get_id().as_str()) {
            // Headings would take more lines than the options.
            true => first_clause(arg).help_heading(None::<&str>),
            false if arg.get_id() == "help" => arg,
            false if arg.is_positional() && !arg.is_last_set() => first_clause(arg),
            false => arg.hide(true),
        });
        verb.after_help(format!(
            "{examples}\nEvery option, by stage: sock {name} --help"
        ))
    })
}

/// Of its help what says enough on a line, and what happens without it.
fn first_clause(arg: Arg) -> Arg {
    const ENDS: [&str; 5] = [": ", "; ", " (", ", counted", " [default"];
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let end = ENDS.iter().filter_map(|end| help.find(end)).min();
    let default = help.find(" [default: ").map_or("", |at| &help[at..]);
    let is_flag = !arg.get_action().takes_values();
    let short = format!("{}{default}", &help[..end.unwrap_or(help.len())]);
    let arg = arg.help(short);
    match is_flag {
        true => arg,
        false => arg.hide_possible_values(true),
    }
}

/// The first examples of `--help`.
fn examples(verb: &Command) -> String {
    let all = verb
        .get_after_long_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut lines = all.lines();
    let mut out = String::new();
    for line in lines.by_ref().take(1 + EXAMPLES) {
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    #[test]
    fn what_is_used_most_is_there() {
        let command = command();
        for (name, ids) in MOST_USED {
            let verb = command.find_subcommand(name).expect("a verb");
            for id in *ids {
                assert!(
                    verb.get_arguments().any(|arg| arg.get_id() == id),
                    "{name} {id}"
                );
            }
            let examples = examples(verb);
            assert!(examples.starts_with("Examples:\n"), "{examples}");
            assert_eq!(examples.matches("\n  ").count(), EXAMPLES, "{examples}");
            assert_eq!(examples.matches("sock ").count(), EXAMPLES, "{examples}");
        }
    }

    #[test]
    fn who_asks() {
        for (words, asks) in [
            ("sock -h", true),
            ("sock connect -vh", true),
            ("sock connect --help", false),
            ("sock connect host 22", false),
            ("sock listen 1 -- ls -h", false),
        ] {
            let words: Vec<std::ffi::OsString> = words.split(' ').map(Into::into).collect();
            assert_eq!(is_asked(&words), asks, "{words:?}");
        }
    }
}
