//! What each shell is told, in the form that its script reads fastest. Pure.
//!
//! The first line says what is done with the rest: `words` and `open` (no space
//! after it), `files`, or `command` and where that begins.

use std::fmt::Write as _;

use super::candidate::{Answer, Candidate, Matching, Native};
use super::redirection::Words;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    Bash {
        /// The candidates are only shown, on so many columns.
        listing: Option<usize>,
        /// How many characters of the word readline will replace: it splits
        /// words at COMP_WORDBREAKS, `:` and `=` among them.
        replaced: usize,
    },
    Zsh,
    Fish,
}

/// COMP_TYPE where readline lists candidates and inserts none: `?`, `!`, `@`.
const LISTINGS: [&str; 3] = ["63", "33", "64"];

impl Shell {
    /// Reads `zsh`, `fish` or `bash COMP_TYPE COLUMNS LENGTH`.
    pub fn read(text: &str) -> Option<Shell> {
        let words: Vec<&str> = text.split(' ').collect();
        Some(match words[..] {
            ["zsh"] => Shell::Zsh,
            ["fish"] => Shell::Fish,
            ["bash", kind, columns, replaced] => Shell::Bash {
                listing: match LISTINGS.contains(&kind) {
                    true => columns.parse().ok(),
                    false => None,
                },
                replaced: replaced.parse().ok()?,
            },
            _ => return None,
        })
    }

    /// Which candidates it can use.
    pub fn matching(self) -> Matching {
        match self {
            Shell::Bash { .. } => Matching::Prefix,
            Shell::Zsh | Shell::Fish => Matching::Anywhere,
        }
    }

    /// The program's words among those it hands over.
    pub fn line(self, words: &[String]) -> Words {
        match self {
            Shell::Bash { .. } => Words::without_redirections(words),
            Shell::Zsh | Shell::Fish => Words::all(words),
        }
    }

    /// The answer to `typed`, the word at the cursor.
    pub fn render(self, answer: &Answer, typed: &str) -> String {
        match self {
            Shell::Bash { listing, replaced } => {
                let stays = typed.chars().count().saturating_sub(replaced);
                bash(answer, listing, stays)
            }
            Shell::Zsh => zsh(answer),
            Shell::Fish => fish(answer),
        }
    }
}

/// The parts of words after the first `stays` characters, which readline keeps.
fn bash(answer: &Answer, listing: Option<usize>, stays: usize) -> String {
    let before = answer.before.chars().count();
    let mut out = match answer.native {
        Some(Native::Command { at }) => format!("command {at}\n"),
        // What is left of `before` has to be given back with each file.
        Some(Native::Files) => format!("files {}\n", before.saturating_sub(stays)),
        None => {
            let is_open = answer.candidates.iter().all(|one| one.open);
            // readline quotes what is a file.
            let are_files = answer.candidates.iter().any(|one| one.group == "socket");
            let kind = if are_files { " filenames" } else { "" };
            format!("{}{kind}\n", if is_open { "open" } else { "words" })
        }
    };
    let kept: String = answer.before.chars().skip(stays).collect();
    let all = &answer.candidates;
    let words = all.iter().map(|one| match stays.checked_sub(before) {
        Some(more) => one.value.chars().skip(more).collect(),
        None => format!("{kept}{}", one.value),
    });
    let words: Vec<String> = words.collect();
    let widest = words.iter().map(|word| word.chars().count()).max();
    let described = all.len() > 1 && all.iter().any(|one| !one.about.is_empty());
    for (word, candidate) in words.iter().zip(all) {
        out.push_str(&match (listing, widest) {
            (Some(columns), Some(widest)) if described => {
                listed(word, &candidate.about, widest, columns)
            }
            _ => word.clone(),
        });
        out.push('\n');
    }
    out
}

/// A candidate and what it means, cut so that readline lists one a line.
fn listed(word: &str, about: &str, width: usize, columns: usize) -> String {
    if about.is_empty() {
        return word.to_owned();
    }
    let room = columns.saturating_sub(width + 5).max(10);
    let cut: String = match about.chars().count() > room {
        true => about.chars().take(room - 1).chain(['…']).collect(),
        false => about.to_owned(),
    };
    // Wider than half the screen: one a line.
    format!("{:1$}", format!("{word:width$}  {cut}"), columns / 2 + 1)
}

/// Groups, each after a line that begins with `=` and a tab: its heading, how
/// it is shown and how its words end. Described words are as _describe takes
/// them.
fn zsh(answer: &Answer) -> String {
    let before = answer.before.chars().count();
    let mut out = match answer.native {
        Some(Native::Command { at }) => format!("command\t{at}\n"),
        Some(Native::Files) => format!("files\t{before}\n"),
        None => format!("words\t{before}\n"),
    };
    let is_list = answer.before.ends_with(',');
    let mut last = None;
    for one in &answer.candidates {
        let described = !one.about.is_empty();
        let head = (&one.group, described, one.open);
        if last != Some(head) {
            let show = if described { "described" } else { "plain" };
            let end = match (one.open, is_list || one.group == "port") {
                (true, _) => "open",
                (_, true) => "list",
                _ => "word",
            };
            let _ = writeln!(out, "=\t{}\t{show}\t{end}", one.group);
            last = Some(head);
        }
        let _ = match described {
            true => writeln!(out, "{}:{}", escaped(&one.value), one.about),
            false => writeln!(out, "{}", one.value),
        };
    }
    out
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(':', "\\:")
}

/// Whole words and their descriptions, as complete(1) of fish takes them.
fn fish(answer: &Answer) -> String {
    let before = &answer.before;
    let mut out = match answer.native {
        Some(Native::Command { at }) => format!("command\t{at}\n"),
        Some(Native::Files) => format!("files\t{before}\n"),
        None => "words\n".to_owned(),
    };
    for Candidate { value, about, .. } in &answer.candidates {
        let _ = match about.is_empty() {
            true => writeln!(out, "{before}{value}"),
            false => writeln!(out, "{before}{value}\t{about}"),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services() -> Answer {
        let all = [("http", "80"), ("http-alt", "8080")];
        let all = all.map(|(name, port)| Candidate::new(name, port, "port"));
        Answer::of("web:", all)
    }

    #[test]
    fn readline_replaces_what_follows_its_last_break() {
        let bash = |replaced| Shell::Bash {
            listing: None,
            replaced,
        };
        let table = [(2, "http"), (3, ":http"), (6, "web:http")];
        for (replaced, first) in table {
            let said = bash(replaced).render(&services(), "web:ht");
            assert_eq!(said.lines().nth(1), Some(first));
        }
    }

    #[test]
    fn bash_lists_what_a_candidate_means_and_never_inserts_it() {
        let listing = Shell::read("bash 63 40 2").expect("a shell");
        let said = listing.render(&services(), "web:ht");
        let words: Vec<&str> = said.lines().map(str::trim_end).collect();
        assert_eq!(words, ["words", "http      80", "http-alt  8080"]);
        // Two of them do not fit side by side.
        assert!(said.lines().skip(1).all(|line| line.len() > 20), "{said:?}");
        let inserting = Shell::read("bash 9 40 2").expect("a shell");
        let said = inserting.render(&services(), "web:ht");
        assert_eq!(said, "words\nhttp\nhttp-alt\n");
        // Only one is inserted also when it would be listed.
        let mut one = services();
        one.candidates.truncate(1);
        assert_eq!(listing.render(&one, "web:ht"), "words\nhttp\n");
    }

    #[test]
    fn long_descriptions_are_cut() {
        let long = "x".repeat(200);
        assert_eq!(listed("a", &long, 3, 40).chars().count(), 3 + 2 + 32);
        assert_eq!(listed("a", "b", 3, 1), "a    b");
        assert_eq!(listed("a", "", 3, 40), "a");
    }

    #[test]
    fn zsh_gets_groups_and_fish_whole_words() {
        let said = Shell::Zsh.render(&services(), "web:ht");
        assert_eq!(
            said,
            "words\t4\n=\tport\tdescribed\tlist\nhttp:80\nhttp-alt:8080\n"
        );
        let said = Shell::Fish.render(&services(), "web:ht");
        assert_eq!(said, "words\nweb:http\t80\nweb:http-alt\t8080\n");
        let files = Answer::files("--output=");
        assert_eq!(Shell::Zsh.render(&files, "--output=x"), "files\t9\n");
        assert_eq!(
            Shell::Fish.render(&files, "--output=x"),
            "files\t--output=\n"
        );
    }

    #[test]
    fn nobody_else_is_answered() {
        for text in ["", "bash", "bash 9 80 x", "tcsh", "zsh 1"] {
            assert_eq!(Shell::read(text), None, "{text}");
        }
    }
}
