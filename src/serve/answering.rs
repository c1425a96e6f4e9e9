//! What is answered, for all peers alike.

use std::os::fd::BorrowedFd;

use super::printing::Printing;
use super::service::{Answer, Answers};
use crate::failure::Failure;
use crate::relay::crlf::Crlf;
use crate::run::Run;
use crate::text::Text;

/// What is answered, with what all peers share.
pub struct Answering<'a> {
    answer: Shared<'a>,
    buffer: Vec<u8>,
}

enum Shared<'a> {
    Echo,
    /// There are no answers.
    None,
    Reply {
        text: &'a Text,
        printing: Printing,
        lines: bool,
        crlf: bool,
    },
}

impl<'a> Answering<'a> {
    /// # Errors
    /// `--reply` prints, and stdout was closed when the process began.
    pub fn new(run: &mut Run, what: &'a Answers) -> Result<Answering<'a>, Failure> {
        Ok(Answering {
            answer: match &what.answer {
                Answer::Echo => Shared::Echo,
                Answer::Discard | Answer::Generate(_) => Shared::None,
                Answer::Reply(text) => Shared::Reply {
                    text,
                    printing: Printing::new(run)?,
                    lines: what.lines,
                    crlf: what.send.crlf,
                },
            },
            buffer: vec![0; what.recv.buffer(true)],
        })
    }

    /// Where questions are received.
    pub fn buffer(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    /// Whether there are answers at all.
    pub fn answers(&self) -> bool {
        !matches!(self.answer, Shared::None)
    }

    fn printing(&self) -> Option<&Printing> {
        match &self.answer {
            Shared::Reply { printing, .. } => Some(printing),
            _ => None,
        }
    }

    /// Nothing more may be received: what was waits for stdout.
    pub fn is_full(&self) -> bool {
        self.printing().is_some_and(Printing::is_full)
    }

    /// What to poll for writing then.
    pub fn waits_for(&self) -> Option<BorrowedFd<'static>> {
        self.printing().and_then(Printing::fd)
    }

    /// Prints what waits, as far as it fits.
    ///
    /// # Errors
    /// Those of stdout.
    pub fn go_on(&mut self, run: &mut Run) -> Result<(), Failure> {
        match &mut self.answer {
            Shared::Reply { printing, .. } => printing.go_on(run),
            _ => Ok(()),
        }
    }

    /// The same failure, with what it leaves unprinted.
    pub fn unprinted(&self, failure: Failure) -> Failure {
        match self.printing().map_or(0, Printing::waits) {
            0 => failure,
            bytes => failure.and(format!("stdout did not take {bytes} of the bytes received")),
        }
    }

    /// The answer to a question of `length` bytes in the buffer, the peer's
    /// `n`th, into `into`; to be sent once the question is printed, which it is
    /// unless [`Answering::is_full`].
    ///
    /// # Errors
    /// Those of stdout.
    pub fn answer(
        &mut self,
        run: &mut Run,
        length: usize,
        n: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        into.clear();
        let question = &self.buffer[..length];
        match &mut self.answer {
            Shared::Echo => into.extend_from_slice(question),
            Shared::None => {}
            Shared::Reply {
                text,
                printing,
                lines,
                crlf,
            } => {
                printing.print(run, question)?;
                if *lines && question.last().is_some_and(|last| *last != b'\n') {
                    printing.print(run, b"\n")?;
                }
                into.extend_from_slice(&text.render(n));
                if *crlf {
                    let length = into.len();
                    Crlf::default().convert(into, length);
                }
            }
        }
        Ok(())
    }
}
