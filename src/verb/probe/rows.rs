//! Which row an answer belongs to, and when that row can be told. Keeps what is
//! in flight and nothing else. Pure.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::subject::{Ask, Subject};
use crate::ports::Port;
use crate::probe::Answer;

/// A row that is complete, or (without an answer) will never be.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub subject: Arc<Subject>,
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
    /// The subjects that have rows here or may get more, by their place.
    subjects: HashMap<usize, Under>,
    waiting: usize,
    is_exhausted: bool,
}

/// A subject under way.
#[derive(Debug, Default)]
struct Under {
    /// The slot of its latest row.
    latest: usize,
    /// Its rows that wait.
    waiting: usize,
    is_exhausted: bool,
}

/// Bits of a question's id that hold its index in its row; the others hold the
/// slot. A name has fewer addresses than a message of DNS has bytes.
const INDEX_BITS: u32 = 16;

#[derive(Debug)]
struct Slot {
    subject: Arc<Subject>,
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
    /// Gives a question its id; `None` if its row has been told meanwhile.
    pub fn admit(&mut self, ask: &Ask) -> Option<usize> {
        let slot = match ask.index {
            0 => self.begin(ask),
            _ => self.subjects.get(&ask.subject.place)?.latest,
        };
        if self.slots[slot].is_told {
            self.release(slot);
            return None;
        }
        Some(slot << INDEX_BITS | ask.index)
    }

    fn begin(&mut self, ask: &Ask) -> usize {
        let row = Slot {
            subject: Arc::clone(&ask.subject),
            port: ask.port,
            address: ask.address.filter(|_| ask.of == 1),
            left: ask.of,
            best: None,
            is_told: false,
        };
        self.waiting += 1;
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = row;
                slot
            }
            None => {
                self.slots.push(row);
                self.slots.len() - 1
            }
        };
        let under = self.subjects.entry(ask.subject.place).or_default();
        under.latest = slot;
        under.waiting += 1;
        slot
    }

    /// The subject of the question that got this id.
    pub fn subject(&self, id: usize) -> Option<&Subject> {
        let slot = self.slots.get(id >> INDEX_BITS)?;
        Some(&slot.subject)
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
    pub fn take(&mut self, answer: Answer) -> Option<Told> {
        let (slot, index) = (answer.id >> INDEX_BITS, answer.id & ((1 << INDEX_BITS) - 1));
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
            let of_name = || row.subject.address(index.unwrap_or(0), row.port);
            Told {
                subject: Arc::clone(&row.subject),
                port: row.port,
                address: row.address.or_else(of_name),
                answer,
            }
        });
        if let Some(told) = &told {
            row.is_told = true;
            self.waiting -= 1;
            if let Some(under) = self.subjects.get_mut(&told.subject.place) {
                under.waiting -= 1;
            }
        }
        self.release(slot);
        told
    }

    /// This subject has no more questions.
    pub fn exhausted_one(&mut self, place: usize) {
        self.subjects.entry(place).or_default().is_exhausted = true;
    }

    /// Whether all rows of a subject have been told; it is forgotten then.
    pub fn retires(&mut self, place: usize) -> bool {
        let is_over = |under: &Under| under.is_exhausted && under.waiting == 0;
        let retires = self.subjects.get(&place).is_some_and(is_over);
        if retires {
            self.subjects.remove(&place);
        }
        retires
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

    /// The rows that wait, at the end of a run that was cut short.
    pub fn unfinished(&self) -> impl Iterator<Item = Told> + '_ {
        let waits = |row: &&Slot| row.left > 0 && !row.is_told;
        self.slots.iter().filter(waits).map(|row| Told {
            subject: Arc::clone(&row.subject),
            port: row.port,
            address: row.address,
            answer: None,
        })
    }
}

#[cfg(test)]
mod tests;
