//! The end of a survey, in its time or before.

use std::sync::Arc;

use super::Survey;
use crate::event::Event;
use crate::exit::{Done, Miss};
use crate::failure::{Class, Failure};
use crate::verb::probe::rows::Told;
use crate::verb::probe::subject::{Asks, At, Part};

impl Survey<'_> {
    /// The time of this round is over: what is not known by now has not answered.
    pub fn expired(&mut self) {
        self.tally.miss(Miss::Class(Class::NoAnswer));
        self.is_cut = true;
    }

    /// Tells what has not been told: rows without an answer if the run was cut
    /// short, and the summary.
    pub fn finish(mut self) -> Result<Done, Failure> {
        self.bar = None;
        if let Some(Failure::StdoutGone) = self.ended {
            return Err(Failure::StdoutGone);
        }
        if self.ended.is_some() || self.is_cut {
            self.rest()?;
        }
        if let Some(series) = self.series.take() {
            for sum in series.statistics() {
                self.run.result(&Event::Statistics(sum))?;
            }
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
        let mut rest: Vec<Told> = self.rows.unfinished().collect();
        for subject in self.feed.rest() {
            self.total = self.total.saturating_add(subject.rows(each));
            (self.turns).push_back(Asks::new(&Arc::new(subject), each));
        }
        for asks in std::mem::take(&mut self.turns) {
            if matches!(asks.subject().at, At::Block(_)) {
                continue;
            }
            let rows = asks.filter(|ask| ask.index == 0);
            let named = rows.filter(|ask| ask.subject.part(ask.port) == Part::Named);
            rest.extend(named.map(|ask| Told {
                address: ask.address.filter(|_| ask.of == 1),
                subject: ask.subject,
                port: ask.port,
                answer: None,
            }));
        }
        self.tell(rest)?;
        let counts = self.tally.so_far();
        let told = counts.probed + counts.unfinished;
        self.tally.unfinished(self.total.saturating_sub(told));
        Ok(())
    }
}
