//! What a bar says. Pure.

use std::time::Instant;

use super::course::{Course, Goal, answered};
use super::speed::{Speed, time_left};
use crate::units::{human_bytes, human_time};

/// The longest bar, and the shortest that says anything, in columns.
const LONGEST: usize = 20;
const SHORTEST: usize = 5;

/// A line in indicatif's words that is shorter than the terminal is wide: what
/// wraps can neither be wiped nor written over.
pub fn look(has_total: bool, [done, rest]: [String; 2], width: usize) -> String {
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
pub fn texts(course: &Course, now: Instant, speed: &mut Speed) -> [String; 2] {
    let position = course.position();
    let rate = speed.at(now, position);
    let elapsed = human_time(now - course.began);
    let [sent, received] = course.counts.get().map(human_bytes);
    let of =
        |total: Option<u64>| total.map_or_else(String::new, |n| format!(" of {}", human_bytes(n)));
    let done = match course.goal {
        Goal::Answers(total) => answered(position, total),
        Goal::Sent(total) => format!("sent {sent}{}", of(total)),
        Goal::Received(total) => format!("received {received}{}", of(total)),
        Goal::Both(total) => format!("sent {sent}{}, received {received}", of(total)),
    };
    let total = match course.goal {
        // The last ones may all be silent, and silence has its own time.
        Goal::Answers(_) => None,
        _ => course.goal.total(),
    };
    let left = total.map(|total| total.saturating_sub(position));
    let left = left.and_then(|left| time_left(left, rate));
    let when = left.map_or(elapsed, |left| format!("{} left", human_time(left)));
    let rate = match course.goal {
        Goal::Answers(_) => format!("{rate:.0}"),
        _ => human_bytes(rate as u64),
    };
    [done, format!("{rate}/s, {when}")]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use indicatif::ProgressStyle;

    use super::*;

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
            (
                Goal::Answers(Some(2048)),
                "1024 of 2048 answered",
                "512/s, 2.0 s",
            ),
            (Goal::Answers(None), "1024 answered", "512/s, 2.0 s"),
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
}
