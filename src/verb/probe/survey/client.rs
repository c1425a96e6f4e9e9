//! What the engines ask of a survey: its questions in turn, an ear for their
//! answers, and whether a signal ends it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::Survey;
use crate::probe::{Answer, Client, Peer, Question, Supply};
use crate::run::USR1;
use crate::verb::probe::rows::Told;
use crate::verb::probe::subject::{Ask, At, Part};
use crate::verdict::Protocol;

/// How long a port named by itself may be silent: a host that is down takes
/// 3.1 s to show as such.
const NAMED: Duration = Duration::from_secs(4);
/// How long one of many may be silent: two SYNs, the second after 1 s.
const OF_MANY: Duration = Duration::from_millis(1300);

impl Client for Survey<'_> {
    fn ask(&mut self) -> Supply {
        loop {
            let more = match self.take_in() {
                Ok(more) => more,
                Err(failure) => {
                    self.ended = Some(failure);
                    return Supply::Done;
                }
            };
            let Some(mut asks) = self.turns.pop_front() else {
                if more == Supply::Done {
                    self.rows.exhausted();
                }
                return more;
            };
            let Some(ask) = asks.next() else {
                self.exhausted(asks.subject().place);
                continue;
            };
            self.turns.push_back(asks);
            if let Some(id) = self.rows.admit(&ask)
                && let Some(question) = self.question(&ask, id)
            {
                return Supply::Question(question);
            }
        }
    }

    fn hear(&mut self, answers: &mut Vec<Answer>) -> ControlFlow<()> {
        let rows = &mut self.rows;
        let told: Vec<Told> = answers.drain(..).filter_map(|a| rows.take(a)).collect();
        if let Err(failure) = self.tell(told) {
            self.ended = Some(failure);
        }
        let is_over = self.tally.is_enough() || self.rows.is_over();
        match self.ended.is_some() || is_over {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn interrupted(&mut self) -> ControlFlow<()> {
        match self.run.signals().take() {
            Some(USR1) => self.progress(),
            Some(number) => {
                self.ended = Some(self.run.signalled(number));
                return ControlFlow::Break(());
            }
            None => {}
        }
        ControlFlow::Continue(())
    }
}

impl Survey<'_> {
    fn question(&self, ask: &Ask, id: usize) -> Option<Question> {
        let plan = self.plan;
        let (peer, protocol) = match (&ask.subject.at, ask.address) {
            (At::Unix(path), _) => (Peer::Unix(path.clone()), Protocol::Unix),
            (_, Some(address)) if plan.udp => (Peer::Inet(address), Protocol::Udp),
            (_, Some(address)) => (Peer::Inet(address), Protocol::Tcp),
            (_, None) => return None,
        };
        let of_many = ask.subject.part(ask.port) != Part::Named;
        let wait = plan.wait.unwrap_or(if of_many { OF_MANY } else { NAMED });
        let left = (self.until).map(|until| until.saturating_duration_since(Instant::now()));
        Some(Question {
            id,
            peer,
            protocol,
            wait: left.map_or(wait, |left| wait.min(left)),
            of_many,
        })
    }
}
