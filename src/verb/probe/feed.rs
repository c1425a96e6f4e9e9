//! From targets to subjects, one at a time: those of the command line, then
//! those of the lists. Names are looked up meanwhile (`whereabouts`), and hold
//! nobody up.

mod whereabouts;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::eventfd::EventFd;

use super::Round;
use super::lists::{Line, Lists, Next, Text};
use super::subject::{At, Subject};
use crate::address::Host;
use crate::failure::{Class, Failure, StageError};
use crate::plan::Probe;
use crate::run::Run;
use crate::services::System;
use crate::stage::Stage;
use crate::stage::resolve::{Lookups, Ticket};
use crate::targets::{self, Target};
use crate::verdict::State;
use whereabouts::subject;

/// Targets whose names are looked up at the same time; beyond these no more
/// are read.
const PENDING: usize = 1024;
/// The least time for a name, however soon `--wait` ends.
const LEAST: Duration = Duration::from_millis(50);

/// What comes next.
pub enum Fed {
    Subject(Subject),
    /// A target or a line that comes to nothing, which has been told.
    Missing(Class),
    /// Nothing before `news` is written to, or this moment.
    Later(Option<Instant>),
    Done,
}

/// A target that was read.
#[derive(Debug, Clone)]
struct Wanted {
    place: usize,
    target: Target,
    expect: Option<State>,
}

/// Targets that wait for the same name.
struct Pending {
    host: Host,
    since: Instant,
    wanted: Vec<Wanted>,
}

/// Targets on their way.
pub struct Feed<'a> {
    plan: &'a Probe,
    words: std::slice::Iter<'a, Target>,
    lists: Option<Lists>,
    /// Lines of each list that were about a target.
    used: Vec<u64>,
    /// Subjects, and targets that came to nothing, in the order in which that
    /// became known.
    ready: VecDeque<Fed>,
    lookups: Lookups,
    asked: HashMap<Host, Ticket>,
    pending: HashMap<Ticket, Pending>,
    /// Targets that are pending.
    waiting: usize,
    known: HashMap<Host, Result<At, Class>>,
    /// Targets so far.
    places: usize,
}

impl<'a> Feed<'a> {
    /// The targets of a plan; `news` is written to whenever there may be more.
    ///
    /// # Errors
    /// A list that cannot be opened.
    pub fn new(
        plan: &'a Probe,
        round: &Round,
        news: &Arc<EventFd>,
    ) -> Result<Feed<'a>, StageError> {
        let lists = match plan.lists.is_empty() {
            true => None,
            false => Some(Lists::open(&plan.lists, &round.read, Arc::clone(news))?),
        };
        let mut resolve = plan.resolve;
        if let Some(until) = round.until {
            let left = until.saturating_duration_since(Instant::now());
            resolve.timeout = resolve.timeout.min(left.max(LEAST));
        }
        Ok(Feed {
            plan,
            words: plan.targets.iter(),
            lists,
            used: vec![0; plan.lists.len()],
            ready: VecDeque::new(),
            lookups: Lookups::new(resolve, Arc::clone(news)),
            asked: HashMap::new(),
            pending: HashMap::new(),
            waiting: 0,
            known: HashMap::new(),
            places: 0,
        })
    }

    /// The next subject.
    ///
    /// # Errors
    /// A signal or `--timeout` during `--pause`.
    pub fn next(&mut self, run: &mut Run) -> Result<Fed, Failure> {
        loop {
            while let Some((ticket, addresses)) = self.lookups.take(run) {
                let paused = match &addresses {
                    Ok(_) => run.pause(Stage::Resolve),
                    Err(_) => Ok(()),
                };
                self.looked_up(run, ticket, addresses);
                paused?;
            }
            if let Some(fed) = self.ready.pop_front() {
                return Ok(fed);
            }
            if self.waiting >= PENDING {
                return Ok(Fed::Later(self.lookups.next()));
            }
            if let Some(target) = self.words.next() {
                self.want(run, target.clone(), self.plan.expect.state);
                continue;
            }
            match self.lists.as_mut().map_or(Next::Done, Lists::next) {
                Next::Line(line) => self.read(run, line),
                Next::Later => return Ok(Fed::Later(self.lookups.next())),
                Next::Done if self.waiting > 0 => return Ok(Fed::Later(self.lookups.next())),
                Next::Done => {
                    self.lists = None;
                    self.unused(run);
                    return Ok(self.ready.pop_front().unwrap_or(Fed::Done));
                }
            }
        }
    }

    /// The targets that were not looked up, at the end of a run that was cut
    /// short. What a list still holds is not among them.
    pub fn rest(&mut self) -> Vec<Subject> {
        let words: Vec<Target> = self.words.by_ref().cloned().collect();
        let pending = std::mem::take(&mut self.pending).into_values();
        let mut rest: Vec<Wanted> = pending.flat_map(|one| one.wanted).collect();
        for target in words {
            rest.push(self.placed(target, self.plan.expect.state));
        }
        rest.sort_by_key(|wanted| wanted.place);
        let subjects = rest
            .into_iter()
            .map(|wanted| subject(wanted, At::Unknown, None));
        subjects.collect()
    }

    /// Reads a line of a list; a bad one is told, and the rest goes on.
    fn read(&mut self, run: &mut Run, line: Line) {
        let list = &self.plan.lists[line.list];
        let read = match line.text {
            Text::Line(text) => targets::line(&text, &list.form, &System)
                .map_err(|wrong| (format!("{}:{}", list.input, line.number), wrong.to_string())),
            Text::Bad(why) => Err((format!("{}:{}", list.input, line.number), why.to_owned())),
            Text::Failed(error) => {
                let name = list.input.to_string();
                let error = StageError::io(Stage::Resolve, name, Class::Local, &error);
                let class = tell(run, error);
                self.ready.push_back(Fed::Missing(class));
                self.used[line.list] += 1;
                return;
            }
        };
        match read {
            Ok(None) => {}
            Ok(Some((target, expect))) => {
                self.used[line.list] += 1;
                self.want(run, target, expect.or(self.plan.expect.state));
            }
            Err((object, why)) => {
                self.used[line.list] += 1;
                let error = StageError::new(Stage::Resolve, object, Class::Local, why);
                let class = tell(run, error);
                self.ready.push_back(Fed::Missing(class));
            }
        }
    }

    /// A list without targets has proved nothing: that is no success.
    fn unused(&mut self, run: &mut Run) {
        for (list, used) in self.plan.lists.iter().zip(std::mem::take(&mut self.used)) {
            if used == 0 {
                let reason = "holds no target";
                let name = list.input.to_string();
                let error = StageError::new(Stage::Resolve, name, Class::Local, reason);
                let class = tell(run, error);
                self.ready.push_back(Fed::Missing(class));
            }
        }
    }
}

fn tell(run: &mut Run, error: StageError) -> Class {
    let class = error.class;
    if let Some(event) = Failure::from(error).event() {
        run.tell(event);
    }
    class
}
