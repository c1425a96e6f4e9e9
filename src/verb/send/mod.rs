//! `sock send`: one way out.
//!
//! `input` sends files and stdin over a connection, `datagrams` without one,
//! `messages` a text as often as asked; `receipt` waits until the peer has it.

mod datagrams;
mod input;
mod messages;
mod receipt;

use crate::exit::Done;
use crate::failure::Failure;
use crate::plan::{Send, Way, What};
use crate::relay::files::Files;
use crate::run::Run;
use crate::stage::connect::Conn;
use crate::stage::send::allow_sigpipe;
use crate::verb::dial::dial;
use crate::verb::open::open;
use crate::verb::peers::{Attempted, Proved, first_peer};
use input::Named;

/// # Errors
/// Why the other side does not have it.
pub fn run(run: &mut Run, plan: &Send) -> Result<Done, Failure> {
    allow_sigpipe(&plan.send);
    match &plan.what {
        What::Input { files, bytes } => {
            // Before anybody is disturbed: is there something to send?
            let one = files.len() <= 1 && bytes.is_none() && !plan.send.crlf;
            let input = Files::open(run, files)?.digests(plan.look.digest && !one);
            let mut input = Named {
                input,
                name: match (one, files.first()) {
                    (true, Some(file)) => file.into(),
                    _ => "-".into(),
                },
                bytes: *bytes,
            };
            match &plan.way {
                Way::Dial(way) if way.transport.is_datagram() => {
                    datagrams::send(run, plan, way, input)?
                }
                way => input::send(run, plan, way, &mut input)?,
            }
        }
        What::Messages { .. } => messages::send(run, plan)?,
    }
    Ok(Done::InOrder)
}

/// One peer, dialled or waited for.
fn one_peer(
    run: &mut Run,
    way: &Way,
    mut serve: impl FnMut(&mut Run, Conn, Proved<'_>) -> Attempted,
) -> Result<(), Failure> {
    match way {
        Way::Dial(way) => {
            let conn = dial(run, way)?;
            serve(run, conn, Box::new(|| ())).result
        }
        Way::Wait(way) => {
            let bound = open(run, way)?;
            first_peer(run, bound, &way.accept, serve)
        }
    }
}
