//! How far a run has come: the bytes counted, what is watched beside them, and
//! who asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Run;
use crate::event::Event;
use crate::report::{Bar, Course, Goal};
use crate::stage::Stage;

/// What is looked at now and then, whatever is waited for.
pub trait Watch {
    /// How it is, for USR1.
    fn look(&mut self) -> Vec<Event>;

    /// What has happened since this was last asked.
    fn news(&mut self) -> Vec<Event>;
}

/// How often a [`Watch`] is asked for news.
const NEWS: Duration = Duration::from_secs(1);

impl Run {
    /// Says how many bytes have gone and come so far.
    pub fn moved(&mut self, sent: u64, received: u64) {
        self.moved.set([sent, received]);
    }

    /// Answers USR1.
    pub(super) fn progress(&mut self) {
        let nothing = Course {
            goal: Goal::Both(None),
            counts: Arc::clone(&self.moved),
            stage: "",
            object: String::new(),
            started: self.started,
            began: self.started,
        };
        let course = Course {
            stage: self.stage.name(),
            object: self.object.to_string(),
            ..self.course.clone().unwrap_or(nothing)
        };
        self.tell_asked(&course.event(Instant::now()));
        self.tell_watched();
    }

    /// Answers USR1 with this.
    pub fn tell_asked(&mut self, event: &Event) {
        self.report.tell_asked(event);
    }

    fn tell_watched(&mut self) {
        if let Some((watched, _)) = &mut self.watched {
            for event in watched.look() {
                self.report.tell_asked(&event);
            }
        }
    }

    /// Tells how it is with what is watched, under `-v` only.
    pub fn show_watched(&mut self) {
        if self.report.tells_stages() {
            self.tell_watched();
        }
    }

    /// Has this looked at from now on, in every wait.
    pub fn watch(&mut self, watched: Box<dyn Watch + Send>) {
        self.watched = Some((watched, Instant::now() + NEWS));
    }

    /// Tells what has happened, if it is time for that.
    pub(super) fn tell_news(&mut self, now: Instant) {
        if let Some((watched, at)) = &mut self.watched
            && now >= *at
        {
            *at = now + NEWS;
            for event in watched.news() {
                self.report.tell(&event);
            }
        }
    }

    /// Counting towards a goal begins: a bar, where one is wanted.
    /// `undisturbed` says that no payload shares the terminal with it.
    pub fn bar(&mut self, goal: Goal, object: &str, undisturbed: bool) -> Option<Bar> {
        self.moved(0, 0);
        let stage = match goal {
            Goal::Answers(_) => Stage::Connect,
            Goal::Received(_) => Stage::Recv,
            Goal::Sent(_) | Goal::Both(_) => Stage::Send,
        };
        let course = Course {
            goal,
            counts: Arc::clone(&self.moved),
            stage: stage.name(),
            object: object.to_owned(),
            started: self.started,
            began: Instant::now(),
        };
        self.course = Some(course.clone());
        Bar::start(self.report.style(), course, undisturbed)
    }
}
