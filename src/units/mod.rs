//! Durations, sizes and rates. Pure.

mod duration;
mod human;
mod rate;
mod size;

pub use duration::{Limit, display, duration, duration_or_inf};
pub use human::{human_bytes, human_time};
pub use rate::Rate;
pub use size::Size;
