//! The promises of `sock`, kept by the real binary against real peers.
//!
//! One integration binary: it links once and shares its peers and its lab. All
//! traffic stays on loopback or in network namespaces of the test's own, every
//! port is the kernel's choice, nothing sleeps and every wait has a deadline.
//! A peer that is missing is a reported skip, or a failure where
//! `SOCK_REQUIRE_PEERS=1`.

mod support;

mod banner;
mod bytes;
mod carriers;
mod completion;
mod conversation;
mod datagrams;
mod endings;
mod errors;
mod examples;
mod firewall;
mod flags;
mod floods;
mod generated;
mod json;
mod killed;
mod knocks;
mod memory;
mod messages;
mod neighbours;
mod options;
mod package;
mod pauses;
mod probe;
mod progress;
mod promises;
mod rations;
mod reasons;
mod scale;
mod schema;
mod scripts;
mod seeing;
mod series;
mod serve_accept;
mod serve_addresses;
mod serve_command;
mod serve_command_end;
mod serve_datagrams;
mod serve_door;
mod serve_end;
mod serve_load;
mod serve_messages;
mod serve_path;
mod serve_queue;
mod serve_reply;
mod shape;
mod signals;
mod startup;
mod streams;
mod stuck;
mod transfer;
mod udp;
mod usage;
mod usage_habits;
