//! The options of nc (OpenBSD's, and the traditional one), ncat and nmap that
//! are not ours, and what they ask for here. sock(1)'s COMPARISON is compared
//! with it by a test.

/// Whose words they are. nc and ncat share most letters, but not all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    Nc,
    Ncat,
    Nmap,
}

impl Tongue {
    /// The tool's name.
    pub fn name(self) -> &'static str {
        match self {
            Tongue::Nc => "nc",
            Tongue::Ncat => "ncat",
            Tongue::Nmap => "nmap",
        }
    }
}

/// What a foreign option asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Another option of ours, with the same value if it has one.
    Ours(&'static str),
    /// What happens without it too.
    Nothing,
    Listen,
    ListenOn,
    Probe,
    Send,
    Recv,
    /// The path of a Unix socket follows as the address.
    Unix,
    SourceAddress,
    SourcePort,
    /// The ports of every target.
    Ports,
    /// A program, or a command line of the shell.
    Program,
    Shell,
    /// What sock does not do.
    Never(&'static str),
}

use Asks::{
    Listen, ListenOn, Never, Nothing, Ours, Ports, Probe, Program, Recv, Send, Shell,
    SourceAddress, SourcePort, Unix,
};

impl Asks {
    /// What it asks for with this value.
    pub fn with(self, value: &str) -> Asks {
        match self {
            Ports if value.contains(':') => Never("ports are a list as 22,80-90; -u asks UDP's"),
            other => other,
        }
    }
}

const NO_TLS: Asks = Never("sock speaks no TLS");
const NO_PROXY: Asks = Never("sock knows no proxies");
/// What goes through nc's proxy must not go around it, whoever's `-x` it is.
const DUMP: Asks = Never("sock knows no proxies, and a dump is --hex");
const NO_FILE: Asks = Never("what is received is on stdout, for tee(1); --hex dumps both ways");

/// A letter or a name (or what it begins with, before a star), whether a value
/// follows, and what it asks for.
type Row = (&'static str, bool, Asks);

/// What nc and ncat mean alike.
const BOTH: &[Row] = &[
    ("l", false, Listen),
    ("z", false, Probe),
    ("p", true, SourcePort),
    ("s", true, SourceAddress),
    ("U", false, Unix),
    ("e", true, Program),
    ("c", true, Shell),
    ("C", false, Ours("--crlf")),
    ("g", true, Never("sock sets no source route")),
    ("o", true, NO_FILE),
    ("t", false, Nothing),
    ("x", true, DUMP),
];

const NC: &[Row] = &[
    ("q", true, Ours("--quit-after-eof")),
    ("i", true, Ours("--interval")),
    ("b", false, Ours("--broadcast")),
    ("T", true, Never("see --dscp")),
    ("M", true, Ours("--ttl")),
    ("I", true, Ours("--rcvbuf")),
    ("L", false, ListenOn),
    ("N", false, Nothing),
    // stdin is not read.
    ("d", false, Recv),
    (
        "W",
        true,
        Never("`sock recv -u --count N` ends after so many datagrams"),
    ),
    ("X", true, NO_PROXY),
    ("P", true, NO_PROXY),
];

const NCAT: &[Row] = &[
    ("i", true, Ours("--idle")),
    ("d", true, Ours("--interval")),
    ("m", true, Ours("--max-clients")),
    ("listen", false, Listen),
    ("zero", false, Probe),
    ("send-only", false, Send),
    ("recv-only", false, Recv),
    ("unixsock", false, Unix),
    ("source", true, SourceAddress),
    ("source-port", true, SourcePort),
    ("exec", true, Program),
    ("sh-exec", true, Shell),
    ("nodns", false, Ours("-n")),
    ("wait", true, Ours("-w")),
    ("idle-timeout", true, Ours("--idle")),
    ("delay", true, Ours("--interval")),
    ("max-conns", true, Ours("--max-clients")),
    ("hex-dump", true, DUMP),
    ("output", true, NO_FILE),
    ("ssl*", false, NO_TLS),
    ("proxy*", true, NO_PROXY),
];

/// nmap's, and ping's for a count.
const NMAP: &[Row] = &[
    ("p", true, Ports),
    ("c", true, Ours("--count")),
    ("i", true, Ours("--interval")),
    ("open", false, Nothing),
    ("reason", false, Nothing),
];

/// Whole words of nmap.
const NMAP_WORDS: &[Row] = &[
    ("-Pn", false, Nothing),
    ("-sT", false, Nothing),
    ("-sS", false, Nothing),
    ("-sU", false, Ours("-u")),
    ("-sV", false, Ours("--banner")),
    ("-sn", false, Never("sock asks ports, not hosts")),
    (
        "-A",
        false,
        Never("sock guesses no systems and runs no scripts"),
    ),
    ("-T3", false, Nothing),
    ("-T4", false, Nothing),
    ("-T5", false, Nothing),
];

/// The row of a letter or a name: whether a value follows, and what it asks for.
pub fn find(name: &str, tongue: Tongue) -> Option<(bool, Asks)> {
    let (first, then): (&[Row], &[Row]) = match tongue {
        Tongue::Nc => (NC, BOTH),
        Tongue::Ncat => (NCAT, BOTH),
        Tongue::Nmap => (NMAP, &[]),
    };
    let matches = |row: &&Row| match row.0.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == row.0,
    };
    let row = first.iter().chain(then).find(matches);
    row.map(|row| (row.1, row.2))
}

/// The same of a whole word.
pub fn find_word(word: &str, tongue: Tongue) -> Option<(bool, Asks)> {
    let mut rows = NMAP_WORDS.iter().filter(|_| tongue == Tongue::Nmap);
    rows.find(|row| row.0 == word).map(|row| (row.1, row.2))
}

/// Whether nobody but nmap writes this.
pub fn is_nmaps(word: &str) -> bool {
    let long = word.strip_prefix("--");
    find_word(word, Tongue::Nmap).is_some()
        || long.is_some_and(|long| find(long, Tongue::Nmap).is_some())
}
