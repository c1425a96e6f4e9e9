//! A row as an event. Pure, but for the names of services and interfaces.

use std::net::SocketAddr;

use nix::net::if_::if_indextoname;

use super::rows::Told;
use crate::event;
use crate::probe::Banner;
use crate::run::millis;
use crate::services::{Services, System};
use crate::verdict::Protocol;

/// The event of a row.
pub fn row(told: Told, protocol: Protocol, attempt: Option<u64>) -> event::Probe {
    let subject = &told.subject;
    let expected = subject.expected(told.port);
    let port = told.port.map(|port| port.number);
    let is_udp = protocol == Protocol::Udp;
    let banner = told
        .answer
        .as_ref()
        .and_then(|answer| answer.banner.as_ref());
    let state = told.answer.as_ref().map(|answer| answer.verdict.state);
    event::Probe {
        place: subject.place,
        target: subject.name.clone(),
        address: told.address.as_ref().map(name),
        port,
        service: port.and_then(|port| System.name(port, is_udp)),
        protocol: protocol.name(),
        state,
        reason: match &told.answer {
            Some(answer) => answer.verdict.reason.clone().into_owned(),
            None => "unfinished".to_owned(),
        },
        by: told
            .answer
            .as_ref()
            .and_then(|answer| Some(answer.verdict.by?.to_string())),
        time_ms: told.answer.as_ref().map(|answer| millis(answer.time)),
        syns: told.answer.as_ref().and_then(|answer| answer.syns),
        expected,
        ok: state.and_then(|state| expected.map(|expected| expected == state)),
        greeting: banner.map(|banner| banner.greeting),
        banner: banner.and_then(Banner::line),
        banner_ms: banner.map(|banner| millis(banner.time)),
        attempt,
        rtt_ms: (told.answer.as_ref()).and_then(|answer| Some(millis(answer.rtt?))),
    }
}

/// The address without its port, its zone by the name of the interface.
pub(super) fn name(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => {
            let zone = if_indextoname(v6.scope_id())
                .ok()
                .and_then(|name| name.into_string().ok())
                .unwrap_or_else(|| v6.scope_id().to_string());
            format!("{}%{zone}", v6.ip())
        }
        _ => address.ip().to_string(),
    }
}
