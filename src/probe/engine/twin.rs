//! The second socket of a question of many: lost SYNs must not hide a port.

use std::time::Instant;

use nix::sys::epoll::{EpollEvent, EpollFlags};

use super::{Engine, Halt};
use crate::probe::flight::Twin;
use crate::probe::{Outcome, Peer, tcp};

impl Engine<'_, '_, '_> {
    /// Asks the question of `token` over a second socket, if there is room for
    /// one; the first asks on.
    pub(super) fn twin(&mut self, token: u64, now: Instant) -> Result<(), Halt> {
        let has_room = self.twins < self.options.twins && self.schedule.may_repeat(now);
        let Some(flight) = self.flights.get(token) else {
            return Ok(());
        };
        flight.twin = Twin::None;
        if let Some(at) = flight.next_tcp(now) {
            self.deadlines.push(at, token);
        }
        if !has_room {
            return Ok(());
        }
        let question = flight.question.clone();
        let Peer::Inet(peer) = question.peer else {
            return Ok(());
        };
        // Whatever this machine is short of: the first socket still asks.
        let Ok(socket) = self.socket(&question, peer) else {
            return Ok(());
        };
        let outcome = tcp::ask(&socket, peer);
        let event = EpollEvent::new(EpollFlags::EPOLLOUT, token);
        match outcome {
            Outcome::Pending if self.epoll.add(&socket, event).is_err() => return Ok(()),
            Outcome::Short(_) | Outcome::MetItself => return Ok(()),
            Outcome::Pending | Outcome::Settled(..) | Outcome::Replied(..) => {}
        }
        if let Some(flight) = self.flights.get(token) {
            self.twins += 1;
            flight.twin = Twin::Asks(socket);
            let outcome = flight.over_twin(outcome);
            return self.conclude(token, outcome);
        }
        Ok(())
    }
}
