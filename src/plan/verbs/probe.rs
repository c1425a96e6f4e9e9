//! The plan of `sock probe`.

use crate::cli;
use crate::plan::options::{self};
use crate::plan::rules::{self, resolve, source};
use crate::plan::{Probe, Wrong};
use crate::ports::PortList;
use crate::services::Services;
use crate::stage::socket::Transport;
use crate::targets;
use crate::verdict::State;
use crate::word::nearest;

/// # Errors
/// Targets and combinations that make no sense.
pub fn probe(typed: cli::Probe, services: &dyn Services) -> Result<Probe, Wrong> {
    rules::scheme(&typed.words, typed.udp.udp)?;
    let ports = match &typed.probe.ports {
        Some(list) => Some(PortList::parse(list, services)?),
        None => None,
    };
    let (targets, note) = targets::targets(&typed.words, ports.as_ref(), services)?;
    let unix = |target: &targets::Target| matches!(target.host, targets::TargetHost::Unix(_));
    if typed.udp.udp
        && let Some(target) = targets.iter().find(|target| unix(target))
    {
        return Err(Wrong(format!(
            "{target}: -u asks over UDP, which a Unix socket is not"
        )));
    }
    let expect = match typed.probe.expect {
        Some(word) => Some(word.parse::<State>().map_err(|unknown| {
            match nearest(&word, State::ALL.map(State::name)) {
                Some(meant) => Wrong(format!("--expect: {unknown}; did you mean `{meant}`?")),
                None => Wrong(format!("--expect: {unknown}")),
            }
        })?),
        None => None,
    };
    rules::expectable(expect)?;
    rules::probe_pauses(&typed.run.pause)?;
    let transport = match typed.udp.udp {
        true => Transport::Udp,
        false => Transport::Tcp,
    };
    Ok(Probe {
        set: options::probe(&typed.packets, transport)?,
        source: source(typed.bind.source.as_deref(), targets.iter().all(unix))?,
        targets,
        udp: typed.udp.udp,
        resolve: resolve(&typed.resolve),
        wait: typed.connect.connect_timeout,
        expect,
        all_addresses: typed.probe.all_addresses,
        note,
    })
}
