//! The options of nc (OpenBSD's), ncat and nmap that are not ours, and what they
//! ask for here.

/// What a foreign option asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Another option of ours, with the same value if it has one.
    Ours(&'static str),
    /// What happens without it too.
    Nothing,
    Listen,
    Probe,
    Send,
    Recv,
    /// The path of a Unix socket follows as the address.
    Unix,
    SourceAddress,
    SourcePort,
    /// A program, or a command line of the shell.
    Program,
    Shell,
    /// What waits after stdin's end.
    Quit,
    /// A dump, in a file.
    Hex,
    /// All ports there are.
    EveryPort,
    /// No half-close at stdin's end.
    Keep,
    /// What sock does not do.
    Never(&'static str),
}

use Asks::{
    EveryPort, Hex, Keep, Listen, Never, Nothing, Ours, Probe, Program, Quit, Recv, Send, Shell,
    SourceAddress, SourcePort, Unix,
};

const NO_TLS: Asks = Never("sock speaks no TLS");
const NO_PROXY: Asks = Never("sock knows no proxies");

/// A letter or a name, whether a value follows, and what it asks for. Where nc
/// and ncat differ (`-i`, `-d`, `-m`, `-o`, `-t`, `-x`), nc's is meant.
const TABLE: &[(&str, bool, Asks)] = &[
    ("l", false, Listen),
    ("z", false, Probe),
    ("p", true, SourcePort),
    ("s", true, SourceAddress),
    ("U", false, Unix),
    ("q", true, Quit),
    ("e", true, Program),
    ("c", true, Shell),
    ("i", true, Ours("--interval")),
    ("C", false, Ours("--crlf")),
    ("b", false, Ours("--broadcast")),
    ("T", true, Ours("--dscp")),
    ("M", true, Ours("--ttl")),
    ("I", true, Ours("--rcvbuf")),
    ("O", true, Ours("--sndbuf")),
    ("N", false, Nothing),
    ("d", false, Nothing),
    ("r", false, Nothing),
    ("t", false, Nothing),
    ("D", false, Nothing),
    ("x", true, NO_PROXY),
    ("X", true, NO_PROXY),
    ("P", true, NO_PROXY),
    ("listen", false, Listen),
    ("zero", false, Probe),
    ("send-only", false, Send),
    ("recv-only", false, Recv),
    ("unixsock", false, Unix),
    ("source-port", true, SourcePort),
    ("exec", true, Program),
    ("sh-exec", true, Shell),
    ("nodns", false, Ours("-n")),
    ("idle-timeout", true, Ours("--idle")),
    ("delay", true, Ours("--interval")),
    ("max-conns", true, Ours("--max-clients")),
    // Its value is a file; ours dumps on stderr.
    ("hex-dump", true, Hex),
    ("no-shutdown", false, Keep),
    ("telnet", false, Nothing),
    ("ssl", false, NO_TLS),
    ("ssl-verify", false, NO_TLS),
    ("ssl-cert", true, NO_TLS),
    ("ssl-key", true, NO_TLS),
    ("proxy", true, NO_PROXY),
    ("proxy-type", true, NO_PROXY),
    (
        "broker",
        false,
        Never("sock connects no peers with each other"),
    ),
    (
        "chat",
        false,
        Never("sock connects no peers with each other"),
    ),
    ("lua-exec", true, Never("sock runs no Lua")),
    ("sctp", false, Never("sock speaks no SCTP")),
];

/// The row of a letter or a name.
pub fn find(name: &str) -> Option<(bool, Asks)> {
    let mut rows = TABLE.iter();
    rows.find(|row| row.0 == name).map(|row| (row.1, row.2))
}

/// Whole words of nmap, to whoever says `probe`.
const NMAP: &[(&str, Asks)] = &[
    ("-Pn", Nothing),
    ("-sT", Nothing),
    ("-sS", Nothing),
    ("-sU", Ours("-u")),
    ("-sV", Ours("--banner")),
    ("-T3", Nothing),
    ("-T4", Nothing),
    ("-T5", Nothing),
    ("-p-", EveryPort),
    ("-F", Never("a port is asked by its number or its name")),
    ("-A", Never("sock guesses no systems")),
    ("-O", Never("sock guesses no systems")),
    ("--reason", Nothing),
    ("--open", Nothing),
    ("--traceroute", Ours("--trace")),
];

/// What a word of nmap asks for.
pub fn find_in_nmap(word: &str) -> Option<Asks> {
    let mut rows = NMAP.iter();
    rows.find(|row| row.0 == word).map(|row| row.1)
}
