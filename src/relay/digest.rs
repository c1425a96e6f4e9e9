//! SHA-256 of what passes, for `--digest`. Pure.
//!
//! With the processor's own instructions where it has them, which `sha2` finds
//! out while it runs.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A digest of the bytes so far.
#[derive(Debug, Clone, Default)]
pub struct Digest {
    state: Sha256,
    bytes: u64,
}

impl Digest {
    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// What it is of the bytes so far.
    pub fn sum(&self) -> Sum {
        Sum {
            sha256: self.state.clone().finalize().into(),
            bytes: self.bytes,
        }
    }
}

/// A SHA-256, and of how many bytes; its Display is hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    sha256: [u8; 32],
    pub bytes: u64,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sha256
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.
    #[test]
    fn where_it_is_cut_does_not_matter() {
        let text = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        for at in 0..text.len() {
            let mut digest = Digest::default();
            digest.update(&text[..at]);
            digest.update(&text[at..]);
            assert_eq!(digest.sum().bytes, 56);
            assert_eq!(
                digest.sum().to_string(),
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            );
        }
    }
}
