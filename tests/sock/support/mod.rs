//! What every test stands on: one strict command builder, the peers, pseudo-
//! terminals, namespaces, and the few waits that are allowed.
//!
//! Nothing here sleeps. A test waits for an event (a line, an exit, a socket in
//! /proc) with a deadline, and the failure carries both transcripts.

pub mod command;
pub mod files;
pub mod json;
pub mod lab;
pub mod like;
pub mod net;
pub mod peer;
pub mod schema;
pub mod shell;
mod survivors;
pub mod tty;
pub mod wait;

pub use command::{Ended, Running, Stdin, Stdout, sock};
pub use files::scratch;
pub use lab::Namespace;
pub use peer::peer;
pub use wait::{SLACK, eventually, took};

pub use nix::sys::signal::Signal;
