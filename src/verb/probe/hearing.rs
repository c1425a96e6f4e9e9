//! Hears the answers: tells each row when it is complete, and in the end what
//! all of them amount to.

use std::cell::RefCell;
use std::ops::ControlFlow;

use super::row::row;
use super::rows::{Rows, Told};
use super::subject::{At, Part, Subject};
use super::tally::Tally;
use crate::event::Event;
use crate::exit::Done;
use crate::failure::Failure;
use crate::plan::Probe;
use crate::probe::{Answer, Audience};
use crate::report::Bar;
use crate::run::{Run, USR1};
use crate::stage::Stage;
use crate::units::human_time;
use crate::verdict::{ICMP_LIMITED, Protocol, State};

/// One run's ear and mouth.
pub struct Hearing<'a> {
    pub run: &'a mut Run,
    pub plan: &'a Probe,
    pub subjects: &'a [Subject],
    pub rows: &'a RefCell<Rows>,
    pub tally: Tally,
    pub bar: Option<Bar>,
    /// What ended the run before its time.
    pub ended: Option<Failure>,
}

impl Audience for &mut Hearing<'_> {
    fn answer(&mut self, answer: Answer) -> ControlFlow<()> {
        let told = self.rows.borrow_mut().take(answer, self.subjects);
        if let Some(told) = told
            && let Err(failure) = self.tell(told)
        {
            self.ended = Some(failure);
            return ControlFlow::Break(());
        }
        match self.rows.borrow().is_over() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn interrupted(&mut self) -> ControlFlow<()> {
        match self.run.signals().take() {
            Some(USR1) => self.progress(),
            Some(number) => {
                self.ended = Some(self.run.signalled(number));
                return ControlFlow::Break(());
            }
            None => {}
        }
        ControlFlow::Continue(())
    }
}

impl Hearing<'_> {
    /// Counts a row and writes it.
    fn tell(&mut self, told: Told) -> Result<(), Failure> {
        let subject = &self.subjects[told.subject];
        let part = subject.part(told.subject, told.port);
        match &told.answer {
            Some(answer) => {
                self.tally.count(part, answer.verdict.state);
                if answer.verdict.state == State::Open {
                    for range in subject.ranges_with(told.subject, told.port) {
                        self.tally.is_held(range);
                    }
                }
            }
            None => self.tally.unfinished(1),
        }
        if let Some(bar) = &self.bar {
            bar.set(self.tally.so_far().probed);
        }
        let protocol = match (&subject.at, self.plan.udp) {
            (At::Unix(_), _) => Protocol::Unix,
            (_, true) => Protocol::Udp,
            (_, false) => Protocol::Tcp,
        };
        let expected = self.tally.expected(part);
        let row = row(subject, told, protocol, expected);
        if row.reason == ICMP_LIMITED {
            self.tally
                .limits(row.address.as_deref().unwrap_or(&row.target));
        }
        self.run.result(&Event::Probe(row))
    }

    fn progress(&mut self) {
        // Two ways of saying the same would only get into each other's way.
        self.bar = None;
        let counts = self.tally.so_far();
        let text = format!(
            "{} of {} answered, {} open, {} waited for, {}",
            counts.probed,
            self.total(),
            counts.open,
            self.rows.borrow().waiting(),
            human_time(self.run.started().elapsed()),
        );
        self.run.note(Stage::Connect, "probe", text);
    }

    /// All rows there would be.
    pub fn total(&self) -> u64 {
        let rows = self
            .subjects
            .iter()
            .map(|s| s.rows(self.plan.all_addresses));
        rows.fold(0, u64::saturating_add)
    }

    /// Tells what has not been told: rows without an answer if the run was cut
    /// short, and the summary.
    pub fn finish(mut self) -> Result<Done, Failure> {
        self.bar = None;
        if let Some(Failure::StdoutGone) = self.ended {
            return Err(Failure::StdoutGone);
        }
        if self.ended.is_some() {
            self.rest()?;
        }
        let (summary, misses) = self.tally.finish(self.run.started().elapsed());
        self.run.result(&Event::Summary(summary))?;
        match self.ended {
            Some(failure) => Err(failure),
            None => Ok(Done::Answers(misses)),
        }
    }

    /// The rows of what was in flight, and of what was named by itself. The
    /// rest of ranges and blocks, which may be larger than memory, is counted.
    fn rest(&mut self) -> Result<(), Failure> {
        let each = self.plan.all_addresses;
        let mut rest: Vec<Told> = self.rows.borrow().unfinished().collect();
        for (at, subject) in self.subjects.iter().enumerate() {
            if matches!(subject.at, At::Block(_)) {
                continue;
            }
            let begun = self.rows.borrow().begun(at);
            let rows = subject.asks(at, each).filter(|ask| ask.index == 0);
            let named = (rows.skip(begun)).filter(|ask| subject.part(at, ask.port) == Part::Named);
            rest.extend(named.map(|ask| Told {
                subject: at,
                port: ask.port,
                address: ask.address.filter(|_| ask.of == 1),
                answer: None,
            }));
        }
        for told in rest {
            self.tell(told)?;
        }
        let counts = self.tally.so_far();
        let told = counts.probed + counts.unfinished;
        self.tally.unfinished(self.total().saturating_sub(told));
        Ok(())
    }
}
