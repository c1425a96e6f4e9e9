//! Why there is no plan.

use std::fmt;

use crate::word::WordError;

/// No plan: what is wrong, and with whose words.
#[derive(Debug, PartialEq)]
pub struct Undecided {
    pub verb: &'static str,
    /// It is to be said as JSON.
    pub json: bool,
    pub wrong: Wrong,
}

/// A command line that cannot be carried out, in one sentence.
#[derive(Debug, PartialEq)]
pub struct Wrong(pub String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<WordError> for Wrong {
    fn from(error: WordError) -> Self {
        Wrong(error.to_string())
    }
}
