//! The little that is not in socket2 or nix; the only place with `unsafe` or
//! `cfg(target_os)`.

pub mod broadcast;
pub mod child;
pub mod descriptor;
pub mod errqueue;
pub mod group;
pub mod holder;
pub mod memory;
pub mod neighbour;
pub mod netlink;
pub mod outq;
pub mod pidfd;
pub mod rlimit;
pub mod signal;
pub mod sock_diag;
pub mod sockopt;
pub mod source;
pub mod tcp_info;
pub mod terminal;
