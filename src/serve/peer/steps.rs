//! What is done with one peer next.

use super::moving::Heard;
use super::{PIECE, Peer, TALK, Turn};
use crate::failure::Failure;
use crate::run::Run;
use crate::serve::answering::Answering;
use crate::serve::pattern;
use crate::serve::service::Answers;
use crate::stage::close;

impl Peer {
    /// One step of questions and answers; None when nothing can be done now.
    pub(super) fn answer(
        &mut self,
        run: &mut Run,
        what: &Answers,
        answering: &mut Answering<'_>,
    ) -> Result<Option<Turn>, Failure> {
        if self.wants_send() {
            let sent = self.send(run, what)?;
            return Ok(sent.then_some(Turn::GoesOn));
        }
        if self.little {
            return Ok(None);
        }
        if answering.is_full() {
            return match self.peek()? {
                Heard::End => self.end_in_order(run),
                there => {
                    self.held = there != Heard::Nothing;
                    Ok(None)
                }
            };
        }
        match self.recv(run, what, answering)? {
            Heard::End => self.end_in_order(run),
            Heard::Said(length) => {
                self.questions += 1;
                // A full buffer says nothing about what follows.
                let short = length < TALK.min(self.room);
                self.little = short && !self.conn.transport.keeps_boundaries();
                answering.answer(run, length, self.questions, &mut self.answer)?;
                self.at = 0;
                let whole = self.conn.transport.keeps_boundaries() && answering.answers();
                self.owes_empty = whole && self.answer.is_empty();
                // Its answer says that the question was printed.
                self.held = answering.is_full();
                Ok((!self.held).then_some(Turn::GoesOn))
            }
            Heard::Nothing => Ok(None),
        }
    }

    /// Everything was answered: our direction ends in order.
    fn end_in_order(&mut self, run: &mut Run) -> Result<Option<Turn>, Failure> {
        self.ended = true;
        close::half_or_cut(run, &self.conn).map(|()| Some(Turn::Ended))
    }

    /// One step of `--generate`: what the peer says is thrown away, so that it
    /// never has to wait for us and the end is no reset.
    pub(super) fn generate(
        &mut self,
        run: &mut Run,
        what: &Answers,
        answering: &mut Answering<'_>,
        left: u64,
    ) -> Result<Option<Turn>, Failure> {
        let mut moved = false;
        if self.at == self.answer.len() && left > 0 {
            let length = left.min(PIECE as u64);
            pattern::fill(&mut self.answer, self.sent, length as usize);
            (self.at, self.generating) = (0, Some(left - length));
        }
        if self.at < self.answer.len() {
            moved |= self.send(run, what)?;
        } else if !self.finished {
            close::half_or_cut(run, &self.conn)?;
            (self.finished, moved) = (true, true);
        }
        if !self.ended {
            let heard = self.recv(run, what, answering)?;
            self.ended = heard == Heard::End;
            moved |= heard != Heard::Nothing;
        }
        Ok(match (self.ended && self.finished, moved) {
            (true, _) => Some(Turn::Ended),
            (false, true) => Some(Turn::GoesOn),
            (false, false) => None,
        })
    }
}
