//! The verbs: they compose stages, relay, serve and probe.

mod connect;
mod conversation;
mod datagrams;
mod dial;
mod guests;
mod listen;
mod open;
mod peers;
mod probe;
mod recv;
mod send;
mod words;

use crate::exit::Done;
use crate::failure::Failure;
use crate::plan::Verb;
use crate::run::Run;

/// Carries a verb out.
///
/// # Errors
/// Why it did not do what was asked.
pub fn run(run: &mut Run, verb: &Verb) -> Result<Done, Failure> {
    match verb {
        Verb::Listen(plan) => listen::run(run, plan),
        Verb::Connect(plan) => connect::run(run, plan),
        Verb::Send(plan) => send::run(run, plan),
        Verb::Recv(plan) => recv::run(run, plan),
        Verb::Probe(plan) => probe::run(run, plan),
    }
}
