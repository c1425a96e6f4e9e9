//! How far a run is, as counts that anybody may read at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::event::Event;
use crate::units::human_time;

/// What a run counts towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Answers of `probe`: so many, unless more may be asked for.
    Answers(Option<u64>),
    /// Bytes to the peer: so many, where that is known.
    Sent(Option<u64>),
    /// Bytes from the peer.
    Received(Option<u64>),
    /// Bytes both ways; the total is of what is sent.
    Both(Option<u64>),
}

impl Goal {
    /// The whole of it, where it is known.
    pub fn total(self) -> Option<u64> {
        match self {
            Goal::Answers(total)
            | Goal::Sent(total)
            | Goal::Received(total)
            | Goal::Both(total) => total,
        }
    }
}

/// Two numbers: bytes sent and received; or answers, and none.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; 2]);

impl Counts {
    /// They are these now.
    pub fn set(&self, counts: [u64; 2]) {
        for (to, count) in self.0.iter().zip(counts) {
            to.store(count, Ordering::Relaxed);
        }
    }

    /// What they are.
    pub fn get(&self) -> [u64; 2] {
        [&self.0[0], &self.0[1]].map(|count| count.load(Ordering::Relaxed))
    }
}

/// Answers in words.
pub fn answered(count: u64, total: Option<u64>) -> String {
    match total {
        Some(total) => format!("{count} of {total} answered"),
        None => format!("{count} answered"),
    }
}

/// How far it is towards what, since when.
#[derive(Debug, Clone)]
pub struct Course {
    pub goal: Goal,
    pub counts: Arc<Counts>,
    /// What it is about, as events name it.
    pub stage: &'static str,
    pub object: String,
    /// When the run began.
    pub started: Instant,
    /// When counting began.
    pub began: Instant,
}

impl Course {
    /// What a bar shows as done.
    pub fn position(&self) -> u64 {
        let [sent, received] = self.counts.get();
        match self.goal {
            Goal::Answers(_) | Goal::Sent(_) | Goal::Both(Some(_)) => sent,
            Goal::Received(_) => received,
            Goal::Both(None) => sent.saturating_add(received),
        }
    }

    /// The line for those who see no bar, at this moment.
    pub fn event(&self, now: Instant) -> Event {
        let [sent, received] = self.counts.get();
        if let Goal::Answers(total) = self.goal {
            let time = human_time(now - self.started);
            return Event::Note {
                stage: self.stage,
                object: self.object.clone(),
                text: format!("{}, {time}", answered(sent, total)),
            };
        }
        let ms = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        let rate = self.position() as f64 / (now - self.began).as_secs_f64();
        Event::Progress {
            stage: self.stage,
            object: self.object.clone(),
            sent,
            received,
            elapsed_ms: ms(now - self.started),
            total: self.goal.total(),
            rate: rate.is_finite().then(|| rate.round()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_far_it_is() {
        let began = Instant::now();
        let course = Course {
            goal: Goal::Sent(Some(4096)),
            counts: Arc::default(),
            stage: "send",
            object: "h:1".into(),
            started: began,
            began,
        };
        course.counts.set([1024, 7]);
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
