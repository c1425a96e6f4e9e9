//! Who may come in, asked of each who comes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use socket2::SockAddr;

use crate::event::Event;
use crate::guests::Guests;
use crate::run::{Run, Seldom};
use crate::stage::bind::Bound;
use crate::stage::socket::name;

/// Knows the guests, and counts those who are none.
#[derive(Debug)]
pub struct Doorkeeper {
    guests: Guests,
    refused: AtomicU64,
    /// When a datagram was last told to be refused.
    told: Mutex<Seldom>,
}

impl Doorkeeper {
    /// For these guests.
    pub fn new(guests: Guests) -> Doorkeeper {
        Doorkeeper {
            guests,
            refused: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    /// How many were refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Somebody has said who comes (`--allow`).
    pub fn trusts(&self) -> bool {
        self.guests.are_named()
    }

    /// Whether a peer that was accepted may stay; a Unix socket has its mode.
    pub fn lets_in(&self, run: &mut Run, bound: &Bound, peer: &SockAddr) -> bool {
        let Some(reason) = self.objection(peer) else {
            return true;
        };
        self.refuse(run, &bound.address, peer, reason);
        false
    }

    /// Whether a datagram is to be heard. One that is not is told at most once
    /// a second: anybody can send as many as he likes.
    pub fn hears(&self, run: &mut Run, local: &str, from: &Option<SockAddr>) -> bool {
        let Some((from, reason)) = (from.as_ref()).and_then(|f| Some((f, self.objection(f)?)))
        else {
            return true;
        };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.is_due(Instant::now()) {
            true => self.refuse(run, local, from, reason),
            false => drop(self.refused.fetch_add(1, Ordering::Relaxed)),
        }
        false
    }

    fn objection(&self, from: &SockAddr) -> Option<String> {
        self.guests.objection(from.as_socket()?.ip())
    }

    fn refuse(&self, run: &mut Run, local: &str, from: &SockAddr, reason: String) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        run.tell(Event::Refused {
            address: name(from),
            local: local.to_owned(),
            reason,
            refused: self.refused(),
        });
    }
}
