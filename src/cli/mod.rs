//! What was typed: clap structs, options grouped by stage. No I/O, and no rule
//! that needs two options: those are in `plan`.

mod brief;
mod definition;
mod elsewhere;
mod groups;
mod habits;
mod refuse;
mod values;
mod verbs;

use std::ffi::OsString;

use clap::error::{ContextKind, ErrorKind};
use clap::{FromArgMatches, Parser, Subcommand};

pub use definition::command;
pub use groups::*;
pub use refuse::{Refusal, Said, said};
pub use values::{Algorithm, Progress, When};
pub use verbs::*;

/// The socket API, one stage at a time.
#[derive(Debug, Parser)]
#[command(
    name = "sock",
    version,
    about = "Netcat-like network diagnostics, one stage of the socket API at a time",
    long_about = LONG_ABOUT,
    after_help = AFTER_HELP,
    after_long_help = EXIT_CODES,
    max_term_width = 80,
    disable_help_subcommand = true,
    arg_required_else_help = false,
    subcommand_required = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs"
)]
pub struct Cli {
    /// The stage to stop at.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs: stages of the socket API.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Listen(Listen),
    Connect(Connect),
    Send(Send),
    Recv(Recv),
    Probe(Probe),
    Completions(Completions),
}

const LONG_ABOUT: &str = "\
Netcat-like network diagnostics, one stage of the socket API at a time: listen, \
connect, send, recv, and probe, which asks whether a connection can be made at all.

  resolve -> socket -> bind -> listen -> accept -\\
  resolve -> socket -> (bind) -> connect ---------+-> send, recv -> close

It relays bytes between a socket and stdin/stdout, serves simple peers, and \
says which ports answer and, when one does not, why and who said so. It speaks \
no TLS and crafts no packets.";

const AFTER_HELP: &str = "\
Examples:
  sock probe db.internal 5432       is the port open, and if not, who says so?
  sock listen -k --echo 7000        an echo server
  sock send host 5005 <file         0 when `sock recv -l 5005` there has it

Each verb explains itself: sock VERB -h, and every option: sock VERB --help";

/// The exit codes, as `--help`, the manual and README say them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    did what was asked; every answer as expected
  1    local trouble: files, descriptors, permissions, an address in use
  2    wrong usage
  3    a name did not resolve
  4    refused: the host itself said no (closed)
  5    no answer (filtered, timed out, no reply)
  6    rejected on the way or unreachable (an ICMP error, or no route)
  7    the stream was cut: reset, fewer bytes than asked for, ended by grace
  9    other than expected: an unexpected open, or several kinds of wrong
       answer (probe)
  124  a timer ended it (--timeout, --idle, --accept-timeout)
  126, 127, the command's  listen -- CMD with a single peer, as a shell says it
  128+n  as the shell shows death by signal n: INT, TERM, HUP, PIPE";

/// What is wrong with a command line that clap takes, if anything is: for the
/// rules that need two options, which are not ours to know.
pub type Judge = fn(Cli) -> Option<String>;

/// Reads the command line of this process. What is offered for words that are
/// refused has been judged.
///
/// # Errors
/// clap's refusal, or a request for help or the version.
pub fn parse(judge: Judge) -> Result<Cli, Refusal> {
    let words: Vec<_> = std::env::args_os().collect();
    let json = words.iter().any(|word| word == "--json");
    let matches = match definition::at_once(&words) {
        Some(matches) => matches,
        None => {
            let command = match brief::is_asked(&words) {
                true => brief::brief(command()),
                false => command(),
            };
            let matches = command.try_get_matches_from(&words);
            matches.map_err(|error| refusal(error, &words, json, judge))?
        }
    };
    match Cli::from_arg_matches(&matches) {
        Ok(cli) if lacks_command(&cli, &words) => Err(usage_error(
            "listen",
            json,
            "-- without a command behind it: -- CMD ARG..., or --sh 'CMD'",
        )),
        cli => cli.map_err(|error| Refusal { error, json }),
    }
}

/// Whether the last word is the `--` before a command, which clap drops without
/// a word when nothing follows it. It may also be the value of an option: then
/// one more word is no command.
fn lacks_command(cli: &Cli, words: &[OsString]) -> bool {
    let Verb::Listen(listen) = &cli.verb else {
        return false;
    };
    if !listen.command.is_empty() || words.last().is_none_or(|last| last != "--") {
        return false;
    }
    let longer = words.iter().cloned().chain(["true".into()]);
    let longer = command().try_get_matches_from(longer);
    let longer = longer.and_then(|matches| Cli::from_arg_matches(&matches));
    !matches!(longer, Ok(Cli { verb: Verb::Listen(listen) }) if listen.command.is_empty())
}

/// clap's error, or what was meant by words that are somebody else's.
fn refusal(error: clap::Error, words: &[OsString], json: bool, judge: Judge) -> Refusal {
    let others = [
        ErrorKind::UnknownArgument,
        ErrorKind::InvalidSubcommand,
        ErrorKind::MissingSubcommand,
    ];
    if others.contains(&error.kind()) {
        let words = words.iter().skip(1);
        let words: Vec<String> = words.map(|word| word.to_string_lossy().into()).collect();
        if let Some(habit) = habit(&words, judge) {
            let verb = habit.verb.as_deref().unwrap_or_default();
            return usage_error(verb, json, habit.said());
        }
    }
    if let Some((verb, said)) = elsewhere::option(&command(), &error, words) {
        return usage_error(&verb, json, said);
    }
    match error.kind() {
        ErrorKind::MissingSubcommand => usage_error(
            "",
            json,
            "a verb is missing: listen, connect, send, recv or probe",
        ),
        ErrorKind::InvalidSubcommand => {
            let word = error.get(ContextKind::InvalidSubcommand);
            let word = word.map(ToString::to_string).unwrap_or_default();
            usage_error("", json, habits::no_verb(&command(), &word))
        }
        _ => Refusal { error, json },
    }
}

/// What was meant by these words after `sock`, if they are somebody else's.
fn habit(words: &[String], judge: Judge) -> Option<habits::Habit> {
    let command = command();
    let habit = habits::meant(&command, words)?;
    let typed = words.first().and_then(|word| command.find_subcommand(word));
    let typed = typed.map(|verb| verb.get_name());
    Some(habit.judged(typed, |words| objection(words, judge)))
}

/// Why these words after `sock` would be refused, if they would be.
fn objection(words: &[String], judge: Judge) -> Option<String> {
    let words = std::iter::once("sock").chain(words.iter().map(String::as_str));
    let cli = command().try_get_matches_from(words);
    match cli.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => judge(cli),
        Err(error) if !error.use_stderr() => None,
        Err(error) => Some(refuse::first_line(&error)),
    }
}

/// A refusal in clap's own form, for rules that need two options and words
/// that no option parser reads.
pub fn usage_error(verb: &str, json: bool, text: impl std::fmt::Display) -> Refusal {
    let mut command = command();
    command.build();
    let error = match command.find_subcommand_mut(verb) {
        Some(verb) => verb.error(ErrorKind::ValueValidation, text),
        None => command.error(ErrorKind::ValueValidation, text),
    };
    Refusal { error, json }
}
