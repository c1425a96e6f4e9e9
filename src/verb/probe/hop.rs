//! The hops and the end of a trace as events. Pure, but for the names of
//! interfaces.

use std::net::{IpAddr, SocketAddr};

use super::row::name;
use crate::event;
use crate::probe::trace::{Heard, Path};
use crate::run::millis;
use crate::verdict::{self, Difference, End, Protocol};

/// Whose path it is.
pub struct Subject<'a> {
    /// As it was typed.
    pub target: &'a str,
    pub address: SocketAddr,
    pub protocol: Protocol,
}

/// The event of a TTL, which `by` answered.
pub fn hop(
    subject: &Subject<'_>,
    ttl: u8,
    heard: &Heard,
    by: Option<IpAddr>,
    router: Option<&str>,
) -> event::Hop {
    event::Hop {
        target: subject.target.to_owned(),
        address: name(&subject.address),
        port: subject.address.port(),
        protocol: subject.protocol.name(),
        ttl,
        by: by.map(|by| by.to_string()),
        name: router.map(str::to_owned),
        reason: heard.verdict.reason.clone().into_owned(),
        time_ms: (!heard.is_silence()).then(|| millis(heard.time)),
        icmp_ttl: heard.ttl,
        mss: heard.mss,
    }
}

/// Who answered: what comes without an ICMP packet comes from the host, or
/// from somebody in its name, unless it did not leave this machine.
pub fn by(heard: &Heard, path: &Path) -> Option<IpAddr> {
    let is_own = path.end == End::Here || heard.is_silence();
    (heard.verdict.by).or((!is_own).then_some(path.target))
}

/// Where the packets end, and what differs from those of the port `against`.
pub fn path(
    subject: &Subject<'_>,
    path: &Path,
    compared: Option<(u16, Difference)>,
) -> event::Path {
    // What was cut short has no end.
    let end = path.answer.as_ref().map(|_| path.end);
    let differs = compared.map(|(port, difference)| verdict::differs(difference, port));
    let is_lost = matches!(
        compared,
        Some((_, Difference::Lost { .. } | Difference::LostLast { .. }))
    );
    let ends = match &path.answer {
        Some(_) if is_lost => None,
        Some(answer) => Some(verdict::ends(path.end, &answer.verdict)),
        None => Some("the run ended before it was known where its packets end".to_owned()),
    };
    let rewrites = path.rewritten_mss();
    let said = [
        ends,
        differs,
        path.translated().map(verdict::translates),
        rewrites.map(|(from, to, by)| verdict::rewrites_mss(from, to, by)),
    ];
    let text = said.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let (against, difference) = compared.unzip();
    event::Path {
        target: subject.target.to_owned(),
        address: name(&subject.address),
        port: subject.address.port(),
        protocol: subject.protocol.name(),
        ends: end.map_or("unfinished", End::name),
        ttl: end.and_then(End::ttl),
        by: end.and_then(End::by).map(|by| by.to_string()),
        against,
        differs: difference.map(Difference::name),
        until: difference
            .and_then(Difference::until)
            .map(|by| by.to_string()),
        text,
    }
}
