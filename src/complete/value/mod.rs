//! The values of options.

mod kind;

use clap::Arg;

pub use kind::{Kind, kind, sample};

use super::candidate::{Answer, Candidate};
use super::ports;
use super::trial::Trial;
use super::{Asked, address};
use crate::dscp::Dscp;
use crate::flags;
use crate::stage::Stage;
use crate::verdict::State;

/// The values that go on with `typed`.
pub fn answer(arg: &Arg, typed: &str, trial: &mut Trial<'_>, asked: &Asked<'_>) -> Answer {
    let sources = asked.sources;
    let mut offer = Offer {
        arg,
        typed,
        trial,
        asked,
    };
    match kind(arg) {
        Some(Kind::Listed) => offer.values(listed(arg)),
        Some(Kind::SendFlags) => offer.elements(flags::send_words()),
        Some(Kind::RecvFlags) => offer.elements(flags::recv_words()),
        Some(Kind::Stages) => {
            let stages = Stage::ALL.into_iter();
            offer.stages(stages.map(|stage| (stage.name(), stage.about())))
        }
        Some(Kind::States) => {
            let states = State::ALL.into_iter();
            offer.values(states.map(|state| (state.name(), state.about())))
        }
        Some(Kind::Dscp) => {
            offer.values(Dscp::names().map(|(name, point)| (name, point.to_string())))
        }
        Some(Kind::Interfaces) => offer.names(sources.interfaces()),
        Some(Kind::Congestion) => offer.names(sources.congestion()),
        Some(Kind::Own) => offer.names(sources.addresses()),
        Some(Kind::Words) => offer.names(kind::words(arg)),
        Some(Kind::Hosts | Kind::Text) if typed.starts_with('@') => Answer::files("@"),
        Some(Kind::Hosts) => address::hosts(typed, asked),
        Some(Kind::Ports(ports)) => ports::answer(typed, ports, asked),
        Some(Kind::Files) => Answer::files(""),
        Some(Kind::Text | Kind::Free(_)) | None => Answer::default(),
    }
}

fn listed(arg: &Arg) -> Vec<(String, String)> {
    let values = arg.get_possible_values();
    let shown = values.iter().filter(|value| !value.is_hide_set());
    let about = |help: &clap::builder::StyledStr| help.to_string();
    shown
        .map(|value| {
            let help = value.get_help().map(about).unwrap_or_default();
            (value.get_name().to_owned(), help)
        })
        .collect()
}

/// What is offered for an option, as long as the run takes it.
struct Offer<'a, 'b, 'c> {
    arg: &'a Arg,
    typed: &'a str,
    trial: &'a mut Trial<'b>,
    asked: &'a Asked<'c>,
}

impl Offer<'_, '_, '_> {
    fn values<V: Into<String>, A: AsRef<str>>(
        &mut self,
        all: impl IntoIterator<Item = (V, A)>,
    ) -> Answer {
        let all = all.into_iter().map(|(value, about)| (value.into(), about));
        let kept = all.filter(|(value, _)| {
            self.asked.matching.keeps(value, self.typed) && self.trial.takes_value(self.arg, value)
        });
        let group = group(self.arg);
        Answer::of(
            "",
            kept.map(|(value, about)| Candidate::new(value, about, group)),
        )
    }

    fn names<V: Into<String>>(&mut self, all: impl IntoIterator<Item = V>) -> Answer {
        let all = all.into_iter().map(Into::into);
        let kept = all.filter(|value: &String| self.asked.matching.keeps(value, self.typed));
        let group = group(self.arg);
        Answer::of("", kept.map(|value| Candidate::new(value, "", group)))
    }

    /// A stage, after which a time has to follow.
    fn stages(&mut self, all: impl Iterator<Item = (&'static str, &'static str)>) -> Answer {
        let kept = all.filter(|(stage, _)| {
            self.asked.matching.keeps(&format!("{stage}="), self.typed)
                && self.trial.takes_value(self.arg, &format!("{stage}=1s"))
        });
        let group = group(self.arg);
        Answer::of(
            "",
            kept.map(|(stage, about)| Candidate::new(format!("{stage}="), about, group).open()),
        )
    }

    /// Words between commas, each of which is offered once.
    fn elements(&mut self, all: impl Iterator<Item = (&'static str, &'static str)>) -> Answer {
        let (done, last) = ports::elements(self.typed);
        let given: Vec<&str> = done.split(',').collect();
        let kept = all.filter(|(word, _)| {
            !given.contains(word)
                && self.asked.matching.keeps(word, last)
                && self.trial.takes_value(self.arg, &format!("{done}{word}"))
        });
        let group = group(self.arg);
        Answer::of(
            done,
            kept.map(|(word, about)| Candidate::new(word, about, group)),
        )
    }
}

fn group(arg: &Arg) -> &str {
    arg.get_long().unwrap_or("value")
}
