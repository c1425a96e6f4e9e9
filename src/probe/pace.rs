//! What silence is worth where ICMP errors are rationed, and when it is asked once
//! more.
//! Pure.
//!
//! A closed UDP port is known by an ICMP error, and hosts ration these (see
//! `budget`): asked all at once, most closed ports look silent. All are asked at
//! once nevertheless, because what replies does so without any ration. The
//! silence of the others is believed at once if the host has sent no ICMP error
//! at all, which a host with closed ports would have done within the wait.
//!
//! What is left is doubted and asked again in waves, each begun when the host
//! can send at least one ICMP error. Where a wave brings fewer than the host
//! could have sent, everybody else in it is silent indeed, however many they
//! are; the next may be larger. Where it brings as many, nothing is known of
//! the rest, and the next is smaller. So a host with many closed ports is asked
//! as often as it can answer, and one with few in a handful of waves.
//!
//! What a host can surely send is only what Linux would: others are slower, and
//! somebody else may be asking from here. Silence therefore has to be met with
//! twice, and the second time a control is asked behind the wave, a port that
//! is known to bring an ICMP error: if it does, there was one to spare for
//! everybody before it.
//!
//! All this is about UDP. Of TCP only that comes here which `rations` doubts, when
//! the survey is over; it is asked again in the same waves, a SYN for a datagram.
//!
//! Not all can be told in time: what is still doubted when patience ends is
//! given back as such.

mod asked;
#[cfg(test)]
mod tests;
mod wave;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::Question;
use super::budget::Budget;
use super::rations::Ration;
use crate::verdict::Protocol;
pub use asked::{Asked, CONTROL, Heard, Silence, Turn};
use wave::{Control, Wave};

/// Times a question must have met with silence while the host could have sent
/// an ICMP error: one of them may have been a lost packet.
const SURE: u32 = 2;
/// How long the doubts about a host are pursued, unless a question may wait for
/// longer by itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// Questions of the first wave, and of the largest.
const WAVE: usize = 16;
const LARGEST: usize = 1024;
/// How long an ICMP error is listened for, if none has been timed yet; at least
/// and at most.
const LISTEN: Duration = Duration::from_secs(1);
const LEAST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(2);
/// The same over TCP, where the kernel sends the SYN again after a second.
pub const ONE_SYN: Duration = Duration::from_millis(900);

/// One host.
#[derive(Debug)]
pub struct Pace {
    budget: Budget,
    /// When each datagram was sent that may still cost the host an ICMP error.
    unanswered: VecDeque<Instant>,
    /// The longest an ICMP error took; none has come without it.
    slowest: Option<Duration>,
    asked: HashMap<usize, Asked>,
    /// Questions in flight that were not asked in a wave.
    sweeping: u32,
    doubts: VecDeque<Question>,
    over: VecDeque<(Question, Asked, Silence)>,
    wave: Option<Wave>,
    /// A question that the host has answered with an ICMP error.
    control: Option<Question>,
    size: usize,
    patience: Option<Instant>,
}

impl Pace {
    /// A host that is asked for the first time.
    pub fn new(now: Instant) -> Pace {
        Pace {
            budget: Budget::unknown(now),
            unanswered: VecDeque::new(),
            slowest: None,
            asked: HashMap::new(),
            sweeping: 0,
            doubts: VecDeque::new(),
            over: VecDeque::new(),
            wave: None,
            control: None,
            size: WAVE,
            patience: None,
        }
    }

    /// Who was seen to run out of ICMP errors, and what is doubted for it until
    /// `end`.
    pub fn of(ration: Ration, doubts: Vec<(Question, Asked)>, end: Instant) -> Pace {
        let asked = doubts.iter().map(|(question, asked)| (question.id, *asked));
        Pace {
            slowest: ration.slowest,
            asked: asked.collect(),
            doubts: doubts.into_iter().map(|(question, _)| question).collect(),
            control: Some(Question {
                id: CONTROL,
                ..ration.rejected
            }),
            patience: Some(end),
            ..Pace::new(ration.last)
        }
    }

    /// A question of the survey, not of a wave, is about to be asked.
    pub fn begin(&mut self, id: usize, now: Instant) {
        self.sweeping += 1;
        self.asked.insert(id, Asked::new(now));
    }

    /// A datagram of a question in flight was sent.
    pub fn sent(&mut self, id: usize, now: Instant) {
        self.forget(now);
        let can_answer = self.budget.whole(now) as usize > self.unanswered.len();
        self.unanswered.push_back(now);
        if let Some(asked) = self.asked.get_mut(&id) {
            asked.sent += 1;
            asked.last = now;
            if !asked.is_check {
                asked.sure = (asked.sure + u32::from(can_answer)).min(SURE - 1);
                if let Some(wave) = &mut self.wave {
                    wave.is_spoiled = true;
                }
            }
        }
    }

    /// A question has its answer.
    pub fn finished(&mut self, question: &Question, heard: Heard, now: Instant) {
        let Some(asked) = self.asked.remove(&question.id) else {
            return;
        };
        self.unanswered.pop_front();
        if heard == Heard::Icmp {
            self.budget.spend(now);
            let took = now.saturating_duration_since(asked.last);
            self.slowest = Some(self.slowest.map_or(took, |slowest| slowest.max(took)));
            self.control.get_or_insert_with(|| Question {
                id: CONTROL,
                ..question.clone()
            });
        }
        match &mut self.wave {
            Some(wave) if asked.is_check => {
                match (question.id, heard) {
                    (CONTROL, Heard::Icmp) => wave.control = Control::Answered,
                    (CONTROL, Heard::Other) => {
                        wave.control = Control::Failed;
                        self.control = None;
                    }
                    (_, heard) => {
                        wave.in_flight -= 1;
                        wave.icmp += u32::from(heard == Heard::Icmp);
                    }
                }
                self.end_wave(now);
            }
            _ => self.sweeping = self.sweeping.saturating_sub(1),
        }
    }

    /// A question has met with silence. What is doubted comes up again in
    /// [`Pace::turn`]; of anything else nothing is kept.
    pub fn silent(&mut self, question: &Question, now: Instant) -> Silence {
        let Some(asked) = self.asked.get(&question.id) else {
            return Silence::Believed;
        };
        if asked.is_check
            && let Some(wave) = &mut self.wave
        {
            if question.id == CONTROL {
                wave.control = Control::Failed;
                self.asked.remove(&CONTROL);
            } else {
                wave.in_flight -= 1;
                wave.silent.push(question.clone());
            }
            self.end_wave(now);
            return Silence::Doubted;
        }
        self.sweeping = self.sweeping.saturating_sub(1);
        let ruling = match self.slowest {
            None => Silence::Believed,
            Some(_) => Silence::Doubted,
        };
        if ruling == Silence::Doubted {
            self.doubts.push_back(question.clone());
            let patience = patience(question);
            self.patience = self.patience.or_else(|| now.checked_add(patience));
        } else {
            self.asked.remove(&question.id);
        }
        ruling
    }

    /// What is known of a question that is not over.
    pub fn asked(&self, id: usize) -> Option<Asked> {
        self.asked.get(&id).copied()
    }

    /// Whether the question is one of a wave.
    pub fn is_check(&self, id: usize) -> bool {
        self.asked.get(&id).is_some_and(|asked| asked.is_check)
    }

    /// What to do about the doubts.
    pub fn turn(&mut self, now: Instant) -> Turn {
        if let Some((question, asked, ruling)) = self.over.pop_front() {
            return Turn::Over(question, asked, ruling);
        }
        let patience_is_over = self.patience.is_some_and(|end| end <= now);
        if self.wave.is_none() && !self.doubts.is_empty() && !patience_is_over {
            self.forget(now);
            if self.sweeping > 0 {
                // Its end is what opens the first wave, and patience a second.
                return Turn::Wait(self.patience);
            }
            let quiet = self.unanswered.back().map(|&last| last + self.listen());
            let ready = quiet.map_or(self.budget.next(), |at| at.max(self.budget.next()));
            if ready > now {
                return Turn::Wait(Some(self.patience.map_or(ready, |end| end.min(ready))));
            }
            let to_ask = self.size.min(self.doubts.len());
            let is_last = |question: &Question| {
                (self.asked.get(&question.id)).is_some_and(|asked| asked.sure + 1 == SURE)
            };
            let confirms = self.control.is_some() && self.doubts.iter().take(to_ask).any(is_last);
            self.wave = Some(Wave::new(self.budget.whole(now), to_ask, confirms));
        }
        let listen = self.listen();
        match &mut self.wave {
            Some(wave) if wave.to_ask > 0 => {
                wave.to_ask -= 1;
                let Some(mut question) = self.doubts.pop_front() else {
                    wave.to_ask = 0;
                    return Turn::Wait(None);
                };
                wave.in_flight += 1;
                if let Some(asked) = self.asked.get_mut(&question.id) {
                    asked.is_check = true;
                }
                question.wait = of_one(&question, listen);
                Turn::Ask(question)
            }
            Some(wave) if wave.control == Control::Due => {
                wave.control = Control::Asked;
                let Some(control) = &self.control else {
                    wave.control = Control::Failed;
                    return Turn::Wait(None);
                };
                let question = Question {
                    wait: of_one(control, listen),
                    ..control.clone()
                };
                let asked = Asked {
                    is_check: true,
                    ..Asked::new(now)
                };
                self.asked.insert(CONTROL, asked);
                Turn::Ask(question)
            }
            Some(_) => Turn::Wait(None),
            None => match self.doubts.pop_front() {
                None => {
                    self.patience = None;
                    Turn::Nothing
                }
                // Only where patience is over.
                Some(question) => match self.asked.remove(&question.id) {
                    Some(asked) => Turn::Over(question, asked, Silence::Limited),
                    None => Turn::Wait(Some(now)),
                },
            },
        }
    }

    /// Whether a host nobody has heard of would be treated the same.
    pub fn is_rested(&self, now: Instant) -> bool {
        let is_quiet = self.asked.is_empty() && self.over.is_empty() && self.doubts.is_empty();
        is_quiet && (self.slowest.is_none() || self.budget.whole(now) == super::budget::BURST)
    }

    /// Judges a wave that has nothing in flight any more.
    fn end_wave(&mut self, now: Instant) {
        let Some(wave) = self.wave.take_if(|wave| wave.is_over()) else {
            return;
        };
        if wave.is_slower() {
            self.budget = Budget::unknown(now);
        }
        let is_sure = wave.is_sure();
        self.size = match is_sure {
            true => (self.size * 2).min(LARGEST),
            false => (self.size / 2).max(1),
        };
        for question in wave.silent {
            let Some(asked) = self.asked.get_mut(&question.id) else {
                continue;
            };
            asked.is_check = false;
            asked.sure += u32::from(is_sure);
            if asked.sure < SURE {
                self.doubts.push_back(question);
            } else if let Some(asked) = self.asked.remove(&question.id) {
                self.over.push_back((question, asked, Silence::Believed));
            }
        }
    }

    /// How long an ICMP error is listened for: three times what the slowest took.
    fn listen(&self) -> Duration {
        let listen = self.slowest.map_or(LISTEN, |slowest| slowest * 3);
        listen.clamp(LEAST, LONGEST)
    }

    /// Forgets datagrams that will bring no ICMP error any more.
    fn forget(&mut self, now: Instant) {
        let listen = self.listen();
        while self
            .unanswered
            .front()
            .is_some_and(|&at| at + listen <= now)
        {
            self.unanswered.pop_front();
        }
    }
}

/// How long the doubts about a question are pursued.
pub fn patience(question: &Question) -> Duration {
    PATIENCE.max(question.wait)
}

/// How long the answer to one packet is listened for.
fn of_one(question: &Question, listen: Duration) -> Duration {
    match question.protocol {
        Protocol::Tcp => listen.min(ONE_SYN),
        _ => listen,
    }
}
