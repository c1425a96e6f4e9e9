//! Words as nc and ncat take them.

use clap::{ArgAction, Command};

use super::Habit;
use super::table::{self, Asks};
use crate::ports::PortList;

/// An option in somebody's language.
struct Spoken {
    takes_value: bool,
    /// Nothing where it is ours as it stands.
    asks: Option<Asks>,
}

/// An option that was typed: its name with its hyphens, and its value.
struct Given {
    name: String,
    value: Option<String>,
    asks: Option<Asks>,
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
    let verb = line.verb.clone();
    Some(Habit {
        meant: Some(line.words()),
        verb: Some(verb),
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
        if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
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

/// The command that is meant.
struct Line {
    verb: String,
    options: Vec<String>,
    addresses: Vec<String>,
    program: Vec<String>,
    listens: bool,
    probes: bool,
    source: (Option<String>, Option<String>),
}

impl Line {
    fn new(verb: Option<&str>, given: &[Given], mut addresses: Vec<String>) -> Option<Line> {
        let asks = |what: Asks| given.iter().any(|one| one.asks == Some(what));
        let listens = asks(Asks::Listen);
        let is_list = |word: &String| PortList::looks_like(word) && word.contains([',', '-']);
        if addresses.is_empty() && verb.is_none() && !listens {
            return None;
        }
        let verb = match (verb, addresses.as_slice()) {
            _ if asks(Asks::Probe) => "probe",
            _ if asks(Asks::Send) => "send",
            _ if asks(Asks::Recv) => "recv",
            _ if listens => "listen",
            (Some(verb), _) => verb,
            (None, [port]) if PortList::looks_like(port) => "listen",
            (None, [_, ports, ..]) if is_list(ports) => "probe",
            (None, _) => "connect",
        };
        if asks(Asks::Unix)
            && let Some(path) = addresses.first_mut()
        {
            *path = format!("unix:{path}");
        }
        let listens_too = listens && verb != "listen";
        Some(Line {
            verb: verb.to_owned(),
            options: listens_too.then(|| "-l".to_owned()).into_iter().collect(),
            addresses,
            program: Vec::new(),
            listens: listens || verb == "listen" || given.iter().any(|one| one.name == "-l"),
            probes: asks(Asks::Probe),
            source: (None, None),
        })
    }

    /// The option that runs a command, where nobody is listened for.
    fn program_elsewhere<'a>(&self, given: &'a [Given]) -> Option<&'a str> {
        let mut runs = given
            .iter()
            .filter(|one| matches!(one.asks, Some(Asks::Program | Asks::Shell)));
        let first = runs.next().filter(|_| self.verb != "listen");
        first.map(|one| one.name.as_str())
    }

    fn add(&mut self, one: Given) {
        let value = one.value.clone().unwrap_or_default();
        match one.asks {
            // nc says only with -v what a port is.
            None if self.probes && matches!(one.name.as_str(), "-v" | "--verbose") => {}
            None => self.option(&one.name, one.value),
            Some(Asks::Ours(name)) => self.option(name, one.value),
            Some(Asks::Hex) => self.option("--hex", None),
            Some(Asks::Keep) => self.option("--on-eof", Some("keep".to_owned())),
            Some(Asks::Quit) if value.starts_with('-') => {}
            Some(Asks::Quit) => match self.verb.as_str() {
                "send" => self.option("--close-wait", one.value),
                "connect" | "listen" => self.option("--quit-after-eof", one.value),
                _ => {}
            },
            Some(Asks::SourceAddress) => self.source.0 = one.value,
            Some(Asks::SourcePort) => self.source.1 = one.value,
            Some(Asks::Program) => {
                self.program = value.split_whitespace().map(str::to_owned).collect();
            }
            Some(Asks::Shell) => self.option("--sh", one.value),
            Some(
                Asks::Nothing
                | Asks::Listen
                | Asks::Probe
                | Asks::Send
                | Asks::Recv
                | Asks::Unix
                | Asks::Never(_),
            ) => {}
        }
    }

    fn option(&mut self, name: &str, value: Option<String>) {
        self.options.push(name.to_owned());
        self.options.extend(value);
    }

    fn words(mut self) -> Vec<String> {
        let is_whole = |word: &String| word.contains([':', '/']);
        match std::mem::take(&mut self.source) {
            (None, None) => {}
            // Where one listens, they are the address.
            (host, port) if self.listens => {
                let after = std::mem::take(&mut self.addresses);
                let typed = if port.is_some() { Vec::new() } else { after };
                self.addresses = host.into_iter().chain(port).chain(typed).collect();
            }
            // A port, a host, and nothing else: hardly the port to come from.
            (None, Some(port)) if self.addresses.len() == 1 && !is_whole(&self.addresses[0]) => {
                self.addresses.push(port);
            }
            (host, port) => {
                let source = match (host, port) {
                    (Some(host), Some(port)) if host.contains(':') => format!("[{host}]:{port}"),
                    (Some(host), None) => host,
                    (host, port) => {
                        format!("{}:{}", host.unwrap_or_default(), port.unwrap_or_default())
                    }
                };
                self.option("--source", Some(source));
            }
        }
        let program = (!self.program.is_empty()).then(|| "--".to_owned());
        let words = std::iter::once(self.verb).chain(self.options);
        let words = words.chain(self.addresses).chain(program);
        words.chain(self.program).collect()
    }
}
