//! Sends the packets of a walk.

use std::time::{Duration, Instant};

use nix::libc;
use socket2::Socket;

use super::look::Detail;
use super::{Flying, STEP, Told, Walk};
use crate::probe::flight::{Flight, Twin};
use crate::probe::{Outcome, Peer, Question, tcp, udp};
use crate::verdict::{Evidence, Protocol};

impl Walk<'_> {
    /// Sends a packet, from the port of the flow if it `follows` it.
    pub(super) fn put(&mut self, ttl: Option<u8>, wait: Duration, follows: bool, told: Told<'_>) {
        // Asked again, it is no longer waited for.
        self.flying
            .retain(|flying| flying.ttl.is_none() || flying.ttl != ttl);
        if follows && self.flying.iter().any(|flying| flying.ttl.is_some()) {
            // A silent one has the port, and errors would get to either.
            self.flow.move_on();
        }
        let mut is_second = false;
        loop {
            let began = Instant::now();
            let socket = match follows {
                true => self.flow.next(ttl),
                false => self.flow.beside(ttl),
            };
            let (socket, outcome) = match socket {
                Err(error) => (None, Outcome::failed(&error)),
                Ok(socket) => {
                    let outcome = match self.flow.protocol {
                        Protocol::Udp => udp::ask(&socket, self.flow.peer, self.data(0)),
                        _ => tcp::ask(&socket, self.flow.peer),
                    };
                    (Some(socket), outcome)
                }
            };
            let evidence = match (outcome, socket) {
                (Outcome::Pending, Some(socket)) => {
                    let flight = self.flight(wait, socket, began);
                    self.flying.push(Flying {
                        ttl,
                        due: flight.first(),
                        patience: ttl.map(|_| began + wait.min(STEP)),
                        flight,
                    });
                    return;
                }
                // The last packet of the flow is still remembered by somebody.
                (Outcome::Short(libc::EADDRNOTAVAIL) | Outcome::MetItself, _) if !is_second => {
                    self.flow.move_on();
                    is_second = true;
                    continue;
                }
                (Outcome::Short(errno), _) => (Evidence::errno(errno), Some(0)),
                (Outcome::Settled(evidence, sent), _) => (evidence, sent),
                (Outcome::Replied(_, sent), _) => (Evidence::Reply, Some(sent)),
                (Outcome::MetItself | Outcome::Pending, _) => (Evidence::Silence, None),
            };
            self.hear(ttl, began, evidence, Detail::default(), told);
            return;
        }
    }

    fn flight(&self, wait: Duration, socket: Socket, began: Instant) -> Flight {
        Flight {
            question: Question {
                id: 0,
                peer: Peer::Inet(self.flow.peer),
                protocol: self.flow.protocol,
                wait,
                of_many: false,
            },
            accepted: None,
            socket,
            twin: Twin::None,
            began,
            sent: u32::from(self.flow.protocol == Protocol::Udp),
            met: 0,
            dropped: None,
        }
    }
}
