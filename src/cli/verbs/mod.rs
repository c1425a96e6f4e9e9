//! The verbs: which options each has, and the words that open its help.

mod completions;
mod connect;
mod listen;
mod probe;
mod recv;
mod send;

pub use completions::*;
pub use connect::*;
pub use listen::*;
pub use probe::*;
pub use recv::*;
pub use send::*;
