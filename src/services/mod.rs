//! Service names and their port numbers.
//!
//! A table of well-known names is compiled in, because container images often
//! come without /etc/services; the file is read, once, only when the table does
//! not know the name or the port. No other vocabulary does I/O, and this one
//! only through [`System`].

mod file;
mod table;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::word::nearest;
use file::File;
use table::TABLE;

/// From so many names of ports on, an index of them is worth its making.
const FEW: u32 = 16;

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
            .or_else(|| installed_name(port, udp))
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

fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let bytes = std::fs::read("/etc/services").unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn installed() -> &'static File<'static> {
    static FILE: OnceLock<File<'static>> = OnceLock::new();
    FILE.get_or_init(|| File::parse(text()))
}

fn installed_name(port: u16, udp: bool) -> Option<String> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    if ASKED.load(Ordering::Relaxed) >= FEW {
        return installed().name(port, udp);
    }
    ASKED.fetch_add(1, Ordering::Relaxed);
    file::name_in(text(), port, udp)
}

#[cfg(test)]
mod tests {
    use super::*;

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
