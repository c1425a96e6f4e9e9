//! Waiting, and how long things may take.

use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// How late a timer may fire: the contract.
pub const PROMPT: Duration = Duration::from_millis(100);

/// What a loaded machine may add to any time that is measured around a whole
/// process: two cores that run four tests and a 1 GiB transfer.
pub const SLACK: Duration = Duration::from_millis(400);

/// How long any single wait may last before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// How late a tick was, and when.
type Late = Vec<(Instant, Duration)>;

/// A machine that is itself a guest stands still now and then, or one of its
/// processors does, and for seconds. Nothing there can be on time then, so how
/// late a clock of our own was, on whichever processor was latest, is part of
/// what a measured time may be longer.
fn stood_still(span: Duration) -> Duration {
    static CLOCKS: OnceLock<Vec<Arc<Mutex<Late>>>> = OnceLock::new();
    let clocks = CLOCKS.get_or_init(|| {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        (0..processors).map(clock).collect()
    });
    let since = Instant::now().checked_sub(span + TICK);
    let late = clocks.iter().map(|clock| -> Duration {
        let late = clock.lock().expect("nobody fails with it");
        let within = late
            .iter()
            .filter(|(at, _)| since.is_none_or(|since| *at >= since));
        within.map(|(_, over)| *over).sum()
    });
    late.max().unwrap_or_default()
}

const TICK: Duration = Duration::from_millis(20);

/// A clock on one processor.
fn clock(processor: usize) -> Arc<Mutex<Late>> {
    let late = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&late);
    std::thread::spawn(move || {
        let mut only = CpuSet::new();
        // Where it may not choose it still is a clock.
        let _ = only
            .set(processor)
            .and_then(|()| sched_setaffinity(Pid::from_raw(0), &only));
        // Nobody sends: this is what makes it tick.
        let (_open, tick) = std::sync::mpsc::channel::<()>();
        loop {
            let begun = Instant::now();
            let _ = tick.recv_timeout(TICK);
            let over = begun.elapsed().saturating_sub(TICK);
            if over > TICK {
                let mut late = theirs.lock().expect("nobody fails with it");
                late.push((Instant::now(), over));
            }
        }
    });
    late
}

/// Starts the clock of [`took`]: a test that measures calls this first, by
/// starting a program.
pub fn start_clock() {
    stood_still(Duration::ZERO);
}

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
    if elapsed <= most + PROMPT + SLACK {
        return;
    }
    // The clocks write down how late they were when they are next on time.
    let (_open, next) = std::sync::mpsc::channel::<()>();
    let _ = next.recv_timeout(3 * TICK);
    let slack = PROMPT + SLACK + stood_still(elapsed + 3 * TICK);
    assert!(
        elapsed <= most + slack,
        "ended after {elapsed:?}, later than {most:?} and {slack:?} of slack",
    );
}
