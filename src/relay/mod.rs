//! Bytes between two ends.
//!
//! A [`pump::Pump`] keeps the books of one direction and is pure; a
//! [`carrier::Carrier`] below it holds the bytes that are between source and
//! sink and moves them; an [`ending::Ending`] says when a conversation is over
//! and is pure as well. The [`session`] is the one poll loop that drives them.

pub mod anyone;
pub mod carrier;
pub mod crlf;
pub mod dialogue;
pub mod end;
pub mod ending;
pub mod file;
pub mod input;
pub mod net;
pub mod output;
pub mod pump;
pub mod replay;
pub mod session;
pub mod waiting;
