//! `sock connect`: a two-way conversation with somebody who waits.

use super::conversation::{User, converse};
use super::datagrams;
use super::dial::dial;
use crate::exit::Done;
use crate::failure::Failure;
use crate::plan::Connect;
use crate::run::Run;
use crate::stage::send::allow_sigpipe;

/// # Errors
/// Why the conversation did not take place, or did not end in order.
pub fn run(run: &mut Run, plan: &Connect) -> Result<Done, Failure> {
    // Before anybody is disturbed: is there somewhere to write to?
    let mut user = User::new(
        run,
        plan.dial.transport.keeps_boundaries(),
        &plan.talk,
        false,
    )?;
    allow_sigpipe(&plan.talk.send);
    if plan.dial.transport.is_datagram() {
        datagrams::converse(run, user, plan)?;
    } else {
        let conn = dial(run, &plan.dial)?;
        converse(run, &mut user, conn, &plan.talk, false, None).result?;
    }
    Ok(Done::InOrder)
}
