//! A peer that never stops talking, and is read more slowly than it talks: it
//! holds up neither what is sent, nor timers, nor signals.

use std::fs::File;
use std::io::Read;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::support::files::noise;
use crate::support::net::*;
use crate::support::wait::DEADLINE;
use crate::support::*;

/// What makes reading slow: it is all dumped.
const SLOW: &str = "--hex --recv-chunk 8k";

/// Talks all the time, and reports how much has come.
fn chatterbox() -> (u16, JoinHandle<()>, Receiver<usize>) {
    let (say, came) = channel();
    let (port, peer) = serve(V4, move |stream| {
        let mut reads = stream.try_clone().expect("a copy");
        let reader = std::thread::spawn(move || {
            let (mut piece, mut bytes) = (vec![0; 1 << 16], 0);
            while let Ok(length @ 1..) = reads.read(&mut piece) {
                bytes += length;
                let _ = say.send(bytes);
            }
        });
        flood(stream);
        reader.join().expect("the reader");
    });
    (port, peer, came)
}

fn null() -> Stdout {
    let null = File::options().write(true).open("/dev/null");
    Stdout::Fd(null.expect("/dev/null").into())
}

#[test]
fn a_file_is_sent_all_the_same_and_a_signal_ends_it() {
    const SIZE: usize = 4 << 20;
    let dir = scratch();
    std::fs::write(dir.path().join("a"), noise(70, SIZE)).expect("a file");
    let (port, peer, came) = chatterbox();
    let send = sock(format!("send 127.0.0.1 {port} a {SLOW}"))
        .cwd(dir.path())
        .stderr_to(null())
        .signal(Signal::SIGINT)
        .spawn();
    while came.recv_timeout(DEADLINE).expect("it is sent") < SIZE {}
    let sent = Instant::now();
    send.send_signal(Signal::SIGINT);
    let ended = send.finish();
    took(ended.at - sent, Duration::ZERO);
    peer.join().expect("the peer");
}

#[test]
fn messages_keep_their_pace() {
    let (port, peer, came) = chatterbox();
    let words = "--message m --count 3 --interval 0.3 --timeout 1";
    let ended = sock(format!("send 127.0.0.1 {port} {words} {SLOW}"))
        .stderr_to(null())
        .code(124)
        .run();
    took(ended.elapsed, Duration::from_secs(1));
    peer.join().expect("the peer");
    assert_eq!(came.iter().last(), Some(3));
}

#[test]
fn a_reply_that_never_ends_does() {
    let (port, peer, came) = chatterbox();
    let words = "--message m --count 2 --await-reply 5 --timeout 1";
    let ended = sock(format!("send 127.0.0.1 {port} {words} {SLOW}"))
        .stdout_to(null())
        .stderr_to(null())
        .code(124)
        .run();
    took(ended.elapsed, Duration::from_secs(1));
    peer.join().expect("the peer");
    assert_eq!(came.iter().last(), Some(2));
}
