//! Expected text: `*` stands for anything within a line, all else is literal.

/// Whether `text` is what `pattern` describes.
pub fn like(pattern: &str, text: &str) -> bool {
    let mut wanted = pattern.split('\n');
    let mut found = text.split('\n');
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if line_like(wanted, found) => {}
            _ => return false,
        }
    }
}

/// [`like`] for a single line.
pub fn line_like(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn a_star_stays_within_its_line() {
    assert!(like("", ""));
    assert!(like(
        "listening on *:* (IPv4)\n",
        "listening on a:1 (IPv4)\n"
    ));
    assert!(like("a*c*e", "abcde"));
    assert!(!like("a*c", "a\nc"));
    assert!(!like("a", "ab"));
    assert!(!like("a*b", "a"));
    assert!(!like("*\n", ""));
    assert!(!line_like("ab*b", "ab"));
}
