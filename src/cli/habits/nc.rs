//! Words as nc and ncat take them, and for probe nmap.

use std::slice::Iter;

use clap::{Arg, ArgAction, Command};

use super::habit::{Habit, Meant, shown};
use super::line::Line;
use super::table::{self, Asks, Tongue};
use crate::ports::PortList;

/// Whether a value follows an option, and what it asks for: nothing where it is
/// ours as it stands.
type Spoken = (bool, Option<Asks>);

/// An option that was typed: its name with its hyphens, and its value.
pub struct Given {
    pub name: String,
    pub value: Option<String>,
    /// Nothing where it is ours as it stands.
    pub asks: Option<Asks>,
}

impl Given {
    /// With a value that is attached to it, or the next word.
    fn new(
        name: String,
        (takes_value, asks): Spoken,
        attached: Option<&str>,
        rest: &mut Iter<String>,
    ) -> Option<Given> {
        let value = match (takes_value, attached) {
            (false, _) => None,
            (true, Some(value)) => Some(value.to_owned()),
            (true, None) => Some(rest.next()?.clone()),
        };
        let asks = asks.map(|asks| asks.with(value.as_deref().unwrap_or_default()));
        Some(Given { name, value, asks })
    }

    /// Whether it runs a command.
    fn runs(&self) -> bool {
        matches!(self.asks, Some(Asks::Program | Asks::Shell)) || self.name == "--sh"
    }
}

/// What the words mean after this verb, or without one: in each tongue in which
/// all of them mean something.
pub fn meant(command: &Command, verb: Option<&str>, words: &[String]) -> Option<Habit> {
    let is_nmaps = words.iter().any(|word| table::is_nmaps(word)) || lists_ports(words);
    let read = |tongue| read_in(tongue, command, verb, words);
    let nmaps = match verb {
        None if is_nmaps => read(Tongue::Nmap),
        Some("probe") => read(Tongue::Nmap),
        _ => None,
    };
    nmaps.or_else(|| {
        let both = [Tongue::Nc, Tongue::Ncat].into_iter().filter_map(read);
        both.reduce(Habit::or)
    })
}

/// `-p 22,80 host`: nobody comes from a list of ports.
fn lists_ports(words: &[String]) -> bool {
    let is_list =
        |word: &str| word == "-" || PortList::looks_like(word) && word.contains([',', '-']);
    let attached = words.iter().filter_map(|word| word.strip_prefix("-p"));
    let next = words.windows(2).filter(|pair| pair[0] == "-p");
    attached
        .chain(next.map(|pair| pair[1].as_str()))
        .any(is_list)
}

/// What the words mean in one tongue.
pub fn read_in(
    tongue: Tongue,
    command: &Command,
    verb: Option<&str>,
    words: &[String],
) -> Option<Habit> {
    let theirs = match tongue {
        Tongue::Nmap => Some("probe"),
        Tongue::Nc | Tongue::Ncat => verb,
    };
    let (given, addresses) = read(command, theirs, tongue, words)?;
    let foreign = given.iter().find(|one| one.asks.is_some());
    let wrong = match (verb, foreign, words.first()) {
        (Some(verb), Some(one), _) => format!("`{}` is no option of {verb}", one.name),
        (None, _, Some(first)) => format!("a verb comes before `{}`", shown(first)),
        // All of it is ours: whatever is wrong is no habit.
        _ => return None,
    };
    let mut line = Line::new(theirs, &given, addresses)?;
    let never = given.iter().find_map(|one| match one.asks {
        Some(Asks::Never(why)) => Some((one, why)),
        _ => None,
    });
    let runs = given
        .iter()
        .find(|one| one.runs() && line.verb() != "listen");
    let runs = runs.map(|one| (one, "`--sh` and `-- CMD` are for sock listen"));
    if let Some((one, why)) = never.or(runs) {
        return Some(Habit::none(format!("`{}`: {why}", one.name)));
    }
    for one in given {
        line.add(one);
    }
    Some(Habit {
        verb: Some(line.verb().to_owned()),
        wrong,
        meant: vec![Meant {
            words: line.words(),
            tongue: Some(tongue),
        }],
    })
}

/// The words, where all stand for an address and options of ours; a host without
/// a port gets a place for one.
pub fn ours(command: &Command, verb: &str, words: &[String]) -> Option<Vec<String>> {
    let (given, addresses) = read(command, Some(verb), Tongue::Nc, words)?;
    let are_ours = given.iter().all(|one| one.asks.is_none());
    let mut line = Line::new(Some(verb), &given, addresses).filter(|_| are_ours)?;
    given.into_iter().for_each(|one| line.add(one));
    Some(line.words())
}

/// Whether each option is one of nc or of some verb of ours.
pub fn is_known(command: &Command, words: &[String]) -> bool {
    read(command, None, Tongue::Nc, words).is_some()
}

/// The options and the other words; nothing where an option is nobody's.
fn read(
    command: &Command,
    verb: Option<&str>,
    tongue: Tongue,
    words: &[String],
) -> Option<(Vec<Given>, Vec<String>)> {
    let (mut given, mut addresses) = (Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if let Some((takes_value, asks)) = table::find_word(word, tongue) {
            let spoken = (takes_value, Some(asks));
            given.push(Given::new(word.clone(), spoken, None, &mut rest)?);
        } else if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
            let (long, value) = match long.split_once('=') {
                Some((long, value)) => (long, Some(value)),
                None => (long, None),
            };
            let spoken = find(command, verb, tongue, long)?;
            given.push(Given::new(format!("--{long}"), spoken, value, &mut rest)?);
        } else if word.starts_with('-') && word.len() > 1 && word != "--" {
            let mut letters = word[1..].chars();
            while let Some(letter) = letters.next() {
                let spoken = find(command, verb, tongue, &letter.to_string())?;
                let attached = Some(letters.as_str()).filter(|rest| !rest.is_empty());
                given.push(Given::new(
                    format!("-{letter}"),
                    spoken,
                    attached,
                    &mut rest,
                )?);
                if spoken.0 {
                    break;
                }
            }
        } else {
            addresses.push(word.clone());
        }
    }
    Some((given, addresses))
}

/// After a verb its own options come first, without one those of others.
fn find(command: &Command, verb: Option<&str>, tongue: Tongue, name: &str) -> Option<Spoken> {
    // nc has letters only.
    let is_ncats = name.len() > 1 && table::find(name, Tongue::Ncat).is_some();
    if tongue == Tongue::Nc && is_ncats {
        return None;
    }
    let foreign = table::find(name, tongue).map(|(takes_value, asks)| (takes_value, Some(asks)));
    match verb {
        Some(verb) => own(command.find_subcommand(verb)?, name).or(foreign),
        None => {
            let mut verbs = command.get_subcommands();
            foreign.or_else(|| verbs.find_map(|verb| own(verb, name)))
        }
    }
}

fn own(verb: &Command, name: &str) -> Option<Spoken> {
    let mut letters = name.chars();
    let letter = letters.next().filter(|_| letters.next().is_none());
    // clap answers to -h and --help before anybody asks what was meant.
    let is_help = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Help);
    let mut args = verb.get_arguments().filter(|arg| !is_help(arg));
    let arg = args.find(|arg| match letter {
        Some(letter) => arg.get_short() == Some(letter),
        None => arg.get_long() == Some(name),
    })?;
    let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    Some((takes_value, None))
}
