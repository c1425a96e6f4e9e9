//! The command of ours that foreign words stand for.

use super::nc::Given;
use super::table::Asks;
use super::tos;
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
    /// Peers are served at the same time, and not relayed one after another.
    serves: bool,
    source: (Option<String>, Option<String>),
    ports: Option<String>,
}

/// Options of ours that serve a peer.
const SERVING: [&str; 5] = ["--echo", "--discard", "--reply", "--generate", "--sh"];

/// What stands where a word is still missing.
pub const HOST: &str = "HOST";
pub const PORT: &str = "PORT";

impl Line {
    /// With the verb that the words ask for; nothing where they ask for none.
    pub fn new(verb: Option<&str>, given: &[Given], mut addresses: Vec<String>) -> Option<Line> {
        let asks = |what: Asks| given.iter().any(|one| one.asks == Some(what));
        let listens = asks(Asks::Listen) || asks(Asks::ListenOn);
        let is_list = |word: &String| PortList::looks_like(word) && word.contains([',', '-']);
        let mut options = Vec::new();
        if let [path] = &addresses[..]
            && let Some((is_udp, host, port)) = of_bash(path)
        {
            options.extend(is_udp.then(|| "-u".to_owned()));
            addresses = vec![host.to_owned(), port.to_owned()];
        }
        if let [url] = &mut addresses[..]
            && let Some(rest) = url.strip_prefix("udp://")
        {
            *url = rest.to_owned();
            options.push("-u".to_owned());
        }
        if addresses.is_empty() && verb.is_none() && !listens && !asks(Asks::Probe) {
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
            (None, [block, ..]) if Cidr::read(block).is_some() => "probe",
            (None, _) => "connect",
        };
        if asks(Asks::Unix)
            && let Some(path) = addresses.first_mut()
        {
            *path = format!("unix:{path}");
        }
        let is_ours = |name: &str| given.iter().any(|one| one.name == name);
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
            serves: asks(Asks::Program) || asks(Asks::Shell) || SERVING.into_iter().any(is_ours),
            source: (None, None),
            ports: None,
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
            Some(Asks::OursIn(name)) => self.option(name, Some(format!("@{value}"))),
            Some(Asks::Tos) => self.option("--dscp", Some(tos::dscp(&value))),
            Some(Asks::ListenOn) => self.option("-k", None),
            // Who relays takes one peer after another.
            Some(Asks::Clients) if self.serves => self.option("--max-clients", one.value),
            Some(Asks::Clients) => {}
            Some(Asks::EveryPort) => self.ports = Some("1-65535".to_owned()),
            Some(Asks::Ports) => {
                if let Some(udp) = value.strip_prefix("U:") {
                    self.option("-u", None);
                    self.ports = Some(udp.to_owned());
                } else {
                    let tcp = value.strip_prefix("T:").unwrap_or(&value);
                    self.ports = Some(tcp.to_owned());
                }
            }
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

    /// Where only a host is said, shows that a port comes after it.
    fn complete(&mut self) {
        let brings = ["--ports", "--targets", "--expect-file", "--help", "-h"];
        let is_ours = |option: &String| brings.contains(&option.as_str());
        if self.listens || self.verb == "completions" || self.options.iter().any(is_ours) {
            return;
        }
        match self.addresses.as_slice() {
            [] => self.addresses.extend([HOST.to_owned(), PORT.to_owned()]),
            [host] if is_host(host) => self.addresses.push(PORT.to_owned()),
            _ => {}
        }
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

/// bash's `/dev/tcp/HOST/PORT`: whether it is UDP, the host and the port.
fn of_bash(path: &str) -> Option<(bool, &str, &str)> {
    let (protocol, rest) = path.strip_prefix("/dev/")?.split_once('/')?;
    let (host, port) = rest.split_once('/')?;
    matches!(protocol, "tcp" | "udp").then_some((protocol == "udp", host, port))
}
