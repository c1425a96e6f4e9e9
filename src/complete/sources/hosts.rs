//! Names of hosts from files: hosts(5), and ssh's config and known_hosts.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::address::Host;

/// All that the files name, each once.
pub fn all(home: Option<&Path>) -> Vec<String> {
    let mut found = Found::default();
    found.add(["localhost"]);
    found.add(in_hosts(&read(Path::new("/etc/hosts"))));
    if let Some(ssh) = home.map(|home| home.join(".ssh")) {
        let config = read(&ssh.join("config"));
        found.add(in_config(&config));
        for file in included(&config, &ssh) {
            found.add(in_config(&read(&file)));
        }
        found.add(in_known_hosts(&read(&ssh.join("known_hosts"))));
    }
    found.names
}

/// A file that is missing or unreadable is empty.
fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

#[derive(Default)]
struct Found {
    names: Vec<String>,
    seen: HashSet<String>,
}

impl Found {
    /// Only what is a host to `sock` too: a name of these files must never be
    /// anything else to the shell that it is typed in.
    fn add<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            if Host::parse(name).is_ok() && self.seen.insert(name.to_owned()) {
                self.names.push(name.to_owned());
            }
        }
    }
}

/// The names of hosts(5), not their addresses.
fn in_hosts(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let words = line.split('#').next().unwrap_or_default();
        words.split_whitespace().skip(1)
    })
}

/// The hosts of ssh_config(5): what `Host` names without a pattern, and what
/// `HostName` says it is called.
fn in_config(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let (key, values) = keyword(line);
        let named = key.eq_ignore_ascii_case("Host") || key.eq_ignore_ascii_case("HostName");
        let values = if named { values } else { "" };
        let is_plain = |word: &&str| !word.contains(['*', '?', '!', '%']);
        let words = values.split_whitespace();
        words.map(|word| word.trim_matches('"')).filter(is_plain)
    })
}

/// A keyword and its arguments, with a space or an equals sign between them.
fn keyword(line: &str) -> (&str, &str) {
    let line = line.trim();
    let end = line.find(|c: char| c.is_whitespace() || c == '=');
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    (
        key,
        rest.trim_start_matches(|c: char| c.is_whitespace() || c == '='),
    )
}

/// The files of `Include`, relative to ~/.ssh; `*` is known in a file's name.
fn included(config: &str, ssh: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in config.lines() {
        let (key, values) = keyword(line);
        if !key.eq_ignore_ascii_case("Include") {
            continue;
        }
        for word in values.split_whitespace() {
            let home = ssh.parent().unwrap_or(ssh);
            let path = match word.strip_prefix("~/") {
                Some(rest) => home.join(rest),
                None => ssh.join(word),
            };
            files.extend(expanded(&path));
        }
    }
    files
}

fn expanded(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (Some((start, end)), Some(directory)) = (name.split_once('*'), path.parent()) else {
        return vec![path.to_owned()];
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let matching = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    });
    let mut files: Vec<PathBuf> = matching.map(|entry| entry.path()).collect();
    files.sort_unstable();
    files
}

/// The hosts of a known_hosts file (sshd(8)): not the hashed ones, no patterns,
/// none whose key is revoked; the port beside a host is ssh's.
fn in_known_hosts(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let names = match line.split_whitespace().next() {
            Some(first) if !first.starts_with(['#', '@', '|']) => first,
            _ => "",
        };
        names.split(',').filter_map(|name| {
            let bare = match name.strip_prefix('[') {
                Some(rest) => rest.split_once(']').map_or(rest, |(host, _)| host),
                None => name,
            };
            let is_plain = !bare.is_empty() && !bare.contains(['*', '?', '!']);
            is_plain.then_some(bare)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts() {
        let text =
            "127.0.0.1 localhost\n# 10.0.0.1 off\n10.0.0.5\tdb.internal db # the database\n\n::1\n";
        let names: Vec<&str> = in_hosts(text).collect();
        assert_eq!(names, ["localhost", "db.internal", "db"]);
    }

    #[test]
    fn names_of_a_config() {
        let text = "Host build *.example !no web?\n  HostName = build.example.net\n\
                    \thostname %h.example\n# Host off\nhost \"quoted\"\nUser root\n\
                    Match host m\n";
        let names: Vec<&str> = in_config(text).collect();
        assert_eq!(names, ["build", "build.example.net", "quoted"]);
    }

    #[test]
    fn names_of_known_hosts() {
        let text = "|1|c2FsdA==|aGFzaA== ssh-rsa AAAA\n\
                    git.example,10.0.0.9 ssh-ed25519 AAAA\n\
                    [web.example]:2222,[::1]:22 ssh-rsa AAAA\n\
                    @revoked bad.example ssh-rsa AAAA\n# off.example\n\n\
                    *.example,!x.example ssh-rsa AAAA\n";
        let names: Vec<&str> = in_known_hosts(text).collect();
        assert_eq!(names, ["git.example", "10.0.0.9", "web.example", "::1"]);
    }

    #[test]
    fn what_is_no_host_is_no_candidate() {
        let mut found = Found::default();
        found.add(["ok", "ok", "$(reboot)", "a b", "x;y", "-rf", "::1"]);
        assert_eq!(found.names, ["ok", "::1"]);
    }

    #[test]
    fn files_are_included_by_name_and_by_pattern() {
        let home = tempfile::tempdir().expect("a directory");
        let ssh = home.path().join(".ssh");
        fs::create_dir_all(ssh.join("config.d")).expect("a directory");
        fs::write(
            ssh.join("config"),
            "Include config.d/*.conf ~/more\nHost main\n",
        )
        .expect("a file");
        fs::write(ssh.join("config.d/a.conf"), "Host a\n").expect("a file");
        fs::write(ssh.join("config.d/b.off"), "Host b\n").expect("a file");
        fs::write(home.path().join("more"), "Host c\n").expect("a file");
        let names = all(Some(home.path()));
        for (name, there) in [("main", true), ("a", true), ("b", false), ("c", true)] {
            assert_eq!(names.iter().any(|one| one == name), there, "{name}");
        }
    }
}
