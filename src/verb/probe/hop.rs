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

/// The events of the TTLs that were asked; `named` knows routers by name.
pub fn hops<'a>(
    subject: &'a Subject<'a>,
    path: &'a Path,
    named: impl Fn(IpAddr) -> Option<String> + 'a,
) -> impl Iterator<Item = event::Hop> + 'a {
    let heard = (1..).zip(&path.hops);
    heard.filter_map(move |(ttl, heard)| {
        let heard = heard.as_ref()?;
        let by = by(heard, path, subject.address.ip());
        Some(event::Hop {
            target: subject.target.to_owned(),
            address: name(&subject.address),
            port: subject.address.port(),
            protocol: subject.protocol.name(),
            ttl,
            by: by.map(|by| by.to_string()),
            name: by.and_then(&named),
            reason: heard.verdict.reason.clone().into_owned(),
            time_ms: (!heard.is_silence()).then(|| millis(heard.time)),
            icmp_ttl: heard.ttl,
            mss: heard.mss,
        })
    })
}

/// Who answered: what comes without an ICMP packet comes from the host, or
/// from somebody in its name, unless it did not leave this machine.
fn by(heard: &Heard, path: &Path, target: IpAddr) -> Option<IpAddr> {
    let is_own = path.end == End::Here || heard.is_silence();
    (heard.verdict.by).or((!is_own).then_some(target))
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
