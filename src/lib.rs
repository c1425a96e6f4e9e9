//! `sock`: the socket API, one stage at a time.
//!
//! The rooms of the house, in the order in which a run walks through them:
//!
//! argv -> cli -> plan -> verb -> stage/relay/probe -> events -> report -> exit code

// The vocabulary: parse and Display, pure.
pub mod address;
pub mod flags;
pub mod ports;
pub mod services;
pub mod targets;
pub mod text;
pub mod units;
pub mod word;

// What happened and what it means: data.
pub mod event;
pub mod verdict;

// The engine rooms.
pub mod probe;
pub mod sys;
