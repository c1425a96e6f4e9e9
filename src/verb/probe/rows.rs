//! Which row an answer belongs to, and when that row can be told. Keeps what is
//! in flight and nothing else. Pure.

use std::net::SocketAddr;

use super::subject::{Ask, Subject};
use crate::ports::Port;
use crate::probe::Answer;

/// A row that is complete, or (without an answer) will never be.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The subject's index.
    pub subject: usize,
    pub port: Option<Port>,
    /// Whose evidence it shows.
    pub address: Option<SocketAddr>,
    pub answer: Option<Answer>,
}

/// The rows that wait for answers.
#[derive(Debug, Default)]
pub struct Rows {
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// The slot of each subject's latest row, and how many rows it has begun.
    latest: Vec<(usize, usize)>,
    /// The most questions a row has: the id of a question is its slot times
    /// this, plus its index.
    width: usize,
    waiting: usize,
    is_exhausted: bool,
}

#[derive(Debug)]
struct Slot {
    subject: usize,
    port: Option<Port>,
    /// The address of a row that has one question.
    address: Option<SocketAddr>,
    /// Questions of this row that have no answer yet.
    left: usize,
    /// The best evidence so far, with the index of its question.
    best: Option<(usize, Answer)>,
    is_told: bool,
}

impl Rows {
    /// No rows yet.
    pub fn new(subjects: &[Subject], each: bool) -> Rows {
        let widths = subjects.iter().map(|subject| subject.width(each));
        Rows {
            latest: vec![(0, 0); subjects.len()],
            width: widths.max().unwrap_or(1),
            ..Rows::default()
        }
    }

    /// Gives a question its id; `None` if its row has been told meanwhile.
    pub fn admit(&mut self, ask: &Ask) -> Option<usize> {
        if ask.index == 0 {
            let slot = self.begin(ask);
            self.latest[ask.subject].0 = slot;
            self.latest[ask.subject].1 += 1;
        }
        let slot = self.latest[ask.subject].0;
        if self.slots[slot].is_told {
            self.release(slot);
            return None;
        }
        Some(slot * self.width + ask.index)
    }

    fn begin(&mut self, ask: &Ask) -> usize {
        let row = Slot {
            subject: ask.subject,
            port: ask.port,
            address: ask.address.filter(|_| ask.of == 1),
            left: ask.of,
            best: None,
            is_told: false,
        };
        self.waiting += 1;
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = row;
                slot
            }
            None => {
                self.slots.push(row);
                self.slots.len() - 1
            }
        }
    }

    /// One question less for this row.
    fn release(&mut self, slot: usize) {
        let row = &mut self.slots[slot];
        row.left -= 1;
        if row.left == 0 {
            self.free.push(slot);
        }
    }

    /// Takes an answer. Open is the best there can be, so the row is told at
    /// once; otherwise when the last of its addresses has answered.
    pub fn take(&mut self, answer: Answer, subjects: &[Subject]) -> Option<Told> {
        let (slot, index) = (answer.id / self.width, answer.id % self.width);
        let row = &mut self.slots[slot];
        let rank = |index: usize, answer: &Answer| (answer.verdict.state.rank(), index);
        let is_better =
            (row.best.as_ref()).is_none_or(|(at, best)| rank(index, &answer) < rank(*at, best));
        if is_better {
            row.best = Some((index, answer));
        }
        let is_open = (row.best.as_ref()).is_some_and(|(_, best)| best.verdict.state.rank() == 0);
        let told = (!row.is_told && (is_open || row.left == 1)).then(|| {
            let (index, answer) = row.best.take().unzip();
            let of_name = || subjects[row.subject].address(index.unwrap_or(0), row.port);
            Told {
                subject: row.subject,
                port: row.port,
                address: row.address.or_else(of_name),
                answer,
            }
        });
        if told.is_some() {
            row.is_told = true;
            self.waiting -= 1;
        }
        self.release(slot);
        told
    }

    /// There will be no more questions.
    pub fn exhausted(&mut self) {
        self.is_exhausted = true;
    }

    /// Whether everything has been told: what is still in flight can only say
    /// less than what is known.
    pub fn is_over(&self) -> bool {
        self.is_exhausted && self.waiting == 0
    }

    /// Rows that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Rows that a subject has begun.
    pub fn begun(&self, subject: usize) -> usize {
        self.latest[subject].1
    }

    /// The rows that wait, at the end of a run that was cut short.
    pub fn unfinished(&self) -> impl Iterator<Item = Told> + '_ {
        let waits = |row: &&Slot| row.left > 0 && !row.is_told;
        self.slots.iter().filter(waits).map(|row| Told {
            subject: row.subject,
            port: row.port,
            address: row.address,
            answer: None,
        })
    }
}

#[cfg(test)]
mod tests;
