//! Sees what has become of the packets of a walk, and tells its course.

use std::time::{Duration, Instant};

use super::{Flying, STEP, Told, Walk};
use crate::probe::trace::{Heard, quote};
use crate::probe::{Outcome, tcp, udp};
use crate::sys::errqueue::Entry;
use crate::sys::neighbour;
use crate::sys::tcp_info;
use crate::verdict::{Evidence, Protocol, judge};

/// What the kernel tells besides the answer.
#[derive(Default)]
pub(super) struct Detail {
    pub(super) entry: Option<Entry>,
    pub(super) rtt: Option<Duration>,
}

impl Walk<'_> {
    /// Looks at everything that flies.
    pub(super) fn look(&mut self, told: Told<'_>) {
        let now = Instant::now();
        for mut flying in std::mem::take(&mut self.flying) {
            let data = self.data(flying.flight.sent);
            let flight = &mut flying.flight;
            let is_udp = self.flow.protocol == Protocol::Udp;
            let (mut outcome, entry) = match is_udp {
                true => udp::look_closely(&flight.socket, flight.sent),
                false => tcp::look_closely(&flight.socket),
            };
            let is_due = flying.due.is_some_and(|due| due <= now);
            if is_due && matches!(outcome, Outcome::Pending) {
                (outcome, flying.due) = match is_udp {
                    true => flight.due_udp(data, now),
                    false => flight.due_tcp(now),
                };
            }
            let evidence = match outcome {
                Outcome::Pending => {
                    self.lose_patience(&mut flying, now);
                    self.flying.push(flying);
                    continue;
                }
                Outcome::Settled(evidence, sent) => (evidence, sent),
                Outcome::Replied(_, sent) => (Evidence::Reply, Some(sent)),
                Outcome::Short(errno) => (Evidence::errno(errno), Some(0)),
                Outcome::MetItself => {
                    self.flow.move_on();
                    (Evidence::Silence, None)
                }
            };
            // The silence of a TTL is that of a router, for all that is known.
            let evidence = match evidence {
                (Evidence::Silence, sent)
                    if flying.ttl.is_none()
                        && neighbour::is_unanswered(self.flow.peer, flying.flight.began) =>
                {
                    (Evidence::NoNeighbour, sent)
                }
                evidence => evidence,
            };
            let is_open = evidence.0 == Evidence::Connected;
            let detail = Detail {
                entry,
                rtt: is_open
                    .then(|| tcp_info::tcp_info(&flying.flight.socket).ok()?.rtt())
                    .flatten(),
            };
            self.hear(flying.ttl, flying.flight.began, evidence, detail, told);
        }
    }

    /// Lets the course go on without a TTL that has been silent for a step: a
    /// router may ration its ICMP errors, and takes 3 s to find a host down.
    fn lose_patience(&mut self, flying: &mut Flying, now: Instant) {
        let (Some(ttl), Some(_)) = (flying.ttl, flying.patience.filter(|at| *at <= now)) else {
            return;
        };
        let is_tcp = self.flow.protocol == Protocol::Tcp;
        let flight = &mut flying.flight;
        if is_tcp && flight.dropped != Some(false) && tcp::is_retry_stopped(&flight.socket) {
            // Its SYN was stopped on this machine, which will soon be certain.
            flight.question.wait = flight.question.wait.min(STEP);
            flying.patience = flight.began.checked_add(tcp::RETRIED);
            return;
        }
        flying.patience = None;
        self.course.heard(
            ttl,
            Heard {
                verdict: judge(self.flow.protocol, None, None, &Evidence::Silence),
                time: flight.began.elapsed(),
                rtt: None,
                syns: None,
                ttl: None,
                mss: None,
            },
        );
    }

    pub(super) fn hear(
        &mut self,
        ttl: Option<u8>,
        began: Instant,
        (evidence, syns): (Evidence, Option<u32>),
        Detail { entry, rtt }: Detail,
        told: Told<'_>,
    ) {
        let (protocol, peer) = (self.flow.protocol, self.flow.peer.ip());
        let heard = Heard {
            verdict: judge(protocol, Some(peer), self.own, &evidence),
            time: began.elapsed(),
            rtt,
            syns,
            ttl: entry.and_then(|entry| entry.ttl),
            mss: entry
                .filter(|_| protocol == Protocol::Tcp)
                .and_then(|entry| quote::mss(entry.quote())),
        };
        match ttl {
            Some(ttl) => {
                told(ttl, &heard);
                self.course.heard(ttl, heard);
            }
            None => self.course.heard_itself(heard),
        }
    }
}
