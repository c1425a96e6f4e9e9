//! resolve, socket, bind, listen: everything up to an announcement.

use nix::errno::Errno;

use super::guests::doorkeeper;
use crate::address::{Host, ListenAt, Local};
use crate::failure::{Failure, StageError};
use crate::plan::Wait;
use crate::ports::Port;
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::bind::{self, Bound};
use crate::stage::listen;
use crate::stage::queue::Queues;
use crate::stage::resolve::{Family, resolve};
use crate::stage::socket::Transport;
use crate::sys::rlimit;

/// Opens everything that was asked for, or nothing.
///
/// In a range, ports that are taken are skipped and told; a port named by
/// itself has to be free.
///
/// # Errors
/// The first address that cannot be bound.
pub fn open(run: &mut Run, plan: &Wait) -> Result<Vec<Bound>, Failure> {
    run.hold_until_announced();
    let keeper = doorkeeper(run, &plan.guests, &plan.resolve)?;
    let mut bound = Vec::new();
    for local in &plan.at {
        match local {
            Local::Unix(unix) => {
                let transport = transport(plan, true);
                bound.push(bind::unix(run, unix, transport, &plan.socket)?);
            }
            Local::Inet(at) => inet(run, plan, at, &mut bound)?,
        }
    }
    if bound.is_empty() {
        return Err(nothing_free(plan).into());
    }
    for note in &plan.socket.notes {
        run.note(note.stage, note.option, note.why);
    }
    for one in &mut bound {
        one.keeper.clone_from(&keeper);
        listen::listen(run, one, &plan.listen)?;
    }
    let queues = Queues::of(&bound);
    if !queues.is_empty() {
        run.watch(Box::new(queues));
    }
    run.announced();
    run.show_watched();
    run.pause(Stage::Listen)?;
    Ok(bound)
}

fn transport(plan: &Wait, unix: bool) -> Transport {
    // The plan has refused every pair that does not exist.
    plan.kind.on(unix).unwrap_or(Transport::Tcp)
}

fn inet(run: &mut Run, plan: &Wait, at: &ListenAt, bound: &mut Vec<Bound>) -> Result<(), Failure> {
    if at.ports.len() > 64 {
        // What fails here fails again, and is told, where a socket is made.
        let _ = rlimit::raise_descriptor_limit();
    }
    for port in at.ports.iter() {
        let opened = one(run, plan, at.host.as_ref(), port.number, bound);
        match (opened, port) {
            (Ok(()), _) => {}
            (Err(Failure::Stage(error)), Port { range: Some(_), .. })
                if error.errno == Some(Errno::EADDRINUSE) =>
            {
                let holder = error.hint.as_deref().unwrap_or("somebody has it");
                run.note(Stage::Bind, error.object, format!("skipped: {holder}"));
            }
            (Err(failure), _) => return Err(failure),
        }
    }
    Ok(())
}

fn one(
    run: &mut Run,
    plan: &Wait,
    host: Option<&Host>,
    port: u16,
    bound: &mut Vec<Bound>,
) -> Result<(), Failure> {
    let transport = transport(plan, false);
    let Some(host) = host else {
        let family = plan.resolve.family;
        bound.push(match family {
            Family::V6 => {
                let any = std::net::Ipv6Addr::UNSPECIFIED.into();
                let any = std::net::SocketAddr::new(any, port);
                bind::inet(run, &any, transport, &plan.socket)?
            }
            family => {
                let v6 = family == Family::Any;
                bind::wildcard(run, port, transport, v6, &plan.socket)?
            }
        });
        return Ok(());
    };
    for address in resolve(run, host, port, &plan.resolve)? {
        bound.push(bind::inet(run, &address, transport, &plan.socket)?);
    }
    Ok(())
}

fn nothing_free(plan: &Wait) -> StageError {
    let at: Vec<String> = plan.at.iter().map(ToString::to_string).collect();
    StageError::new(
        Stage::Bind,
        at.join(" "),
        crate::failure::Class::Local,
        "every port of the range is taken",
    )
}
