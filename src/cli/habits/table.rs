//! The options of nc (OpenBSD's, and the traditional one), ncat, nmap and ping
//! that are not ours, and what they ask for here. sock(1)'s COMPARISON is
//! compared with it by a test.

/// Whose words they are. nc and ncat share most letters, but not all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    Nc,
    Ncat,
    Nmap,
    /// ping and tcping.
    Ping,
}

impl Tongue {
    /// The tool's name.
    pub fn name(self) -> &'static str {
        match self {
            Tongue::Nc => "nc",
            Tongue::Ncat => "ncat",
            Tongue::Nmap => "nmap",
            Tongue::Ping => "ping",
        }
    }
}

/// What a foreign option asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Another option of ours, with the same value if it has one.
    Ours(&'static str),
    /// Another option of ours, whose value is in this file.
    OursIn(&'static str),
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
    EveryPort,
    /// A program, or a command line of the shell.
    Program,
    Shell,
    /// What waits after stdin's end.
    Quit,
    /// How many peers at once.
    Clients,
    /// A TOS byte, by name or number.
    Tos,
    /// A dump, in a file.
    Hex,
    /// No half-close at stdin's end.
    Keep,
    /// What sock does not do.
    Never(&'static str),
}

use Asks::{
    Clients, EveryPort, Hex, Keep, Listen, ListenOn, Never, Nothing, Ours, OursIn, Ports, Probe,
    Program, Quit, Recv, Send, Shell, SourceAddress, SourcePort, Tos, Unix,
};

const NO_TLS: Asks = Never("sock speaks no TLS");
const NO_PROXY: Asks = Never("sock knows no proxies");
const NO_BROKER: Asks = Never("sock connects no peers with each other");
const NO_ROUTE: Asks = Never("sock sets no source route");
const NO_SCTP: Asks = Never("sock speaks no SCTP");
const NO_FILE: Asks = Never("what is received is on stdout, for tee(1); --hex dumps both ways");
const NO_GUESS: Asks = Never("sock guesses no systems and runs no scripts");
const NO_HOSTS: Asks = Never("sock asks ports, not hosts");
const NO_FORGERY: Asks = Never("sock forges no packets");
const NAME_THEM: Asks = Never("a port is asked by its number or its name");

/// A letter or a name, whether a value follows, and what it asks for.
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
    ("g", true, NO_ROUTE),
    ("G", true, NO_ROUTE),
    ("o", true, NO_FILE),
    ("t", false, Nothing),
];

const NC: &[Row] = &[
    ("q", true, Quit),
    ("i", true, Ours("--interval")),
    ("b", false, Ours("--broadcast")),
    ("T", true, Tos),
    ("M", true, Ours("--ttl")),
    ("m", true, Never("sock looks at no TTL of what comes in")),
    ("I", true, Ours("--rcvbuf")),
    ("O", true, Ours("--sndbuf")),
    ("L", false, ListenOn),
    ("N", false, Nothing),
    ("d", false, Nothing),
    ("r", false, Nothing),
    ("D", false, Nothing),
    (
        "F",
        false,
        Never("only sock listen hands a socket over, to a command"),
    ),
    ("S", false, Never("sock signs no segments (TCP MD5)")),
    (
        "V",
        true,
        Never("sock chooses no routing table: --mark, --interface"),
    ),
    (
        "W",
        true,
        Never("`sock recv -u --count N` ends after so many datagrams"),
    ),
    ("Z", false, Never("sock speaks no DCCP")),
    ("x", true, NO_PROXY),
    ("X", true, NO_PROXY),
    ("P", true, NO_PROXY),
];

const NCAT: &[Row] = &[
    ("i", true, Ours("--idle")),
    ("d", true, Ours("--interval")),
    ("m", true, Clients),
    // Its value is a file; ours dumps on stderr.
    ("x", true, Hex),
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
    ("max-conns", true, Clients),
    ("allowfile", true, OursIn("--allow")),
    ("denyfile", true, OursIn("--deny")),
    ("hex-dump", true, Hex),
    ("output", true, NO_FILE),
    ("append-output", false, Nothing),
    ("no-shutdown", false, Keep),
    ("telnet", false, Nothing),
    ("ssl", false, NO_TLS),
    ("ssl-verify", false, NO_TLS),
    ("ssl-cert", true, NO_TLS),
    ("ssl-key", true, NO_TLS),
    ("ssl-trustfile", true, NO_TLS),
    ("ssl-ciphers", true, NO_TLS),
    ("ssl-servername", true, NO_TLS),
    ("ssl-alpn", true, NO_TLS),
    ("proxy", true, NO_PROXY),
    ("proxy-type", true, NO_PROXY),
    ("proxy-auth", true, NO_PROXY),
    ("proxy-dns", true, NO_PROXY),
    ("broker", false, NO_BROKER),
    ("chat", false, NO_BROKER),
    ("lua-exec", true, Never("sock runs no Lua")),
    ("sctp", false, NO_SCTP),
    ("vsock", false, Never("sock speaks no vsock")),
];

const NMAP: &[Row] = &[
    ("p", true, Ports),
    ("e", true, Ours("--interface")),
    ("g", true, SourcePort),
    ("S", true, SourceAddress),
    ("r", false, Nothing),
    ("R", false, Nothing),
    ("d", false, Nothing),
    ("F", false, NAME_THEM),
    ("O", false, NO_GUESS),
    ("D", true, NO_FORGERY),
    ("f", false, NO_FORGERY),
    ("reason", false, Nothing),
    ("open", false, Nothing),
    ("traceroute", false, Ours("--trace")),
    ("top-ports", true, NAME_THEM),
    ("script", true, NO_GUESS),
    ("max-retries", true, Ours("--retry")),
    ("max-parallelism", true, Ours("--concurrency")),
    ("min-rate", true, Nothing),
    ("host-timeout", true, Ours("--timeout")),
    ("source-port", true, SourcePort),
    ("system-dns", false, Nothing),
];

/// Whole words of nmap, or what they begin with where a star is.
const NMAP_WORDS: &[(&str, Asks)] = &[
    ("-Pn", Nothing),
    ("-P*", Nothing),
    ("-sT", Nothing),
    ("-sS", Nothing),
    ("-sU", Ours("-u")),
    ("-sV", Ours("--banner")),
    ("-sC", NO_GUESS),
    ("-A", NO_GUESS),
    ("-sn", NO_HOSTS),
    ("-sP", NO_HOSTS),
    ("-sL", NO_HOSTS),
    ("-sA", NO_FORGERY),
    ("-sF", NO_FORGERY),
    ("-sN", NO_FORGERY),
    ("-sX", NO_FORGERY),
    ("-sW", NO_FORGERY),
    ("-sM", NO_FORGERY),
    ("-sO", NO_FORGERY),
    ("-T0", Nothing),
    ("-T1", Nothing),
    ("-T2", Nothing),
    ("-T3", Nothing),
    ("-T4", Nothing),
    ("-T5", Nothing),
    ("-p-", EveryPort),
];

/// Words of nmap that bring a file along.
const NMAP_FILES: &[(&str, Asks)] = &[
    ("-iL", Ours("--targets")),
    (
        "-oN",
        Never("results are on stdout; --json is for programs"),
    ),
    (
        "-oG",
        Never("results are on stdout; --json is for programs"),
    ),
    (
        "-oX",
        Never("results are on stdout; --json is for programs"),
    ),
    (
        "-oA",
        Never("results are on stdout; --json is for programs"),
    ),
];

const PING: &[Row] = &[
    ("c", true, Ours("--count")),
    ("i", true, Ours("--interval")),
    ("W", true, Ours("-w")),
    ("q", false, Ours("--quiet")),
    ("I", true, Ours("--interface")),
    ("t", true, Ours("--ttl")),
    ("D", false, Nothing),
];

/// The row of a letter or a name: whether a value follows, and what it asks for.
pub fn find(name: &str, tongue: Tongue) -> Option<(bool, Asks)> {
    let (first, then): (&[Row], &[Row]) = match tongue {
        Tongue::Nc => (NC, BOTH),
        Tongue::Ncat => (NCAT, BOTH),
        Tongue::Nmap => (NMAP, &[]),
        Tongue::Ping => (PING, &[]),
    };
    let mut rows = first.iter().chain(then);
    rows.find(|row| row.0 == name).map(|row| (row.1, row.2))
}

/// What a whole word asks for, and whether a value follows.
pub fn find_word(word: &str, tongue: Tongue) -> Option<(bool, Asks)> {
    if tongue != Tongue::Nmap {
        return None;
    }
    let matches = |row: &&(&str, Asks)| match row.0.strip_suffix('*') {
        Some(begin) => word.starts_with(begin),
        None => word == row.0,
    };
    let alone = NMAP_WORDS.iter().find(matches).map(|row| (false, row.1));
    alone.or_else(|| NMAP_FILES.iter().find(matches).map(|row| (true, row.1)))
}

/// Whether nobody but nmap writes this.
pub fn is_nmaps(word: &str) -> bool {
    let long = word.strip_prefix("--");
    find_word(word, Tongue::Nmap).is_some()
        || long.is_some_and(|long| {
            NMAP.iter()
                .any(|row| row.0 == long && long != "source-port")
        })
}
