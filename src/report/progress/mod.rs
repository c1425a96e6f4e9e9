//! A bar on the terminal while a long run is under way, gone at its end; or
//! lines, where there is no terminal and `--progress always` asks for them.
//!
//! Either is the work of a thread of its own that reads counts and writes
//! through `stderr`, which drops what is not taken: neither a stopped terminal
//! nor a slow one holds a run up, and what moves the bytes does not know of it.

mod course;
mod speed;
mod terminal;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Style, stderr};
use crate::units::{human_bytes, human_time};
pub use course::{Counts, Course, Goal};
use speed::{Speed, time_left};
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
        Goal::Answers(total) => style.table && total >= MANY,
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

/// The longest bar, and the shortest that says anything, in columns.
const LONGEST: usize = 20;
const SHORTEST: usize = 5;

/// A line in indicatif's words that is shorter than the terminal is wide: what
/// wraps can neither be wiped nor written over.
fn look(has_total: bool, [done, rest]: [String; 2], width: usize) -> String {
    // The spinner and its blank; the last column stays free.
    let room = width.saturating_sub(3);
    if has_total {
        let text = done.len() + rest.len() + " 100%, ".len();
        match room.saturating_sub(text + 1) {
            bar @ SHORTEST.. => {
                let bar = bar.min(LONGEST);
                return format!("{{spinner}} {done} {{bar:{bar}}} {{percent}}%, {rest}");
            }
            _ if text <= room => return format!("{{spinner}} {done} {{percent}}%, {rest}"),
            _ => {}
        }
    }
    let text: String = format!("{done}, {rest}").chars().take(room).collect();
    format!("{{spinner}} {text}")
}

/// What a bar says before and behind itself.
fn texts(course: &Course, now: Instant, speed: &mut Speed) -> [String; 2] {
    let position = course.position();
    let rate = speed.at(now, position);
    let elapsed = human_time(now - course.began);
    let [sent, received] = course.counts.get().map(human_bytes);
    let of =
        |total: Option<u64>| total.map_or_else(String::new, |n| format!(" of {}", human_bytes(n)));
    let done = match course.goal {
        Goal::Answers(total) => return [format!("{position} of {total} answered"), elapsed],
        Goal::Sent(total) => format!("sent {sent}{}", of(total)),
        Goal::Received(total) => format!("received {received}{}", of(total)),
        Goal::Both(total) => format!("sent {sent}{}, received {received}", of(total)),
    };
    let left = course
        .goal
        .total()
        .map(|total| total.saturating_sub(position));
    let left = left.and_then(|left| time_left(left, rate));
    let when = left.map_or(elapsed, |left| format!("{} left", human_time(left)));
    [done, format!("{}/s, {when}", human_bytes(rate as u64))]
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
    use crate::event::Event;

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
        assert_eq!(form(table, Goal::Answers(MANY), true), Some(Form::Bar));
        assert_eq!(form(table, Goal::Answers(MANY - 1), true), None);
        let piped = Style {
            table: false,
            ..table
        };
        assert_eq!(form(piped, Goal::Answers(MANY), true), None);
    }

    #[test]
    fn a_line_is_never_as_wide_as_its_terminal() {
        let texts = || ["sent 1.0 GiB of 4.0 GiB", "512 B/s, 6.0 s left"].map(String::from);
        for (has_total, width, want) in [
            (
                true,
                80,
                "{spinner} sent 1.0 GiB of 4.0 GiB {bar:20} {percent}%, 512 B/s, 6.0 s left",
            ),
            (
                true,
                62,
                "{spinner} sent 1.0 GiB of 4.0 GiB {bar:9} {percent}%, 512 B/s, 6.0 s left",
            ),
            (
                true,
                55,
                "{spinner} sent 1.0 GiB of 4.0 GiB {percent}%, 512 B/s, 6.0 s left",
            ),
            (true, 40, "{spinner} sent 1.0 GiB of 4.0 GiB, 512 B/s, 6.0"),
            (
                false,
                80,
                "{spinner} sent 1.0 GiB of 4.0 GiB, 512 B/s, 6.0 s left",
            ),
            (false, 20, "{spinner} sent 1.0 GiB of 4"),
            (false, 2, "{spinner} "),
        ] {
            let look = look(has_total, texts(), width);
            assert_eq!(look, want, "{width}");
            assert!(ProgressStyle::with_template(&look).is_ok(), "{look}");
        }
    }

    #[test]
    fn a_bar_says_what_is_done_how_fast_and_what_is_left() {
        let began = Instant::now();
        let now = began + Duration::from_secs(2);
        for (goal, done, rest) in [
            (
                Goal::Sent(Some(4096)),
                "sent 1.0 KiB of 4.0 KiB",
                "512 B/s, 6.0 s left",
            ),
            (Goal::Sent(None), "sent 1.0 KiB", "512 B/s, 2.0 s"),
            (
                Goal::Received(Some(7)),
                "received 7 B of 7 B",
                "3 B/s, 0 ms left",
            ),
            (
                Goal::Both(Some(2048)),
                "sent 1.0 KiB of 2.0 KiB, received 7 B",
                "512 B/s, 2.0 s left",
            ),
            (
                Goal::Both(None),
                "sent 1.0 KiB, received 7 B",
                "515 B/s, 2.0 s",
            ),
            (Goal::Answers(2000), "1024 of 2000 answered", "2.0 s"),
        ] {
            let course = course(goal, began);
            let texts = texts(&course, now, &mut Speed::since(began));
            assert_eq!(texts, [done, rest], "{goal:?}");
        }
    }

    fn course(goal: Goal, began: Instant) -> Course {
        let course = Course {
            goal,
            counts: Default::default(),
            stage: "send",
            object: "h:1".into(),
            started: began,
            began,
        };
        course.counts.set([1024, 7]);
        course
    }

    #[test]
    fn a_line_tells_how_far_it_is() {
        let began = Instant::now();
        let course = course(Goal::Sent(Some(4096)), began);
        let event = course.event(began + Duration::from_secs(2));
        assert_eq!(
            event,
            Event::Progress {
                stage: "send",
                object: "h:1".into(),
                sent: 1024,
                received: 7,
                elapsed_ms: 2000.0,
                total: Some(4096),
                rate: Some(512.0),
            }
        );
    }
}
