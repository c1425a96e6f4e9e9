//! What may come next on a command line: the answer to a TAB.
//!
//! The registration scripts in completions/ ask the binary; what it offers
//! follows from the definition in `cli` and the rules in `plan`, so that there
//! is no second list of options, and nothing is offered that would be refused.
//! Nothing here asks a network, and nothing is ever said on stderr.

mod address;
mod candidate;
mod line;
mod option;
mod ports;
mod protocol;
mod redirection;
mod script;
mod shell;
pub mod sources;
#[cfg(test)]
mod tests;
mod trial;
mod value;

use clap::Command;

pub use candidate::{Answer, Candidate, Matching, Native};
pub use protocol::asked;
pub use script::script;

use crate::services::Services;
use line::{Line, Place};
use sources::Sources;
use trial::Trial;

/// All that an answer is drawn from.
pub struct Asked<'a> {
    /// The program's name and what follows it, the word at the cursor last.
    pub words: &'a [String],
    pub matching: Matching,
    pub sources: &'a dyn Sources,
    pub services: &'a dyn Services,
}

/// What may stand in the place of the last word.
pub fn answer(command: &Command, asked: &Asked<'_>) -> Answer {
    let Some(line) = Line::read(command, asked.words) else {
        return Answer::default();
    };
    let mut trial = Trial::new(command, &line, asked);
    match &line.place {
        Place::Verb => verbs(command, &line, asked.matching),
        Place::Option => option::answer(&line, &mut trial, asked.matching),
        Place::Value { arg, before } => {
            let typed = line.typed.strip_prefix(before.as_str()).unwrap_or_default();
            value::answer(arg, typed, &mut trial, asked).after(before)
        }
        Place::Word => address::answer(&line, asked),
        Place::Command { at } => Answer::native(Native::Command { at: *at }),
    }
}

fn verbs(command: &Command, line: &Line<'_>, matching: Matching) -> Answer {
    let about = |verb: &Command| {
        verb.get_about()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let all = command
        .get_subcommands()
        .filter(|verb| matching.keeps(verb.get_name(), line.typed))
        .map(|verb| Candidate::new(verb.get_name(), about(verb), "verb"));
    Answer::of("", all)
}
