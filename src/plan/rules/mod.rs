//! Rules between options, small functions named for the mistake.

mod listen;
mod pieces;
mod probe;
mod socket;

use super::{Kind, Wrong};
use crate::cli;
use crate::stage::resolve::{self, Family};

pub use listen::*;
pub use pieces::*;
pub use probe::*;
pub use socket::*;

/// The options of the resolve stage.
pub fn resolve(typed: &cli::Resolve) -> resolve::Options {
    resolve::Options {
        family: match (typed.ipv4, typed.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        },
        numeric: typed.numeric,
        timeout: typed.resolve_timeout,
    }
}

/// Options that mean nothing without another one.
pub fn goes_with(needed: &str, given: bool, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if !given => Err(Wrong(format!("{option} goes with {needed}"))),
        _ => Ok(()),
    }
}

/// Options about the end of a conversation, where there is none.
pub fn datagrams_have_no_end(kind: Kind, typed: &cli::Close) -> Result<(), Wrong> {
    let given = [
        ("--on-eof", typed.on_eof.is_some()),
        ("--grace", typed.grace.is_some()),
        ("--quit-after-eof", typed.quit_after_eof.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) if kind == Kind::Datagram => Err(Wrong(format!(
            "{option}: datagrams have no end; --idle says when they are over"
        ))),
        _ => Ok(()),
    }
}
