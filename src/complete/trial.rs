//! Whether a run would be refused: by trying. What is offered goes through the
//! parser and the rules that the finished line will meet, on lines that begin
//! as the typed one does. Nothing is carried out.

use clap::{Arg, Command, FromArgMatches};

use super::Asked;
use super::line::{Line, Place, takes_value};
use super::value;
use crate::cli::Cli;
use crate::plan::{Facts, Plan};
use crate::services::Services;

/// How a line may go on that has no address yet, or half of one. An option
/// that goes with one of them is offered.
const ENDS: [&[&str]; 4] = [&[], &["1"], &["localhost", "1"], &["./socket"]];

/// Lines like the typed one, and lines of the same verb with nothing else.
pub struct Trial<'a> {
    command: Command,
    services: &'a dyn Services,
    /// None before there is a verb: nothing is refused there.
    verb: Option<&'a str>,
    /// The other words before the cursor.
    typed: Vec<&'a str>,
    /// The ends with which it would be carried out as it is; found when needed.
    ends: Option<Vec<&'static [&'static str]>>,
}

impl<'a> Trial<'a> {
    /// Of a line. Costs nothing before the first question.
    pub fn new(command: &Command, line: &Line<'a>, asked: &Asked<'a>) -> Trial<'a> {
        let mut typed: Vec<&str> = line.before.iter().skip(1).map(String::as_str).collect();
        let at = typed.iter().position(|word| !word.starts_with('-'));
        let verb = at.filter(|_| !line.is_before_verb());
        // An option that waits for its value is tried together with that.
        if let Place::Value { before, .. } = &line.place
            && before.is_empty()
        {
            typed.pop();
        }
        Trial {
            command: command.clone(),
            services: asked.services,
            verb: verb.map(|at| typed.remove(at)),
            typed,
            ends: None,
        }
    }

    /// Whether the option may be added to the line.
    pub fn takes_option(&mut self, arg: &Arg) -> bool {
        let mut name = match (arg.get_long(), arg.get_short()) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            _ => return true,
        };
        if takes_value(arg)
            && let Some(sample) = value::sample(arg)
        {
            name = format!("{name}={sample}");
        }
        self.takes(&name)
    }

    /// Whether the option may have this value on the line.
    pub fn takes_value(&mut self, arg: &Arg, value: &str) -> bool {
        match (arg.get_long(), arg.get_short()) {
            (Some(long), _) => self.fits(&format!("--{long}={value}")),
            (None, Some(short)) => self.fits(&format!("-{short}{value}")),
            _ => true,
        }
    }

    /// Refused is only what the line's own words exclude: an option that is
    /// refused on any line by itself lacks a companion, which may still come.
    fn takes(&mut self, word: &str) -> bool {
        self.fits(word) || !ENDS.iter().any(|end| self.accepts(Some(word), &[], end))
    }

    /// Whether the line is carried out with this word, as far as it would be
    /// without it.
    fn fits(&mut self, word: &str) -> bool {
        let typed = self.typed.clone();
        let ends = match self.ends.take() {
            Some(ends) => ends,
            None => {
                let mut ends = ENDS.to_vec();
                ends.retain(|end| self.accepts(None, &typed, end));
                ends
            }
        };
        let mut all = ends.iter();
        let fits = ends.is_empty() || all.any(|end| self.accepts(Some(word), &typed, end));
        self.ends = Some(ends);
        fits
    }

    fn accepts(&mut self, word: Option<&str>, typed: &[&str], end: &[&str]) -> bool {
        let Some(verb) = self.verb else { return true };
        let words = ["sock", verb].into_iter().chain(word);
        let words = words
            .chain(typed.iter().copied())
            .chain(end.iter().copied());
        let Ok(matches) = self.command.try_get_matches_from_mut(words) else {
            return false;
        };
        let Ok(cli) = Cli::from_arg_matches(&matches) else {
            return false;
        };
        Plan::decide(cli, Facts::default(), self.services).is_ok()
    }
}
