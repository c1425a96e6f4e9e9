//! The command of ours that foreign words stand for.

use super::nc::Given;
use super::table::Asks;
use crate::ports::PortList;

/// The command that is meant.
pub struct Line {
    verb: String,
    options: Vec<String>,
    addresses: Vec<String>,
    program: Vec<String>,
    listens: bool,
    probes: bool,
    source: (Option<String>, Option<String>),
}

impl Line {
    /// With the verb that the words ask for; nothing where they ask for none.
    pub fn new(verb: Option<&str>, given: &[Given], mut addresses: Vec<String>) -> Option<Line> {
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

    /// What is asked for.
    pub fn verb(&self) -> &str {
        &self.verb
    }

    /// The option that runs a command, where nobody is listened for.
    pub fn program_elsewhere<'a>(&self, given: &'a [Given]) -> Option<&'a str> {
        let mut runs = given
            .iter()
            .filter(|one| matches!(one.asks, Some(Asks::Program | Asks::Shell)));
        let first = runs.next().filter(|_| self.verb != "listen");
        first.map(|one| one.name.as_str())
    }

    /// Adds an option, in our language.
    pub fn add(&mut self, one: Given) {
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
            Some(Asks::EveryPort) => self.source.1 = Some("1-65535".to_owned()),
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

    /// All of it.
    pub fn words(mut self) -> Vec<String> {
        let is_whole = |word: &String| word.contains([':', '/']);
        match std::mem::take(&mut self.source) {
            (None, None) => {}
            // Where one listens, they are the address.
            (host, port) if self.listens => {
                let typed = std::mem::take(&mut self.addresses);
                // `-l 127.0.0.1 -p 80`: an address that was typed is never
                // left out, or the port would be open to everybody.
                let (before, after) = match port.is_some() && host.is_none() {
                    true => (typed, Vec::new()),
                    false => (Vec::new(), typed),
                };
                let asked = host.into_iter().chain(port);
                self.addresses = before.into_iter().chain(asked).chain(after).collect();
            }
            // As nmap means it.
            (None, Some(ports)) if self.verb == "probe" && !self.probes => {
                match self.addresses.as_slice() {
                    [host] if !host.contains(':') => self.addresses.push(ports),
                    _ => self.option("--ports", Some(ports)),
                }
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
