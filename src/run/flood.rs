//! What somebody else can make happen as often as he likes is told at most
//! once a second, and then how often it was.

use std::time::Instant;

use super::Run;
use super::seldom::EVERY;
use crate::event::Event;
use crate::stage::Stage;

/// What there can be a flood of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// Peers that only knocked.
    Knocks,
    /// Answers that did not leave.
    AnswersLost,
    /// Questions in the name of one of our own ports.
    OwnPorts,
    /// Peers whose answers are cut to the length of their questions.
    AnswersCut,
    /// Datagrams that were longer than the buffer.
    Truncated,
    /// Datagrams that the kernel had no room for.
    Dropped,
}

impl Flood {
    fn stage(self) -> Stage {
        match self {
            Flood::Knocks => Stage::Accept,
            Flood::AnswersLost | Flood::OwnPorts | Flood::AnswersCut => Stage::Send,
            Flood::Truncated | Flood::Dropped => Stage::Recv,
        }
    }

    /// Those that were not told.
    fn more(self, count: u64) -> String {
        match self {
            Flood::Knocks => format!("{count} more were gone before a byte went either way"),
            Flood::AnswersLost => format!("{count} more answers lost"),
            Flood::OwnPorts => {
                format!("{count} more not answered: they seem to come from our own ports")
            }
            Flood::AnswersCut => {
                format!("{count} more peers whose answers are cut to the length of their questions")
            }
            Flood::Truncated => format!("{count} more datagrams were cut"),
            Flood::Dropped => format!("the kernel dropped {count} more datagrams"),
        }
    }
}

/// Those of one kind. Pure.
#[derive(Debug)]
struct Counted {
    flood: Flood,
    told: Instant,
    untold: u64,
    /// Of all that are untold; None once two of them differ.
    object: Option<String>,
}

/// All that were told lately.
#[derive(Debug, Default)]
pub(super) struct Floods(Vec<Counted>);

impl Floods {
    /// Whether so many more are told at once; if not they are counted.
    fn tells(&mut self, flood: Flood, object: &str, count: u64, now: Instant) -> bool {
        let known = self.0.iter_mut().find(|one| one.flood == flood);
        let Some(one) = known else {
            self.0.push(Counted {
                flood,
                told: now,
                untold: 0,
                object: None,
            });
            return true;
        };
        if one.untold == 0 && now >= one.told + EVERY {
            one.told = now;
            return true;
        }
        match &one.object {
            _ if one.untold == 0 => one.object = Some(object.to_owned()),
            Some(known) if known != object => one.object = None,
            _ => {}
        }
        one.untold += count;
        false
    }

    /// When there is something to tell.
    pub(super) fn next(&self) -> Option<Instant> {
        let untold = self.0.iter().filter(|one| one.untold > 0);
        untold.map(|one| one.told + EVERY).min()
    }

    /// What is to be told by now; without a moment all that is left.
    fn due(&mut self, now: Option<Instant>) -> Vec<Event> {
        let is_due =
            |one: &&mut Counted| one.untold > 0 && now.is_none_or(|now| now >= one.told + EVERY);
        let due = self.0.iter_mut().filter(is_due).map(|one| {
            one.told = now.unwrap_or(one.told);
            Event::Note {
                stage: one.flood.stage().name(),
                object: (one.object.take()).unwrap_or_else(|| "several addresses".to_owned()),
                text: one.flood.more(std::mem::take(&mut one.untold)),
            }
        });
        due.collect()
    }
}

impl Run {
    /// Tells something that there may be a flood of; `count` of them, with the
    /// text if it is told at once. `object` is of ours: what is told of many has
    /// one for all of them.
    pub fn note_of_many(
        &mut self,
        (flood, count): (Flood, u64),
        object: &str,
        note: impl FnOnce() -> (String, String),
    ) {
        let now = Instant::now();
        if self.floods.tells(flood, object, count, now) {
            let (object, text) = note();
            self.note(flood.stage(), object, text);
        } else {
            self.tell_floods(Some(now));
        }
    }

    /// Tells of floods what is due; without a moment all that is left.
    pub(super) fn tell_floods(&mut self, now: Option<Instant>) {
        if self.floods.next().is_none() {
            return;
        }
        for event in self.floods.due(now) {
            self.tell(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn texts(events: Vec<Event>) -> Vec<String> {
        let text = |event| match event {
            Event::Note { object, text, .. } => format!("{object}: {text}"),
            other => panic!("{other:?}"),
        };
        events.into_iter().map(text).collect()
    }

    #[test]
    fn a_flood_is_told_once_a_second_and_every_one_is_counted() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut floods = Floods::default();
        let lost = Flood::AnswersLost;
        assert!(floods.tells(lost, "a", 1, at(0)));
        assert_eq!(floods.next(), None);
        assert!(!floods.tells(lost, "a", 1, at(10)));
        assert!(!floods.tells(lost, "b", 2, at(800)));
        assert!(!floods.tells(lost, "b", 1, at(900)));
        // Another kind has a second of its own.
        assert!(floods.tells(Flood::Dropped, "a", 7, at(900)));
        assert_eq!(floods.next(), Some(at(1000)));
        assert!(floods.due(Some(at(999))).is_empty());
        assert_eq!(
            texts(floods.due(Some(at(1000)))),
            ["several addresses: 4 more answers lost"]
        );
        assert!(!floods.tells(lost, "b", 1, at(1999)));
        // Nothing overtakes what was not told.
        assert!(!floods.tells(lost, "b", 1, at(2500)));
        assert_eq!(
            texts(floods.due(Some(at(2500)))),
            ["b: 2 more answers lost"]
        );
        assert!(floods.tells(lost, "b", 1, at(3500)));
        assert!(!floods.tells(lost, "b", 1, at(3500)));
        assert_eq!(texts(floods.due(None)), ["b: 1 more answers lost"]);
        assert!(floods.due(None).is_empty());
        assert_eq!(floods.next(), None);
    }
}
