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

type End = &'static [&'static str];

/// How a line may go on that has no address yet, or half of one. An option
/// that goes with one of them is offered.
const ENDS: [End; 4] = [&[], &["1"], &["localhost", "1"], &["./socket"]];

/// Where a line can end as it stands, a Unix socket is the one address that
/// makes a difference, as long as there is none.
const UNIX: End = ENDS[3];

/// A line of a verb that goes on like the typed one, and one with nothing else.
pub struct Trial<'a> {
    runs: Runs<'a>,
    typed: Base<'a>,
    bare: Base<'a>,
}

/// Words before an end.
struct Base<'a> {
    words: Vec<&'a str>,
    has_address: bool,
    /// The ends with which it is carried out; found when needed.
    ends: Option<Vec<End>>,
}

/// What carries out, or refuses.
struct Runs<'a> {
    command: Command,
    services: &'a dyn Services,
    /// None before there is a verb: nothing is refused there.
    verb: Option<&'a str>,
}

impl<'a> Trial<'a> {
    /// Of a line. Costs little before the first question.
    pub fn new(command: &Command, line: &Line<'a>, asked: &Asked<'a>) -> Trial<'a> {
        let mut words: Vec<&str> = line.before.iter().skip(1).map(String::as_str).collect();
        let at = words.iter().position(|word| !word.starts_with('-'));
        let verb = at.filter(|_| !line.is_before_verb());
        // An option that waits for its value is tried together with that.
        if let Place::Value { before, .. } = &line.place
            && before.is_empty()
        {
            words.pop();
        }
        Trial {
            runs: Runs {
                command: command.clone(),
                services: asked.services,
                verb: verb.map(|at| words.remove(at)),
            },
            typed: Base::new(words, !line.words.is_empty()),
            bare: Base::new(Vec::new(), false),
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
        self.fits(word) || !self.bare.fits(&mut self.runs, word)
    }

    /// Whether the line is carried out with this word, as far as it would be
    /// without it.
    fn fits(&mut self, word: &str) -> bool {
        self.typed.fits(&mut self.runs, word)
    }
}

impl<'a> Base<'a> {
    fn new(words: Vec<&'a str>, has_address: bool) -> Base<'a> {
        Base {
            words,
            has_address,
            ends: None,
        }
    }

    fn fits(&mut self, runs: &mut Runs<'_>, word: &str) -> bool {
        let ends = match self.ends.take() {
            Some(ends) => ends,
            None => self.possible(runs),
        };
        let mut all = ends.iter();
        let fits = ends.is_empty() || all.any(|end| runs.accept(Some(word), &self.words, end));
        self.ends = Some(ends);
        fits
    }

    fn possible(&self, runs: &mut Runs<'_>) -> Vec<End> {
        let mut ends = match runs.accept(None, &self.words, &[]) {
            true if self.has_address => return vec![&[]],
            true => vec![ENDS[0], UNIX],
            false => ENDS[1..].to_vec(),
        };
        ends.retain(|end| end.is_empty() || runs.accept(None, &self.words, end));
        ends
    }
}

impl Runs<'_> {
    fn accept(&mut self, word: Option<&str>, words: &[&str], end: End) -> bool {
        let Some(verb) = self.verb else { return true };
        let line = ["sock", verb].into_iter().chain(word);
        let line = line.chain(words.iter().copied()).chain(end.iter().copied());
        let Ok(matches) = self.command.try_get_matches_from_mut(line) else {
            return false;
        };
        let Ok(cli) = Cli::from_arg_matches(&matches) else {
            return false;
        };
        Plan::decide(cli, Facts::default(), self.services).is_ok()
    }
}
