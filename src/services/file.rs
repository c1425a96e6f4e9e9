//! /etc/services, or what looks like it. Pure.

/// A file in the form of services(5).
pub struct File<'a> {
    pub entries: Vec<Entry<'a>>,
    /// Their indices by port, and those of a port in the order of the file:
    /// every row of a survey asks for a name.
    by_port: Vec<u32>,
}

/// One line of services(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Without its comment: the name, the port, the aliases.
    line: &'a str,
    pub port: u16,
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
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let words = self.line.split_whitespace().enumerate();
        words.filter(|(index, _)| *index != 1).map(|(_, word)| word)
    }
}

impl<'a> File<'a> {
    /// Lines of another form are passed over, as getservent(3) does.
    pub fn parse(text: &'a str) -> File<'a> {
        let entries: Vec<Entry> = text.lines().filter_map(Entry::read).collect();
        let mut by_port: Vec<u32> = (0..entries.len() as u32).collect();
        by_port.sort_by_key(|&index| entries[index as usize].port);
        File { entries, by_port }
    }

    /// The port of a name or an alias, whatever its case.
    pub fn port(&self, name: &str) -> Option<u16> {
        let knows = |entry: &&Entry| entry.names().any(|n| n.eq_ignore_ascii_case(name));
        self.entries.iter().find(knows).map(|entry| entry.port)
    }

    /// The first name that a port has for TCP, or for UDP.
    pub fn name(&self, port: u16, udp: bool) -> Option<String> {
        let entry = |index: &u32| self.entries[*index as usize];
        let first = self
            .by_port
            .partition_point(|index| entry(index).port < port);
        let of_port = self.by_port[first..].iter().map(entry);
        of_port
            .take_while(|entry| entry.port == port)
            .find(|entry| entry.protocol == protocol(udp))
            .and_then(|entry| entry.names().next())
            .map(str::to_owned)
    }
}

fn protocol(udp: bool) -> &'static str {
    if udp { "udp" } else { "tcp" }
}

/// As [`File::name`], without reading the rest of the file: to sort all of it
/// costs a program that asks once a quarter of its instructions.
pub fn name_in(text: &str, port: u16, udp: bool) -> Option<String> {
    let wanted = format!("{port}/{}", protocol(udp));
    let entries = text.match_indices(&wanted).filter_map(|(at, _)| {
        let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        Entry::read(text[begin..].lines().next()?)
    });
    let mut of_port = entries.filter(|entry| entry.port == port);
    of_port
        .find(|entry| entry.protocol == protocol(udp))
        .and_then(|entry| entry.names().next())
        .map(str::to_owned)
}

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
    fn one_name_is_found_without_reading_all() {
        let file = File::parse(FILE);
        for port in [1, 7, 9, 12, 14, 51, 514, 777, 7777, 13] {
            for udp in [false, true] {
                assert_eq!(name_in(FILE, port, udp), file.name(port, udp), "{port}");
            }
        }
    }
}
