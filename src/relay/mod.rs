//! Bytes between two ends.
//!
//! A [`pump::Pump`] keeps the books of one direction and is pure; a
//! [`carrier::Carrier`] below it holds the bytes that are between source and
//! sink and moves them; an [`ending::Ending`] says when a conversation is over
//! and is pure as well. The [`session`] is the one poll loop that drives them.
//!
//! Who wants to see the bytes puts an [`observed::Observed`] around the socket's
//! end; the carriers see from it that they have to copy.

pub mod anyone;
pub mod carrier;
pub mod crlf;
pub mod dialogue;
pub mod digest;
pub mod direction;
pub mod end;
pub mod ending;
pub mod file;
pub mod files;
pub mod input;
pub mod look;
pub mod net;
pub mod observed;
pub mod output;
pub mod pump;
pub mod replay;
pub mod session;
pub mod waiting;
