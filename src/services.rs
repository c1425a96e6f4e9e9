//! Service names and their port numbers.
//!
//! A table of well-known names is compiled in, because container images often
//! come without /etc/services; the file is read, once, only when the table does
//! not know the name or the port. No other vocabulary does I/O, and this one
//! only through [`System`].

use std::sync::OnceLock;

use crate::word::nearest;

/// Names for ports and ports for names.
pub trait Services {
    /// The port of a service, whatever the case of its name.
    fn port(&self, name: &str) -> Option<u16>;

    /// The name of a port; `udp` chooses where the file tells the two apart.
    fn name(&self, port: u16, udp: bool) -> Option<String>;

    /// A well-known name that `name` is probably a misspelling of.
    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, TABLE.iter().map(|&(name, _)| name)).map(str::to_owned)
    }
}

/// The compiled table only: for tests and wherever I/O is out of place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compiled;

/// The compiled table, then /etc/services (services(5)), which is read at most
/// once. A file that is missing or unreadable is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Services for Compiled {
    fn port(&self, name: &str) -> Option<u16> {
        let mut rows = TABLE.iter();
        rows.find(|row| row.0.eq_ignore_ascii_case(name))
            .map(|&(_, port)| port)
    }

    fn name(&self, port: u16, _udp: bool) -> Option<String> {
        let mut rows = TABLE.iter();
        rows.find(|row| row.1 == port)
            .map(|&(name, _)| name.to_owned())
    }
}

impl Services for System {
    fn port(&self, name: &str) -> Option<u16> {
        Compiled.port(name).or_else(|| installed().port(name))
    }

    fn name(&self, port: u16, udp: bool) -> Option<String> {
        Compiled
            .name(port, udp)
            .or_else(|| installed().name(port, udp))
    }
}

/// Every name with its port: the compiled ones, then those of /etc/services
/// that are not among them. An alias has the port of its name.
pub fn all() -> Vec<(String, u16)> {
    let compiled = TABLE.iter().map(|&(name, port)| (name.to_owned(), port));
    let rows = installed().entries.iter();
    let more = rows.flat_map(|row| row.names().map(|name| (name.to_owned(), row.port)));
    let mut seen = std::collections::HashSet::new();
    let all = compiled.chain(more);
    all.filter(|(name, _)| seen.insert(name.to_ascii_lowercase()))
        .collect()
}

fn installed() -> &'static File<'static> {
    static TEXT: OnceLock<String> = OnceLock::new();
    static FILE: OnceLock<File<'static>> = OnceLock::new();
    FILE.get_or_init(|| {
        let read = || std::fs::read("/etc/services").unwrap_or_default();
        File::parse(TEXT.get_or_init(|| String::from_utf8_lossy(&read()).into_owned()))
    })
}

/// A file in the form of services(5).
struct File<'a> {
    entries: Vec<Entry<'a>>,
    /// Their indices by port, and those of a port in the order of the file:
    /// every row of a survey asks for a name.
    by_port: Vec<u32>,
}

/// One line of services(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry<'a> {
    /// Without its comment: the name, the port, the aliases.
    line: &'a str,
    port: u16,
    protocol: &'a str,
}

impl<'a> Entry<'a> {
    fn read(line: &'a str) -> Option<Entry<'a>> {
        let line = line.split('#').next()?;
        let (port, protocol) = line.split_whitespace().nth(1)?.split_once('/')?;
        Some(Entry {
            line,
            port: port.parse().ok()?,
            protocol,
        })
    }

    /// The official name, then the aliases.
    fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let words = self.line.split_whitespace().enumerate();
        words.filter(|(index, _)| *index != 1).map(|(_, word)| word)
    }
}

impl<'a> File<'a> {
    /// Lines of another form are passed over, as getservent(3) does.
    fn parse(text: &'a str) -> File<'a> {
        let entries: Vec<Entry> = text.lines().filter_map(Entry::read).collect();
        let mut by_port: Vec<u32> = (0..entries.len() as u32).collect();
        by_port.sort_by_key(|&index| entries[index as usize].port);
        File { entries, by_port }
    }

    fn port(&self, name: &str) -> Option<u16> {
        let knows = |entry: &&Entry| entry.names().any(|n| n.eq_ignore_ascii_case(name));
        self.entries.iter().find(knows).map(|entry| entry.port)
    }

    fn name(&self, port: u16, udp: bool) -> Option<String> {
        let protocol = if udp { "udp" } else { "tcp" };
        let entry = |index: &u32| self.entries[*index as usize];
        let first = self
            .by_port
            .partition_point(|index| entry(index).port < port);
        let of_port = self.by_port[first..].iter().map(entry);
        of_port
            .take_while(|entry| entry.port == port)
            .find(|entry| entry.protocol == protocol)
            .and_then(|entry| entry.names().next())
            .map(str::to_owned)
    }
}

/// Well-known names, by port. Of several names for a port the first is the one
/// that is printed. Where IANA's name is one that nobody uses (5672 `amqp` is
/// fine, 6443 `sun-sr-https` is not) the name of use stands first.
const TABLE: &[(&str, u16)] = &[
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("domain", 53),
    ("dns", 53),
    ("bootps", 67),
    ("dhcp", 67),
    ("tftp", 69),
    ("http", 80),
    ("kerberos", 88),
    ("pop3", 110),
    ("sunrpc", 111),
    ("rpcbind", 111),
    ("ntp", 123),
    ("msrpc", 135),
    ("netbios-ssn", 139),
    ("imap", 143),
    ("snmp", 161),
    ("snmptrap", 162),
    ("bgp", 179),
    ("ldap", 389),
    ("https", 443),
    ("smb", 445),
    ("microsoft-ds", 445),
    ("submissions", 465),
    ("smtps", 465),
    ("isakmp", 500),
    ("syslog", 514),
    ("submission", 587),
    ("ldaps", 636),
    ("domain-s", 853),
    ("dot", 853),
    ("rsync", 873),
    ("imaps", 993),
    ("pop3s", 995),
    ("socks", 1080),
    ("openvpn", 1194),
    ("mssql", 1433),
    ("ms-sql-s", 1433),
    ("oracle", 1521),
    ("mqtt", 1883),
    ("nfs", 2049),
    ("zookeeper", 2181),
    ("docker", 2375),
    ("docker-s", 2376),
    ("etcd", 2379),
    ("etcd-peer", 2380),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("rdp", 3389),
    ("ms-wbt-server", 3389),
    ("stun", 3478),
    ("turn", 3478),
    ("svn", 3690),
    ("nats", 4222),
    ("sip", 5060),
    ("sips", 5061),
    ("xmpp-client", 5222),
    ("xmpp", 5222),
    ("mdns", 5353),
    ("stuns", 5349),
    ("turns", 5349),
    ("postgresql", 5432),
    ("postgres", 5432),
    ("amqps", 5671),
    ("amqp", 5672),
    ("rabbitmq", 5672),
    ("vnc", 5900),
    ("winrm", 5985),
    ("winrm-https", 5986),
    ("redis", 6379),
    ("kubernetes-api", 6443),
    ("http-alt", 8080),
    ("vault", 8200),
    ("https-alt", 8443),
    ("consul", 8500),
    ("mqtts", 8883),
    ("secure-mqtt", 8883),
    ("cassandra", 9042),
    ("prometheus", 9090),
    ("kafka", 9092),
    ("node-exporter", 9100),
    ("elasticsearch", 9200),
    ("git", 9418),
    ("kubelet", 10250),
    ("memcached", 11211),
    ("memcache", 11211),
    ("rabbitmq-mgmt", 15672),
    ("mongodb", 27017),
    ("mongo", 27017),
    ("wireguard", 51820),
];

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Network services\n\
discard\t\t9/tcp\t\tsink null\n\
discard\t\t9/udp\t\tsink null # comment\n\
shell 514/tcp cmd syslog\n\
\n\
broken\n\
broken 12\n\
broken x/tcp\n\
broken 70000/tcp\n\
own-name 7777/udp\n";

    #[test]
    fn the_file_is_read_line_by_line() {
        let file = File::parse(FILE);
        assert_eq!(file.entries.len(), 4);
        assert_eq!(file.port("NULL"), Some(9));
        assert_eq!(file.port("9/tcp"), None);
        assert_eq!(file.port("broken"), None);
        assert_eq!(file.name(9, true).as_deref(), Some("discard"));
        assert_eq!(file.name(7777, true).as_deref(), Some("own-name"));
        assert_eq!(file.name(7777, false), None);
        assert_eq!(file.name(8, false), None);
    }

    #[test]
    fn the_table_is_sorted_enough_to_be_read_and_free_of_doubles() {
        let mut names: Vec<_> = TABLE.iter().map(|row| row.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        for (name, port) in TABLE {
            assert_eq!(Compiled.port(&name.to_uppercase()), Some(*port));
            assert!(Compiled.name(*port, false).is_some());
        }
    }

    #[test]
    fn the_name_that_people_know_is_printed() {
        for (port, name) in [(5432, "postgresql"), (3389, "rdp"), (53, "domain")] {
            assert_eq!(Compiled.name(port, false).as_deref(), Some(name));
        }
        assert_eq!(Compiled.name(4, false), None);
        assert_eq!(Compiled.nearest("htps").as_deref(), Some("https"));
    }
}
