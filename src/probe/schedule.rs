//! What is asked next: never more at once than the window, never faster than
//! the rate, and nothing twice unless that was asked for, the machine ran short,
//! or the silence of a host that rations its ICMP errors is doubted. Pure: time
//! comes in as `now`.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::pace::{Asked, Heard, Pace, Silence, Turn};
use super::rate::Rate;
use super::rations::Doubted;
use super::window::Window;
use super::{Peer, Question, Questions, Supply};
use crate::verdict::Protocol;

/// The first pause when nothing is in flight and the machine is still short.
const BACKOFF: Duration = Duration::from_millis(10);
/// Pauses, each twice as long as the one before (0.3 s in all), after which
/// the shortage is not going to pass.
const BACKOFFS: u32 = 5;
/// Hosts whose pace is remembered without a look at whether that is still
/// needed: a block has more hosts than memory has room.
const PACES: usize = 4096;

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Put this question. It counts as in flight until `finished`, `silent` or
    /// `put_back`.
    Ask(Question),
    /// A question whose silence was doubted has come to its end.
    Over(Question, Asked, Silence),
    /// Nothing before this moment, or, without one, before something finishes.
    Wait(Option<Instant>),
    /// Nothing is left to ask (questions may still be in flight).
    Done,
}

/// The order of questions.
pub struct Schedule<'a> {
    questions: &'a mut dyn Questions,
    is_exhausted: bool,
    /// The questions have none just now.
    is_starved: bool,
    /// Questions that the machine could not put, which go first, and those that
    /// are asked again.
    again: VecDeque<Question>,
    /// Hosts whose silence is doubted somewhere.
    doubted: Vec<IpAddr>,
    paces: HashMap<IpAddr, Pace>,
    /// Whose ICMP errors the TCP questions to a peer count on, where these are
    /// asked again for it.
    rationed: HashMap<SocketAddr, IpAddr>,
    /// Hosts beyond which those that have rested are forgotten.
    most_paces: usize,
    window: Window,
    rate: Option<Rate>,
    in_flight: usize,
    /// Shortages in a row with nothing in flight.
    setbacks: u32,
    not_before: Option<Instant>,
}

impl<'a> Schedule<'a> {
    /// Reads `questions` as they are needed, with at most `window` in flight.
    pub fn new(questions: &'a mut dyn Questions, window: usize) -> Schedule<'a> {
        Schedule {
            questions,
            is_exhausted: false,
            is_starved: false,
            again: VecDeque::new(),
            doubted: Vec::new(),
            paces: HashMap::new(),
            rationed: HashMap::new(),
            most_paces: PACES,
            window: Window::new(window),
            rate: None,
            in_flight: 0,
            setbacks: 0,
            not_before: None,
        }
    }

    /// The same, and never faster than `rate`.
    pub fn at_most(mut self, rate: Option<Rate>) -> Schedule<'a> {
        self.rate = rate;
        self
    }

    /// The same, with TCP questions that met with silence before, which is
    /// doubted until `end`.
    pub fn doubting(mut self, doubted: Vec<Doubted>, end: Instant) -> Schedule<'a> {
        for doubted in doubted {
            let by = doubted.by;
            let asked = doubted.questions.iter().map(|(question, _)| question);
            for question in asked.chain([&doubted.ration.rejected]) {
                if let Peer::Inet(peer) = question.peer {
                    self.rationed.insert(peer, by);
                }
            }
            let pace = Pace::of(doubted.ration, doubted.questions, end);
            self.paces.insert(by, pace);
            self.doubted.push(by);
        }
        self
    }

    /// Whose ICMP errors a TCP question counts on that is asked again for it.
    pub fn rationed_by(&self, question: &Question) -> Option<IpAddr> {
        match (question.protocol, &question.peer) {
            (Protocol::Tcp, Peer::Inet(peer)) => self.rationed.get(peer).copied(),
            _ => None,
        }
    }

    /// Whether the questions had none when the last was wanted, and may have
    /// more.
    pub fn is_starved(&self) -> bool {
        self.is_starved
    }

    /// Questions asked and not finished.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Decides what to do now.
    pub fn next(&mut self, now: Instant) -> Next {
        self.is_starved = false;
        if self.in_flight >= self.window.size() {
            return Next::Wait(None);
        }
        let too_fast = self.rate.as_ref().and_then(|rate| rate.not_before(now));
        if let Some(at) = self.not_before.filter(|&at| at > now).max(too_fast) {
            return Next::Wait(Some(at));
        }
        if let Some(question) = self.again.pop_front() {
            return self.ask(question, now);
        }
        let wake = match self.doubts(now) {
            Turn::Ask(question) => return self.ask(question, now),
            Turn::Over(question, asked, ruling) => return Next::Over(question, asked, ruling),
            Turn::Wait(at) => at,
            Turn::Nothing => None,
        };
        if !self.is_exhausted {
            match self.questions.next() {
                Supply::Question(question) => {
                    if let Some(ip) = self.paced(&question) {
                        self.pace(ip, now).begin(question.id, now);
                    }
                    return self.ask(question, now);
                }
                Supply::Later(at) => {
                    self.is_starved = true;
                    return Next::Wait(wake.into_iter().chain(at).min());
                }
                Supply::Done => self.is_exhausted = true,
            }
        }
        match self.doubted.is_empty() {
            true => Next::Done,
            false => Next::Wait(wake),
        }
    }

    /// A datagram of a question in flight was sent again: under the rate one
    /// question less is put for it.
    pub fn sent_again(&mut self, question: &Question, now: Instant) {
        self.spend(now);
        self.sent(question, now);
    }

    /// A datagram of a question in flight was sent.
    pub fn sent(&mut self, question: &Question, now: Instant) {
        if let Some(pace) = self.pace_of(question) {
            pace.sent(question.id, now);
        }
    }

    /// Since when, and how often, a question in flight has been asked; `None`
    /// where nobody keeps count.
    pub fn asked(&self, question: &Question) -> Option<Asked> {
        let pace = self.paced(question).and_then(|ip| self.paces.get(&ip));
        pace.and_then(|pace| pace.asked(question.id))
    }

    /// Whether a question is asked because its silence is doubted: one datagram
    /// is all that its host can answer.
    pub fn is_check(&self, question: &Question) -> bool {
        let pace = self.paced(question).and_then(|ip| self.paces.get(&ip));
        pace.is_some_and(|pace| pace.is_check(question.id))
    }

    /// The question has its answer.
    pub fn finished(&mut self, question: &Question, heard: Heard, now: Instant) {
        self.landed();
        if let Some(pace) = self.pace_of(question) {
            pace.finished(question, heard, now);
        }
    }

    /// The question has met with silence. If that is doubted it will come up
    /// again; otherwise it is finished.
    pub fn silent(&mut self, question: &Question, now: Instant) -> Silence {
        self.landed();
        let Some(pace) = self.pace_of(question) else {
            return Silence::Believed;
        };
        let ruling = pace.silent(question, now);
        if ruling == Silence::Doubted
            && let Some(ip) = self.paced(question)
            && !self.doubted.contains(&ip)
        {
            self.doubted.push(ip);
        }
        ruling
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
                if let Some(pace) = self.pace_of(&question) {
                    pace.finished(&question, Heard::Other, now);
                }
                return Some(question);
            }
            self.not_before = Some(now + BACKOFF * 2u32.pow(self.setbacks));
            self.setbacks += 1;
        }
        self.again.push_front(question);
        None
    }

    /// A question that is over, in silence, is asked once more.
    pub fn again(&mut self, question: Question, now: Instant) {
        if let Some(ip) = self.paced(&question) {
            self.pace(ip, now).begin(question.id, now);
        }
        self.again.push_back(question);
    }

    /// Another packet for a question in flight; `false` where there is no room
    /// for it under the rate.
    pub fn may_repeat(&mut self, now: Instant) -> bool {
        let may = (self.rate.as_ref()).is_none_or(|rate| rate.not_before(now).is_none());
        if may {
            self.spend(now);
        }
        may
    }

    fn ask(&mut self, question: Question, now: Instant) -> Next {
        self.in_flight += 1;
        self.spend(now);
        Next::Ask(question)
    }

    fn spend(&mut self, now: Instant) {
        if let Some(rate) = &mut self.rate {
            rate.spend(now);
        }
    }

    /// One question less is in flight.
    fn landed(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.window.answered();
        self.setbacks = 0;
        self.not_before = None;
    }

    /// What the hosts whose silence is doubted need: the first thing that one of
    /// them can have now, or the moment to ask again.
    fn doubts(&mut self, now: Instant) -> Turn {
        let mut wake = None;
        let mut i = 0;
        while let Some(ip) = self.doubted.get(i) {
            match self
                .paces
                .get_mut(ip)
                .map_or(Turn::Nothing, |pace| pace.turn(now))
            {
                Turn::Nothing => {
                    self.doubted.swap_remove(i);
                }
                Turn::Wait(at) => {
                    wake = [wake, at].into_iter().flatten().min();
                    i += 1;
                }
                turn => return turn,
            }
        }
        Turn::Wait(wake)
    }

    fn pace_of(&mut self, question: &Question) -> Option<&mut Pace> {
        let ip = self.paced(question)?;
        self.paces.get_mut(&ip)
    }

    /// The host whose ICMP errors the question counts on. Loopback has no limit.
    fn paced(&self, question: &Question) -> Option<IpAddr> {
        match question.protocol {
            Protocol::Udp => question.peer.ip().filter(|ip| !ip.is_loopback()),
            _ => self.rationed_by(question),
        }
    }

    /// The pace of a host, which it has from now on.
    fn pace(&mut self, host: IpAddr, now: Instant) -> &mut Pace {
        if self.paces.len() >= self.most_paces {
            self.paces.retain(|_, pace| !pace.is_rested(now));
            self.most_paces = PACES.max(2 * self.paces.len());
        }
        self.paces.entry(host).or_insert_with(|| Pace::new(now))
    }
}

#[cfg(test)]
mod tests;
