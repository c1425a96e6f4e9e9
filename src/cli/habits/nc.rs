//! Words as nc and ncat take them, and for probe nmap and ping.

use clap::{ArgAction, Command};

use super::habit::shown;
use super::line::Line;
use super::table::{self, Asks, Tongue};
use super::{Habit, Meant};
use crate::ports::PortList;

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

/// What the words mean after this verb, or without one: in each tongue in which
/// all of them mean something.
pub fn meant(command: &Command, verb: Option<&str>, words: &[String]) -> Option<Habit> {
    let tongues: &[Tongue] = match verb {
        None if words.iter().any(|word| table::is_nmaps(word)) || lists_ports(words) => {
            &[Tongue::Nmap]
        }
        Some("probe") => &[Tongue::Nmap, Tongue::Ping],
        _ => &[],
    };
    let of = |tongues: &[Tongue]| {
        let read = tongues.iter();
        let read = read.filter_map(|tongue| read_in(*tongue, command, verb, words));
        read.reduce(Habit::or)
    };
    of(tongues).or_else(|| of(&[Tongue::Nc, Tongue::Ncat]))
}

/// `-p 22,80 host`: nobody comes from a list of ports.
fn lists_ports(words: &[String]) -> bool {
    let is_list = |word: &str| PortList::looks_like(word) && word.contains([',', '-']);
    let attached = words.iter().filter_map(|word| word.strip_prefix("-p"));
    let next = words.windows(2).filter(|pair| pair[0] == "-p");
    attached
        .chain(next.map(|pair| pair[1].as_str()))
        .any(is_list)
}

/// What the words mean in one tongue.
fn read_in(
    tongue: Tongue,
    command: &Command,
    verb: Option<&str>,
    words: &[String],
) -> Option<Habit> {
    let theirs = match tongue {
        Tongue::Nmap | Tongue::Ping => Some("probe"),
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
    let never = given.iter().find_map(|one| match one.asks {
        Some(Asks::Never(why)) => Some((&one.name, why)),
        _ => None,
    });
    let mut line = Line::new(theirs, &given, addresses)?;
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
        wrong,
        meant: vec![Meant {
            words: line.words(),
            tongue: Some(tongue),
        }],
    })
}

/// The words that stand for an address and options of ours; a host without a
/// port gets a place for one.
pub fn ours(command: &Command, verb: &str, words: &[String]) -> Option<Vec<String>> {
    let (given, addresses) = read(command, Some(verb), Tongue::Nc, words)?;
    let mut line = Line::new(Some(verb), &given, addresses)?;
    given.into_iter().for_each(|one| line.add(one));
    Some(line.words())
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
            given.push(Given {
                name: word.clone(),
                value: match takes_value {
                    true => Some(rest.next().cloned()?),
                    false => None,
                },
                asks: Some(asks),
            });
        } else if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
            let (long, value) = match long.split_once('=') {
                Some((long, value)) => (long, Some(value.to_owned())),
                None => (long, None),
            };
            let spoken = find(command, verb, tongue, long)?;
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
                let spoken = find(command, verb, tongue, &letter.to_string())?;
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
fn find(command: &Command, verb: Option<&str>, tongue: Tongue, name: &str) -> Option<Spoken> {
    // nc has letters only.
    let is_ncats = name.len() > 1 && table::find(name, Tongue::Ncat).is_some();
    if tongue == Tongue::Nc && is_ncats {
        return None;
    }
    let foreign = table::find(name, tongue).map(|(takes_value, asks)| Spoken {
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
