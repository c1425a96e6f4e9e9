//! The little that is not in socket2 or nix; the only place with `unsafe` or
//! `cfg(target_os)`.

pub mod descriptor;
pub mod signal;
