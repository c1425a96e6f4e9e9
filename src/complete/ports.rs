//! Ports: service names with their numbers, numbers with their names.

use super::Asked;
use super::candidate::{Answer, Candidate};

/// What a place takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    One,
    /// Several between commas.
    List,
}

/// The ports that go on with `typed`.
pub fn answer(typed: &str, ports: Ports, asked: &Asked<'_>) -> Answer {
    let (done, last) = match ports {
        Ports::One => ("", typed),
        Ports::List => elements(typed),
    };
    let given: Vec<&str> = done.split(',').collect();
    let numbers = last.starts_with(|c: char| c.is_ascii_digit());
    let all = asked.sources.services().into_iter().map(|(name, port)| {
        let port = port.to_string();
        match numbers {
            true => Candidate::new(port, name, "port"),
            false => Candidate::new(name, port, "port"),
        }
    });
    let mut kept: Vec<Candidate> = all
        .filter(|one| asked.matching.keeps(&one.value, last))
        .filter(|one| !given.contains(&one.value.as_str()))
        .collect();
    if numbers {
        kept.retain(|one| one.value.starts_with(last));
        // The first of several names is the one that people know.
        kept.sort_by_key(|one| one.value.len());
        kept.dedup_by(|more, first| more.value == first.value);
    }
    Answer::of(done, kept)
}

/// What stands before the element at the cursor, its comma included, and the
/// element.
pub fn elements(typed: &str) -> (&str, &str) {
    typed.split_at(typed.rfind(',').map_or(0, |comma| comma + 1))
}
