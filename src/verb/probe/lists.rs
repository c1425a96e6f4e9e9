//! Lists of targets, a line at a time: read in a thread while others are asked,
//! because a pipe may take its time, and never further than they are needed.

mod reader;

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use nix::errno::Errno;
use nix::sys::eventfd::EventFd;

use crate::failure::{Class, StageError};
use crate::plan::{Input, List};
use crate::stage::Stage;
use crate::sys::descriptor;
use reader::Reader;

/// Chunks that may wait for their turn.
const CHUNKS: usize = 2;

/// A line, or what came in its place.
#[derive(Debug)]
pub struct Line {
    /// Which of the lists it comes from.
    pub list: usize,
    /// From 1 on.
    pub number: u64,
    pub text: Text,
}

/// What a line is.
#[derive(Debug)]
pub enum Text {
    Line(String),
    /// No line of text, and why.
    Bad(&'static str),
    /// The list cannot be read on.
    Failed(io::Error),
}

/// Lines under way.
pub struct Lists {
    chunks: Receiver<Vec<Line>>,
    lines: std::vec::IntoIter<Line>,
}

/// What comes next.
pub enum Next {
    Line(Line),
    /// Nothing before `news` is written to.
    Later,
    Done,
}

impl Lists {
    /// Begins to read; `news` is written to whenever there is more. What a list
    /// holds may have been read before.
    ///
    /// # Errors
    /// A file that is not there or a directory, stdin closed at start, no thread.
    pub fn open(
        lists: &[List],
        read: &[Option<Arc<[u8]>>],
        news: Arc<EventFd>,
    ) -> Result<Lists, StageError> {
        for list in lists {
            look(&list.input).map_err(|error| {
                StageError::io(Stage::Resolve, list.input.to_string(), Class::Local, &error)
            })?;
        }
        let inputs: Vec<Input> = lists.iter().map(|list| list.input.clone()).collect();
        let (ready, chunks) = sync_channel(CHUNKS);
        let read = read.to_vec();
        let reading = move || {
            for (list, input) in inputs.iter().enumerate() {
                let mut reader = Reader::new(list, &ready, &news);
                let open = || -> io::Result<Box<dyn Read + '_>> {
                    Ok(match (read.get(list), input) {
                        (Some(Some(text)), _) => Box::new(&text[..]),
                        (_, Input::Stdin) => {
                            Box::new(File::from(descriptor::standard(0).try_clone_to_owned()?))
                        }
                        (_, Input::File(path)) => Box::new(File::open(path)?),
                    })
                };
                if reader.read(open()).is_err() {
                    return;
                }
            }
            drop(ready);
            // Waits for room in the counter of an eventfd, of which there is plenty.
            let _ = news.write(1);
        };
        (thread::Builder::new().spawn(reading))
            .map_err(|error| StageError::io(Stage::Resolve, "thread", Class::Local, &error))?;
        Ok(Lists {
            chunks,
            lines: Vec::new().into_iter(),
        })
    }

    /// The next line.
    pub fn next(&mut self) -> Next {
        loop {
            if let Some(line) = self.lines.next() {
                return Next::Line(line);
            }
            match self.chunks.try_recv() {
                Ok(lines) => self.lines = lines.into_iter(),
                Err(TryRecvError::Empty) => return Next::Later,
                Err(TryRecvError::Disconnected) => return Next::Done,
            }
        }
    }
}

fn look(input: &Input) -> io::Result<()> {
    match input {
        Input::Stdin if descriptor::was_closed(0) => Err(Errno::EBADF.into()),
        Input::Stdin => Ok(()),
        Input::File(path) => match std::fs::metadata(path)? {
            found if found.is_dir() => Err(Errno::EISDIR.into()),
            _ => Ok(()),
        },
    }
}
