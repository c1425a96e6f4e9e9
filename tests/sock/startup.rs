//! Start-up: `--version`, and a probe of one local port, take at most one and a
//! half times as long as `nc -z`, side by side. A statement about the release
//! build; a debug build ignores it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::command::SOCK;
use crate::support::net::*;
use crate::support::*;

/// Runs each command in turn, so that a busy moment hits all of them.
const ROUNDS: usize = 61;

fn once(words: &[&str]) -> Duration {
    let started = Instant::now();
    let status = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success(), "{words:?}: {status}");
    started.elapsed()
}

#[test]
#[cfg_attr(debug_assertions, ignore = "a statement about the release build")]
fn starts_as_fast_as_nc() {
    if peer("nc").is_none() {
        return;
    }
    let (listener, port) = listen(V4);
    let accepting = std::thread::spawn(move || for _peer in listener.0.incoming() {});
    let port = port.to_string();
    let commands: [&[&str]; 3] = [
        &["nc", "-z", "127.0.0.1", &port],
        &[SOCK, "--version"],
        &[SOCK, "probe", "127.0.0.1", &port],
    ];
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (command, times) in commands.iter().zip(&mut times) {
            times.push(once(command));
        }
    }
    drop(accepting);
    let [nc, version, probe] = times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    });
    let limit = nc * 3 / 2;
    assert!(version <= limit, "--version {version:?}, nc -z {nc:?}");
    assert!(probe <= limit, "probe {probe:?}, nc -z {nc:?}");
}
