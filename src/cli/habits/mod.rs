//! Habits from nc, ncat, socat and nmap: what was typed in their language, in ours.
//! Pure; whether the answer parses is for the caller to see.

mod line;
mod nc;
mod socat;
mod table;
#[cfg(test)]
mod tests;

use clap::Command;

use crate::ports::PortList;
use crate::word::{escaped, nearest, without_user};

/// What is said instead of clap's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habit {
    /// The verb whose usage is shown; none where none is meant.
    pub verb: Option<String>,
    /// What is not ours, and why.
    pub wrong: String,
    /// The words after `sock` that were probably meant.
    pub meant: Option<Vec<String>>,
}

impl Habit {
    /// What sock does not do, so that no command of ours is meant.
    fn never(name: &str, why: &str) -> Habit {
        let name = match name.contains('`') {
            true => name.to_owned(),
            false => format!("`{name}`"),
        };
        Habit {
            verb: None,
            wrong: format!("{name}: {why}"),
            meant: None,
        }
    }

    /// The first line.
    pub fn said(&self) -> String {
        match &self.meant {
            Some(words) => format!("{}; did you mean `sock {}`?", self.wrong, quoted(words)),
            None => self.wrong.clone(),
        }
    }
}

/// What the words after `sock`, which were refused, mean elsewhere; nothing
/// where they look like nobody's habit.
pub fn meant(command: &Command, words: &[String]) -> Option<Habit> {
    let (first, rest) = words.split_first()?;
    if first == "help" {
        return Some(help(command, rest));
    }
    if let Some(habit) = option_first(command, words) {
        return Some(habit);
    }
    let verb = command.find_subcommand(first).map(Command::get_name);
    let words = if verb.is_some() { rest } else { words };
    if let Some(habit) = socat::meant(verb, words) {
        return Some(habit);
    }
    if verb.is_none() && !first.starts_with('-') && !is_address(command, words) {
        return None;
    }
    nc::meant(command, verb, words)
}

/// `sock -v connect host 80`, as other tools of several verbs take it.
fn option_first(command: &Command, words: &[String]) -> Option<Habit> {
    let at = words.iter().position(|word| !word.starts_with('-'))?;
    let verb = words.get(at).filter(|_| at > 0)?;
    command.find_subcommand(verb)?;
    let (options, rest) = (&words[..at], &words[at + 1..]);
    let meant = std::iter::once(verb).chain(options).chain(rest);
    Some(Habit {
        verb: Some(verb.clone()),
        wrong: format!("a verb comes before `{}`", shown(&options[0])),
        meant: Some(meant.cloned().collect()),
    })
}

/// `sock help`, `sock help VERB`
fn help(command: &Command, rest: &[String]) -> Habit {
    let verb = rest
        .first()
        .filter(|verb| command.find_subcommand(verb).is_some());
    let words = verb.into_iter().map(String::as_str).chain(["--help"]);
    Habit {
        verb: verb.cloned(),
        wrong: "`help` is no verb".to_owned(),
        meant: Some(words.map(str::to_owned).collect()),
    }
}

/// Whether the first word is no verb because it is an address already.
fn is_address(command: &Command, words: &[String]) -> bool {
    let [first, rest @ ..] = words else {
        return false;
    };
    let verbs = command.get_subcommands().map(Command::get_name);
    let is_port = |word: &String| PortList::looks_like(word);
    let begins = is_port(first) || first.contains([':', '/']);
    // `lisen 5005` is no host of that name.
    nearest(first, verbs).is_none() && (begins || rest.first().is_some_and(is_port))
}

/// A word as it may be shown: without a password and on one line.
fn shown(word: &str) -> String {
    escaped(&without_user(word.to_owned()))
}

/// Words as a shell takes them, without a password and on one line.
fn quoted(words: &[String]) -> String {
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
