//! The command of ours that foreign words stand for.

use super::nc::Given;
use super::table::Asks;
use crate::address::Host;
use crate::ports::PortList;
use crate::targets::Cidr;

/// The command that is meant.
pub struct Line {
    verb: String,
    options: Vec<String>,
    addresses: Vec<String>,
    program: Vec<String>,
    listens: bool,
    probes: bool,
    source: (Option<String>, Option<String>),
    ports: Option<String>,
}

/// What stands where a word is still missing.
pub const HOST: &str = "HOST";
pub const PORT: &str = "PORT";

impl Line {
    /// With the verb that the words ask for; nothing where they ask for none.
    /// It listens only where that was typed: a port alone may be one to dial.
    pub fn new(verb: Option<&str>, given: &[Given], mut addresses: Vec<String>) -> Option<Line> {
        let asks = |what: Asks| given.iter().any(|one| one.asks == Some(what));
        let is_ours = |name: &str| given.iter().any(|one| one.name == name);
        let listens = asks(Asks::Listen) || asks(Asks::ListenOn);
        let is_list = |word: &String| PortList::looks_like(word) && word.contains([',', '-']);
        let mut options = Vec::new();
        if addresses.is_empty() && verb.is_none() && !listens && !asks(Asks::Probe) {
            return None;
        }
        let verb = match (verb, addresses.as_slice()) {
            _ if asks(Asks::Probe) => "probe",
            _ if asks(Asks::Send) => "send",
            _ if asks(Asks::Recv) => "recv",
            _ if listens => "listen",
            (Some(verb), _) => verb,
            (None, [_, ports, ..]) if is_list(ports) => "probe",
            (None, [block, ..]) if Cidr::read(block).is_some() => "probe",
            (None, _) => "connect",
        };
        if asks(Asks::Unix)
            && let Some(path) = addresses.first_mut()
        {
            *path = format!("unix:{path}");
        }
        if listens && verb != "listen" {
            options.push("-l".to_owned());
        }
        Some(Line {
            verb: verb.to_owned(),
            options,
            addresses,
            program: Vec::new(),
            listens: listens || verb == "listen" || is_ours("-l") || is_ours("--listen"),
            probes: asks(Asks::Probe),
            source: (None, None),
            ports: None,
        })
    }

    /// What is asked for.
    pub fn verb(&self) -> &str {
        &self.verb
    }

    /// Adds an option, in our language.
    pub fn add(&mut self, one: Given) {
        let value = one.value.clone().unwrap_or_default();
        match one.asks {
            // nc says only with -v what a port is.
            None if self.probes && matches!(one.name.as_str(), "-v" | "--verbose") => {}
            None => self.option(&one.name, one.value),
            Some(Asks::Ours(name)) => self.option(name, one.value),
            Some(Asks::ListenOn) => self.option("-k", None),
            Some(Asks::Ports) if value == "-" => self.ports = Some("1-65535".to_owned()),
            Some(Asks::Ports) => self.ports = one.value,
            Some(Asks::SourceAddress) => self.source.0 = one.value,
            Some(Asks::SourcePort) => self.source.1 = one.value,
            Some(Asks::Program) => {
                self.program = value.split_whitespace().map(str::to_owned).collect();
            }
            Some(Asks::Shell) => self.option("--sh", one.value),
            // What asks for a verb is in it; the rest happens anyway.
            Some(_) => {}
        }
    }

    fn option(&mut self, name: &str, value: Option<String>) {
        self.options.push(name.to_owned());
        self.options.extend(value);
    }

    /// Where only a host or only a port is said, shows what goes with it.
    fn complete(&mut self) {
        let brings = ["--ports", "--targets", "--expect-file", "--help", "-h"];
        let is_ours = |option: &String| brings.contains(&option.as_str());
        if self.verb == "completions" || self.options.iter().any(is_ours) {
            return;
        }
        match (self.listens, self.addresses.as_slice()) {
            (true, []) => self.addresses.push(PORT.to_owned()),
            (false, []) => self.addresses.extend([HOST.to_owned(), PORT.to_owned()]),
            (false, [port]) if PortList::looks_like(port) => {
                self.addresses.insert(0, HOST.to_owned());
            }
            (false, [host]) if is_host(host) => self.addresses.push(PORT.to_owned()),
            _ => {}
        }
    }

    /// All of it.
    pub fn words(mut self) -> Vec<String> {
        let is_whole = |word: &String| word.contains([':', '/']);
        let (host, port) = std::mem::take(&mut self.source);
        let asked = usize::from(host.is_some()) + usize::from(port.is_some());
        match (host, port) {
            (None, None) => {}
            // Where one listens, they are the address. One that was typed is never
            // left out (`-l 127.0.0.1 -p 80`), or the port would be open to
            // everybody; with a third word it would be, too.
            (host, port) if self.listens && asked + self.addresses.len() <= 2 => {
                self.addresses = host
                    .into_iter()
                    .chain(std::mem::take(&mut self.addresses))
                    .chain(port)
                    .collect();
            }
            // A port, a host, and nothing else: hardly the port to come from.
            (None, Some(port)) if self.addresses.len() == 1 && !is_whole(&self.addresses[0]) => {
                self.addresses.push(port);
            }
            (Some(host), None) => self.option("--source", Some(host)),
            (host, port) => {
                let host = host.unwrap_or_default();
                let host = match host.contains(':') {
                    true => format!("[{host}]"),
                    false => host,
                };
                let port = port.unwrap_or_default();
                self.option("--source", Some(format!("{host}:{port}")));
            }
        }
        if let Some(ports) = self.ports.take() {
            match self.addresses.as_slice() {
                [host] if !host.contains(':') => self.addresses.push(ports),
                _ => self.option("--ports", Some(ports)),
            }
        }
        self.complete();
        let program = (!self.program.is_empty()).then(|| "--".to_owned());
        let words = std::iter::once(self.verb).chain(self.options);
        let words = words.chain(self.addresses).chain(program);
        words.chain(self.program).collect()
    }
}

/// A host or a block, and no port with it.
fn is_host(word: &str) -> bool {
    let host = word.split_once('/').map_or(word, |(address, _)| address);
    !PortList::looks_like(word) && Host::parse(host).is_ok()
}
