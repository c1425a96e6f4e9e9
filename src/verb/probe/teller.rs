//! Tells the hops of a trace: a router as soon as it was heard and its name is
//! known or takes too long; silence, and how it ends, at the end. Until then a
//! silent router may still be heard.

use std::collections::VecDeque;
use std::time::Instant;

use super::hop::{self, Subject};
use super::names::{DEADLINE, Names};
use crate::event::Hop;
use crate::probe::trace::{Heard, Path};

/// The hops of one trace.
pub struct Teller<'a> {
    subject: &'a Subject<'a>,
    names: &'a mut Names,
    /// Routers that wait for their name, and until when.
    pending: VecDeque<(u8, Heard, Instant)>,
    /// The TTLs of the others.
    told: Vec<u8>,
}

impl<'a> Teller<'a> {
    /// Nothing told yet.
    pub fn new(subject: &'a Subject<'a>, names: &'a mut Names) -> Teller<'a> {
        Teller {
            subject,
            names,
            pending: VecDeque::new(),
            told: Vec::new(),
        }
    }

    /// A TTL was answered.
    pub fn heard(&mut self, ttl: u8, heard: &Heard) {
        if let Some(by) = heard.verdict.by {
            self.names.look_up(by);
        }
        if heard.expired_at().is_some() {
            let due = Instant::now() + DEADLINE;
            self.pending.push_back((ttl, heard.clone(), due));
        }
    }

    /// When the next router has waited long enough.
    pub fn due(&self) -> Option<Instant> {
        self.pending.front().map(|(_, _, due)| *due)
    }

    /// The hops that can be told now.
    pub fn ready(&mut self) -> Vec<Hop> {
        self.names.take();
        let now = Instant::now();
        let mut hops = Vec::new();
        while let Some((ttl, heard, due)) = self.pending.pop_front() {
            let is_asking = heard
                .expired_at()
                .is_some_and(|by| self.names.is_asking(by));
            if is_asking && due > now {
                self.pending.push_front((ttl, heard, due));
                break;
            }
            hops.push(self.hop(ttl, &heard, heard.expired_at()));
            self.told.push(ttl);
        }
        hops
    }

    /// All others, at the end.
    pub fn rest(&mut self, path: &Path) -> Vec<Hop> {
        self.names.settle(Instant::now() + DEADLINE);
        let mut hops = self.ready();
        for (ttl, heard) in (1..).zip(&path.hops) {
            if let Some(heard) = heard
                && !self.told.contains(&ttl)
            {
                hops.push(self.hop(ttl, heard, hop::by(heard, path)));
            }
        }
        hops
    }

    fn hop(&self, ttl: u8, heard: &Heard, by: Option<std::net::IpAddr>) -> Hop {
        let name = by.and_then(|by| self.names.of(by));
        hop::hop(self.subject, ttl, heard, by, name)
    }
}
