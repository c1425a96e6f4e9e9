//! resolve, socket, bind, listen: everything up to an announcement.

mod limit;
mod opening;
mod taken;

use super::guests::doorkeeper;
use crate::failure::{Class, Failure, StageError};
use crate::plan::Wait;
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::bind::Bound;
use crate::stage::listen;
use crate::stage::queue::Queues;
use opening::Opening;

/// Opens everything that was asked for, or nothing. Nothing is announced
/// before all of it listens.
///
/// In a range, ports that are taken are skipped and told; a port named by
/// itself has to be free. Of the addresses of a name one has to be ours.
///
/// # Errors
/// The first address that cannot be bound or does not listen.
pub fn open(run: &mut Run, plan: &Wait) -> Result<Vec<Bound>, Failure> {
    run.hold_until_announced();
    let keeper = doorkeeper(run, &plan.guests, &plan.resolve)?;
    limit::raise(plan);
    let mut opening = Opening::new(plan);
    for local in &plan.at {
        let bound = opening.bind(run, local);
        bound.map_err(|failure| limit::named(failure, plan, opening.count()))?;
    }
    let mut bound = opening.listen(run)?;
    if bound.is_empty() {
        return Err(nothing_free(plan).into());
    }
    for note in &plan.socket.notes {
        run.note(note.stage, note.option, note.why);
    }
    for one in &mut bound {
        one.keeper.clone_from(&keeper);
        listen::announce(run, one, &plan.listen);
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

fn nothing_free(plan: &Wait) -> StageError {
    let at: Vec<String> = plan.at.iter().map(ToString::to_string).collect();
    StageError::new(
        Stage::Bind,
        at.join(" "),
        Class::Local,
        "every port of the range is taken",
    )
}
