//! Durations, sizes and rates. Pure.
