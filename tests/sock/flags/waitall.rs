//! `waitall`: recv() calls that block for all they ask for, and hold up neither
//! timers nor signals.

use std::io::{Read, Write};
use std::time::Duration;

use crate::support::files::noise;
use crate::support::net::*;
use crate::support::*;

/// Whether `-vv` has told that so many bytes went out, by whatever call.
fn has_sent(said: &str, bytes: usize) -> bool {
    let end = format!(") = {bytes}");
    let sends = said
        .lines()
        .filter(|line| line.contains("send(") || line.contains("splice("));
    sends.into_iter().any(|line| line.ends_with(&end))
}

/// Pieces come with pauses in between; one recv() takes all of them.
#[test]
fn waitall_waits_for_all() {
    let dir = scratch();
    let unix = format!("unix:{}", dir.path().join("s").display());
    for address in ["127.0.0.1:0", &unix] {
        let mut server = sock(format!(
            "recv -vv -l {address} --bytes 9 --recv-flags waitall"
        ))
        .stdout("abcdefghi")
        .any_stderr()
        .spawn();
        let at = server.announced();
        let mut client = sock(format!("send {at} -vv"))
            .stdin(Stdin::Pipe)
            .any_stderr()
            .any_end()
            .spawn();
        for piece in ["abc", "defgh", "ijkl"] {
            client.write(piece);
            client.wait("it to be sent", |state| {
                let said = String::from_utf8_lossy(&state.err);
                has_sent(&said, piece.len()).then_some(())
            });
        }
        let ended = server.finish();
        assert!(ended.err.contains(", 9, MSG_WAITALL) = 9"), "{ended}");
        assert_eq!(ended.err.matches("recv(").count(), 1, "{ended}");
    }
}

#[test]
fn waitall_in_chunks_and_without_an_end() {
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(&noise(50, 1000)).expect("some bytes");
    });
    let ended = sock(format!(
        "recv -vv 127.0.0.1 {port} --recv-flags waitall --recv-chunk 400"
    ))
    .stdout_bytes(noise(50, 1000))
    .any_stderr()
    .run();
    peer.join().expect("the peer");
    for call in [
        "400, MSG_WAITALL) = 400",
        "400, MSG_WAITALL) = 200",
        "400, MSG_WAITALL) = 0",
    ] {
        assert!(ended.err.contains(call), "{call} {ended}");
    }
}

#[test]
fn waitall_of_a_short_stream_is_7() {
    for cut in [false, true] {
        let (port, peer) = serve(V4, move |mut stream| {
            stream.write_all(b"abc").expect("three bytes");
            let mut seen = [0; 1];
            let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
            let _ = stream.read(&mut seen);
            if cut {
                reset(stream);
            }
        });
        sock(format!(
            "recv 127.0.0.1 {port} --bytes 9 --recv-flags waitall"
        ))
        .code(7)
        .stdout("abc")
        .stderr("sock: recv 127.0.0.1:*\n")
        .run();
        peer.join().expect("the peer");
    }
}

/// Rule 3: a call that blocks holds up neither timers nor signals, and a stream
/// that was not stored ends with a reset.
#[test]
fn timers_and_signals_act_while_waitall_waits() {
    for (words, signal) in [
        ("--timeout 0.3", None),
        ("--idle 0.3", None),
        ("", Some(Signal::SIGTERM)),
    ] {
        let (listener, port) = listen(V4);
        let client = sock(format!(
            "recv 127.0.0.1 {port} --bytes 1M --recv-flags waitall {words}"
        ))
        .any_end()
        .any_stderr()
        .spawn();
        let mut peer = listener.accept().expect("a peer");
        peer.write_all(b"abc").expect("three bytes");
        if let Some(signal) = signal {
            client.send_signal(signal);
        }
        let ended = client.finish();
        match signal {
            Some(signal) => assert_eq!(ended.signal, Some(signal), "{ended}"),
            None => {
                assert_eq!(ended.code, Some(124), "{ended}");
                took(ended.elapsed, Duration::from_millis(300));
            }
        }
        assert!(drain(&peer).1.is_err(), "{words}: in order");
    }
}
