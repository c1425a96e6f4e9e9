//! What is offered.

/// A word that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The word, without [`Answer::before`].
    pub value: String,
    /// What it means, in one line; empty where the word says it all.
    pub about: String,
    /// The heading it stands under, where the shell shows headings.
    pub group: String,
    /// The word goes on: no space comes after it.
    pub open: bool,
}

impl Candidate {
    /// A whole word.
    pub fn new(value: impl Into<String>, about: impl AsRef<str>, group: &str) -> Candidate {
        let words: Vec<&str> = about.as_ref().split_whitespace().collect();
        Candidate {
            value: value.into(),
            about: words.join(" "),
            group: group.to_owned(),
            open: false,
        }
    }

    /// The same as the beginning of a word.
    pub fn open(mut self) -> Candidate {
        self.open = true;
        self
    }
}

/// What a shell completes better than anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Native {
    /// Files and directories.
    Files,
    /// A command and its words, the first of which is this word of the line.
    Command { at: usize },
}

/// All that is offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// What stands at the cursor already and stays: `nosignal,`, `host:`, `--source=`.
    pub before: String,
    pub candidates: Vec<Candidate>,
    pub native: Option<Native>,
}

impl Answer {
    /// These words, each after `before`.
    pub fn of(
        before: impl Into<String>,
        candidates: impl IntoIterator<Item = Candidate>,
    ) -> Answer {
        Answer {
            before: before.into(),
            candidates: candidates.into_iter().collect(),
            native: None,
        }
    }

    /// What the shell knows.
    pub fn native(native: Native) -> Answer {
        Answer {
            native: Some(native),
            ..Answer::default()
        }
    }

    /// The shell's files after `before`.
    pub fn files(before: impl Into<String>) -> Answer {
        Answer {
            before: before.into(),
            ..Answer::native(Native::Files)
        }
    }

    /// With the words of another answer about the same part of the word.
    pub fn and(mut self, more: Answer) -> Answer {
        self.candidates.extend(more.candidates);
        self.native = self.native.or(more.native);
        self
    }

    /// With a longer beginning.
    pub fn after(mut self, before: &str) -> Answer {
        self.before.insert_str(0, before);
        self
    }
}

/// Which words go with what is typed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// Those that begin with it: all that readline can insert.
    Prefix,
    /// Those that hold it, in any case: zsh and fish have their own finer rules.
    Anywhere,
}

impl Matching {
    /// Whether `word` is worth offering.
    pub fn keeps(self, word: &str, typed: &str) -> bool {
        match self {
            Matching::Prefix => word.starts_with(typed),
            Matching::Anywhere => {
                typed.is_empty()
                    || word.starts_with(typed)
                    || word
                        .to_ascii_lowercase()
                        .contains(&typed.to_ascii_lowercase())
            }
        }
    }
}
