//! Verbs by the names that others give them, and the names of other tools.

/// Our verb, and what else it is called.
const VERBS: &[(&str, &[&str])] = &[
    (
        "listen",
        &["server", "serve", "srv", "bind", "accept", "daemon"],
    ),
    (
        "connect",
        &[
            "client", "dial", "open", "talk", "conn", "telnet", "curl", "tcp",
        ],
    ),
    ("send", &["put", "push", "write", "upload", "transmit"]),
    (
        "recv",
        &["receive", "get", "pull", "read", "download", "wget"],
    ),
    (
        "probe",
        &[
            "scan",
            "check",
            "test",
            "ping",
            "tcping",
            "knock",
            "portscan",
            "trace",
            "traceroute",
            "nping",
        ],
    ),
    ("completions", &["completion"]),
];

/// Tools whose words follow their name.
const TOOLS: [&str; 8] = [
    "nc",
    "netcat",
    "ncat",
    "socat",
    "nmap",
    "nc.openbsd",
    "nc.traditional",
    "sock",
];

/// Our verb of this name.
pub fn verb(name: &str) -> Option<&'static str> {
    let mut rows = VERBS.iter();
    rows.find(|row| row.1.contains(&name)).map(|row| row.0)
}

/// Whether it is another tool, or ourselves once more.
pub fn is_tool(name: &str) -> bool {
    TOOLS.contains(&name)
}
