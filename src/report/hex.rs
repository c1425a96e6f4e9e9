//! `--hex` for people: as `hexdump -C` has it, behind an arrow. Pure.

use std::fmt::Write;

use crate::event::Direction;

/// Bytes of one line.
const WIDTH: usize = 16;

/// The lines of one block: direction, offset, bytes, and the characters of
/// those that are some. A block of no bytes is a line without any.
pub fn lines(direction: Direction, offset: u64, data: &[u8]) -> String {
    let arrow = match direction {
        Direction::Sent => '>',
        Direction::Received => '<',
    };
    let mut text = String::new();
    let rows = data.chunks(WIDTH).chain(data.is_empty().then_some(data));
    for (row, at) in rows.zip((offset..).step_by(WIDTH)) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{arrow} {at:08x} ");
        for column in 0..WIDTH {
            if column % 8 == 0 {
                text.push(' ');
            }
            let _ = match row.get(column) {
                Some(byte) => write!(text, "{byte:02x} "),
                None => write!(text, "   "),
            };
        }
        let shown = |byte: &u8| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        };
        text.push_str(" |");
        text.extend(row.iter().map(shown));
        text.push_str("|\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_columns_behind_an_arrow() {
        let data = b"GET / HTTP/1.0\r\n\xff\x1b";
        assert_eq!(
            lines(Direction::Sent, 0x20, data),
            "> 00000020  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 30 0d 0a  |GET / HTTP/1.0..|\n\
             > 00000030  ff 1b                                             |..|\n"
        );
        let blank = " ".repeat(50);
        let empty = format!("< 00000000 {blank} ||\n");
        assert_eq!(lines(Direction::Received, 0, b""), empty);
    }
}
