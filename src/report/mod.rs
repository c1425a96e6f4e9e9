//! Events to people and to programs: the only room that prints.
//!
//! stdout is written completely or the failure is reported; stderr never ends
//! or delays a run: what it cannot take at once is dropped. Knows events, not
//! sockets.

mod backlog;
mod dump;
mod hex;
mod json;
mod path;
mod progress;
mod stderr;
mod stdout;
mod table;
mod text;

pub use progress::{Bar, Counts, Course, Goal, Wanted};
pub use stdout::Unwritten;

use crate::event::{Event, Probe};
use crate::failure::Failure;
use dump::Dump;
use text::Level;

/// How things are said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// One JSON object a line instead of text.
    pub json: bool,
    /// `-v` counted.
    pub verbose: u8,
    /// Nothing but errors.
    pub quiet: bool,
    /// Colour in tables.
    pub color: bool,
    /// Tables, folding and sentences for eyes: stdout is a terminal.
    pub table: bool,
    /// What rows of `probe` show.
    pub rows: Rows,
    /// stderr is a terminal.
    pub stderr_terminal: bool,
    /// The columns of the terminal that stdout is; none where nobody knows.
    pub width: Option<u16>,
    /// `--progress`
    pub progress: Wanted,
    /// The columns of the terminal that stderr is.
    pub stderr_width: Option<u16>,
}

/// How rows of `probe` are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// Every row of a table, none folded.
    pub all: bool,
    /// What open ports say, in columns of their own.
    pub banner: bool,
    /// They are a difference to what was expected: those that are as expected
    /// are left out, unless `all`.
    pub differences: bool,
    /// Which attempt it was, in columns of its own.
    pub attempts: bool,
}

/// The columns of a table where the terminal does not tell.
const WIDTH: usize = 100;
/// The columns of a bar where nobody knows better.
const BAR_WIDTH: u16 = 80;
/// Tables are not made narrower: a line that wraps reads better than one word
/// a line.
const NARROWEST: usize = 40;

impl Style {
    fn tells(self, level: Level) -> bool {
        match level {
            Level::Errors => true,
            _ if self.quiet => false,
            Level::Normal => true,
            Level::Coming => self.json || self.stderr_terminal || self.verbose >= 1,
            Level::Stages => self.verbose >= 1,
            Level::Calls => self.verbose >= 2,
        }
    }

    /// The columns a table may have.
    fn columns(self) -> usize {
        self.width.map_or(WIDTH, usize::from).max(NARROWEST)
    }

    /// The columns a bar may have.
    fn bar_columns(self) -> u16 {
        self.stderr_width.unwrap_or(BAR_WIDTH)
    }

    fn render(self, event: &Event) -> Vec<u8> {
        match event {
            event if self.json => json::line(event).into(),
            Event::Hex {
                direction,
                offset,
                data,
                ..
            } => hex::lines(*direction, *offset, data).into(),
            Event::Digest { name, digest, .. } => text::digest(digest, name),
            event => (text::line(event) + "\n").into(),
        }
    }
}

/// Where events go.
pub struct Report {
    style: Style,
    table: table::Table,
    hops: path::Hops,
    held: Option<Vec<Event>>,
    dump: Dump,
}

impl Report {
    /// A report in a style.
    pub fn new(style: Style) -> Report {
        Report {
            style,
            table: table::Table::default(),
            hops: path::Hops::default(),
            held: None,
            dump: Dump::default(),
        }
    }

    /// The style it was made with.
    pub fn style(&self) -> Style {
        self.style
    }

    /// Whether `-vv` asks for single system calls.
    pub fn tells_calls(&self) -> bool {
        self.style.tells(Level::Calls)
    }

    /// Whether `-v` asks for stages.
    pub fn tells_stages(&self) -> bool {
        self.style.tells(Level::Stages)
    }

    /// Whether it is told that peers come and go.
    pub fn tells_peers(&self) -> bool {
        self.style.tells(Level::Coming)
    }

    /// Holds everything back but announcements and errors: a script waits for
    /// the first line of a listener, and that has to be the announcement.
    pub fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Tells what was held back.
    pub fn release(&mut self) {
        for event in self.held.take().unwrap_or_default() {
            self.tell(&event);
        }
    }

    /// Tells an event on stderr.
    pub fn tell(&mut self, event: &Event) {
        self.tell_at(text::level(event), event);
    }

    /// Tells what somebody has just asked for (USR1), also with `--quiet`.
    pub fn tell_asked(&mut self, event: &Event) {
        self.tell_at(Level::Errors, event);
    }

    fn tell_at(&mut self, level: Level, event: &Event) {
        match (&mut self.held, event) {
            (Some(_), Event::Error { .. }) => self.release(),
            (None, _) | (_, Event::Listening { .. }) => {}
            (Some(held), event) => {
                held.push(event.clone());
                return;
            }
        }
        if !self.style.tells(level) {
            return;
        }
        match event {
            Event::Hex { .. } => self.dump.show(self.style, event),
            // What comes after a dump must not get in front of it.
            event if !self.dump.is_written() => self.dump.follow(&self.style.render(event)),
            event => drop(stderr::write(&self.style.render(event))),
        }
    }

    /// Whether lines wait until stderr takes them; see [`Report::flush`].
    pub fn waits_for_stderr(&self) -> bool {
        !self.dump.is_written()
    }

    /// Writes what stderr takes of the lines that wait.
    pub fn flush(&mut self) {
        self.dump.flush();
    }

    /// What a result puts on stdout: at once, or with the table it belongs to.
    pub fn result(&mut self, event: &Event) -> String {
        if self.style.quiet {
            return String::new();
        }
        match event {
            Event::Probe(row) if self.leaves_out(row) => String::new(),
            _ if self.style.json => json::line(event),
            Event::Probe(row) if self.style.table && self.style.rows.attempts => {
                table::attempt(row, self.style.color)
            }
            Event::Statistics(sum) if self.style.table => table::statistics(sum),
            // In a pipe rows are all there is; a person wants to know.
            Event::Statistics(_) => {
                self.tell(event);
                String::new()
            }
            Event::Probe(row) if self.style.table => {
                self.table.push(row.clone(), self.style.rows.all);
                String::new()
            }
            Event::Probe(row) if self.style.rows.differences => {
                table::difference(row, self.style.color)
            }
            Event::Probe(row) => table::tsv(row, self.style.rows, self.style.color),
            // The last of them may be silence that has taken its time.
            Event::Hop(hop) => {
                self.hops.push(hop.clone());
                String::new()
            }
            Event::Path(path) if self.style.table => self.hops.render(path, self.style.columns()),
            Event::Path(path) => self.hops.tsv(path),
            Event::Summary(summary) if self.style.table => {
                (self.table).render(summary, self.style.color, self.style.columns())
            }
            // In a pipe rows are all there is: a summary would be a row too many.
            Event::Summary(_) => String::new(),
            other => text::line(other) + "\n",
        }
    }

    fn leaves_out(&self, row: &Probe) -> bool {
        self.style.rows.differences && !self.style.rows.all && row.ok == Some(true)
    }

    /// The last line of a run that failed.
    pub fn failure(&mut self, failure: &Failure) {
        // Who pressed Ctrl-C at this terminal has seen it there.
        let seen = matches!(failure, Failure::Signal { number: 2, .. })
            && self.style.stderr_terminal
            && !self.style.json;
        if !seen && let Some(event) = failure.event() {
            self.tell(&event);
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.dump.end(self.style);
    }
}

/// As [`Report::failure`], from a thread that has no report.
pub fn last_words(failure: &Failure, style: Style) {
    if let Some(event) = failure.event() {
        stderr::write(&style.render(&event));
    }
}

/// Writes text that was asked for (`--help`, `--version`, completions) to stdout.
///
/// # Errors
/// stdout is gone, full or failing.
pub fn answer(mut text: &[u8]) -> Result<(), Unwritten> {
    while !text.is_empty() {
        match stdout::write(text)? {
            0 => stdout::wait(),
            written => text = &text[written..],
        }
    }
    Ok(())
}

/// Writes what stdout takes of a text at once; 0 where it takes nothing.
///
/// # Errors
/// stdout is gone, full or failing.
pub fn stdout(text: &[u8]) -> Result<usize, Unwritten> {
    stdout::write(text)
}

/// Writes a usage error to stderr, as far as it takes it.
pub fn complain(text: &[u8]) {
    stderr::write(text);
}

/// A usage error as one JSON object.
pub fn complain_json(reason: &str) {
    stderr::write(
        json::line(&Event::Error {
            stage: "usage",
            object: String::new(),
            reason: reason.to_owned(),
            errno: None,
            hint: None,
            code: crate::exit::USAGE,
        })
        .as_bytes(),
    );
}
