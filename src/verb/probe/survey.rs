//! Asks and hears: takes targets in, tells each row when it is complete, and
//! begins the next attempt of a series. `client` gives the questions out in turn,
//! `end` tells what all of them amount to.

mod client;
mod end;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::feed::{Fed, Feed};
use super::row::row;
use super::rows::{Rows, Told};
use super::series::{Key, Series};
use super::subject::{Asks, At};
use super::tally::Tally;
use crate::event::Event;
use crate::exit::Miss;
use crate::failure::Failure;
use crate::plan::Probe;
use crate::probe::Supply;
use crate::report::{Bar, Goal};
use crate::run::Run;
use crate::stage::Stage;
use crate::units::human_time;
use crate::verdict::{ICMP_LIMITED, Protocol, State};

/// Subjects that take turns; beyond these no more are taken in.
const ABREAST: usize = 1024;

/// One run's mouth and ear.
pub struct Survey<'a> {
    pub run: &'a mut Run,
    pub plan: &'a Probe,
    /// When silence is no longer waited out.
    until: Option<Instant>,
    feed: Feed<'a>,
    /// Whether the feed has no more.
    is_fed: bool,
    turns: VecDeque<Asks>,
    rows: Rows,
    tally: Tally,
    /// Rows of the subjects taken in.
    total: u64,
    bar: Option<Bar>,
    /// `--count`
    series: Option<Series>,
    is_shown: bool,
    /// What ended the run before its time.
    pub ended: Option<Failure>,
    /// Whether time has ended this round.
    is_cut: bool,
}

impl<'a> Survey<'a> {
    /// Of a plan whose targets come from `feed`.
    pub fn new(
        run: &'a mut Run,
        plan: &'a Probe,
        feed: Feed<'a>,
        until: Option<Instant>,
    ) -> Survey<'a> {
        Survey {
            run,
            plan,
            until,
            feed,
            is_fed: false,
            turns: VecDeque::new(),
            rows: Rows::default(),
            tally: Tally::new(plan.expect.any, plan.series.map(|series| series.max_loss)),
            series: plan
                .series
                .map(|series| Series::new(series, Instant::now())),
            total: 0,
            bar: None,
            is_shown: false,
            ended: None,
            is_cut: false,
        }
    }

    /// The name, as it was typed, of whom a question asks that was given out.
    pub fn target(&self, id: usize) -> String {
        let subject = self.rows.subject(id);
        subject.map_or_else(String::new, |subject| subject.name.clone())
    }

    /// Takes in as many subjects as there is room for, and says when there will
    /// be more.
    fn take_in(&mut self) -> Result<Supply, Failure> {
        while self.turns.len() < ABREAST && !self.is_fed {
            match self.feed.next(self.run)? {
                Fed::Subject(subject) => {
                    let subject = Arc::new(subject);
                    let rows = subject.rows(self.plan.all_addresses);
                    self.total = self.total.saturating_add(rows);
                    if let Some(series) = &mut self.series {
                        series.keep(&subject);
                    }
                    (self.turns).push_back(Asks::new(&subject, self.plan.all_addresses));
                }
                Fed::Missing(class) => self.tally.miss(Miss::Class(class)),
                Fed::Later(at) => return Ok(Supply::Later(at)),
                Fed::Done => {
                    self.is_fed = true;
                    self.show(Some(self.total));
                }
            }
        }
        if self.is_fed {
            return Ok(Supply::Done);
        }
        // There are many, and nobody knows how many.
        self.show(None);
        Ok(Supply::Later(None))
    }

    /// Shows how far it is, from the moment on at which it is known how many
    /// there are, or that there are many.
    fn show(&mut self, total: Option<u64>) {
        if !self.is_shown {
            self.is_shown = true;
            // Lines that come one by one need no bar, but who sends USR1 between
            // them is to hear of answers.
            let (total, bar) = match self.series {
                None => (total, true),
                Some(_) => (None, false),
            };
            let shown = self.run.bar(Goal::Answers(total), "probe", true);
            self.bar = shown.filter(|_| bar);
        }
    }

    /// Which attempt it is, in a series.
    pub fn attempt(&self) -> Option<u64> {
        self.series.as_ref().map(|series| series.attempt)
    }

    /// Waits for the next attempt of a series, if there is one.
    pub fn again(&mut self) -> bool {
        let Some(at) = self.series.as_ref().and_then(Series::next) else {
            return false;
        };
        if self.ended.is_some() {
            return false;
        }
        self.run.moved(self.tally.so_far().probed, 0);
        while Instant::now() < at {
            if let Err(failure) = self.run.wait(&mut [], Some(at)) {
                self.ended = Some(failure);
                return false;
            }
        }
        let Some(series) = &mut self.series else {
            return false;
        };
        let each = self.plan.all_addresses;
        self.rows = Rows::default();
        for subject in series.begin(Instant::now()) {
            self.total = self.total.saturating_add(subject.rows(each));
            self.turns.push_back(Asks::new(subject, each));
        }
        true
    }

    /// A subject has no more questions.
    fn exhausted(&mut self, place: usize) {
        self.rows.exhausted_one(place);
        if self.rows.retires(place) {
            self.tally.settle(place);
        }
    }

    /// Counts rows and writes them.
    fn tell(&mut self, told: Vec<Told>) -> Result<(), Failure> {
        let mut events = Vec::with_capacity(told.len());
        told.iter().for_each(|told| self.count(told));
        for told in told {
            if self.rows.retires(told.subject.place) {
                self.tally.settle(told.subject.place);
            }
            let protocol = match (&told.subject.at, self.plan.udp) {
                (At::Unix(_), _) => Protocol::Unix,
                (_, true) => Protocol::Udp,
                (_, false) => Protocol::Tcp,
            };
            let key = Key::of(&told, self.plan.all_addresses);
            let (answer, lookup) = (told.answer.clone(), told.subject.lookup);
            let row = row(told, protocol, self.attempt());
            if let (Some(series), Some(answer)) = (&mut self.series, &answer) {
                series.take(key, &row, answer, lookup);
            }
            if row.reason == ICMP_LIMITED {
                let host = (row.by.as_deref()).or(row.address.as_deref());
                let host = host.unwrap_or(&row.target);
                self.tally.limits(host);
            }
            events.push(Event::Probe(row));
        }
        if let Some(bar) = &self.bar {
            bar.set(self.tally.so_far().probed);
        }
        self.run.results(&events)
    }

    fn count(&mut self, told: &Told) {
        let (subject, port) = (&told.subject, told.port);
        let Some(answer) = &told.answer else {
            return self.tally.unfinished(1);
        };
        let state = answer.verdict.state;
        let row = Key::of(told, self.plan.all_addresses);
        (self.tally).count(row, subject.part(port), subject.expected(port), state);
        if state == State::Open {
            for range in subject.ranges_with(port) {
                self.tally.is_held(range);
            }
        }
    }

    fn progress(&mut self) {
        let counts = self.tally.so_far();
        let text = format!(
            "{} of {}{} answered, {} open, {} waited for, {}",
            counts.probed,
            self.total,
            if self.is_fed { "" } else { " or more" },
            counts.open,
            self.rows.waiting(),
            human_time(self.run.started().elapsed()),
        );
        self.run.tell_asked(&Event::Note {
            stage: Stage::Connect.name(),
            object: "probe".to_owned(),
            text,
        });
    }
}
