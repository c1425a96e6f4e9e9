//! Unix sockets: those in the directory that is typed, and those that somebody
//! listens on.

use std::fs;
use std::os::unix::fs::FileTypeExt;

/// Addresses that begin with `typed`; of paths also the directories on the way.
pub fn beginning_with(typed: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !typed.starts_with('@') {
        found = in_directory(typed);
    }
    let table = fs::read("/proc/net/unix").unwrap_or_default();
    for address in listening(&String::from_utf8_lossy(&table)) {
        let is_there = address.starts_with('@') || fs::symlink_metadata(address).is_ok();
        if address.starts_with(typed) && is_there {
            found.push(address.to_owned());
        }
    }
    found.retain(|address| is_line(address));
    found.sort_unstable();
    found.dedup();
    found
}

/// The sockets and directories of the directory that `typed` is in.
fn in_directory(typed: &str) -> Vec<String> {
    let (directory, name) = typed.split_at(typed.rfind('/').map_or(0, |slash| slash + 1));
    let place = if directory.is_empty() { "." } else { directory };
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let file = entry.file_name().into_string().ok()?;
        // As ls does: what is hidden shows when its dot is typed.
        let is_shown = file.starts_with(name) && (!file.starts_with('.') || name.starts_with('.'));
        // Behind a symbolic link too.
        let kind = fs::metadata(entry.path())
            .ok()
            .filter(|_| is_shown)?
            .file_type();
        match (kind.is_socket(), kind.is_dir()) {
            (true, _) => Some(format!("{directory}{file}")),
            (_, true) => Some(format!("{directory}{file}/")),
            _ => None,
        }
    });
    named.collect()
}

/// The addresses in /proc/net/unix of sockets that listen (unix(7)): the flag
/// is __SO_ACCEPTCON. The kernel writes an address as it is, blanks and all, and
/// an NUL of an abstract name as `@`.
fn listening(table: &str) -> impl Iterator<Item = &str> {
    table.lines().skip(1).filter_map(|line| {
        let mut rest = line;
        let mut fields = [""; 7];
        for field in &mut fields {
            (*field, rest) = rest.trim_start_matches(' ').split_once(' ')?;
        }
        (fields[3] == "00010000").then_some(rest)
    })
}

/// Whether it can be offered: a shell quotes blanks, quotes and the like, but
/// it is told one candidate a line, and fish ends one at a tab.
fn is_line(address: &str) -> bool {
    !address.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn only_listeners_of_the_table() {
        let table = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            000000: 00000002 00000000 00010000 0001 01 1 /run/a.sock\n\
            000000: 00000003 00000000 00000000 0001 03 2 /run/b.sock\n\
            000000: 00000002 00000000 00010000 0001 01 3 @name\n\
            000000: 00000002 00000000 00010000 0001 01     5 /run/two words \"\n\
            000000: 00000002 00000000 00010000 0001 01 4\n";
        let found: Vec<&str> = listening(table).collect();
        assert_eq!(found, ["/run/a.sock", "@name", "/run/two words \""]);
    }

    #[test]
    fn sockets_and_directories_and_nothing_else() {
        let scratch = tempfile::tempdir().expect("a directory");
        let at = |name: &str| format!("{}/{name}", scratch.path().display());
        let _listener = UnixListener::bind(at("live.sock")).expect("a socket");
        fs::write(at("lines.txt"), "").expect("a file");
        fs::create_dir(at("lib")).expect("a directory");
        assert_eq!(beginning_with(&at("li")), [at("lib/"), at("live.sock")]);
        assert_eq!(beginning_with(&at("live")), [at("live.sock")]);
        let _quoted = UnixListener::bind(at("two words")).expect("a socket");
        let _broken = UnixListener::bind(at("two\nlines")).expect("a socket");
        assert_eq!(beginning_with(&at("two")), [at("two words")]);
        assert_eq!(beginning_with(&at("none/x")), [""; 0]);
    }
}
