//! Other people's programs, and what to do where they are missing.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use super::command::Cmd;

/// Set where a missing peer is a failure and not a reported skip.
const REQUIRED: &str = "SOCK_REQUIRE_PEERS";

/// A peer's command, of which nothing is expected, or `None` after the skip was
/// reported:
///
/// ```text
/// let Some(nc) = peer("nc") else { return };
/// ```
#[track_caller]
pub fn peer(name: &str) -> Option<Cmd> {
    let found = match name {
        // There are several programs of this name; the peer is OpenBSD's.
        "nc" => Command::new("nc")
            .arg("-h")
            .output()
            .is_ok_and(|out| String::from_utf8_lossy(&out.stderr).contains("OpenBSD")),
        _ => which(name).is_some(),
    };
    if !found {
        skip(&format!("no {name}"));
        return None;
    }
    Some(Cmd::lax(name))
}

/// The words that put a command under strace(1), which writes to a file and is
/// no parent of the command: process id and signals are the command's own.
/// `None` after a reported skip.
#[track_caller]
pub fn strace(file: &Path, words: &[&str]) -> Option<Vec<OsString>> {
    peer("strace")?;
    let tried = Command::new("strace")
        .args(["-D", "-f", "-o", "/dev/null", "true"])
        .output()
        .expect("strace");
    if !tried.status.success() || !tried.stderr.is_empty() {
        let why = String::from_utf8_lossy(&tried.stderr).trim().to_owned();
        skip(&format!("strace may not trace ({why})"));
        return None;
    }
    let mut all: Vec<OsString> = ["strace", "-D", "-qq", "-f", "-o"]
        .map(OsString::from)
        .into();
    all.push(file.into());
    all.extend(words.iter().map(OsString::from));
    Some(all)
}

/// Reports that the test which calls it is skipped, or fails where the machine
/// is one that must have everything.
#[track_caller]
pub fn skip(why: &str) {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    assert!(
        std::env::var_os(REQUIRED).is_none_or(|value| value != "1"),
        "{name}: {why}, and {REQUIRED}=1"
    );
    // Not by a macro: those are shown for failed tests only.
    let _ = writeln!(std::io::stderr(), "skipped: {name}: {why}");
}

fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// Compiles one of tests/peers/*.c into `dir`; `None` after a reported skip.
#[track_caller]
pub fn c_program(source: &str, dir: &Path) -> Option<Cmd> {
    peer("cc")?;
    let program = dir.join("peer");
    let mut cc = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-O1", "-xc", "-", "-o"])
        .arg(&program)
        .stdin(Stdio::piped())
        .spawn()
        .expect("cc");
    cc.stdin
        .take()
        .expect("piped")
        .write_all(source.as_bytes())
        .expect("cc reads its source");
    assert!(cc.wait().expect("cc").success(), "the peer compiles");
    Some(Cmd::lax(program))
}
