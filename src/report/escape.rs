//! Untrusted text, made fit for a line of our own. Pure.

/// Escapes what could move a cursor or break a line; printable UTF-8 passes.
pub fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    let harmless = |c: char| !c.is_control() && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().all(harmless) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if harmless(c) {
            out.push(c);
        } else {
            out.extend(c.escape_default());
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn control_characters_and_direction_marks_do_not_pass() {
        assert_eq!(escape("plain, grün, 漢字"), "plain, grün, 漢字");
        assert_eq!(escape("a\x1b[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(escape("x\u{202e}y"), "x\\u{202e}y");
    }
}
