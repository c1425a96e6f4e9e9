//! TEXT for messages, replies and data. Pure.
//!
//! A text is a template: exactly `{n}` and `{n:0W}` stand for the number of the
//! message. Bytes that somebody wrote out (`hex:...`) are sent as they are.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::word::WordError;

/// What is to be sent. What [`fmt::Display`] writes, [`Text::parse`] reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    source: Source,
    parts: Vec<Part>,
}

/// Where the bytes come from, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Plain(String),
    Hex(Vec<u8>),
    File(PathBuf),
}

/// A piece of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Bytes(Vec<u8>),
    /// The number of the message, with zeros in front up to this many digits.
    Number(usize),
}

impl Text {
    /// Reads the text itself, `hex:...`, `@FILE`, or `text:...` for a text that
    /// begins like one of these. No file is opened: see [`Text::file`].
    ///
    /// # Errors
    /// Digits that are not hexadecimal or not in pairs; `@` without a file.
    pub fn parse(word: &str) -> Result<Self, WordError> {
        if let Some(digits) = word.strip_prefix("hex:") {
            let bytes = hex(word, digits)?;
            let parts = vec![Part::Bytes(bytes.clone())];
            return Ok(Self {
                source: Source::Hex(bytes),
                parts,
            });
        }
        if let Some(file) = word.strip_prefix('@') {
            return match file {
                "" => Err(WordError::new(word, "a file after `@`").meant("text:@")),
                // Nothing but the verbs that say so reads standard input.
                "-" => Err(WordError::new(word, "a file after `@`").meant("@./-")),
                _ => Ok(Self {
                    source: Source::File(file.into()),
                    parts: Vec::new(),
                }),
            };
        }
        let plain = word.strip_prefix("text:").unwrap_or(word);
        let parts = template(plain);
        Ok(Self {
            source: Source::Plain(plain.to_owned()),
            parts,
        })
    }

    /// The file whose content is to be given to [`Text::load`] before rendering.
    pub fn file(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            _ => None,
        }
    }

    /// Takes the content of the file. It is a template as any other text if it
    /// is UTF-8; other bytes contain `{n}` by accident only, and stay as they are.
    pub fn load(&mut self, content: Vec<u8>) {
        self.parts = match std::str::from_utf8(&content) {
            Ok(text) => template(text),
            Err(_) => vec![Part::Bytes(content)],
        };
    }

    /// The bytes of message number `n`. A file that was not loaded is empty.
    pub fn render(&self, n: u64) -> Cow<'_, [u8]> {
        match &self.parts[..] {
            [] => Cow::Borrowed(&[]),
            [Part::Bytes(bytes)] => Cow::Borrowed(bytes),
            parts => Cow::Owned(parts.iter().fold(Vec::new(), |mut out, part| {
                match part {
                    Part::Bytes(bytes) => out.extend_from_slice(bytes),
                    Part::Number(width) => out.extend(format!("{n:0width$}").bytes()),
                }
                out
            })),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Plain(text) => {
                let is_like_another = ["hex:", "text:", "@"].iter().any(|p| text.starts_with(p));
                let prefix = if is_like_another { "text:" } else { "" };
                write!(f, "{prefix}{text}")
            }
            Source::Hex(bytes) => {
                f.write_str("hex:")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Source::File(path) => write!(f, "@{}", path.display()),
        }
    }
}

fn template(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = Vec::new();
    let mut rest = text;
    while let Some(brace) = rest.find('{') {
        let (before, from) = rest.split_at(brace);
        plain.extend_from_slice(before.as_bytes());
        let (width, used) = match number(from) {
            Some(found) => found,
            None => {
                plain.push(b'{');
                rest = &from[1..];
                continue;
            }
        };
        if !plain.is_empty() {
            parts.push(Part::Bytes(std::mem::take(&mut plain)));
        }
        parts.push(Part::Number(width));
        rest = &from[used..];
    }
    plain.extend_from_slice(rest.as_bytes());
    if !plain.is_empty() {
        parts.push(Part::Bytes(plain));
    }
    parts
}

/// The width of the `{n}` or `{n:0W}` that `text` begins with, and its length
/// in bytes. W is 1 to 99, without a leading zero of its own.
fn number(text: &str) -> Option<(usize, usize)> {
    if text.starts_with("{n}") {
        return Some((0, 3));
    }
    let (width, _) = text.strip_prefix("{n:0")?.split_once('}')?;
    let is_width = matches!(width.as_bytes(), [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    is_width.then_some((width.parse().ok()?, 5 + width.len()))
}

/// Pairs of hexadecimal digits; blanks, colons and hyphens may stand between
/// them, as packet dumps have them.
fn hex(word: &str, text: &str) -> Result<Vec<u8>, WordError> {
    let between = |c: &char| !(c.is_ascii_whitespace() || *c == ':' || *c == '-');
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(between)
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let Some(digits) = digits else {
        let plain = text.replace("0x", "").replace("\\x", "").replace(',', " ");
        let error = WordError::new(word, "hexadecimal digits after `hex:`");
        return Err(match plain != text && hex(word, &plain).is_ok() {
            true => error.meant(format!("hex:{plain}")),
            false => error.meant(format!("text:{word}")),
        });
    };
    if digits.len() % 2 != 0 {
        return Err(WordError::new(
            word,
            "two hexadecimal digits a byte after `hex:`",
        ));
    }
    Ok(digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exactly_n_and_n_with_zeros_are_replaced() {
        let table: [(&str, &[u8]); 20] = [
            ("hello", b"hello"),
            ("", b""),
            ("{n}", b"42"),
            ("a{n}b{n:05}c", b"a42b00042c"),
            ("{n:01}", b"42"),
            ("{{n}}", b"{42}"),
            ("{\"id\":{n}}", b"{\"id\":42}"),
            ("{n", b"{n"),
            ("{", b"{"),
            ("{ n }{N}{}", b"{ n }{N}{}"),
            ("{n:5}{n:0}{n:00}{n:005}", b"{n:5}{n:0}{n:00}{n:005}"),
            ("{n:0100}{n:0x}{n:0+1}", b"{n:0100}{n:0x}{n:0+1}"),
            ("{n:0é}", "{n:0é}".as_bytes()),
            ("bücher {n} 東", "bücher 42 東".as_bytes()),
            ("text:hex:00", b"hex:00"),
            ("text:@x{n}", b"@x42"),
            ("text:", b""),
            ("hex:7b6e7d", b"{n}"),
            ("hex:00 ff:0A-0b", &[0, 255, 10, 11]),
            ("hex:", b""),
        ];
        for (word, bytes) in table {
            let text = Text::parse(word).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(text.render(42), bytes, "{word}");
            assert_eq!(Text::parse(&text.to_string()).unwrap(), text, "{word}");
        }
        let wide = Text::parse("{n:099}").unwrap();
        assert_eq!(wide.render(u64::MAX).len(), 99);
        assert!(matches!(
            Text::parse("x").unwrap().render(0),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn a_file_is_named_first_and_loaded_later() {
        let mut text = Text::parse("@/tmp/x{n}").unwrap();
        assert_eq!(text.file(), Some(Path::new("/tmp/x{n}")));
        assert_eq!(text.to_string(), "@/tmp/x{n}");
        assert_eq!(*text.render(1), *b"");
        text.load(b"no {n}\n".to_vec());
        assert_eq!(*text.render(1), *b"no 1\n");
        text.load(b"\xff{n}".to_vec());
        assert_eq!(*text.render(1), *b"\xff{n}");
        text.load(Vec::new());
        assert_eq!(*text.render(1), *b"");
        assert_eq!(Text::parse("x").unwrap().file(), None);
    }

    #[test]
    fn errors() {
        let table = [
            ("hex:0", None),
            ("hex:0g", Some("text:hex:0g")),
            ("hex:0x00,0xff", Some("hex:00 ff")),
            ("hex:\\x00\\xff", Some("hex:00ff")),
            ("hex:é", Some("text:hex:é")),
            ("@", Some("text:@")),
            ("@-", Some("@./-")),
        ];
        for (word, meant) in table {
            let error = Text::parse(word).unwrap_err();
            assert_eq!(error.meant.as_deref(), meant, "{word}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(plain in any::<String>(), bytes: Vec<u8>, prefix in "(hex:|text:|@|)") {
            let plain = format!("text:{prefix}{plain}");
            let text = Text::parse(&plain).unwrap();
            prop_assert_eq!(Text::parse(&text.to_string()).unwrap(), text);
            let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            let text = Text::parse(&format!("hex:{hex}")).unwrap();
            prop_assert_eq!(&*text.render(7), &bytes[..]);
            prop_assert_eq!(Text::parse(&text.to_string()).unwrap(), text);
        }

        #[test]
        fn nothing_panics(text in any::<String>(), like in "[{}n:0-9é]{0,20}") {
            for word in [format!("hex:{text}"), format!("@{text}"), text, like] {
                let _ = Text::parse(&word).map(|text| text.render(1).len());
            }
        }
    }
}
