//! What is answered, for all peers alike.

use super::service::{Answer, Answers};
use crate::failure::Failure;
use crate::relay::crlf::Crlf;
use crate::relay::output::{Stdout, write_all};
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
        stdout: Stdout,
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
                    stdout: Stdout::new(run, true)?,
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

    /// The answer to a question of `length` bytes in the buffer, the peer's
    /// `n`th, into `into`.
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
                stdout,
                lines,
                crlf,
            } => {
                write_all(run, stdout, question)?;
                if *lines && question.last().is_some_and(|last| *last != b'\n') {
                    write_all(run, stdout, b"\n")?;
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
