//! `sock listen`: wait for a peer, then relay or serve.

use std::time::Instant;

use super::conversation::{User, converse};
use super::datagrams;
use super::open::open;
use super::peers::{first_peer, settle};
use super::words::loaded;
use crate::exit::Done;
use crate::failure::{Class, Failure};
use crate::plan::{Act, Answer, Kind, Listen, Serve, Talk};
use crate::run::Run;
use crate::serve::serve;
use crate::stage::accept::{accept, knocked};
use crate::stage::bind::Bound;
use crate::stage::send::allow_sigpipe;

/// # Errors
/// An address that cannot be bound; for a single peer, how its conversation
/// failed; with `-k` only what ends the listener.
pub fn run(run: &mut Run, plan: &Listen) -> Result<Done, Failure> {
    match &plan.act {
        Act::Relay(talk) => relay(run, plan, talk)?,
        Act::Serve(what) => {
            let what = with_text(run, what)?;
            let bound = open(run, &plan.wait)?;
            serve(run, bound, &what, plan.keep_open, &plan.wait.accept)?;
        }
    }
    Ok(Done::InOrder)
}

fn with_text(run: &mut Run, what: &Serve) -> Result<Serve, Failure> {
    Ok(Serve {
        answer: match &what.answer {
            Answer::Echo => Answer::Echo,
            Answer::Generate(bytes) => Answer::Generate(*bytes),
            Answer::Reply(text) => Answer::Reply(loaded(run, text)?),
        },
        ..what.clone()
    })
}

fn relay(run: &mut Run, plan: &Listen, talk: &Talk) -> Result<(), Failure> {
    allow_sigpipe(&talk.send);
    // Before anybody is invited: is there somewhere to write to?
    let whole_messages = plan.wait.kind != Kind::Stream;
    let mut user = User::new(run, whole_messages, talk, plan.keep_open)?;
    let mut bound = open(run, &plan.wait)?;
    match (plan.wait.kind, plan.keep_open) {
        (Kind::Datagram, false) => {
            datagrams::answer(run, bound.swap_remove(0), talk, &plan.wait.accept, user)
        }
        (Kind::Datagram, true) => datagrams::answer_all(run, bound.swap_remove(0), talk, user),
        (_, false) => first_peer(run, bound, &plan.wait.accept, |run, conn, proved| {
            converse(run, &mut user, conn, talk, false, Some(proved))
        }),
        (_, true) => every_peer(run, plan, talk, &mut user, &bound),
    }
}

/// One after another, for ever; a peer's trouble is its own.
fn every_peer(
    run: &mut Run,
    plan: &Listen,
    talk: &Talk,
    user: &mut User,
    bound: &[Bound],
) -> Result<(), Failure> {
    let mut since = Instant::now();
    loop {
        let conn = accept(run, bound, &plan.wait.accept, since)?;
        settle(run, &conn)?;
        let (peer, local) = (conn.peer.clone(), conn.local.clone());
        let talked = converse(run, user, conn, talk, true, None);
        since = Instant::now();
        let Err(failure) = &talked.result else {
            continue;
        };
        match failure {
            Failure::Stage(error) if talked.is_probe() => knocked(run, (&peer, &local), error),
            Failure::Stage(error) if error.class == Class::Cut => tell(run, failure),
            Failure::Timer { timer, .. } if timer.option == "--idle" => tell(run, failure),
            _ => return talked.result,
        }
    }
}

/// A peer's failure that is not the listener's.
fn tell(run: &mut Run, failure: &Failure) {
    if let Some(event) = failure.event() {
        run.tell(event);
    }
}
