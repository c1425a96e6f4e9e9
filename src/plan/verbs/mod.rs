//! From the words of one verb to its plan.

mod connect;
mod listen;
mod parts;
mod probe;
mod recv;
mod send;
mod trace;

pub use connect::connect;
pub use listen::listen;
pub use probe::probe;
pub use recv::recv;
pub use send::send;
