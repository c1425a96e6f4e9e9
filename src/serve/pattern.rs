//! What `--generate` sends: the characters of the character generator protocol
//! (RFC 864), lines of 72 that begin one character later each time. Whoever
//! receives them can tell what is missing, and where. Pure.

use std::sync::LazyLock;

/// The printable characters of ASCII, from blank to tilde.
const FIRST: u8 = b' ';
const CHARACTERS: u64 = 95;
/// Characters of a line, and its CR LF.
const LINE: u64 = 74;
/// After so many bytes it begins anew.
const PERIOD: u64 = CHARACTERS * LINE;

/// The byte at a position of the stream.
fn at(position: u64) -> u8 {
    match position % LINE {
        72 => b'\r',
        73 => b'\n',
        column => FIRST + ((position / LINE + column) % CHARACTERS) as u8,
    }
}

/// The bytes from a position on, at most `length`, into `into`.
pub fn fill(into: &mut Vec<u8>, from: u64, length: usize) {
    static ONCE: LazyLock<Vec<u8>> = LazyLock::new(|| (0..PERIOD).map(at).collect());
    into.clear();
    let mut from = (from % PERIOD) as usize;
    while into.len() < length {
        let rest = &ONCE[from..];
        into.extend_from_slice(&rest[..rest.len().min(length - into.len())]);
        from = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(from: u64, length: usize) -> String {
        let mut bytes = Vec::new();
        fill(&mut bytes, from, length);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_are_those_of_rfc_864() {
        let lines = text(0, 2 * PERIOD as usize);
        let mut lines = lines.split_inclusive("\r\n");
        let first = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg";
        assert_eq!(lines.next().unwrap().trim_end(), first);
        assert!(lines.next().unwrap().starts_with("!\"#"));
        assert_eq!(lines.nth(93).unwrap().trim_end(), first.trim_end());
    }

    #[test]
    fn pieces_are_of_one_stream() {
        let whole = text(0, 20_000);
        for from in [1, 71, 72, 73, 74, 7029, 7030, 7031] {
            assert_eq!(text(from as u64, 500), whole[from..from + 500], "{from}");
        }
        assert_eq!(text(u64::MAX - PERIOD * 3, 5).len(), 5);
    }
}
