//! Ending a question that met with silence: it is believed, doubted, or asked once
//! more.

use std::net::IpAddr;
use std::time::Instant;

use socket2::Socket;

use super::finding::Finding;
use super::{Earlier, Engine, Halt};
use crate::probe::Question;
use crate::probe::pace::{Asked, Silence};
use crate::verdict::{Evidence, Protocol};

impl Engine<'_, '_, '_> {
    /// A question in flight has met with silence, since it `began`.
    pub(super) fn silent(
        &mut self,
        question: &Question,
        socket: Option<&Socket>,
        began: Instant,
        sent: Option<u32>,
    ) -> Result<(), Halt> {
        let now = Instant::now();
        let evidence = match self.schedule.silent(question, now) {
            Silence::Believed => Evidence::Silence,
            Silence::Limited => Evidence::Rationed(None),
            Silence::Doubted => return Ok(()),
        };
        if self.asks_again(question, began, sent, now) {
            return Ok(());
        }
        let evidence = match self.doubt(question, began, sent) {
            Some((_, Silence::Doubted)) => return Ok(()),
            Some((by, _)) => Evidence::Rationed(Some(by)),
            None => evidence,
        };
        self.report(question, Finding::new(&evidence, now - began, sent, socket))
    }

    /// A doubt has come to its end.
    pub(super) fn rule(
        &mut self,
        question: &Question,
        asked: &Asked,
        ruling: Silence,
    ) -> Result<(), Halt> {
        let evidence = match ruling {
            Silence::Limited => Evidence::Rationed(self.schedule.rationed_by(question)),
            Silence::Believed | Silence::Doubted => Evidence::Silence,
        };
        let (began, sent) = (asked.began, Some(asked.sent));
        if self.asks_again(question, began, sent, Instant::now()) {
            return Ok(());
        }
        let finding = Finding::new(&evidence, began.elapsed(), sent, None);
        self.report(question, finding)
    }

    /// What to make of the silence of a TCP port if somebody who rejects others
    /// there may have had no ICMP error left for it, and who that is.
    fn doubt(
        &mut self,
        question: &Question,
        began: Instant,
        sent: Option<u32>,
    ) -> Option<(IpAddr, Silence)> {
        if question.protocol != Protocol::Tcp {
            return None;
        }
        let by = self.desk.rationed_by(question.peer.ip()?)?;
        // Nobody rejects what reaches nobody.
        if self.is_nobody(question, began.elapsed()) {
            return None;
        }
        let earlier = self.earlier.get(&question.id);
        let (began, before) = earlier.map_or((began, 0), |was| (was.began, was.sent));
        let asked = Asked::before(began, before + sent.unwrap_or(0));
        if !self.desk.doubt(by, question.clone(), asked) {
            return Some((by, Silence::Limited));
        }
        self.earlier.remove(&question.id);
        Some((by, Silence::Doubted))
    }

    /// Whether a silent question is asked once more, as `Options::retries` says.
    fn asks_again(
        &mut self,
        question: &Question,
        began: Instant,
        sent: Option<u32>,
        now: Instant,
    ) -> bool {
        if self.options.retries == 0 {
            return false;
        }
        let earlier = self.earlier.entry(question.id).or_insert(Earlier {
            began,
            sent: 0,
            times: 0,
        });
        if earlier.times >= self.options.retries {
            return false;
        }
        earlier.times += 1;
        earlier.sent += sent.unwrap_or(0);
        self.schedule.again(question.clone(), now);
        true
    }
}
