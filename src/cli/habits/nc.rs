//! Words as nc and ncat take them, and for probe nmap.

use clap::{ArgAction, Command};

use super::Habit;
use super::line::Line;
use super::table::{self, Asks};

/// An option in somebody's language.
struct Spoken {
    takes_value: bool,
    /// Nothing where it is ours as it stands.
    asks: Option<Asks>,
}

/// An option that was typed: its name with its hyphens, and its value.
pub struct Given {
    pub name: String,
    pub value: Option<String>,
    /// Nothing where it is ours as it stands.
    pub asks: Option<Asks>,
}

/// What the words mean after this verb, or without one.
pub fn meant(command: &Command, verb: Option<&str>, words: &[String]) -> Option<Habit> {
    let (given, addresses) = read(command, verb, words)?;
    let foreign = given.iter().find(|one| one.asks.is_some());
    let wrong = match (verb, foreign, words.first()) {
        (Some(verb), Some(one), _) => format!("`{}` is no option of {verb}", one.name),
        (None, _, Some(first)) => format!("a verb comes before `{}`", super::shown(first)),
        // All of it is ours: whatever is wrong is no habit.
        _ => return None,
    };
    let never = given.iter().find_map(|one| match one.asks {
        Some(Asks::Never(why)) => Some((&one.name, why)),
        _ => None,
    });
    let mut line = Line::new(verb, &given, addresses)?;
    if let (None, Some(program)) = (never, line.program_elsewhere(&given)) {
        return Some(Habit::never(
            program,
            "only sock listen runs a command, for who comes",
        ));
    }
    if let Some((name, why)) = never {
        return Some(Habit::never(name, why));
    }
    for one in given {
        line.add(one);
    }
    Some(Habit {
        verb: Some(line.verb().to_owned()),
        meant: Some(line.words()),
        wrong,
    })
}

/// The options and the other words; nothing where an option is nobody's.
fn read(
    command: &Command,
    verb: Option<&str>,
    words: &[String],
) -> Option<(Vec<Given>, Vec<String>)> {
    let (mut given, mut addresses) = (Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let nmaps = table::find_in_nmap(word).filter(|_| verb == Some("probe"));
        if nmaps.is_some() {
            given.push(Given {
                name: word.clone(),
                value: None,
                asks: nmaps,
            });
        } else if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
            let (long, value) = match long.split_once('=') {
                Some((long, value)) => (long, Some(value.to_owned())),
                None => (long, None),
            };
            let spoken = find(command, verb, long)?;
            given.push(Given {
                name: format!("--{long}"),
                value: match spoken.takes_value {
                    true => Some(value.or_else(|| rest.next().cloned())?),
                    false => None,
                },
                asks: spoken.asks,
            });
        } else if word.starts_with('-') && word.len() > 1 && word != "--" {
            let mut letters = word[1..].chars();
            while let Some(letter) = letters.next() {
                let spoken = find(command, verb, &letter.to_string())?;
                let attached = match spoken.takes_value {
                    true => std::mem::replace(&mut letters, "".chars()).as_str(),
                    false => "",
                };
                given.push(Given {
                    name: format!("-{letter}"),
                    value: match (spoken.takes_value, attached) {
                        (false, _) => None,
                        (true, "") => Some(rest.next().cloned()?),
                        (true, attached) => Some(attached.to_owned()),
                    },
                    asks: spoken.asks,
                });
            }
        } else {
            addresses.push(word.clone());
        }
    }
    Some((given, addresses))
}

/// After a verb its own options come first, without one those of others.
fn find(command: &Command, verb: Option<&str>, name: &str) -> Option<Spoken> {
    let foreign = table::find(name).map(|(takes_value, asks)| Spoken {
        takes_value,
        asks: Some(asks),
    });
    let mut verbs = command.get_subcommands();
    let own = match verb {
        Some(verb) => own(command.find_subcommand(verb)?, name),
        None => verbs.find_map(|verb| own(verb, name)),
    };
    match verb {
        Some(_) => own.or(foreign),
        None => foreign.or(own),
    }
}

fn own(verb: &Command, name: &str) -> Option<Spoken> {
    let mut letters = name.chars();
    let letter = letters.next().filter(|_| letters.next().is_none());
    let mut args = verb.get_arguments();
    let arg = args.find(|arg| match letter {
        Some(letter) => arg.get_short() == Some(letter),
        None => arg.get_long() == Some(name),
    })?;
    Some(Spoken {
        takes_value: matches!(arg.get_action(), ArgAction::Set | ArgAction::Append),
        asks: None,
    })
}
