//! resolve, socket, bind, connect: everything up to a connection, with retries.

use std::net::SocketAddr;

use crate::address::Address;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::plan::Dial;
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::connect::{self, Conn, Retry};
use crate::stage::resolve::resolve;
use crate::stage::socket::Transport;
use crate::units;

/// Connects, trying again as often as `--retry` allows.
///
/// # Errors
/// That of the last try.
pub fn dial(run: &mut Run, plan: &Dial) -> Result<Conn, Failure> {
    retried(run, plan, |run| match &plan.address {
        Address::Unix(unix) => connect::unix(run, unix, plan.transport, &plan.connect),
        Address::Inet { .. } | Address::Local { .. } => {
            let addresses = addresses(run, plan)?;
            match plan.transport {
                Transport::Udp => udp(run, plan, &addresses).map(|(conn, _)| conn),
                _ => connect::tcp(run, &plan.address.to_string(), &addresses, &plan.connect),
            }
        }
    })
}

/// As [`dial`], for a datagram socket: also the addresses that remain should
/// this one turn out to refuse.
///
/// # Errors
/// That of the last try.
pub fn dial_datagram(run: &mut Run, plan: &Dial) -> Result<(Conn, Vec<SocketAddr>), Failure> {
    if let Address::Unix(_) = plan.address {
        return dial(run, plan).map(|conn| (conn, Vec::new()));
    }
    retried(run, plan, |run| {
        let addresses = addresses(run, plan)?;
        udp(run, plan, &addresses)
    })
}

/// The first address that a datagram socket can be connected to, and the rest.
///
/// # Errors
/// That of the last address.
pub fn udp(
    run: &mut Run,
    plan: &Dial,
    addresses: &[SocketAddr],
) -> Result<(Conn, Vec<SocketAddr>), Failure> {
    let mut last = None;
    for (index, address) in addresses.iter().enumerate() {
        if plan
            .connect
            .source
            .is_some_and(|source| !source.reaches(address))
        {
            continue;
        }
        match connect::udp(run, address, &plan.connect) {
            Ok(conn) => return Ok((conn, addresses[index + 1..].to_vec())),
            // The next family may have a route.
            Err(Failure::Stage(error)) => {
                run.tell(error.attempt());
                last = Some(error.into());
            }
            Err(ended) => return Err(ended),
        }
    }
    Err(last.unwrap_or_else(|| {
        let object = plan.address.to_string();
        let reason = "has no address of the family of --source";
        StageError::new(Stage::Bind, object, Class::Local, reason).into()
    }))
}

fn addresses(run: &mut Run, plan: &Dial) -> Result<Vec<SocketAddr>, Failure> {
    match &plan.address {
        Address::Inet { host, port } => resolve(run, host, *port, &plan.resolve),
        // The parser gives neither to those who dial.
        Address::Local { .. } | Address::Unix(_) => Ok(Vec::new()),
    }
}

fn retried<T>(
    run: &mut Run,
    plan: &Dial,
    mut dial: impl FnMut(&mut Run) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Some(note) = &plan.note {
        run.note(Stage::Resolve, plan.address.to_string(), note);
    }
    for note in &plan.connect.socket.notes {
        run.note(note.stage, note.option, note.why);
    }
    let mut tried = 0;
    loop {
        let failed = match dial(run) {
            Err(Failure::Stage(error)) if may_pass(&error) => error,
            done => return done,
        };
        let again = match plan.retry {
            Retry::Inf => true,
            Retry::Times(times) => tried < times,
        };
        if !again {
            return Err(failed.into());
        }
        tried += 1;
        let of = match plan.retry {
            Retry::Inf => String::new(),
            Retry::Times(times) => format!(" of {times}"),
        };
        run.tell(Event::Attempt {
            stage: failed.stage.name(),
            object: failed.object,
            reason: format!(
                "retry {tried}{of} in {}",
                units::display(plan.retry_interval)
            ),
            errno: None,
        });
        run.sleep(plan.retry_interval)?;
    }
}

/// What another try may change; local trouble is not waited for.
fn may_pass(error: &StageError) -> bool {
    error.class != Class::Local
}
