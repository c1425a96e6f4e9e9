//! Either side killed with SIGKILL at twenty random moments, on every carrier:
//! no file is under its name unless it is whole, and whoever is left knows
//! within a second.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crate::support::files::{Noise, noise};
use crate::support::wait::took_between;
use crate::support::*;

/// Moments each side is killed at.
const MOMENTS: usize = 20;

/// Some fifty milliseconds of the fastest carrier.
const SIZE: usize = 32 << 20;

/// From the first byte on; the later ones find everything done.
const WINDOW: Duration = Duration::from_millis(80);

#[derive(Clone, Copy, PartialEq)]
enum From {
    File,
    Pipe,
}

#[derive(Clone, Copy, PartialEq)]
enum To {
    /// `-o F`
    Named,
    /// A pipe that is read at once.
    Pipe,
}

/// A carrier at either end, and whether the sender asks for a receipt.
struct Row {
    send: &'static str,
    from: From,
    recv: &'static str,
    to: To,
    receipt: bool,
}

#[test]
fn sendfile_and_writes() {
    killed(&Row {
        send: "send",
        from: From::File,
        recv: "recv -o F",
        to: To::Named,
        receipt: true,
    });
}

#[test]
fn splice_from_a_pipe_and_splice_to_one() {
    killed(&Row {
        send: "send",
        from: From::Pipe,
        recv: "recv",
        to: To::Pipe,
        receipt: true,
    });
}

#[test]
fn copies_of_what_was_looked_at() {
    killed(&Row {
        send: "send --rate 1GB/s",
        from: From::File,
        recv: "recv --recv-chunk 300k",
        to: To::Pipe,
        receipt: true,
    });
}

#[test]
fn chunks_and_recv_that_waits_for_all() {
    killed(&Row {
        send: "send --chunk 100k",
        from: From::Pipe,
        recv: "recv --recv-flags waitall -o F",
        to: To::Named,
        receipt: true,
    });
}

/// Nobody tells a conversation that its bytes were stored.
#[test]
fn a_conversation() {
    killed(&Row {
        send: "connect",
        from: From::File,
        recv: "listen",
        to: To::Pipe,
        receipt: false,
    });
}

/// Random moments; `SOCK_TEST_SEED` repeats those of a failure.
fn moments() -> (u64, Vec<Duration>) {
    let seed = std::env::var("SOCK_TEST_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.expect("after 1970").as_nanos() as u64
    });
    let mut noise = Noise::new(seed, u64::MAX);
    let moments = (0..MOMENTS).map(|_| {
        let mut random = [0; 4];
        noise.read_exact(&mut random).expect("noise never fails");
        WINDOW.mul_f64(f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX))
    });
    (seed, moments.collect())
}

fn killed(row: &Row) {
    let dir = scratch();
    let bytes = Arc::new(noise(60, SIZE));
    fs::write(dir.path().join("source"), &*bytes).expect("a file");
    let (seed, moments) = moments();
    for sender in [true, false] {
        if !sender && !row.receipt {
            continue;
        }
        for moment in &moments {
            kill_one(row, sender, *moment, (dir.path(), &bytes, seed));
        }
    }
}

fn kill_one(
    row: &Row,
    sender: bool,
    moment: Duration,
    (dir, bytes, seed): (&Path, &Arc<Vec<u8>>, u64),
) {
    let (mut sink, write) = std::io::pipe().expect("a pipe");
    let words = row.recv.split_once(' ').unwrap_or((row.recv, ""));
    let waits = if words.0 == "recv" { "-l" } else { "" };
    let recv = sock(format!("{} {waits} 127.0.0.1:0 {}", words.0, words.1))
        .cwd(dir)
        .stdout_to(Stdout::Fd(write.into()))
        .any_end()
        .any_stderr()
        .listener();
    let send = sock(format!("{} 127.0.0.1:{}", row.send, recv.port))
        .any_end()
        .any_stderr();
    let send = match row.from {
        From::File => send.stdin(Stdin::File(dir.join("source"))),
        From::Pipe => {
            let bytes = Shared(Arc::clone(bytes));
            send.stdin(Stdin::Stream(Box::new(Cursor::new(bytes))))
        }
    };
    let send = send.spawn();
    let (part, whole) = (dir.join("F.part"), dir.join("F"));
    let reader: Option<JoinHandle<Vec<u8>>> = match row.to {
        To::Named => {
            eventually("the first bytes", || {
                let some = fs::metadata(&part).is_ok_and(|about| about.len() > 0);
                (some || whole.exists()).then_some(())
            });
            None
        }
        To::Pipe => {
            let mut first = vec![0];
            sink.read_exact(&mut first).expect("the first byte");
            Some(std::thread::spawn(move || {
                sink.read_to_end(&mut first).expect("the rest");
                first
            }))
        }
    };
    // Nobody rings: this is the moment.
    let (_keep, nothing) = std::sync::mpsc::channel::<()>();
    let _ = nothing.recv_timeout(moment);
    let (victim, other) = if sender { (send, recv) } else { (recv, send) };
    victim.send_signal(Signal::SIGKILL);
    let died = Instant::now();
    let other = other.finish();
    victim.finish();
    let about = format!("SOCK_TEST_SEED={seed} {moment:?} sender: {sender}\n{other}");
    let late = other.at.saturating_duration_since(died);
    // A second, of which the rest is slack.
    took_between(late, Duration::ZERO, Duration::from_millis(500));
    let stored = match reader {
        Some(reader) => reader.join().expect("the reader") == **bytes,
        None => {
            let named = fs::read(&whole).ok();
            let is_whole = named.as_ref().is_some_and(|named| *named == **bytes);
            assert!(is_whole || named.is_none(), "F is not whole: {about}");
            assert!(is_whole || part.exists(), "nothing was kept: {about}");
            is_whole
        }
    };
    match other.code {
        Some(0) => assert!(stored, "it looks complete: {about}"),
        code => assert_eq!(code, Some(7), "{about}"),
    }
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(whole);
}

/// Bytes that many readers share.
struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
