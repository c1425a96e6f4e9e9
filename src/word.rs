//! A word that could not be read: what it was, what was expected, what was probably meant.
//!
//! Every vocabulary answers bad input with a [`WordError`], so that all usage
//! errors read alike. Nothing here knows what the word was for.

use std::fmt;

/// A word of the command line (or of a target file) that could not be read.
///
/// Made with [`WordError::new`], neither `word` nor `meant` holds the user
/// information of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordError {
    /// The word as it was typed, not escaped.
    pub word: String,
    /// What was expected, to be read after "expected".
    pub expected: String,
    /// The form that was probably meant, ready to be typed.
    pub meant: Option<String>,
}

impl WordError {
    /// An error without a guess at what was meant.
    pub fn new(word: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            word: without_user(word.into()),
            expected: expected.into(),
            meant: None,
        }
    }

    /// The same error with the form that was probably meant.
    pub fn meant(mut self, form: impl Into<String>) -> Self {
        self.meant = Some(without_user(form.into()));
        self
    }

    /// The same error, told of the whole word that the faulty part came from;
    /// `wrap` makes the whole meant word of the meant part.
    pub fn within(mut self, word: impl Into<String>, wrap: impl FnOnce(&str) -> String) -> Self {
        self.word = without_user(word.into());
        self.meant = self.meant.map(|part| without_user(wrap(&part)));
        self
    }
}

impl fmt::Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = escaped(&self.expected);
        write!(f, "`{}`: expected {expected}", escaped(&self.word))?;
        match &self.meant {
            Some(meant) => write!(f, "; did you mean `{}`?", escaped(meant)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for WordError {}

/// A URL without its user information. Passwords hold slashes where people
/// forget to encode them, so everything up to the last `@` goes, wherever the
/// authority ought to have ended.
pub(crate) fn without_user(word: String) -> String {
    match (word.find("://"), word.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}{}", &word[..scheme + 3], &word[at + 1..])
        }
        _ => word,
    }
}

/// `text` on one line and harmless to a terminal: control characters,
/// invisible ones and bidirectional overrides become `\n`, `\u{202e}` and the
/// like; what can be seen passes, quotes and backslashes included.
pub fn escaped(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => out.push(c),
            // A combining mark is invisible only where it has nothing to stand on:
            // str::escape_debug knows the difference, char::escape_debug does not.
            _ if !out.is_empty() => {
                let mut pair = [b'x', 0, 0, 0, 0];
                let len = 1 + c.encode_utf8(&mut pair[1..]).len();
                let pair = std::str::from_utf8(&pair[..len]).unwrap_or("x");
                out.extend(pair.escape_debug().skip(1));
            }
            _ => out.extend(c.escape_debug()),
        }
    }
    out
}

/// The word of `among` that `word` is most likely a misspelling of, if any is
/// near enough: one mistake in three letters, a transposition being one
/// mistake. Case does not count. Of two equally near ones the one with the same
/// first letter wins, because first letters are seldom mistyped, then the first.
pub fn nearest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = folded(word);
    let allowed = word.len() / 3;
    let mut best: Option<((usize, bool), &str)> = None;
    for candidate in among {
        let letters = folded(candidate);
        if letters.len().abs_diff(word.len()) > allowed {
            continue;
        }
        let mistakes = distance(&word, &letters);
        let rank = (mistakes, letters.first() != word.first());
        if mistakes <= allowed && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Vec<char> {
    word.chars().map(|c| c.to_ascii_lowercase()).collect()
}

/// Optimal string alignment: insertions, deletions, substitutions and
/// transpositions of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let changed = last[j] + usize::from(a[i] != b[j]);
            let mut least = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                let before: &Vec<usize> = &before;
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_that_cannot_hurt_a_terminal() {
        let table = [
            ("plain", "plain"),
            ("a\nb\x1b[31m\0", "a\\nb\\u{1b}[31m\\0"),
            ("bücher 東京", "bücher 東京"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}e", "\\u{301}e"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("it's \"C:\\x\"", "it's \"C:\\x\""),
        ];
        for (text, want) in table {
            assert_eq!(escaped(text), want);
        }
        let error = WordError::new("x\n", "a port").meant("80");
        let want = "`x\\n`: expected a port; did you mean `80`?";
        assert_eq!(error.to_string(), want);
        assert_eq!(WordError::new("x", "y").to_string(), "`x`: expected y");
    }

    #[test]
    fn the_user_of_a_url_is_never_kept() {
        let table = [
            ("https://bob:secret@h/x", "https://h/x"),
            ("https://bob:se/cr@et@h:1x", "https://h:1x"),
            ("https://@h", "https://h"),
            ("@file://x", "@file://x"),
            ("unix:/tmp/a@b", "unix:/tmp/a@b"),
        ];
        for (word, want) in table {
            assert_eq!(WordError::new(word, "").word, want);
            assert_eq!(
                WordError::new("", "").meant(word).meant.as_deref(),
                Some(want)
            );
            let within = WordError::new("", "")
                .meant("x")
                .within(word, |_| word.to_owned());
            assert_eq!(
                (within.word.as_str(), within.meant.as_deref()),
                (want, Some(want))
            );
        }
    }

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let names = ["http", "https", "ssh", "smtp", "postgresql"];
        let table = [
            ("htpp", Some("http")),
            ("HTTPS", Some("https")),
            ("hhtps", Some("https")),
            ("shs", Some("ssh")),
            ("postgre", None),
            ("postgressql", Some("postgresql")),
            ("db", None),
            ("", None),
            ("web", None),
        ];
        for (word, want) in table {
            assert_eq!(nearest(word, names), want, "{word}");
        }
    }
}
