//! A bar on the terminal while a long probe runs, gone at its end.
//!
//! It is drawn by a thread of its own and through `stderr`, which drops what
//! the terminal does not take: neither a stopped terminal nor a slow one holds
//! a run up.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::{Style, stderr};

/// Runs shorter than this show no bar.
const DELAY: Duration = Duration::from_millis(300);
/// The time between two looks at the count.
const TICK: Duration = Duration::from_millis(100);
/// How long the end waits for the bar to be wiped off.
const WIPE: Duration = Duration::from_millis(20);
/// Runs with fewer answers to wait for show no bar.
const MANY: u64 = 25;

/// A bar, or the promise of one; it goes when this is dropped.
pub struct Bar {
    count: Arc<AtomicU64>,
    /// Closed to end it.
    end: Option<Sender<()>>,
    /// Closed when it has ended.
    ended: Receiver<()>,
}

impl Bar {
    /// A bar towards `total`, if there is a terminal for it and much to wait for.
    pub fn start(style: Style, total: u64) -> Option<Bar> {
        if !style.table || !style.stderr_terminal || style.quiet || total < MANY {
            return None;
        }
        let count = Arc::new(AtomicU64::new(0));
        let (end, ending) = mpsc::channel();
        let (alive, ended) = mpsc::channel();
        let theirs = Arc::clone(&count);
        let drawing = thread::Builder::new().spawn(move || {
            draw(style, total, &theirs, &ending);
            drop(alive);
        });
        // Without a thread there is no bar, and nothing is lost.
        drawing.ok().map(|_| Bar {
            count,
            end: Some(end),
            ended,
        })
    }

    /// So many are done.
    pub fn set(&self, count: u64) {
        self.count.store(count, Ordering::Relaxed);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.end = None;
        let _ = self.ended.recv_timeout(WIPE);
    }
}

fn draw(style: Style, total: u64, count: &AtomicU64, ending: &Receiver<()>) {
    let goes_on = |time| ending.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    if !goes_on(DELAY) {
        return;
    }
    let terminal = Terminal {
        width: style.columns() as u16,
        text: Mutex::default(),
    };
    let target = ProgressDrawTarget::term_like(Box::new(terminal));
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let look = "{spinner} {pos} of {len} answered, {elapsed} {bar:20}";
    bar.set_style(
        ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    loop {
        bar.set_position(count.load(Ordering::Relaxed));
        bar.tick();
        if !goes_on(TICK) {
            break;
        }
    }
    bar.finish_and_clear();
}

/// A terminal that is written to in whole pictures, or not at all.
#[derive(Debug)]
struct Terminal {
    width: u16,
    text: Mutex<String>,
}

impl Terminal {
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
        self.put("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        stderr::write(std::mem::take(&mut *text).as_bytes());
        Ok(())
    }
}
