//! The results of `probe` for people: aligned rows that say why, and many of
//! one state folded into one. Pure.
//!
//! Rows come in the order of their answers and are told in the order of the
//! targets; what is folded is not kept, so that a block larger than memory
//! still has a table.

mod difference;
mod fold;
mod layout;
mod line;
mod ranges;
mod series;

use std::collections::BTreeMap;

use crate::event::{Probe, Summary};
use crate::verdict::State;
pub use difference::difference;
use fold::{Group, Key};
pub use layout::wrapped;
pub use line::{row, summary, tsv};
pub use series::{attempt, statistics, statistics_line};

/// The rows so far.
#[derive(Debug, Default)]
pub struct Table {
    groups: BTreeMap<Key, Group>,
}

impl Table {
    /// Takes a row; without `all`, rows beyond those that are shown are folded.
    pub fn push(&mut self, row: Probe, all: bool) {
        let group = self.groups.entry(Key::of(&row)).or_default();
        group.push(row, all);
    }

    /// The table with its summary, lines no longer than `width` columns as far
    /// as words allow; nothing is left of it here.
    pub fn render(&mut self, counts: &Summary, color: bool, width: usize) -> String {
        let groups = std::mem::take(&mut self.groups);
        let mut text = layout::lines(groups, color, width);
        text.push_str(&summary(counts));
        text.push('\n');
        text
    }
}

/// The word for a state, or for not having come to one.
fn word(state: Option<State>) -> &'static str {
    state.map_or("unfinished", State::name)
}

#[cfg(test)]
mod tests;
