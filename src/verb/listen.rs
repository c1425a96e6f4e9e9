//! `sock listen`: wait for a peer, then relay or serve.

use std::cell::RefCell;
use std::time::Instant;

use super::conversation::{Talked, User, converse};
use super::datagrams;
use super::open::open;
use super::send::probed;
use super::words::loaded;
use crate::event::Event;
use crate::exit::Done;
use crate::failure::{Class, Failure};
use crate::plan::{Act, Answer, Kind, Listen, Serve, Talk};
use crate::run::{Run, millis};
use crate::serve::serve;
use crate::stage::accept::accept;
use crate::stage::bind::Bound;
use crate::stage::send::allow_sigpipe;

/// # Errors
/// An address that cannot be bound; for a single peer, how its conversation
/// failed; with `-k` only what ends the listener.
pub fn run(run: &mut Run, plan: &Listen) -> Result<Done, Failure> {
    match &plan.act {
        Act::Relay(talk) => relay(run, plan, talk)?,
        Act::Serve(what) => {
            let what = with_text(what)?;
            let bound = open(run, &plan.wait)?;
            serve(run, bound, &what, plan.keep_open, &plan.wait.accept)?;
        }
    }
    Ok(Done::InOrder)
}

fn with_text(what: &Serve) -> Result<Serve, Failure> {
    Ok(Serve {
        answer: match &what.answer {
            Answer::Echo => Answer::Echo,
            Answer::Reply(text) => Answer::Reply(loaded(text)?),
        },
        ..what.clone()
    })
}

fn relay(run: &mut Run, plan: &Listen, talk: &Talk) -> Result<(), Failure> {
    allow_sigpipe(&talk.send);
    // Before anybody is invited: is there somewhere to write to?
    let whole_messages = plan.wait.kind != Kind::Stream;
    let mut user = User::new(whole_messages, talk, plan.keep_open)?;
    let mut bound = open(run, &plan.wait)?;
    match (plan.wait.kind, plan.keep_open) {
        (Kind::Datagram, false) => {
            let timeout = plan.wait.accept.timeout;
            datagrams::answer(run, bound.swap_remove(0), talk, timeout, user)
        }
        (Kind::Datagram, true) => datagrams::answer_all(run, bound.swap_remove(0), talk, user),
        (_, false) => one_peer(run, plan, talk, &mut user, bound),
        (_, true) => every_peer(run, plan, talk, &mut user, &bound),
    }
}

/// The first peer that is one; the listener is closed as soon as it has proved
/// to be.
fn one_peer(
    run: &mut Run,
    plan: &Listen,
    talk: &Talk,
    user: &mut User,
    bound: Vec<Bound>,
) -> Result<(), Failure> {
    let listening = RefCell::new(bound);
    let since = Instant::now();
    loop {
        let conn = accept(run, &listening.borrow(), &plan.wait.accept, since)?;
        let peer = conn.peer.clone();
        let closed = Box::new(|| listening.borrow_mut().clear());
        let talked = converse(run, user, conn, talk, false, Some(closed));
        match &talked.result {
            Err(Failure::Stage(error)) if talked.is_probe() && !listening.borrow().is_empty() => {
                run.tell(probed(&peer, error));
            }
            _ => return talked.result,
        }
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
        let peer = conn.peer.clone();
        let talked = converse(run, user, conn, talk, true, None);
        let failure = match talked.result {
            Ok(()) => {
                since = Instant::now();
                continue;
            }
            Err(ref failure) => failure.clone(),
        };
        match &failure {
            Failure::Stage(error) if talked.is_probe() => run.tell(probed(&peer, error)),
            Failure::Stage(error) if error.class == Class::Cut => {
                end_of(run, &peer, &talked, &failure);
            }
            Failure::Timer { timer, .. } if timer.option == "--idle" => {
                end_of(run, &peer, &talked, &failure);
            }
            _ => return talked.result,
        }
    }
}

fn end_of(run: &mut Run, peer: &str, talked: &Talked, failure: &Failure) {
    if let Some(event) = failure.event() {
        run.tell(event);
    }
    run.tell(Event::PeerEnd {
        address: peer.to_owned(),
        sent: talked.sent,
        received: talked.received,
        elapsed_ms: millis(talked.begun.elapsed()),
        reason: match failure {
            Failure::Stage(error) => Some(error.reason.clone()),
            _ => Some("idle".to_owned()),
        },
    });
}
