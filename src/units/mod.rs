//! Counts, durations, sizes and rates. Pure.

mod count;
mod duration;
mod human;
mod rate;
mod size;

pub use count::{Count, times};
pub use duration::{Limit, display, duration, duration_or_inf};
pub use human::{human_bytes, human_time};
pub use rate::Rate;
pub use size::Size;
