//! Ending a question: what was learned goes to the judge, and the verdict to
//! the client.

use std::time::{Duration, Instant};

use nix::libc;
use socket2::Socket;

use super::finding::{self, Finding};
use super::{BATCH, Engine, Halt};
use crate::probe::flight::{Flight, Twin};
use crate::probe::pace::{CONTROL, Heard};
use crate::probe::{Answer, Banner, Outcome, Question};
use crate::verdict::{Evidence, Greeting, Protocol, State, judge};

impl Engine<'_, '_, '_> {
    /// Ends a flight, unless it goes on.
    pub(super) fn conclude(&mut self, token: u64, outcome: Outcome) -> Result<(), Halt> {
        if matches!(outcome, Outcome::Pending) {
            return Ok(());
        }
        let Some(flight) = self.flights.take(token) else {
            return Ok(());
        };
        if matches!(flight.twin, Twin::Asks(_)) {
            self.twins -= 1;
        }
        let Flight {
            question,
            socket,
            began,
            met,
            ..
        } = flight;
        match outcome {
            Outcome::Pending => Ok(()),
            Outcome::Settled(Evidence::Connected, sent) if self.options.listen.is_some() => {
                self.listen(question, Some(socket), began, sent)
            }
            Outcome::Settled(evidence, sent) => {
                self.answer(&question, Some(&socket), began, &evidence, sent)
            }
            Outcome::Replied(reply, sent) => {
                self.replied(&question, Some(&socket), began, reply, sent)
            }
            Outcome::Short(errno) => self.put_back(question, began, errno),
            Outcome::MetItself => {
                // The port must be free again before it is asked.
                drop(socket);
                self.ask(question, met + 1)
            }
        }
    }

    /// This machine is short of something: later, or if there is no later, an
    /// error.
    pub(super) fn put_back(
        &mut self,
        question: Question,
        began: Instant,
        errno: i32,
    ) -> Result<(), Halt> {
        match self.schedule.put_back(question, Instant::now()) {
            None => Ok(()),
            Some(question) => {
                let sent = (question.protocol != Protocol::Unix).then_some(0);
                let evidence = Evidence::errno(errno);
                self.report(
                    &question,
                    Finding::new(&evidence, began.elapsed(), sent, None),
                )
            }
        }
    }

    /// A question in flight has its answer.
    pub(super) fn answer(
        &mut self,
        question: &Question,
        socket: Option<&Socket>,
        began: Instant,
        evidence: &Evidence,
        sent: Option<u32>,
    ) -> Result<(), Halt> {
        self.answer_with(question, socket, began, evidence, sent, None)
    }

    /// A question in flight has a UDP reply.
    pub(super) fn replied(
        &mut self,
        question: &Question,
        socket: Option<&Socket>,
        began: Instant,
        reply: Vec<u8>,
        sent: u32,
    ) -> Result<(), Halt> {
        let banner = self.options.listen.map(|_| Banner {
            greeting: Greeting::Spoke,
            heard: reply,
            time: began.elapsed(),
        });
        self.answer_with(
            question,
            socket,
            began,
            &Evidence::Reply,
            Some(sent),
            banner,
        )
    }

    fn answer_with(
        &mut self,
        question: &Question,
        socket: Option<&Socket>,
        began: Instant,
        evidence: &Evidence,
        sent: Option<u32>,
        banner: Option<Banner>,
    ) -> Result<(), Halt> {
        let now = Instant::now();
        // Silence has lasted since the first time it was asked; an answer is as
        // old as the question it answers.
        let (silent_since, asked_at, sent) = match self.schedule.asked(question) {
            Some(asked) if asked.sent > 0 => (asked.began, asked.since(), Some(asked.sent)),
            _ => (began, began, sent),
        };
        let heard = match evidence {
            Evidence::Silence => return self.silent(question, socket, silent_since, sent),
            Evidence::Errno { icmp: Some(_), .. } => Heard::Icmp,
            _ => Heard::Other,
        };
        self.schedule.finished(question, heard, now);
        let finding = Finding::new(evidence, now - asked_at, sent, socket);
        self.report(question, Finding { banner, ..finding })
    }

    /// Whether what has been sent in this time was for a host that is not there:
    /// the kernel takes longer to say so than one of many is given.
    pub(super) fn is_nobody(&mut self, question: &Question, time: Duration) -> bool {
        let now = Instant::now();
        match (question.peer.inet(), now.checked_sub(time)) {
            (Some(peer), Some(since)) => self.neighbours.is_unanswered(peer, since, now),
            _ => false,
        }
    }

    /// What the table of neighbours knows better: silence is that of nobody, and
    /// what was dropped here may have found no place in it, as in a large block
    /// on our own link with hardly a host.
    fn neighbourly(
        &mut self,
        question: &Question,
        evidence: &Evidence,
        time: Duration,
    ) -> Option<Evidence> {
        match evidence {
            Evidence::Silence if self.is_nobody(question, time) => Some(Evidence::NoNeighbour),
            Evidence::LocalDrop => {
                let (peer, now) = (question.peer.inet()?, Instant::now());
                let since = now.checked_sub(time)?;
                let is_full = self.neighbours.is_full(peer, since, now);
                is_full.then(|| Evidence::errno(libc::ENOBUFS))
            }
            _ => None,
        }
    }

    pub(super) fn report(&mut self, question: &Question, finding: Finding<'_>) -> Result<(), Halt> {
        if question.id == CONTROL {
            return Ok(());
        }
        let Finding {
            evidence,
            time,
            sent,
            socket,
            ..
        } = finding;
        let earlier = self.earlier.remove(&question.id);
        let is_again = earlier.is_some();
        let (time, sent) = match earlier {
            None => (time, sent),
            Some(earlier) => {
                let is_silence = matches!(evidence, Evidence::Silence | Evidence::Rationed(_));
                // Silence has lasted since the first try; an answer is as old as
                // the question it answers.
                let time = if is_silence {
                    earlier.began.elapsed()
                } else {
                    time
                };
                (time, sent.map(|sent| sent + earlier.sent))
            }
        };
        let known = self.neighbourly(question, evidence, time);
        let evidence = known.as_ref().unwrap_or(evidence);
        let local = socket.and_then(|socket| finding::local(socket, evidence));
        let own = finding::own(question, local, evidence);
        let verdict = judge(question.protocol, question.peer.ip(), own, evidence);
        if question.protocol == Protocol::Tcp
            && verdict.state == State::Rejected
            && let Some(by) = verdict.by
        {
            self.desk.rejected(question, by, time, is_again);
        }
        // Open by an error: reset before anybody could listen.
        let is_cut = self.options.listen.is_some()
            && question.protocol == Protocol::Tcp
            && verdict.state == State::Open;
        let banner = finding
            .banner
            .or_else(|| is_cut.then(Banner::reset_at_once));
        let answer = Answer {
            id: question.id,
            verdict,
            time,
            syns: sent,
            local,
            rtt: finding.rtt.or_else(|| finding::rtt(socket, evidence)),
            banner,
        };
        self.answers.push(answer);
        match self.answers.len() < BATCH {
            true => Ok(()),
            false => self.deliver(),
        }
    }
}
