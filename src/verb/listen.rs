//! `sock listen`: wait for a peer, then relay or serve.

use std::time::Instant;

use super::conversation::{User, converse};
use super::datagrams;
use super::open::open;
use super::peers::first_peer;
use super::words::loaded;
use crate::exit::Done;
use crate::failure::{Class, Failure};
use crate::plan::{Act, Kind, Listen, Talk};
use crate::run::Run;
use crate::serve::{Answer, Answers, Service, Work, serve};
use crate::stage::Stage;
use crate::stage::accept::{Turns, accept, knocked, settle};
use crate::stage::bind::Bound;
use crate::stage::send::allow_sigpipe;

/// # Errors
/// An address that cannot be bound; for a single peer, how its conversation
/// failed; with `-k` only what ends the listener.
pub fn run(run: &mut Run, plan: &Listen) -> Result<Done, Failure> {
    match &plan.act {
        Act::Relay(talk) => relay(run, plan, talk).map(|()| Done::InOrder),
        Act::Serve(service) => {
            if let Work::Answers(answers) = &service.work {
                allow_sigpipe(&answers.send);
            }
            let service = with_text(run, service)?;
            let bound = open(run, &plan.wait)?;
            if matches!(service.work, Work::Command(_)) {
                warn_of_strangers(run, &bound);
            }
            serve(run, bound, &service, &plan.wait.accept)
        }
    }
}

/// A command for whoever comes, on an address that others can reach.
fn warn_of_strangers(run: &mut Run, bound: &[Bound]) {
    let is_open = |one: &&Bound| {
        let ip = one.socket.local_addr().ok().and_then(|a| a.as_socket());
        let reachable = ip.is_some_and(|inet| !inet.ip().to_canonical().is_loopback());
        reachable && !one.keeper.as_ref().is_some_and(|keeper| keeper.trusts())
    };
    if let Some(one) = bound.iter().find(is_open) {
        let text = "whoever reaches this address can run the command: see --allow";
        run.note(Stage::Listen, &*one.address, text);
    }
}

fn with_text(run: &mut Run, service: &Service) -> Result<Service, Failure> {
    let mut service = service.clone();
    if let Work::Answers(Answers {
        answer: Answer::Reply(text),
        ..
    }) = &mut service.work
    {
        *text = loaded(run, text)?;
    }
    Ok(service)
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
    let mut turns = Turns::default();
    loop {
        let conn = accept(run, bound, &plan.wait.accept, since, &mut turns)?;
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
