//! What was expected, what came, and which of it counts against the run. Pure.

use std::collections::HashMap;
use std::time::Duration;

use super::loss::Losses;
use super::series::Key;
use super::subject::Part;
use crate::event::Summary;
use crate::exit::Miss;
use crate::failure::Class;
use crate::run::millis;
use crate::verdict::State;

/// Hosts that are named as limiting their answers: in a block there may be more
/// than anybody reads.
const MOST_LIMITING: usize = 32;

/// Counts over all rows. Its memory grows with the targets under way, not with
/// the ports behind them.
#[derive(Debug, Default)]
pub struct Tally {
    counts: Summary,
    /// `--any`: one row as expected is enough.
    any: bool,
    is_enough: bool,
    /// Each kind once.
    misses: Vec<Miss>,
    /// By the place of their subject.
    parts: HashMap<usize, HashMap<Part, Held>>,
    /// In a series no miss counts before the share of them is known.
    losses: Option<Losses<Unit>>,
}

/// What may lose a share of its attempts.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Unit {
    /// A row of which something is expected.
    Row(Key),
    /// A range or block, of which one port is to be open.
    Part(Part),
}

/// What a range or block has shown so far.
#[derive(Debug, Default)]
struct Held {
    is_open: bool,
    /// The kinds of its other answers, each once.
    classes: Vec<Class>,
}

impl Tally {
    /// Nothing counted yet; if `any`, one row as expected is enough. In a series
    /// a row may lose up to `most` percent of its attempts.
    pub fn new(any: bool, most: Option<f64>) -> Tally {
        Tally {
            any,
            losses: most.map(Losses::new),
            ..Tally::default()
        }
    }

    /// Whether the rest is of no interest any more.
    pub fn is_enough(&self) -> bool {
        self.is_enough
    }

    /// Counts a row.
    pub fn count(&mut self, row: Key, part: Part, expected: Option<State>, state: State) {
        *match state {
            State::Open => &mut self.counts.open,
            State::Closed => &mut self.counts.closed,
            State::Rejected => &mut self.counts.rejected,
            State::Filtered => &mut self.counts.filtered,
            State::Silent => &mut self.counts.silent,
            State::Unreachable => &mut self.counts.unreachable,
            State::Error => &mut self.counts.error,
        } += 1;
        self.counts.probed += 1;
        self.is_enough |= self.any && state == expected.unwrap_or(State::Open);
        match expected {
            _ if state == State::Error => self.miss(Miss::Class(Class::Local)),
            Some(expected) => {
                let miss = state.class().map_or(Miss::Open, Miss::Class);
                self.attempt(Unit::Row(row), (expected != state).then_some(miss));
            }
            None => {
                let held = self.held(part);
                match state.class() {
                    None => held.is_open = true,
                    Some(class) if !held.classes.contains(&class) => held.classes.push(class),
                    Some(_) => {}
                }
            }
        }
    }

    /// A range or block has an open port, whether its row is counted there or not.
    pub fn is_held(&mut self, part: Part) {
        self.held(part).is_open = true;
    }

    fn held(&mut self, part: Part) -> &mut Held {
        let subject = match part {
            Part::Named => usize::MAX,
            Part::One { subject, .. } => subject,
        };
        let parts = self.parts.entry(subject).or_default();
        parts.entry(part).or_default()
    }

    /// All rows of a subject are counted: a range or block without an open port
    /// counts with every kind of answer it gave.
    pub fn settle(&mut self, subject: usize) {
        for (part, held) in self.parts.remove(&subject).into_iter().flatten() {
            self.settle_one(part, held);
        }
    }

    fn settle_one(&mut self, part: Part, held: Held) {
        let classes = if held.is_open {
            Vec::new()
        } else {
            held.classes
        };
        self.attempt(Unit::Part(part), classes.into_iter().map(Miss::Class));
    }

    /// Counts what was other than expected about one attempt, if anything was.
    fn attempt(&mut self, unit: Unit, misses: impl IntoIterator<Item = Miss>) {
        match &mut self.losses {
            Some(losses) => losses.count(unit, misses),
            None => misses.into_iter().for_each(|miss| self.miss(miss)),
        }
    }

    /// A row says `icmp-limited` of this host.
    pub fn limits(&mut self, host: &str) {
        let hosts = &mut self.counts.limiting;
        if hosts.len() < MOST_LIMITING && !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }

    /// Counts rows that the run did not get to.
    pub fn unfinished(&mut self, rows: u64) {
        self.counts.unfinished = self.counts.unfinished.saturating_add(rows);
    }

    /// Something that counts against the run, whatever the rows say.
    pub fn miss(&mut self, miss: Miss) {
        if !self.misses.contains(&miss) {
            self.misses.push(miss);
        }
    }

    /// The counts so far.
    pub fn so_far(&self) -> &Summary {
        &self.counts
    }

    /// The end, also for the subjects that are still under way.
    pub fn finish(mut self, elapsed: Duration) -> (Summary, Vec<Miss>) {
        for parts in std::mem::take(&mut self.parts).into_values() {
            for (part, held) in parts {
                self.settle_one(part, held);
            }
        }
        for miss in self.losses.take().into_iter().flat_map(Losses::over) {
            self.miss(miss);
        }
        if self.is_enough {
            self.misses.clear();
        }
        let summary = Summary {
            ok: self.misses.is_empty() && self.counts.unfinished == 0,
            elapsed_ms: millis(elapsed),
            ..self.counts
        };
        (summary, self.misses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::{Done, Exit};
    use State::*;

    const RANGE: Part = Part::One {
        subject: 0,
        range: Some(1),
    };
    const BLOCK: Part = Part::One {
        subject: 1,
        range: None,
    };

    fn code(expect: Option<State>, rows: &[(Part, State)]) -> Exit {
        let mut tally = Tally::default();
        for &(part, state) in rows {
            let expected = expect.or((part == Part::Named).then_some(Open));
            tally.count(Key::default(), part, expected, state);
        }
        let (summary, misses) = tally.finish(Duration::from_millis(5));
        assert_eq!(summary.ok, misses.is_empty());
        assert_eq!(summary.probed, rows.len() as u64);
        Exit::of(&Ok(Done::Answers(misses)))
    }

    #[test]
    fn codes() {
        let named = Part::Named;
        let rows: &[(&[(Part, State)], u8)] = &[
            (&[], 0),
            (&[(named, Open)], 0),
            (&[(named, Closed)], 4),
            (&[(named, Filtered)], 5),
            (&[(named, Silent)], 5),
            (&[(named, Rejected)], 6),
            (&[(named, Unreachable)], 6),
            (&[(named, Error)], 1),
            (&[(named, Closed), (named, Filtered)], 9),
            (&[(named, Closed), (named, Open)], 4),
            // A range is held to one open port.
            (&[(RANGE, Closed), (RANGE, Open), (RANGE, Filtered)], 0),
            (&[(RANGE, Closed), (RANGE, Closed)], 4),
            (&[(RANGE, Closed), (RANGE, Filtered)], 9),
            (&[(RANGE, Open), (RANGE, Error)], 1),
            (&[(named, Closed), (RANGE, Open)], 4),
            (&[(named, Closed), (RANGE, Filtered)], 9),
            (&[(RANGE, Open), (BLOCK, Filtered)], 5),
        ];
        for (rows, want) in rows {
            assert_eq!(code(None, rows), Exit::Code(*want), "{rows:?}");
        }
    }

    #[test]
    fn what_is_expected_is_expected_of_every_port() {
        type Row = (State, &'static [(Part, State)], u8);
        let rows: &[Row] = &[
            (Closed, &[(Part::Named, Closed), (RANGE, Closed)], 0),
            (Closed, &[(RANGE, Closed), (RANGE, Open)], 9),
            (Closed, &[(RANGE, Closed), (RANGE, Filtered)], 5),
            (Open, &[(RANGE, Open), (RANGE, Closed)], 4),
            (Filtered, &[(BLOCK, Filtered), (BLOCK, Error)], 1),
        ];
        for (expect, rows, want) in rows {
            assert_eq!(code(Some(*expect), rows), Exit::Code(*want), "{rows:?}");
        }
    }
}
