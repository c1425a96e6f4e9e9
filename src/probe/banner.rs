//! What a server says first: how long it is listened to, and what is kept of
//! it. Pure.

use std::time::{Duration, Instant};

use crate::verdict::Greeting;
use crate::word::escaped;

/// Bytes that are kept; what is longer is no banner.
pub const MOST: usize = 4096;
/// Characters of a line that are shown.
const LINE: usize = 256;
/// How long the rest of a line may be behind its beginning: prompts and binary
/// greetings have no end of line.
const PAUSE: Duration = Duration::from_millis(200);

/// What a server did after it had accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// What came first.
    pub greeting: Greeting,
    /// What it said, at most [`MOST`] bytes of it.
    pub heard: Vec<u8>,
    /// From the handshake to the first byte, the end, or the end of patience;
    /// of a datagram from the question to the reply.
    pub time: Duration,
}

impl Banner {
    /// Of a server whose reset came with its handshake.
    pub fn reset_at_once() -> Banner {
        Banner {
            greeting: Greeting::Reset,
            heard: Vec::new(),
            time: Duration::ZERO,
        }
    }

    /// The first line that is not empty, harmless to a terminal: what is not
    /// text as `\xff`. None if nothing was said.
    pub fn line(&self) -> Option<String> {
        if self.heard.is_empty() {
            return None;
        }
        let end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let mut lines = self.heard.split(end);
        let line = lines.find(|line| !line.trim_ascii().is_empty());
        let mut text = String::new();
        for chunk in line.unwrap_or(&self.heard).utf8_chunks() {
            text.push_str(&escaped(chunk.valid()));
            let invalid = chunk.invalid().iter();
            invalid.for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
        }
        if let Some((cut, _)) = text.char_indices().nth(LINE) {
            text.truncate(cut);
            text.push_str("...");
        }
        Some(text)
    }
}

/// One server that is listened to.
#[derive(Debug)]
pub struct Ear {
    began: Instant,
    ends: Option<Instant>,
    heard: Vec<u8>,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Ear {
    /// Listens from `now` on, for at most `patience`.
    pub fn new(now: Instant, patience: Duration) -> Ear {
        Ear {
            began: now,
            ends: now.checked_add(patience),
            heard: Vec::new(),
            first: None,
            last: None,
        }
    }

    /// Bytes that may still be taken.
    pub fn room(&self) -> usize {
        MOST - self.heard.len()
    }

    /// Takes what came; whether that is enough.
    pub fn take(&mut self, bytes: &[u8], now: Instant) -> bool {
        self.first.get_or_insert(now);
        self.last = Some(now);
        let room = self.room().min(bytes.len());
        self.heard.extend_from_slice(&bytes[..room]);
        self.room() == 0 || has_line(&self.heard)
    }

    /// When it is over if nothing comes; never without a moment.
    pub fn ends(&self) -> Option<Instant> {
        let pause = self.last.and_then(|last| last.checked_add(PAUSE));
        [self.ends, pause].into_iter().flatten().min()
    }

    /// What there is to tell at the end; `greeting` where nothing was said.
    pub fn banner(&mut self, greeting: Greeting, now: Instant) -> Banner {
        let (greeting, at) = match self.first {
            Some(first) => (Greeting::Spoke, first),
            None => (greeting, now),
        };
        Banner {
            greeting,
            heard: std::mem::take(&mut self.heard),
            time: at.saturating_duration_since(self.began),
        }
    }
}

/// Whether a line that is not empty has come to its end.
fn has_line(heard: &[u8]) -> bool {
    let Some(end) = heard.iter().rposition(|&byte| byte == b'\n') else {
        return false;
    };
    !heard[..end].trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(heard: &[u8]) -> Option<String> {
        let banner = Banner {
            greeting: Greeting::Spoke,
            heard: heard.to_vec(),
            time: Duration::ZERO,
        };
        banner.line()
    }

    #[test]
    fn the_first_line_is_harmless() {
        let table: &[(&[u8], &str)] = &[
            (b"SSH-2.0-OpenSSH_9.6\r\nmore\n", "SSH-2.0-OpenSSH_9.6"),
            (b"\r\n \r\nlate\n", "late"),
            (b"220 gr\xc3\xbc\xc3\x9f\r\n", "220 gr\u{fc}\u{df}"),
            (
                b"\x1b]0;owned\x07\x1b[31mred",
                "\\u{1b}]0;owned\\u{7}\\u{1b}[31mred",
            ),
            (b"a\0b\xff\xfe", "a\\0b\\xff\\xfe"),
            (b"\x16\x03\x03\x00\x07", "\\u{16}\\u{3}\\u{3}\\0\\u{7}"),
            (b"\xe2\x80\xaegnp.exe", "\\u{202e}gnp.exe"),
            (b"\r\n", "\\r\\n"),
        ];
        for (heard, said) in table {
            assert_eq!(line(heard).as_deref(), Some(*said));
        }
        assert_eq!(line(b""), None);
        assert_eq!(line(&[b'x'; MOST]).map(|line| line.len()), Some(LINE + 3));
    }

    #[test]
    fn it_listens_for_a_line_a_pause_or_the_end() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut ear = Ear::new(start, Duration::from_secs(2));
        assert_eq!(ear.ends(), Some(at(2000)));
        assert!(!ear.take(b"\r\n22", at(10)));
        assert_eq!(ear.ends(), Some(at(210)));
        assert!(ear.take(b"0 hi\r\n", at(30)));
        let banner = ear.banner(Greeting::Closed, at(40));
        assert_eq!(
            (banner.greeting, banner.time),
            (Greeting::Spoke, at(10) - start)
        );
        assert_eq!(banner.heard, b"\r\n220 hi\r\n");

        let mut ear = Ear::new(start, Duration::MAX);
        assert_eq!(ear.ends(), None);
        let closed = ear.banner(Greeting::Closed, at(5));
        assert_eq!(
            (closed.greeting, closed.time, closed.line()),
            (Greeting::Closed, at(5) - start, None)
        );
        assert!(ear.take(&[b'x'; 2 * MOST], at(6)));
        assert_eq!(ear.banner(Greeting::Silent, at(7)).heard.len(), MOST);
    }
}
