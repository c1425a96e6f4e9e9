//! bash leaves redirections among the words that it hands over. Pure.

use super::candidate::Answer;

/// The words that are the program's.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    pub words: Vec<String>,
    /// Where each stood.
    pub places: Vec<usize>,
    /// The files that are offered where the cursor is in a redirection.
    pub redirected: Option<Answer>,
}

impl Words {
    /// Of a shell that has no redirections among them.
    pub fn all(words: &[String]) -> Words {
        Words {
            words: words.to_vec(),
            places: (0..words.len()).collect(),
            redirected: None,
        }
    }

    /// Without `<file`, `2> file` and the like.
    pub fn without_redirections(words: &[String]) -> Words {
        let mut kept = Words {
            words: Vec::new(),
            places: Vec::new(),
            redirected: None,
        };
        let mut is_target = false;
        for (place, word) in words.iter().enumerate() {
            let is_last = place + 1 == words.len();
            match operator(word) {
                _ if is_target => {
                    is_target = false;
                    kept.redirected = is_last.then(|| Answer::files(""));
                }
                Some(operator) => {
                    is_target = operator.len() == word.len();
                    kept.redirected = is_last.then(|| Answer::files(operator));
                }
                None => {
                    kept.words.push(word.clone());
                    kept.places.push(place);
                }
            }
        }
        kept
    }
}

/// The operator that a word begins with.
fn operator(word: &str) -> Option<&str> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix('&').unwrap_or(rest);
    if !rest.starts_with(['<', '>']) {
        return None;
    }
    let target = rest.trim_start_matches(['<', '>', '|', '&']);
    Some(&word[..word.len() - target.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_are_no_words() {
        let table = [
            ("sock send h 1 <in --ti", "sock send h 1 --ti", None),
            ("sock send h 1 < in --ti", "sock send h 1 --ti", None),
            ("sock recv 1 2>/dev/null >> out -", "sock recv 1 -", None),
            ("sock recv 1 >ou", "sock recv 1", Some(">")),
            ("sock recv 1 2>> ou", "sock recv 1", Some("")),
            ("sock send h &>x 1", "sock send h 1", None),
            ("sock probe h 22", "sock probe h 22", None),
        ];
        for (line, kept, redirected) in table {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let found = Words::without_redirections(&words);
            assert_eq!(found.words.join(" "), kept, "{line}");
            let before = found.redirected.map(|answer| answer.before);
            assert_eq!(before.as_deref(), redirected, "{line}");
            assert_eq!(found.places.len(), found.words.len());
        }
    }
}
