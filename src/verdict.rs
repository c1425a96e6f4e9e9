//! From evidence to a verdict: what an errno, an error-queue entry or silence
//! says about a port, and who said it. Pure; shared by `connect` and `probe`,
//! so that both call the same thing by the same name.

use serde::Serialize;

/// What a port is, as far as anybody outside can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// TCP handshake completed; a UDP reply came; a Unix socket accepted.
    Open,
    /// The host itself said no.
    Closed,
    /// A firewall (or the host in its name) said no.
    Rejected,
    /// TCP silence.
    Filtered,
    /// UDP silence: open or filtered, nobody can tell.
    Silent,
    /// ICMP unreachable, time exceeded, neighbour failure, no route.
    Unreachable,
    /// Local trouble: not an answer.
    Error,
}
