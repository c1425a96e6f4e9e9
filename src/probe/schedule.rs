//! What is asked next: never more at once than the window, never faster than a
//! host can answer, and nothing twice unless the machine ran short. Pure: time
//! comes in as `now`.

use std::collections::{HashMap, VecDeque};
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
    paces: HashMap<IpAddr, Pace>,
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
            paces: HashMap::new(),
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
        self.discharge(question, heard, now);
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
mod tests {
    use super::*;
    use crate::probe::Peer;

    fn question(id: usize, protocol: Protocol, host: u8) -> Question {
        Question {
            id,
            peer: Peer::Inet(([10, 0, 0, host], 1000 + id as u16).into()),
            protocol,
            wait: Duration::from_secs(1),
        }
    }

    fn asked(next: Next) -> Question {
        match next {
            Next::Ask(question) => question,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_window_bounds_what_is_in_flight() {
        let now = Instant::now();
        let mut list = (0..3).map(|id| question(id, Protocol::Tcp, 1));
        let mut schedule = Schedule::new(&mut list, 2);
        let first = asked(schedule.next(now));
        asked(schedule.next(now));
        assert_eq!(schedule.next(now), Next::Wait(None));
        schedule.finished(&first, Heard::Other, now);
        assert_eq!(asked(schedule.next(now)).id, 2);
        schedule.finished(&first, Heard::Other, now);
        assert_eq!(schedule.next(now), Next::Done);
        assert_eq!(schedule.in_flight(), 1);
    }

    #[test]
    fn a_shortage_waits_for_others_to_finish() {
        let now = Instant::now();
        let mut list = (0..9).map(|id| question(id, Protocol::Tcp, 1));
        let mut schedule = Schedule::new(&mut list, 8);
        let first = asked(schedule.next(now));
        let second = asked(schedule.next(now));
        assert_eq!(schedule.put_back(second, now), None);
        assert_eq!(schedule.next(now), Next::Wait(None));
        schedule.finished(&first, Heard::Other, now);
        assert_eq!(asked(schedule.next(now)).id, 1, "put back, so first");
    }

    #[test]
    fn a_shortage_with_nothing_in_flight_backs_off_and_then_gives_up() {
        let start = Instant::now();
        let mut now = start;
        let mut list = (0..2).map(|id| question(id, Protocol::Tcp, 1));
        let mut schedule = Schedule::new(&mut list, 8);
        for _ in 0..BACKOFFS {
            let question = asked(schedule.next(now));
            assert_eq!(schedule.put_back(question, now), None);
            let Next::Wait(Some(at)) = schedule.next(now) else {
                panic!("no pause")
            };
            now = at;
        }
        assert_eq!(now - start, Duration::from_millis(310));
        let question = asked(schedule.next(now));
        assert_eq!(schedule.put_back(question, now).map(|q| q.id), Some(0));
        let question = asked(schedule.next(now));
        assert_eq!(schedule.put_back(question, now).map(|q| q.id), Some(1));
        assert_eq!(schedule.next(now), Next::Done);
    }

    #[test]
    fn a_udp_host_rests_while_others_are_asked() {
        let now = Instant::now();
        let mut list = (0..9)
            .map(|id| question(id, Protocol::Udp, 1))
            .chain([question(9, Protocol::Udp, 2)]);
        let mut schedule = Schedule::new(&mut list, 100);
        let ids: Vec<_> = (0..7).map(|_| asked(schedule.next(now)).id).collect();
        assert_eq!(ids, [0, 1, 2, 3, 4, 5, 9]);
        assert_eq!(schedule.next(now), Next::Wait(None));

        let done = question(0, Protocol::Udp, 1);
        schedule.finished(&done, Heard::Icmp, now);
        let rested = now + Duration::from_secs(1);
        assert_eq!(schedule.next(now), Next::Wait(Some(rested)));
        assert_eq!(asked(schedule.next(rested)).id, 6);
        schedule.finished(&done, Heard::Other, rested);
        assert_eq!(asked(schedule.next(rested)).id, 7);
    }

    #[test]
    fn tcp_and_loopback_are_not_paced() {
        let now = Instant::now();
        let loopback = |id| Question {
            peer: Peer::Inet(([127, 0, 0, 1], 1).into()),
            ..question(id, Protocol::Udp, 1)
        };
        let mut list = (0..50)
            .map(|id| question(id, Protocol::Tcp, 1))
            .chain((50..100).map(loopback));
        let mut schedule = Schedule::new(&mut list, 100);
        assert!((0..100).all(|id| asked(schedule.next(now)).id == id));
        assert_eq!(schedule.next(now), Next::Wait(None));
    }
}
