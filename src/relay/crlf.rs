//! `--crlf`: newlines as SMTP, HTTP and their kin want them. Pure.

/// Turns each newline into CR LF, unless a CR stands before it already: what
/// has such line ends stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crlf {
    /// The byte before was a CR, maybe in the piece before.
    after_cr: bool,
}

impl Crlf {
    /// Converts the first `length` bytes of a buffer, which grows as needed,
    /// and returns how many they are then.
    pub fn convert(&mut self, buffer: &mut Vec<u8>, length: usize) -> usize {
        let bare = self.bare_newlines(&buffer[..length]);
        let last = buffer[..length].last().copied();
        let longer = length + bare;
        if buffer.len() < longer {
            buffer.resize(longer, 0);
        }
        // From the back, so that nothing is overwritten before it has moved.
        let (mut from, mut to) = (length, longer);
        while from < to {
            from -= 1;
            to -= 1;
            buffer[to] = buffer[from];
            let before_is_cr = match from {
                0 => self.after_cr,
                _ => buffer[from - 1] == b'\r',
            };
            if buffer[to] == b'\n' && !before_is_cr {
                to -= 1;
                buffer[to] = b'\r';
            }
        }
        if let Some(last) = last {
            self.after_cr = last == b'\r';
        }
        longer
    }

    fn bare_newlines(&self, bytes: &[u8]) -> usize {
        let mut after_cr = self.after_cr;
        let mut bare = 0;
        for byte in bytes {
            bare += usize::from(*byte == b'\n' && !after_cr);
            after_cr = *byte == b'\r';
        }
        bare
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn converted<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut crlf = Crlf::default();
        let mut all = Vec::new();
        for piece in pieces {
            let mut buffer = piece.to_vec();
            let length = crlf.convert(&mut buffer, piece.len());
            all.extend_from_slice(&buffer[..length]);
        }
        all
    }

    #[test]
    fn newlines_get_their_cr_once() {
        let table: [(&[&str], &str); 8] = [
            (&["a\nb\n"], "a\r\nb\r\n"),
            (&["a\r\nb\n"], "a\r\nb\r\n"),
            (&["a\r", "\nb"], "a\r\nb"),
            (&["a", "\nb"], "a\r\nb"),
            (&["\n\n\n"], "\r\n\r\n\r\n"),
            (&["\r\r\n"], "\r\r\n"),
            (&["no end"], "no end"),
            (&["\r", "", "\n"], "\r\n"),
        ];
        for (pieces, want) in table {
            let got = converted(pieces.iter().map(|piece| piece.as_bytes()));
            assert_eq!(String::from_utf8_lossy(&got), want, "{pieces:?}");
        }
    }

    proptest! {
        #[test]
        fn where_it_is_cut_does_not_matter(
            bytes in proptest::collection::vec(proptest::sample::select(b"\r\nab".to_vec()), 0..40),
            at in 0usize..40,
        ) {
            let at = at.min(bytes.len());
            let whole = converted([bytes.as_slice()]);
            prop_assert_eq!(converted([&bytes[..at], &bytes[at..]]), whole.clone());
            prop_assert_eq!(converted([whole.as_slice()]), whole);
        }
    }
}
