//! What is asked next: never more at once than the window, never faster than a
//! host can answer, and nothing twice unless the machine ran short. Pure: time
//! comes in as `now`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::Question;
use super::pace::{Heard, Pace};
use super::window::Window;
use crate::verdict::Protocol;

/// The first pause when nothing is in flight and the machine is still short.
const BACKOFF: Duration = Duration::from_millis(10);
/// Pauses, each twice as long as the one before (0.3 s in all), after which
/// the shortage is not going to pass.
const BACKOFFS: u32 = 5;
/// Questions held back for hosts that must rest; beyond these nothing is read
/// from the list.
const HELD: usize = 256;
/// Hosts whose pace is remembered without a look at whether that is still
/// needed: a block has more hosts than memory has room.
const PACES: usize = 4096;

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Put this question. It counts as in flight until `finished` or `put_back`.
    Ask(Question),
    /// Nothing before this moment, or, without one, before something finishes.
    Wait(Option<Instant>),
    /// Nothing is left to ask (questions may still be in flight).
    Done,
}

/// The order of questions.
pub struct Schedule<'a> {
    questions: &'a mut dyn Iterator<Item = Question>,
    is_exhausted: bool,
    /// Questions that the machine could not put; they go first.
    again: VecDeque<Question>,
    /// Questions whose host must rest.
    held: VecDeque<(IpAddr, Question)>,
    /// Ids of questions that are being asked again because their silence was
    /// not believed.
    doubted: HashSet<usize>,
    paces: HashMap<IpAddr, Pace>,
    /// Hosts beyond which those that have rested are forgotten.
    most_paces: usize,
    window: Window,
    in_flight: usize,
    /// Shortages in a row with nothing in flight.
    setbacks: u32,
    not_before: Option<Instant>,
}

impl<'a> Schedule<'a> {
    /// Reads `questions` as they are needed, with at most `window` in flight.
    pub fn new(questions: &'a mut dyn Iterator<Item = Question>, window: usize) -> Schedule<'a> {
        Schedule {
            questions,
            is_exhausted: false,
            again: VecDeque::new(),
            held: VecDeque::new(),
            doubted: HashSet::new(),
            paces: HashMap::new(),
            most_paces: PACES,
            window: Window::new(window),
            in_flight: 0,
            setbacks: 0,
            not_before: None,
        }
    }

    /// Questions asked and not finished.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Decides what to do now.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.in_flight >= self.window.size() {
            return Next::Wait(None);
        }
        if let Some(at) = self.not_before.filter(|&at| at > now) {
            return Next::Wait(Some(at));
        }
        if let Some(question) = self.again.pop_front() {
            // It was admitted once, and nothing was sent.
            return self.ask(question);
        }
        let mut wake = None;
        for i in 0..self.held.len() {
            if self.admit(self.held[i].0, now, &mut wake)
                && let Some((_, question)) = self.held.remove(i)
            {
                return self.ask(question);
            }
        }
        while self.held.len() < HELD && !self.is_exhausted {
            let Some(question) = self.questions.next() else {
                self.is_exhausted = true;
                break;
            };
            match paced(&question) {
                Some(ip) if !self.admit(ip, now, &mut wake) => self.held.push_back((ip, question)),
                _ => return self.ask(question),
            }
        }
        if self.held.is_empty() {
            Next::Done
        } else {
            Next::Wait(wake)
        }
    }

    /// The question has its answer.
    pub fn finished(&mut self, question: &Question, heard: Heard, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.window.answered();
        self.setbacks = 0;
        self.not_before = None;
        self.doubted.remove(&question.id);
        self.discharge(question, heard, now);
    }

    /// The question has met with silence. If it is one of many whose host was
    /// sending ICMP errors until now, and may only have run out of them, it is
    /// asked once more after a rest, and `true` is returned; otherwise it is
    /// finished.
    pub fn silent(&mut self, question: &Question, now: Instant) -> bool {
        let may_doubt = question.of_many && !self.doubted.contains(&question.id);
        let host = paced(question).filter(|ip| {
            may_doubt && (self.paces.get(ip)).is_some_and(|pace| pace.is_rationing(now))
        });
        self.finished(question, Heard::Nothing, now);
        if let Some(ip) = host {
            self.doubted.insert(question.id);
            self.held.push_back((ip, question.clone()));
        }
        host.is_some()
    }

    /// The machine is short of something: the question will be asked again
    /// when others have finished, or after a pause if there are no others.
    /// Given back if no pause has helped; it is finished then, unanswered.
    pub fn put_back(&mut self, question: Question, now: Instant) -> Option<Question> {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.window.shrink(self.in_flight);
        if self.in_flight == 0 {
            if self.setbacks >= BACKOFFS {
                // The count stays: what follows fails at once, without a third
                // of a second for each of sixty thousand ports.
                self.discharge(&question, Heard::Other, now);
                return Some(question);
            }
            self.not_before = Some(now + BACKOFF * 2u32.pow(self.setbacks));
            self.setbacks += 1;
        }
        self.again.push_front(question);
        None
    }

    fn ask(&mut self, question: Question) -> Next {
        self.in_flight += 1;
        Next::Ask(question)
    }

    /// Gives the host its budget back.
    fn discharge(&mut self, question: &Question, heard: Heard, now: Instant) {
        if let Some(pace) = paced(question).and_then(|ip| self.paces.get_mut(&ip)) {
            pace.finished(heard, now);
        }
    }

    /// Whether this host may be asked; if not, `wake` learns when.
    fn admit(&mut self, host: IpAddr, now: Instant, wake: &mut Option<Instant>) -> bool {
        if self.paces.len() >= self.most_paces {
            self.paces.retain(|_, pace| !pace.is_rested(now));
            self.most_paces = PACES.max(2 * self.paces.len());
        }
        let pace = self.paces.entry(host).or_default();
        if pace.admit(now) {
            return true;
        }
        *wake = match (*wake, pace.next()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        false
    }
}

/// The host whose pace the question must keep. Loopback answers without limit.
fn paced(question: &Question) -> Option<IpAddr> {
    let ip = question.peer.ip()?;
    (question.protocol == Protocol::Udp && !ip.is_loopback()).then_some(ip)
}

#[cfg(test)]
mod tests;
