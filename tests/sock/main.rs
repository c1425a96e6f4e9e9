//! The promises of `sock`, kept by the real binary against real peers.
