//! Where the engines of a run meet its client: questions are handed out and
//! answers taken in by the handful, one engine at a time.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Answer, Client, Question, Questions, Supply};

/// Questions handed out at once: few enough for hosts to take turns, and for
/// two engines to have the same to do.
const HANDFUL: usize = 32;

/// The client, whom one engine may speak to at a time.
pub struct Desk<'a>(Mutex<&'a mut dyn Client>);

impl<'a> Desk<'a> {
    pub fn new(client: &'a mut dyn Client) -> Desk<'a> {
        Desk(Mutex::new(client))
    }

    fn client(&self) -> MutexGuard<'_, &'a mut dyn Client> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
