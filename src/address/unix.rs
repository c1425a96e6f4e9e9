//! The address of a Unix socket: a path, or a name of Linux's abstract namespace.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::word::WordError;

/// The address of a Unix socket (unix(7)).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unix {
    /// A file of the socket type.
    Path(PathBuf),
    /// A name outside the file system, without the NUL byte it begins with.
    Abstract(Vec<u8>),
}

/// The longest path or abstract name, bytes: `sun_path` has 108, of which one
/// is the NUL that ends the path or begins the name.
pub const LONGEST: usize = 107;

impl Unix {
    /// Whether `word` is the address of a Unix socket and not a host.
    pub fn looks_like(word: &str) -> bool {
        ["unix:", "/", "./", "../"]
            .iter()
            .any(|prefix| word.starts_with(prefix))
    }

    /// Reads `unix:PATH`, `unix:@NAME`, or a path as it stands. `unix:///PATH`,
    /// as in DOCKER_HOST, is a path too.
    ///
    /// # Errors
    /// As for [`Unix::check`], and two slashes that are not followed by a path.
    pub fn parse(word: &str) -> Result<Self, WordError> {
        let rest = word.strip_prefix("unix:").unwrap_or(word);
        if let (Some(rest), true) = (rest.strip_prefix("//"), rest.len() < word.len())
            && !rest.starts_with('/')
        {
            let error = WordError::new(word, "unix:PATH or unix:@NAME");
            return Err(match rest {
                "" => error,
                _ => error.meant(format!("unix:{rest}")),
            });
        }
        let unix = match rest.strip_prefix('@') {
            Some(name) if word.starts_with("unix:") => Self::Abstract(name.into()),
            _ => Self::Path(one_slash(rest).into()),
        };
        unix.check().map(|()| unix)
    }

    /// Whether the kernel can take this address.
    ///
    /// # Errors
    /// An empty path or name, one that is longer than [`LONGEST`], and a path
    /// that holds a NUL byte.
    pub fn check(&self) -> Result<(), WordError> {
        let (bytes, what) = match self {
            Self::Path(path) => (path.as_os_str().as_bytes(), "path"),
            Self::Abstract(name) => (&name[..], "name"),
        };
        let error = |expected| Err(WordError::new(self.to_string(), expected));
        if bytes.is_empty() {
            return error(format!("a {what}, unix:PATH or unix:@NAME"));
        }
        if bytes.contains(&0) && what == "path" {
            return error("a path without a NUL byte".to_owned());
        }
        if bytes.len() > LONGEST {
            let actual = bytes.len();
            return error(format!(
                "a {what} of at most {LONGEST} bytes, the limit of the kernel (this one has {actual})"
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Unix {
    /// Bytes that are not UTF-8, which only a peer's address can hold, are
    /// written as `\xNN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = match self {
            Self::Path(path) => {
                f.write_str("unix:")?;
                path.as_os_str().as_bytes()
            }
            Self::Abstract(name) => {
                f.write_str("unix:@")?;
                name
            }
        };
        for chunk in bytes.utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// `//run/x` is `/run/x` (POSIX leaves two slashes open, Linux does not) and
/// would be read as a URL's beginning when printed behind `unix:`.
fn one_slash(path: &str) -> String {
    match path.strip_prefix("//") {
        Some(rest) => format!("/{}", rest.trim_start_matches('/')),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_read_and_written() {
        let table = [
            ("unix:/run/x", "unix:/run/x"),
            ("/run/x", "unix:/run/x"),
            ("./x", "unix:./x"),
            ("../x", "unix:../x"),
            ("unix:x", "unix:x"),
            ("unix:@name", "unix:@name"),
            ("unix:./@x", "unix:./@x"),
            ("unix:///run/x", "unix:/run/x"),
            ("//run/x", "unix:/run/x"),
            ("unix:/a b/ü:80,90@x", "unix:/a b/ü:80,90@x"),
        ];
        for (word, shown) in table {
            let unix = Unix::parse(word).unwrap();
            assert!(Unix::looks_like(word));
            assert_eq!(unix.to_string(), shown);
            assert_eq!(Unix::parse(shown).unwrap(), unix);
        }
        assert!(!Unix::looks_like("unix"));
        assert!(!Unix::looks_like("host/x"));
    }

    #[test]
    fn what_the_kernel_cannot_take_is_refused() {
        let path = format!("/{}", "x".repeat(LONGEST - 1));
        assert!(Unix::parse(&path).is_ok());
        let error = Unix::parse(&format!("{path}x")).unwrap_err();
        let want = "a path of at most 107 bytes, the limit of the kernel (this one has 108)";
        assert_eq!(error.expected, want);
        assert!(Unix::Abstract(vec![b'x'; LONGEST]).check().is_ok());
        assert!(Unix::Abstract(vec![b'x'; LONGEST + 1]).check().is_err());
        assert!(Unix::Abstract(vec![0, 1]).check().is_ok());
        for word in ["unix:", "unix:@", "unix://", "unix:a\0b"] {
            assert!(Unix::parse(word).is_err(), "{word}");
        }
        let error = Unix::parse("unix://x/y").unwrap_err();
        assert_eq!(error.meant.as_deref(), Some("unix:x/y"));
    }

    #[test]
    fn a_peer_may_have_any_bytes() {
        let unix = Unix::Abstract(b"a\xff\xfeb".to_vec());
        assert_eq!(unix.to_string(), "unix:@a\\xff\\xfeb");
    }

    proptest! {
        #[test]
        fn round_trips(word in "(unix:@?|/|\\./|\\.\\./|unix://|unix:/+)[^\0]{0,30}") {
            if let Ok(unix) = Unix::parse(&word) {
                prop_assert_eq!(Unix::parse(&unix.to_string()).unwrap(), unix);
            }
        }
    }
}
