//! What an ICMP error quotes of our SYN: options may have been rewritten by the
//! boxes before the one that sent it. Pure.

/// The maximum segment size (kind 2 of RFC 9293 section 3.2) in a TCP header
/// that may be cut off anywhere.
pub fn mss(header: &[u8]) -> Option<u16> {
    let words = usize::from(header.get(12)? >> 4);
    let end = header.len().min(words * 4);
    let mut options = header.get(20..end)?;
    loop {
        match *options {
            [] | [0, ..] => return None,
            [1, ref rest @ ..] => options = rest,
            [2, 4, high, low, ..] => return Some(u16::from_be_bytes([high, low])),
            [_, length @ 2..=u8::MAX, ..] => options = options.get(usize::from(length)..)?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(options: &[u8]) -> Vec<u8> {
        let mut header = vec![0; 20];
        header[12] = ((20 + options.len()).div_ceil(4) << 4) as u8;
        header.extend(options);
        header
    }

    #[test]
    fn wherever_it_stands() {
        assert_eq!(mss(&header(&[2, 4, 5, 180])), Some(1460));
        assert_eq!(mss(&header(&[1, 1, 4, 2, 2, 4, 3, 232])), Some(1000));
        assert_eq!(mss(&header(&[])), None);
        assert_eq!(mss(&header(&[4, 2, 1, 0])), None);
        assert_eq!(mss(&header(&[3, 0, 2, 4])), None);
        // RFC 792 asks for eight bytes only.
        assert_eq!(mss(&header(&[2, 4, 5, 180])[..8]), None);
        assert_eq!(mss(&header(&[2, 4, 5, 180])[..22]), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            mss(&bytes);
        }
    }
}
