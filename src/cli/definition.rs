//! The definition that clap is given, with what conflicts with what.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, CommandFactory};

use super::{Cli, Connect, Listen, Probe, Recv, Send};

/// The definition that parsing, help, manual and completions share.
pub fn command() -> Command {
    // Not `mut_subcommand`: it moves what it changes to the end of the help.
    explained(Cli::command()).mut_subcommands(|verb| explained(ruled(verb)))
}

/// What clap makes of these words where they are a verb and what it takes; None
/// for all else. To define the other verbs, which takes longer than to ask a
/// port of this machine, is left to who has to explain something.
pub fn at_once(words: &[OsString]) -> Option<ArgMatches> {
    let verb = match words.get(1)?.to_str()? {
        "listen" => Listen::augment_args(Command::new("listen")),
        "connect" => Connect::augment_args(Command::new("connect")),
        "send" => Send::augment_args(Command::new("send")),
        "recv" => Recv::augment_args(Command::new("recv")),
        "probe" => Probe::augment_args(Command::new("probe")),
        _ => return None,
    };
    let command = Command::new("sock").subcommand(ruled(verb));
    command.try_get_matches_from(words).ok()
}

/// With words of ours for -h and --help, which share them: those of clap send who
/// reads --help to --help.
fn explained(command: Command) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help_heading(None::<&str>)
        .help("Print help: -h one screen, --help everything");
    command.disable_help_flag(true).arg(help)
}

/// A verb with the rules between its options.
fn ruled(verb: Command) -> Command {
    // Options of one role are shared between verbs, and clap knows conflicts
    // by option and not by verb: here is what does not go with the other role.
    let dialling = ["source", "connect_timeout", "retry", "retry_interval"];
    let relaying = ["on_eof", "grace", "quit_after_eof", "interval"];
    // A command has the socket itself: nobody else sees the bytes.
    let seeing = [
        &relaying[..],
        &[
            "send_flags",
            "chunk",
            "rate",
            "crlf",
            "recv_flags",
            "recv_chunk",
        ],
        &["idle", "lines", "udp", "digest", "hex"],
    ]
    .concat();
    let verb = verb.mut_args(negative);
    match verb.get_name() {
        "send" | "recv" => without(verb, &dialling, &["listen"]),
        "listen" => {
            let answers = ["echo", "discard", "reply", "generate"];
            let listen = without(verb, &relaying, &answers);
            without(listen, &seeing, &["command", "sh"])
        }
        _ => verb,
    }
}

/// `--timeout -1s` shall be told what a duration is, not that there is no -1.
fn negative(arg: Arg) -> Arg {
    match arg.get_action() {
        ArgAction::Set | ArgAction::Append if !arg.is_positional() => arg.allow_hyphen_values(true),
        _ => arg,
    }
}

fn without(command: Command, ids: &[&str], others: &[&'static str]) -> Command {
    // Not `mut_arg`: it moves what it changes to the end of the help.
    command.mut_args(|arg| match ids.contains(&arg.get_id().as_str()) {
        true => arg.conflicts_with_all(others),
        false => arg,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::FromArgMatches;

    /// One verb alone reads what all of them together read, and nothing else.
    #[test]
    fn at_once_is_what_it_would_have_been() {
        let words = |line: &str| -> Vec<OsString> {
            let words = line.split_whitespace().map(OsString::from);
            std::iter::once("sock".into()).chain(words).collect()
        };
        for line in [
            "listen -k --echo 22,80 --max-clients 3",
            "listen -k 5005 -- tr a-z A-Z",
            "connect -v -w 3 host 22 --timeout -1s",
            "send host 5005 a b --bytes 3",
            "send -l 5005 --count 3 --message -x",
            "recv 5005 -o file --force",
            "probe --count 3 --interval 0.1 host 22,80 ::1",
        ] {
            let whole = command().try_get_matches_from(words(line)).ok();
            let read =
                |matches: ArgMatches| Cli::from_arg_matches(&matches).map(|cli| format!("{cli:?}"));
            let [alone, whole] = [at_once(&words(line)), whole].map(|matches| matches.map(read));
            match (alone, whole) {
                (Some(Ok(alone)), Some(Ok(whole))) => assert_eq!(alone, whole, "{line}"),
                (None, None) => {}
                differ => panic!("{line}: {differ:?}"),
            }
        }
        for line in [
            "",
            "probe -h",
            "-V",
            "probe --nonsense",
            "send -l 80 -w 3",
            "completions bash",
        ] {
            assert!(at_once(&words(line)).is_none(), "{line}");
        }
    }
}
