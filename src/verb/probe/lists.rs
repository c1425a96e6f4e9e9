//! Lists of targets, a line at a time: read in a thread while others are asked,
//! because a pipe may take its time, and never further than they are needed.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use nix::errno::Errno;
use nix::sys::eventfd::EventFd;

use crate::failure::{Class, StageError};
use crate::plan::{Input, List};
use crate::stage::Stage;
use crate::sys::descriptor;

/// Bytes read at once.
const CHUNK: usize = 8 * 1024;
/// Chunks that may wait for their turn.
const CHUNKS: usize = 2;
/// The longest line: all ports there are, each by itself, fit in.
const LONGEST: usize = 512 * 1024;

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
    /// Begins to read; `news` is written to whenever there is more. What stdin
    /// holds may have been read before.
    ///
    /// # Errors
    /// A file that is not there or a directory, stdin closed at start, no thread.
    pub fn open(
        lists: &[List],
        stdin: &Option<Arc<[u8]>>,
        news: Arc<EventFd>,
    ) -> Result<Lists, StageError> {
        for list in lists {
            look(&list.input).map_err(|error| {
                StageError::io(Stage::Resolve, list.input.to_string(), Class::Local, &error)
            })?;
        }
        let inputs: Vec<Input> = lists.iter().map(|list| list.input.clone()).collect();
        let (ready, chunks) = sync_channel(CHUNKS);
        let stdin = stdin.clone();
        let reading = move || {
            for (list, input) in inputs.iter().enumerate() {
                let mut reader = Reader::new(list, &ready, &news);
                let open = || -> io::Result<Box<dyn Read + '_>> {
                    Ok(match (input, &stdin) {
                        (Input::Stdin, Some(text)) => Box::new(&text[..]),
                        (Input::Stdin, None) => {
                            Box::new(File::from(descriptor::standard(0).try_clone_to_owned()?))
                        }
                        (Input::File(path), _) => Box::new(File::open(path)?),
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

/// Nobody wants to know any more.
struct Gone;

/// One list on its way to whoever asks.
struct Reader<'a> {
    list: usize,
    ready: &'a SyncSender<Vec<Line>>,
    news: &'a EventFd,
    number: u64,
    /// The beginning of a line whose end has not been read.
    begun: Vec<u8>,
    is_too_long: bool,
}

impl<'a> Reader<'a> {
    fn new(list: usize, ready: &'a SyncSender<Vec<Line>>, news: &'a EventFd) -> Reader<'a> {
        Reader {
            list,
            ready,
            news,
            number: 0,
            begun: Vec::new(),
            is_too_long: false,
        }
    }

    fn read(&mut self, opened: io::Result<Box<dyn Read + '_>>) -> Result<(), Gone> {
        let mut chunk = vec![0; CHUNK];
        let result = opened.and_then(|mut file| {
            loop {
                match file.read(&mut chunk) {
                    Ok(0) => return Ok(Ok(())),
                    Ok(len) => {
                        if let Err(gone) = self.take(&chunk[..len]) {
                            return Ok(Err(gone));
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        });
        let mut rest = Vec::new();
        if !self.begun.is_empty() || self.is_too_long {
            rest.push(self.line());
        }
        match result {
            Ok(Ok(())) => {}
            Ok(gone) => return gone,
            Err(error) => rest.push(Line {
                list: self.list,
                number: self.number + 1,
                text: Text::Failed(error),
            }),
        }
        self.send(rest)
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Gone> {
        let mut lines = Vec::new();
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.keep(&bytes[..end]);
            lines.push(self.line());
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
        self.send(lines)
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.is_too_long |= self.begun.len() + bytes.len() > LONGEST;
        match self.is_too_long {
            true => self.begun.clear(),
            false => self.begun.extend(bytes),
        }
    }

    /// The line whose end has come.
    fn line(&mut self) -> Line {
        self.number += 1;
        let bytes = std::mem::take(&mut self.begun);
        let text = match String::from_utf8(bytes) {
            _ if std::mem::take(&mut self.is_too_long) => Text::Bad("too long for a line"),
            Ok(line) if line.contains('\0') => Text::Bad("a NUL byte in it: no line of text"),
            Ok(line) => Text::Line(line),
            Err(_) => Text::Bad("no UTF-8: no line of text"),
        };
        Line {
            list: self.list,
            number: self.number,
            text,
        }
    }

    fn send(&self, lines: Vec<Line>) -> Result<(), Gone> {
        if lines.is_empty() {
            return Ok(());
        }
        self.ready.send(lines).map_err(|_| Gone)?;
        let _ = self.news.write(1);
        Ok(())
    }
}
