//! Ports and port lists (`22,80,8000-8100,https`). Pure.
//!
//! A list remembers what was typed, because a port named by itself and a port
//! inside a range are asked differently (DESIGN 6): different patience, and a
//! different idea of success.

use std::fmt;
use std::sync::Arc;

use crate::services::Services;
use crate::word::WordError;

mod item;
mod pieces;
mod set;
#[cfg(test)]
mod tests;

use item::{Zero, item};
pub use pieces::Ports;
use pieces::{Piece, pieces};

/// One item of a port list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortItem {
    /// A port named by itself.
    One(u16),
    /// All ports from the first to the second, both included; the first is
    /// never above the second.
    Range(u16, u16),
}

/// A port of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Port {
    /// The port number.
    pub number: u16,
    /// Where in [`PortList::items`] the range stands that it came from; `None`
    /// when it was named by itself.
    pub range: Option<usize>,
}

/// What was typed as a list of ports. Never empty; a copy costs next to nothing,
/// because thousands of targets may share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PortList {
    items: Arc<[PortItem]>,
    /// What the items amount to.
    pieces: Arc<[Piece]>,
}

impl PortList {
    /// Reads a list of ports of another machine: 1 to 65535.
    ///
    /// # Errors
    /// The word as a whole, with the form that was probably meant.
    pub fn parse(text: &str, svc: &dyn Services) -> Result<Self, WordError> {
        Self::read(text, svc, Zero::Refused)
    }

    /// Reads a list of ports of this machine, where 0 lets the system choose.
    ///
    /// # Errors
    /// As for [`PortList::parse`].
    pub fn parse_local(text: &str, svc: &dyn Services) -> Result<Self, WordError> {
        Self::read(text, svc, Zero::Allowed)
    }

    /// Whether `text` consists of digits, commas and ranges only, and so is
    /// meant as ports even where a host could stand. It may still be a wrong
    /// list.
    pub fn looks_like(text: &str) -> bool {
        text.bytes().any(|b| b.is_ascii_digit())
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b',' || b == b'-')
    }

    /// The items in the order in which they were typed.
    pub fn items(&self) -> &[PortItem] {
        &self.items
    }

    /// Every port once, lazily and in the order in which it was typed. A port
    /// that is named by itself is not given again by a range that holds it,
    /// even if the range comes first.
    pub fn iter(&self) -> Ports {
        Ports::of(Arc::clone(&self.pieces))
    }

    /// How many different ports there are.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Never: a list has at least one port.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The port, if the list is one port named by itself.
    pub fn single(&self) -> Option<u16> {
        match self.items[..] {
            [PortItem::One(port)] => Some(port),
            _ => None,
        }
    }

    /// Whether any item is a range.
    pub fn is_range(&self) -> bool {
        let is_range = |item: &PortItem| matches!(item, PortItem::Range(..));
        self.items.iter().any(is_range)
    }

    /// The items of both lists, these first.
    pub fn and(self, more: Self) -> Self {
        Self::of(self.items.iter().chain(&*more.items).copied().collect())
    }

    fn of(items: Vec<PortItem>) -> Self {
        Self {
            pieces: pieces(&items).into(),
            items: items.into(),
        }
    }

    fn read(text: &str, svc: &dyn Services, zero: Zero) -> Result<Self, WordError> {
        if text.is_empty() {
            return Err(WordError::new(text, "a port or a list of ports"));
        }
        let parts: Vec<&str> = text.split(',').collect();
        if parts.iter().any(|part| part.is_empty()) {
            let full: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            let error = WordError::new(text, "a port on each side of every comma");
            return Err(match full.is_empty() {
                true => error,
                false => error.meant(full.join(",")),
            });
        }
        let mut items = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let whole = |meant: &str| {
                let mut parts = parts.clone();
                parts[index] = meant;
                parts.join(",")
            };
            items.push(item(part, svc, zero).map_err(|mut error| {
                if parts.len() > 1 {
                    error.expected.push_str(&format!(" in place of `{part}`"));
                }
                error.within(text, whole)
            })?);
        }
        Ok(Self::of(items))
    }
}

impl From<u16> for PortList {
    fn from(port: u16) -> Self {
        Self::of(vec![PortItem::One(port)])
    }
}

impl fmt::Display for PortItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(port) => write!(f, "{port}"),
            Self::Range(low, high) => write!(f, "{low}-{high}"),
        }
    }
}

impl fmt::Display for PortList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.items.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{item}")?;
        }
        Ok(())
    }
}
