//! Verbs by the names that others give them, and the names of other tools.

/// What our verbs are called elsewhere.
const VERBS: &[(&str, &[&str])] = &[
    ("listen", &["server", "serve", "bind", "accept"]),
    ("connect", &["client", "dial", "open", "conn"]),
    ("send", &["put", "push", "write", "upload"]),
    ("recv", &["receive", "get", "pull", "read", "download"]),
    ("probe", &["scan", "check", "test", "knock", "portscan"]),
    ("completions", &["completion"]),
];

/// Tools that take an address, and the verb that does so. Their options are
/// nobody's here: curl's and telnet's `-L` and `-l` do not listen.
const DIALLERS: &[(&str, &str)] = &[
    ("telnet", "connect"),
    ("curl", "connect"),
    ("ping", "probe"),
    ("tcping", "probe"),
];

/// Tools whose words follow their name.
const TOOLS: [&str; 5] = ["nc", "netcat", "ncat", "socat", "nmap"];

/// Our verb of this name.
pub fn verb(name: &str) -> Option<&'static str> {
    let mut rows = VERBS.iter();
    rows.find(|row| row.1.contains(&name)).map(|row| row.0)
}

/// Our verb for a tool that takes an address.
pub fn dialler(name: &str) -> Option<&'static str> {
    let mut rows = DIALLERS.iter();
    rows.find(|row| row.0 == name).map(|row| row.1)
}

/// Whether it is a tool whose words are understood.
pub fn is_tool(name: &str) -> bool {
    TOOLS.contains(&name)
}
