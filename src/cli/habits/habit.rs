//! The answer to a habit: what is not ours, and the commands that were meant.

use super::line::{HOST, PORT};
use super::table::Tongue;
use crate::word::{escaped, without_user};

/// What is said instead of clap's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habit {
    /// The verb whose usage is shown; none where none is meant.
    pub verb: Option<String>,
    /// What is not ours, and why.
    pub wrong: String,
    /// What was probably meant; several where nc and ncat differ, none where
    /// sock does no such thing.
    pub meant: Vec<Meant>,
}

/// A command that was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The words after `sock`. `HOST` and `PORT` stand where one is missing.
    pub words: Vec<String>,
    /// Whose words it follows, if somebody else means something else by them.
    pub tongue: Option<Tongue>,
}

impl Meant {
    /// The words with something in the place of those that are missing.
    pub fn filled(&self) -> Vec<String> {
        let filled = self.words.iter().map(|word| match word.as_str() {
            HOST => "localhost".to_owned(),
            PORT => "80".to_owned(),
            _ => word.clone(),
        });
        filled.collect()
    }
}

impl Habit {
    /// What sock does not do, so that no command of ours is meant.
    pub fn none(wrong: String) -> Habit {
        Habit {
            verb: None,
            wrong,
            meant: Vec::new(),
        }
    }

    /// One command, whoever's words these are.
    pub fn one(wrong: String, words: Vec<String>) -> Habit {
        Habit {
            verb: words.first().cloned(),
            wrong,
            meant: vec![Meant {
                words,
                tongue: None,
            }],
        }
    }

    /// What one tongue means, or another; nothing where one of them says no.
    pub fn or(mut self, other: Habit) -> Habit {
        if self.meant.is_empty() || other.meant.is_empty() {
            return if self.meant.is_empty() { self } else { other };
        }
        let is_new = |one: &Meant| self.meant.iter().all(|meant| meant.words != one.words);
        let new: Vec<Meant> = other.meant.into_iter().filter(is_new).collect();
        self.meant.extend(new);
        self
    }

    /// With another word for what is wrong, unless that is all there is.
    pub fn told(mut self, wrong: String) -> Habit {
        if !self.meant.is_empty() {
            self.wrong = wrong;
        }
        self
    }

    /// Without commands that would be refused; if all would be, says why, unless
    /// the verb that was typed says more by its own usage.
    pub fn judged(
        mut self,
        typed: Option<&str>,
        refused: impl Fn(&[String]) -> Option<String>,
    ) -> Habit {
        let mut why = None;
        self.meant.retain(|one| match refused(&one.filled()) {
            Some(reason) => {
                why.get_or_insert_with(|| format!("`sock {}`: {reason}", quoted(&one.words)));
                false
            }
            None => true,
        });
        if typed.is_some() && self.meant.is_empty() {
            self.verb = typed.map(str::to_owned);
        } else if let (true, Some(why)) = (self.meant.is_empty(), why) {
            self.wrong = format!("{}; not possible: {why}", self.wrong);
        }
        self
    }

    /// Whether a command is offered that hands a peer to a program.
    pub fn runs(&self) -> bool {
        let is_program = |word: &String| word == "--" || word.starts_with("--sh");
        self.meant
            .iter()
            .any(|one| one.words.iter().any(is_program))
    }

    /// The first line.
    pub fn said(&self) -> String {
        let commands = self.meant.iter().map(|one| {
            let command = format!("`sock {}`", quoted(&one.words));
            match one.tongue {
                Some(tongue) if self.meant.len() > 1 => {
                    format!("{command} (as in {})", tongue.name())
                }
                _ => command,
            }
        });
        match commands.collect::<Vec<_>>().join(" or ") {
            none if none.is_empty() => self.wrong.clone(),
            commands => format!("{}; did you mean {commands}?", self.wrong),
        }
    }
}

/// A word as it may be shown: without a password and on one line.
pub fn shown(word: &str) -> String {
    escaped(&without_user(word.to_owned()))
}

/// Words as a shell takes them, without a password and on one line.
pub fn quoted(words: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=+:,./@%[]".contains(c);
    let quoted = words.iter().map(|word| {
        let word = shown(word);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word,
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
