//! Waiting, and how long things may take.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// How late a timer may fire: the contract.
pub const PROMPT: Duration = Duration::from_millis(100);

/// What a loaded machine may add to any time that is measured around a whole
/// process: two cores that run four tests and a 1 GiB transfer.
pub const SLACK: Duration = Duration::from_millis(400);

/// How long any single wait may last before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Asks `condition` again and again, 5 ms apart, until it answers. For what has
/// no event to wait for: entries of /proc and the size of a file.
#[track_caller]
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + DEADLINE;
    let (lock, bell) = (Mutex::new(()), Condvar::new());
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < until, "gave up waiting: {what}");
        let guard = lock.lock().expect("nobody else holds it");
        // Nobody rings: this is the pace at which the question is repeated.
        drop(bell.wait_timeout(guard, Duration::from_millis(5)));
    }
}

/// Fails unless something that was to last `expected` did so: never shorter,
/// and at most [`PROMPT`] and [`SLACK`] longer.
#[track_caller]
pub fn took(elapsed: Duration, expected: Duration) {
    took_between(elapsed, expected, expected);
}

/// As [`took`], for what may last anything between two times.
#[track_caller]
pub fn took_between(elapsed: Duration, least: Duration, most: Duration) {
    assert!(
        elapsed >= least,
        "ended after {elapsed:?}, earlier than {least:?}"
    );
    assert!(
        elapsed <= most + PROMPT + SLACK,
        "ended after {elapsed:?}, later than {most:?} and {:?} of slack",
        PROMPT + SLACK
    );
}
