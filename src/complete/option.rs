//! The options that may still be given.

use clap::{Arg, ArgAction};

use super::candidate::{Answer, Candidate, Matching};
use super::line::Line;
use super::trial::Trial;

/// The options of the verb, in the order and under the headings of `--help`.
pub fn answer(line: &Line<'_>, trial: &mut Trial<'_>, matching: Matching) -> Answer {
    let mut all = Vec::new();
    for arg in line.verb.get_arguments().filter(|arg| is_free(line, arg)) {
        let names: Vec<String> = names(arg, line.typed)
            .into_iter()
            .filter(|name| matching.keeps(name, line.typed))
            .collect();
        if !names.is_empty() && trial.takes_option(arg) {
            all.extend(names.iter().map(|name| candidate(arg, name)));
        }
    }
    Answer::of("", all)
}

/// The long name; the short one where there is no other, or where it is what
/// is typed, or where nothing but the hyphen is.
fn names(arg: &Arg, typed: &str) -> Vec<String> {
    let long = arg.get_long().map(|long| format!("--{long}"));
    let short = arg.get_short().map(|short| format!("-{short}"));
    let short = short.filter(|short| long.is_none() || typed == "-" || typed == short);
    long.into_iter().chain(short).collect()
}

fn candidate(arg: &Arg, name: &str) -> Candidate {
    let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let group = arg.get_help_heading().unwrap_or("options");
    Candidate::new(name, about, group)
}

/// What clap alone can say of any line, however wrong the rest of it is: not
/// given yet, or repeatable, and not excluded by what is given.
fn is_free(line: &Line<'_>, arg: &Arg) -> bool {
    if arg.is_positional() || arg.is_hide_set() {
        return false;
    }
    let repeatable = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
    let excludes = |one: &Arg, other: &Arg| {
        let mut conflicts = line.verb.get_arg_conflicts_with(one).into_iter();
        conflicts.any(|conflict| conflict.get_id() == other.get_id())
    };
    line.given.iter().all(|given| {
        (given.get_id() != arg.get_id() || repeatable)
            && !excludes(given, arg)
            && !excludes(arg, given)
    })
}
