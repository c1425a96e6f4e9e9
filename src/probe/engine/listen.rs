//! After the handshake: a server that has accepted is listened to, and then the
//! question is over.

use std::time::Instant;

use nix::sys::epoll::EpollEvent;
use socket2::Socket;

use super::finding::{Finding, rtt};
use super::{Engine, Halt};
use crate::probe::accepted::Accepted;
use crate::probe::flight::{Flight, Twin};
use crate::probe::pace::Heard;
use crate::probe::{Banner, Question};
use crate::verdict::Evidence;

impl Engine<'_, '_, '_> {
    /// Listens on a connection that has just been accepted, after `syns` SYNs.
    pub(super) fn listen(
        &mut self,
        question: Question,
        socket: Option<Socket>,
        began: Instant,
        syns: Option<u32>,
    ) -> Result<(), Halt> {
        let (Some(listen), Some(socket)) = (self.options.listen, socket) else {
            return self.answer(&question, None, began, &Evidence::Connected, syns);
        };
        let asked = self.schedule.asked(&question);
        let syns = asked.map(|asked| asked.sent).or(syns);
        let now = Instant::now();
        Accepted::settle(&socket, &question.peer);
        let mut accepted = Accepted::new(now - began, syns, now, listen.patience);
        accepted.rtt = rtt(Some(&socket), &Evidence::Connected);
        let banner = accepted.look(&socket, &listen, now);
        let ends = accepted.ends();
        let interest = accepted.interest(&listen);
        let flight = Flight {
            question,
            socket,
            twin: Twin::None,
            began,
            sent: 0,
            met: 0,
            dropped: None,
            accepted: Some(accepted),
        };
        if let Some(banner) = banner {
            return self.heard(flight, banner);
        }
        // Whether it was waited for until now depends on how fast it was.
        let _ = self.epoll.delete(&flight.socket);
        let token = self.flights.reserve();
        let event = EpollEvent::new(interest, token);
        if let Err(errno) = self.epoll.add(&flight.socket, event) {
            self.flights.settle(token, None);
            return self.put_back(flight.question, began, errno as i32);
        }
        self.flights.settle(token, Some(flight));
        if let Some(at) = ends {
            self.deadlines.push(at, token);
        }
        Ok(())
    }

    /// Something has come, or a moment to stop listening has.
    pub(super) fn hear(&mut self, token: u64) -> Result<(), Halt> {
        let now = Instant::now();
        let Some(listen) = self.options.listen else {
            return Ok(());
        };
        let Some(Flight {
            socket,
            accepted: Some(accepted),
            ..
        }) = self.flights.get(token)
        else {
            return Ok(());
        };
        let before = accepted.interest(&listen);
        let banner = match accepted.look(socket, &listen, now) {
            None if accepted.ends().is_some_and(|ends| ends <= now) => Some(accepted.over(now)),
            banner => banner,
        };
        let Some(banner) = banner else {
            let interest = accepted.interest(&listen);
            if interest != before {
                let mut event = EpollEvent::new(interest, token);
                // Without it the loop is woken once too often, until the end.
                let _ = self.epoll.modify(&*socket, &mut event);
            }
            if let Some(at) = accepted.ends() {
                self.deadlines.push(at, token);
            }
            return Ok(());
        };
        match self.flights.take(token) {
            Some(flight) => self.heard(flight, banner),
            None => Ok(()),
        }
    }

    /// The run ends before its time: what has been accepted is open, whatever
    /// it might still have said.
    pub(super) fn hang_up(&mut self) {
        while let Some(mut flight) = self.flights.take_accepted() {
            let now = Instant::now();
            let Some(banner) = flight.accepted.as_mut().map(|accepted| accepted.over(now)) else {
                continue;
            };
            if self.heard(flight, banner).is_err() {
                break;
            }
        }
    }

    fn heard(&mut self, flight: Flight, banner: Banner) -> Result<(), Halt> {
        let Some(accepted) = &flight.accepted else {
            return Ok(());
        };
        let question = &flight.question;
        let now = Instant::now();
        self.schedule.finished(question, Heard::Other, now);
        let evidence = Evidence::Connected;
        let (time, syns) = (accepted.time, accepted.syns);
        let mut finding = Finding::new(&evidence, time, syns, Some(&flight.socket));
        finding.rtt = accepted.rtt;
        finding.banner = Some(banner);
        self.report(question, finding)
    }
}
