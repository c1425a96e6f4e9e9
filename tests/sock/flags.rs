//! `--send-flags` and `--recv-flags`: every flag on every type of socket, with
//! its effect, or the kernel's refusal, or a word that it does nothing there.

mod effects;
mod table;
mod waitall;
