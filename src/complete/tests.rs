//! What is offered, from sources that say the same on every machine.

use clap::Command;

use super::value::{kind, sample};
use super::*;
use crate::cli;
use crate::services::Compiled;

/// A small machine.
struct Fixed;

impl Sources for Fixed {
    fn hosts(&self) -> Vec<String> {
        ["localhost", "db.internal", "::1"]
            .map(str::to_owned)
            .into()
    }

    fn services(&self) -> Vec<(String, u16)> {
        [("ssh", 22), ("http", 80), ("www", 80), ("https", 443)]
            .map(|(name, port)| (name.to_owned(), port))
            .into()
    }

    fn interfaces(&self) -> Vec<String> {
        ["lo", "eth0"].map(str::to_owned).into()
    }

    fn addresses(&self) -> Vec<String> {
        ["127.0.0.1", "192.0.2.1"].map(str::to_owned).into()
    }

    fn congestion(&self) -> Vec<String> {
        ["reno", "cubic"].map(str::to_owned).into()
    }

    fn home(&self) -> String {
        "/home/me".to_owned()
    }

    fn sockets(&self, typed: &str) -> Vec<String> {
        let all = [
            "/run/docker.sock",
            "/run/dbus/",
            "@name",
            "/home/me/two words",
        ];
        let kept = all.into_iter().filter(|path| path.starts_with(typed));
        kept.map(str::to_owned).collect()
    }
}

fn built() -> Command {
    let mut command = cli::command();
    command.build();
    command
}

fn asked(command: &Command, line: &str) -> Answer {
    let words: Vec<String> = format!("sock {line}")
        .split(' ')
        .map(str::to_owned)
        .collect();
    let asked = Asked {
        words: &words,
        matching: Matching::Prefix,
        sources: &Fixed,
        services: &Compiled,
    };
    answer(command, &asked)
}

/// What is offered, whole words, with `FILES` and `COMMAND` for what the shell
/// knows.
fn offered(command: &Command, line: &str) -> String {
    let answer = asked(command, line);
    let words = answer.candidates.iter();
    let mut words: Vec<String> = words
        .map(|one| format!("{}{}", answer.before, one.value))
        .collect();
    match answer.native {
        Some(Native::Files) => words.push(format!("{}FILES", answer.before)),
        Some(Native::Command { at }) => words.push(format!("COMMAND {at}")),
        None => {}
    }
    words.join(" ")
}

#[test]
fn what_is_offered() {
    let table = [
        ("", "listen connect send recv probe completions"),
        ("con", "connect"),
        ("frob ", ""),
        // An option before the verb is refused, whatever follows.
        ("-4 ", ""),
        ("-4 con", ""),
        ("--json ", ""),
        ("--json -", ""),
        ("-w 3 connect ", ""),
        ("-- ", ""),
        ("--help con", "connect"),
        ("--ver", "--version"),
        ("completions el", "elvish"),
        ("completions zsh ", ""),
        // Addresses to dial.
        ("connect ", "localhost db.internal ::1"),
        ("connect -w 1 d", "db.internal"),
        ("connect -w1 d", "db.internal"),
        ("connect un", "unix:"),
        ("connect localhost ", "ssh http www https"),
        ("connect localhost 2", "22"),
        ("connect localhost 8", "80"),
        ("connect localhost 22,", ""),
        ("connect localhost:ht", "localhost:http localhost:https"),
        ("connect [::1]:s", "[::1]:ssh"),
        ("connect localhost 22 ", ""),
        ("connect localhost:22 ", ""),
        ("connect http://lo", ""),
        ("connect fe80::1%e", "fe80::1%eth0"),
        ("connect /run/d", "/run/docker.sock /run/dbus/"),
        ("connect unix:@", "unix:@name"),
        ("connect ~/t", "~/two words"),
        ("connect unix:~/t", ""),
        ("recv l", "localhost"),
        ("send localhost ", "ssh http www https"),
        ("send localhost 22 ", "FILES"),
        ("send unix:/run/docker.sock a ", "FILES"),
        ("send -- localhost ", "ssh http www https"),
        // Addresses to wait at.
        (
            "listen ",
            "ssh http www https localhost 127.0.0.1 192.0.2.1",
        ),
        ("listen 22,", "22,ssh 22,http 22,www 22,https"),
        ("listen 127.0.0.1:s", "127.0.0.1:ssh"),
        ("listen :s", ":ssh"),
        ("listen 127.0.0.1 s", "ssh"),
        ("recv -l s", "ssh"),
        ("recv -l 22 ", ""),
        ("recv -l 127.0.0.1 s", "ssh"),
        ("send -l ssh ", "FILES"),
        // Targets.
        ("probe l", "localhost"),
        ("probe localhost h", "http https"),
        ("probe localhost 22,http,h", "22,http,https"),
        ("probe localhost:22,s", "localhost:22,ssh"),
        ("probe localhost 22 l", "localhost"),
        ("probe localhost 22 s", "ssh"),
        ("probe localhost 22 db.internal s", "ssh"),
        ("probe --ports 22 localhost s", ""),
        ("probe --ports 22,h", "22,http 22,https"),
        ("probe --ports ssh,h", "ssh,http ssh,https"),
        ("probe --ports=ssh,h", "--ports=ssh,http --ports=ssh,https"),
        // Values.
        ("connect --on-eof ", "shutdown keep close"),
        ("connect --on-eof=k", "--on-eof=keep"),
        ("connect --interface e", "eth0"),
        ("connect --congestion ", "reno cubic"),
        ("connect --source 1", "127.0.0.1 192.0.2.1"),
        ("connect --dscp cs1", "cs1"),
        ("connect --retry ", "inf"),
        ("listen --backlog ", "somaxconn"),
        ("connect --send-flags nosignal,mo", "nosignal,more"),
        ("connect --send-flags more,mo", ""),
        ("recv --recv-flags p", "peek"),
        ("recv --output ", "FILES"),
        ("recv -o ", "FILES"),
        ("recv -oout", "-oFILES"),
        ("send --message @", "@FILES"),
        ("send --message h", ""),
        ("connect --connect-timeout ", ""),
        (
            "connect --message-nobody-knows ",
            "localhost db.internal ::1",
        ),
        // Commands.
        ("listen -k 22 -- ", "COMMAND 5"),
        ("listen -k 22 -- cat x", "COMMAND 5"),
    ];
    let command = built();
    for (line, expected) in table {
        assert_eq!(offered(&command, line), expected, "sock {line}");
    }
}

/// What the run would refuse is not offered; what lacks a companion is.
#[test]
fn only_what_would_be_taken() {
    let table = [
        ("connect -4 -", "-6", false),
        ("connect --nodelay --n", "--nodelay", false),
        ("connect -u --n", "--nodelay", false),
        ("connect unix:/s --t", "--ttl", false),
        ("connect localhost 1 --s", "--seqpacket", false),
        ("connect --s", "--seqpacket", true),
        ("connect --nodelay --u", "--udp", false),
        ("connect --b", "--broadcast", true),
        ("send -l --so", "--source", false),
        ("send --source 127.0.0.1 --l", "--listen", false),
        ("send -u --l", "--listen", false),
        ("send -u --cl", "--close-wait", false),
        ("recv --f", "--force", true),
        ("recv localhost 22 --ac", "--accept-timeout", false),
        ("recv --ac", "--accept-timeout", true),
        ("listen --echo --r", "--reply", false),
        ("listen --echo --cr", "--crlf", false),
        ("connect -q --n", "--nodelay", true),
        ("connect -v --v", "--verbose", true),
        ("connect --pause send=1s --p", "--pause", true),
        ("connect --quiet --v", "--verbose", false),
        ("connect --recv-flags p", "peek", false),
        ("connect --pause a", "accept=", false),
        ("listen --pause a", "accept=", true),
        ("probe --expect e", "error", false),
    ];
    let command = built();
    for (line, word, is_offered) in table {
        let offered = offered(&command, line);
        let found = offered.split(' ').any(|one| one == word);
        assert_eq!(found, is_offered, "sock {line}: {offered}");
    }
}

/// Every option of a verb is offered where nothing else was typed, with what it
/// means and its stage.
#[test]
fn every_option_is_offered() {
    let command = built();
    for verb in command.get_subcommands() {
        let answer = asked(&command, &format!("{} -", verb.get_name()));
        for arg in verb.get_arguments().filter(|arg| !arg.is_positional()) {
            let name = match (arg.get_long(), arg.get_short()) {
                (Some(long), _) => format!("--{long}"),
                (_, short) => format!("-{}", short.unwrap_or_default()),
            };
            let found = answer.candidates.iter().find(|one| one.value == name);
            let found = found.unwrap_or_else(|| panic!("{} {name}", verb.get_name()));
            assert!(!found.about.is_empty() && !found.group.is_empty(), "{name}");
        }
    }
}

/// clap panics over a conflict with an option that the verb does not have.
#[test]
fn every_conflict_is_with_an_option_of_the_same_verb() {
    let command = built();
    let mut conflicts = 0;
    for verb in command.get_subcommands() {
        let all = verb.get_arguments();
        conflicts += all
            .map(|arg| verb.get_arg_conflicts_with(arg).len())
            .sum::<usize>();
    }
    assert!(conflicts > 0);
}

/// Whoever adds an option says in `value::kind` what completes its value, if
/// neither clap's possible values nor the name of the value do.
#[test]
fn every_value_has_a_kind_and_a_sample_that_is_read() {
    let mut command = built();
    let verbs: Vec<Command> = command.get_subcommands().cloned().collect();
    for verb in verbs {
        for arg in verb.get_arguments().filter(|arg| !arg.is_positional()) {
            let Some(long) = arg.get_long().filter(|_| line::takes_value(arg)) else {
                continue;
            };
            let id = format!("{} --{long}", verb.get_name());
            assert!(kind(arg).is_some(), "{id}: no kind");
            let sample = sample(arg).unwrap_or_else(|| panic!("{id}: no sample"));
            let option = format!("--{long}={sample}");
            let words = ["sock", verb.get_name(), &option, "localhost"];
            if let Err(error) = command.try_get_matches_from_mut(words) {
                use clap::error::ErrorKind::{InvalidValue, ValueValidation};
                let unread = matches!(error.kind(), InvalidValue | ValueValidation);
                assert!(!unread, "{id}: {error}");
            }
        }
    }
}

/// Nothing that is typed makes it panic.
#[test]
fn nothing_panics() {
    let command = built();
    let pieces = [
        "",
        "-",
        "--",
        "connect",
        "=",
        "--source=",
        "-vw",
        "\u{e4}",
        "a:b:c",
        "@",
        "unix:",
        "[",
        "%",
    ];
    for one in pieces {
        for two in pieces {
            for line in [format!("{one} {two}"), format!("listen {one}{two} {two}")] {
                let answer = asked(&command, &line);
                for shell in ["bash 63 20 3", "zsh", "fish"] {
                    let shell = shell::Shell::read(shell).expect("a shell");
                    shell.render(&answer, two);
                }
            }
        }
    }
}
