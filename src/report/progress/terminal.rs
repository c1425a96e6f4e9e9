//! A terminal that is written to in whole pictures, or not at all.

use std::io;
use std::sync::{Mutex, PoisonError};

use indicatif::TermLike;

use crate::report::stderr;

/// stderr, as indicatif draws on it.
#[derive(Debug)]
pub struct Terminal {
    width: u16,
    text: Mutex<String>,
}

impl Terminal {
    /// So many columns wide.
    pub fn new(width: u16) -> Terminal {
        Terminal {
            width,
            text: Mutex::default(),
        }
    }

    fn put(&self, text: &str) -> io::Result<()> {
        let mut all = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_str(text);
        Ok(())
    }

    /// A cursor movement of ECMA-48.
    fn go(&self, n: usize, direction: char) -> io::Result<()> {
        match n {
            0 => Ok(()),
            n => self.put(&format!("\x1b[{n}{direction}")),
        }
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.width
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.go(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.go(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.go(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.go(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(text)?;
        self.put("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put(stderr::WIPE)
    }

    fn flush(&self) -> io::Result<()> {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        stderr::draw(std::mem::take(&mut *text).as_bytes());
        Ok(())
    }
}
