//! Paths of Unix sockets, which outlive the sockets unless they are removed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Those that are still there, for an end of the process in which nothing is
/// dropped.
static OWN: Mutex<Vec<Made>> = Mutex::new(Vec::new());

#[derive(Clone, PartialEq)]
struct Made {
    path: PathBuf,
    /// Device and inode.
    file: (u64, u64),
}

impl Made {
    fn remove(&self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|a| (a.dev(), a.ino()) == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A path that this process made and removes again, unless something else has
/// taken its place.
pub struct OwnPath(Made);

impl OwnPath {
    pub(super) fn of(path: &Path) -> Option<OwnPath> {
        let about = fs::symlink_metadata(path).ok()?;
        let made = Made {
            // Absolute, because a later chdir must not change what is removed.
            path: std::path::absolute(path).ok()?,
            file: (about.dev(), about.ino()),
        };
        OWN.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(made.clone());
        Some(OwnPath(made))
    }
}

impl Drop for OwnPath {
    fn drop(&mut self) {
        self.0.remove();
        let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        own.retain(|made| *made != self.0);
    }
}

/// Removes all that are still there: the process ends while a call is stuck,
/// and whoever holds the sockets will never drop them.
pub fn remove_own_paths() {
    for made in &*OWN.lock().unwrap_or_else(PoisonError::into_inner) {
        made.remove();
    }
}
