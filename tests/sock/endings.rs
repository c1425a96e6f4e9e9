//! The end of a conversation (DESIGN rules 2 to 7) as tables: what the peer
//! does, what our stdin and stdout are, and what has to come of it, for every
//! verb, over TCP and Unix sockets, on every carrier. The expectations are the
//! contract's; each timer is held to its 100 ms.

mod conversations;
mod datagrams;
mod one_way;
mod peers;
mod row;
mod run;
