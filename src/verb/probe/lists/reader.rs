//! From bytes to lines, by the handful.

use std::io::{self, Read};
use std::sync::mpsc::SyncSender;

use nix::sys::eventfd::EventFd;

use super::{Line, Text};

/// Bytes read at once.
const CHUNK: usize = 8 * 1024;
/// The longest line: all ports there are, each by itself, fit in.
const LONGEST: usize = 512 * 1024;

/// Nobody wants to know any more.
pub struct Gone;

/// One list on its way to whoever asks.
pub struct Reader<'a> {
    list: usize,
    ready: &'a SyncSender<Vec<Line>>,
    news: &'a EventFd,
    number: u64,
    /// The beginning of a line whose end has not been read.
    begun: Vec<u8>,
    is_too_long: bool,
}

impl<'a> Reader<'a> {
    /// Of the list with this number.
    pub fn new(list: usize, ready: &'a SyncSender<Vec<Line>>, news: &'a EventFd) -> Reader<'a> {
        Reader {
            list,
            ready,
            news,
            number: 0,
            begun: Vec::new(),
            is_too_long: false,
        }
    }

    /// Reads it to its end, or as far as it can be read.
    ///
    /// # Errors
    /// Nobody takes the lines any more.
    pub fn read(&mut self, opened: io::Result<Box<dyn Read + '_>>) -> Result<(), Gone> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    /// Gives a byte at a time, or all at once.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let len = self.0.len().min(self.1).min(buf.len());
            buf[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    fn lines(bytes: &[u8], step: usize) -> Vec<String> {
        let (ready, chunks) = sync_channel(1 << 16);
        let news = EventFd::new().unwrap();
        let mut reader = Reader::new(0, &ready, &news);
        assert!(reader.read(Ok(Box::new(Slow(bytes, step)))).is_ok());
        drop(ready);
        let said = |line: Line| match line.text {
            Text::Line(text) => format!("{} {text}", line.number),
            Text::Bad(why) => format!("{} {why}", line.number),
            Text::Failed(error) => format!("{} {error}", line.number),
        };
        chunks.into_iter().flatten().map(said).collect()
    }

    #[test]
    fn lines_are_lines_however_they_come() {
        let bytes = b"a 1\n\nb\0 2\n\xff 3\r\nlast";
        let want = [
            "1 a 1",
            "2 ",
            "3 a NUL byte in it: no line of text",
            "4 no UTF-8: no line of text",
            "5 last",
        ];
        assert_eq!(lines(bytes, usize::MAX), want);
        assert_eq!(lines(bytes, 1), want);
        assert!(lines(b"", 1).is_empty());
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut bytes = vec![b'x'; 2 * LONGEST];
        bytes.extend(b"\nnext");
        let found = lines(&bytes, CHUNK);
        assert_eq!(found, ["1 too long for a line", "2 next"]);
    }

    #[test]
    fn a_list_that_fails_says_so() {
        let (ready, chunks) = sync_channel(8);
        let news = EventFd::new().unwrap();
        let failed = io::Error::from_raw_os_error(nix::libc::EIO);
        assert!(Reader::new(0, &ready, &news).read(Err(failed)).is_ok());
        let line = chunks.recv().unwrap().remove(0);
        assert!(matches!(line.text, Text::Failed(_)), "{line:?}");
    }
}
