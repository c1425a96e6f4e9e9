//! Where the engines of a run meet its client: questions are handed out and
//! answers taken in by the handful, one engine at a time. What they know of
//! rations lies here too.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pace::Asked;
use super::rations::{Doubted, Rations};
use super::{Answer, Client, Question, Questions, Supply};

/// Questions handed out at once: few enough for hosts to take turns, and for
/// two engines to have the same to do.
const HANDFUL: usize = 32;

/// The client, whom one engine may speak to at a time.
pub struct Desk<'a> {
    client: Mutex<&'a mut dyn Client>,
    rations: Mutex<Rations>,
}

impl<'a> Desk<'a> {
    pub fn new(client: &'a mut dyn Client) -> Desk<'a> {
        Desk {
            client: Mutex::new(client),
            rations: Mutex::default(),
        }
    }

    fn client(&self) -> MutexGuard<'_, &'a mut dyn Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rations(&self) -> MutexGuard<'_, Rations> {
        self.rations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands answers over, if there are any.
    pub fn hear(&self, answers: &mut Vec<Answer>) -> ControlFlow<()> {
        if answers.is_empty() {
            return ControlFlow::Continue(());
        }
        self.client().hear(answers)
    }

    /// The interrupt descriptor is readable.
    pub fn interrupted(&self) -> ControlFlow<()> {
        self.client().interrupted()
    }

    /// As [`Rations::rejected`].
    pub fn rejected(&self, question: &Question, by: IpAddr, time: Duration, is_again: bool) {
        let now = Instant::now();
        self.rations().rejected(question, by, time, is_again, now);
    }

    /// Who may have had no ICMP error left for a host.
    pub fn rationed_by(&self, target: IpAddr) -> Option<IpAddr> {
        self.rations().of(target)
    }

    /// As [`Rations::doubt`].
    pub fn doubt(&self, by: IpAddr, question: Question, asked: Asked) -> bool {
        self.rations().doubt(by, question, asked)
    }

    /// Whether there is anything to ask again.
    pub fn has_doubts(&self) -> bool {
        self.rations().has_doubts()
    }

    /// Takes all of it.
    pub fn doubts(&self) -> Vec<Doubted> {
        self.rations().doubts()
    }
}

/// The questions of one engine.
pub struct Tray<'d, 'a> {
    desk: &'d Desk<'a>,
    questions: VecDeque<Question>,
}

impl<'d, 'a> Tray<'d, 'a> {
    pub fn new(desk: &'d Desk<'a>) -> Tray<'d, 'a> {
        Tray {
            desk,
            questions: VecDeque::with_capacity(HANDFUL),
        }
    }
}

impl Questions for Tray<'_, '_> {
    fn next(&mut self) -> Supply {
        if let Some(question) = self.questions.pop_front() {
            return Supply::Question(question);
        }
        let mut client = self.desk.client();
        let first = client.ask();
        if matches!(first, Supply::Question(_)) {
            while self.questions.len() < HANDFUL {
                // The rest says why there is nothing more when it is asked.
                let Supply::Question(question) = client.ask() else {
                    break;
                };
                self.questions.push_back(question);
            }
        }
        first
    }
}
