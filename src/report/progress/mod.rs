//! A bar on the terminal while a long run is under way, gone at its end; or
//! lines, where there is no terminal and `--progress always` asks for them.
//!
//! Either is the work of a thread of its own that reads counts and writes
//! through `stderr`, which drops what is not taken: neither a stopped terminal
//! nor a slow one holds a run up, and what moves the bytes does not know of it.

mod course;
mod picture;
mod speed;
mod terminal;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Style, stderr};
pub use course::{Counts, Course, Goal};
use picture::{look, texts};
use speed::Speed;
use terminal::Terminal;

/// Runs shorter than this show no bar.
const DELAY: Duration = Duration::from_millis(300);
/// The time between two looks at the counts.
const TICK: Duration = Duration::from_millis(100);
/// The time between two lines.
const LINE: Duration = Duration::from_secs(1);
/// How long the end waits for the bar to be wiped off.
const WIPE: Duration = Duration::from_millis(20);
/// Runs with fewer answers to wait for show no bar.
const MANY: u64 = 25;

/// `--progress`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// A bar where it helps and disturbs nothing.
    #[default]
    Auto,
    /// A bar, or lines where there is no terminal.
    Always,
    Never,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bar,
    Lines,
}

/// Pure: `undisturbed` says that no payload shares the terminal.
fn form(style: Style, goal: Goal, undisturbed: bool) -> Option<Form> {
    let bar = style.stderr_terminal && !style.json;
    let suits = match goal {
        // Its results and the bar take turns only in a table.
        Goal::Answers(total) => style.table && total.is_none_or(|total| total >= MANY),
        _ => true,
    };
    match style.progress {
        Wanted::Never => None,
        Wanted::Always if bar => Some(Form::Bar),
        Wanted::Always => Some(Form::Lines),
        Wanted::Auto => {
            let shows = bar && suits && undisturbed && !style.quiet && style.verbose < 2;
            shows.then_some(Form::Bar)
        }
    }
}

/// A bar, or the promise of one; it goes when this is dropped.
pub struct Bar {
    style: Style,
    form: Form,
    course: Course,
    /// Closed to end it.
    end: Option<Sender<()>>,
    /// Closed when it has ended.
    ended: Receiver<()>,
}

impl Bar {
    /// Shows a course, where that is wanted. `undisturbed` says that no payload
    /// shares the terminal.
    pub fn start(style: Style, course: Course, undisturbed: bool) -> Option<Bar> {
        let form = form(style, course.goal, undisturbed)?;
        let (end, ending) = mpsc::channel();
        let (alive, ended) = mpsc::channel();
        let theirs = course.clone();
        let showing = thread::Builder::new().spawn(move || {
            match form {
                Form::Bar => draw(style, &theirs, &ending),
                Form::Lines => tell(style, &theirs, &ending),
            }
            drop(alive);
        });
        // Without a thread there is no bar, and nothing is lost.
        showing.ok().map(|_| Bar {
            style,
            form,
            course,
            end: Some(end),
            ended,
        })
    }

    /// So many answers.
    pub fn set(&self, count: u64) {
        self.course.counts.set([count, 0]);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.end = None;
        let _ = self.ended.recv_timeout(WIPE);
        if self.form == Form::Lines {
            // How it was in the end, however short it was.
            stderr::write(&self.style.render(&self.course.event(Instant::now())));
        }
    }
}

/// Whether it goes on after this time.
fn goes_on(ending: &Receiver<()>, time: Duration) -> bool {
    ending.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
}

fn tell(style: Style, course: &Course, ending: &Receiver<()>) {
    while goes_on(ending, LINE) {
        stderr::write(&style.render(&course.event(Instant::now())));
    }
}

fn draw(style: Style, course: &Course, ending: &Receiver<()>) {
    if !goes_on(ending, DELAY) {
        return;
    }
    let width = style.bar_columns();
    let terminal = Terminal::new(width);
    let target = ProgressDrawTarget::term_like(Box::new(terminal));
    let bar = ProgressBar::with_draw_target(course.goal.total(), target);
    let mut speed = Speed::since(course.began);
    loop {
        let texts = texts(course, Instant::now(), &mut speed);
        let look = look(course.goal.total().is_some(), texts, width.into());
        if let Ok(look) = ProgressStyle::with_template(&look) {
            bar.set_style(look);
        }
        // Only this draws: one picture of both.
        bar.update(|state| state.set_pos(course.position()));
        if !goes_on(ending, TICK) {
            break;
        }
    }
    bar.finish_and_clear();
    stderr::cleared();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_for_a_terminal_that_shows_nothing_else() {
        let terminal = Style {
            stderr_terminal: true,
            ..Style::default()
        };
        let sent = Goal::Sent(None);
        assert_eq!(form(terminal, sent, true), Some(Form::Bar));
        assert_eq!(form(terminal, sent, false), None);
        assert_eq!(form(Style::default(), sent, true), None);
        for other in [
            Style {
                json: true,
                ..terminal
            },
            Style {
                quiet: true,
                ..terminal
            },
            Style {
                verbose: 2,
                ..terminal
            },
            Style {
                progress: Wanted::Never,
                ..terminal
            },
        ] {
            assert_eq!(form(other, sent, true), None, "{other:?}");
        }
        let always = Style {
            progress: Wanted::Always,
            ..Style::default()
        };
        assert_eq!(form(always, sent, false), Some(Form::Lines));
        let there = Style {
            stderr_terminal: true,
            ..always
        };
        assert_eq!(form(there, sent, false), Some(Form::Bar));
        assert_eq!(
            form(
                Style {
                    json: true,
                    ..there
                },
                sent,
                false
            ),
            Some(Form::Lines)
        );
    }

    #[test]
    fn a_probe_needs_a_table_and_many_answers() {
        let table = Style {
            stderr_terminal: true,
            table: true,
            ..Style::default()
        };
        assert_eq!(
            form(table, Goal::Answers(Some(MANY)), true),
            Some(Form::Bar)
        );
        assert_eq!(form(table, Goal::Answers(Some(MANY - 1)), true), None);
        let piped = Style {
            table: false,
            ..table
        };
        assert_eq!(form(piped, Goal::Answers(Some(MANY)), true), None);
    }
}
