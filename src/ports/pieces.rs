//! A list without its repetitions: what its items amount to, worked out once.

use std::sync::Arc;

use super::set::Set;
use super::{Port, PortItem};

/// Ports next to each other that come from one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Piece {
    first: u16,
    last: u16,
    /// The index of the range; `None` for a port named by itself.
    range: Option<usize>,
}

impl Piece {
    /// How many ports it has.
    pub fn len(&self) -> usize {
        usize::from(self.last - self.first) + 1
    }
}

/// The ports of all items, each once: a port that is named by itself belongs to
/// that item, any other to the first range that holds it.
pub fn pieces(items: &[PortItem]) -> Vec<Piece> {
    // Nothing to repeat: no sets for each of a million lines.
    if let [item] = items {
        return vec![whole(0, item)];
    }
    let mut named = Set::new();
    for item in items {
        if let PortItem::One(port) = item {
            named.insert(*port);
        }
    }
    let mut given = Set::new();
    let mut pieces: Vec<Piece> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let Piece { first, last, range } = whole(index, item);
        for port in first..=last {
            if (range.is_some() && named.contains(port)) || !given.insert(port) {
                continue;
            }
            match pieces.last_mut() {
                Some(piece)
                    if range.is_some() && piece.range == range && piece.last + 1 == port =>
                {
                    piece.last = port;
                }
                _ => pieces.push(Piece {
                    first: port,
                    last: port,
                    range,
                }),
            }
        }
    }
    pieces
}

fn whole(index: usize, item: &PortItem) -> Piece {
    match *item {
        PortItem::One(port) => Piece {
            first: port,
            last: port,
            range: None,
        },
        PortItem::Range(first, last) => Piece {
            first,
            last,
            range: Some(index),
        },
    }
}

/// The ports of a list, lazily.
#[derive(Debug, Clone)]
pub struct Ports {
    pieces: Arc<[Piece]>,
    /// The piece under way, and how many of its ports have been given.
    at: usize,
    given: usize,
}

impl Ports {
    pub(super) fn of(pieces: Arc<[Piece]>) -> Ports {
        Ports {
            pieces,
            at: 0,
            given: 0,
        }
    }
}

impl Iterator for Ports {
    type Item = Port;

    fn next(&mut self) -> Option<Port> {
        let piece = self.pieces.get(self.at)?;
        let number = piece.first + self.given as u16;
        self.given += 1;
        if self.given == piece.len() {
            self.at += 1;
            self.given = 0;
        }
        Some(Port {
            number,
            range: piece.range,
        })
    }
}
