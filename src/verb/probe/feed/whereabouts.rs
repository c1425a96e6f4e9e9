//! Where a target is: known at once, or when its name has been looked up.

use std::time::{Duration, Instant};

use super::{Fed, Feed, Pending, Wanted, tell};
use crate::address::Host;
use crate::failure::{Class, StageError};
use crate::run::Run;
use crate::stage::resolve::{Asked, Ticket};
use crate::targets::{Target, TargetHost};
use crate::verb::probe::reach;
use crate::verb::probe::subject::{At, Subject};
use crate::verdict::State;

/// Names whose addresses are remembered.
const KNOWN: usize = 1024;

impl Feed<'_> {
    pub(super) fn placed(&mut self, target: Target, expect: Option<State>) -> Wanted {
        self.places += 1;
        Wanted {
            place: self.places,
            target,
            expect,
        }
    }

    /// Finds out where a target is, now or later.
    pub(super) fn want(&mut self, run: &mut Run, target: Target, expect: Option<State>) {
        let wanted = self.placed(target, expect);
        let host = match &wanted.target.host {
            TargetHost::Unix(unix) => {
                let at = At::Unix(reach::path(unix));
                return self.found(wanted, Ok(at));
            }
            TargetHost::Cidr(block) => {
                let at = reach::block(block, self.plan).map_err(|error| tell(run, error));
                return self.found(wanted, at);
            }
            TargetHost::Host(host) => host.clone(),
        };
        if let Some(at) = self.known.get(&host) {
            let at = at.clone();
            return self.found(wanted, at);
        }
        if let Some(pending) = (self.asked.get(&host)).and_then(|t| self.pending.get_mut(t)) {
            self.waiting += 1;
            pending.wanted.push(wanted);
            return;
        }
        match self.lookups.ask(&host) {
            Ok(Asked::Asked(ticket)) => {
                self.waiting += 1;
                self.asked.insert(host.clone(), ticket);
                let pending = Pending {
                    host,
                    since: Instant::now(),
                    wanted: vec![wanted],
                };
                self.pending.insert(ticket, pending);
            }
            Ok(Asked::Known(address)) => {
                let at = reach::addresses(&host, self.plan, vec![address]);
                let at = at.map_err(|error| tell(run, error));
                self.found(wanted, at);
            }
            Err(error) => {
                let class = tell(run, error);
                self.remember(host, Err(class));
                self.found(wanted, Err(class));
            }
        }
    }

    pub(super) fn looked_up(
        &mut self,
        run: &mut Run,
        ticket: Ticket,
        addresses: Result<Vec<std::net::SocketAddr>, StageError>,
    ) {
        let Some(pending) = self.pending.remove(&ticket) else {
            return;
        };
        let Pending {
            host,
            since,
            wanted,
        } = pending;
        let at = addresses.and_then(|addresses| reach::addresses(&host, self.plan, addresses));
        let at = at.map_err(|error| tell(run, error));
        self.asked.remove(&host);
        self.remember(host, at.clone());
        self.waiting -= wanted.len();
        for wanted in wanted {
            self.ready
                .push_back(fed(wanted, at.clone(), Some(since.elapsed())));
        }
    }

    fn found(&mut self, wanted: Wanted, at: Result<At, Class>) {
        self.ready.push_back(fed(wanted, at, None));
    }

    fn remember(&mut self, host: Host, at: Result<At, Class>) {
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        self.known.insert(host, at);
    }
}

fn fed(wanted: Wanted, at: Result<At, Class>, lookup: Option<Duration>) -> Fed {
    match at {
        Ok(at) => Fed::Subject(subject(wanted, at, lookup)),
        Err(class) => Fed::Missing(class),
    }
}

pub(super) fn subject(wanted: Wanted, at: At, lookup: Option<Duration>) -> Subject {
    Subject {
        place: wanted.place,
        name: wanted.target.host.to_string(),
        at,
        ports: wanted.target.ports,
        expect: wanted.expect,
        lookup,
    }
}
