//! The shape and the pace of what is sent and received.

use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};
use std::time::{Duration, Instant};

use crate::support::files::noise;
use crate::support::net::*;
use crate::support::*;

/// What RFC 864 says is sent.
fn pattern(length: usize) -> Vec<u8> {
    let lines = (0..).flat_map(|line: usize| {
        let characters = (0..72).map(move |column| b' ' + ((line + column) % 95) as u8);
        characters.chain(*b"\r\n")
    });
    lines.take(length).collect()
}

/// Five seconds of it, measured by who receives.
#[test]
fn a_rate_is_exact_to_two_percent() {
    const RATE: usize = 400_000;
    let (port, peer) = serve(V4, |mut stream| {
        let mut piece = vec![0; 1 << 16];
        let (mut begun, mut bytes) = (None, 0);
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            begun.get_or_insert_with(Instant::now);
            bytes += length;
        }
        (begun.expect("some bytes").elapsed(), bytes)
    });
    sock(format!("send 127.0.0.1 {port} --rate 400kB/s"))
        .input(noise(5, 5 * RATE))
        .run();
    let (took, bytes) = peer.join().expect("the peer");
    assert_eq!(bytes, 5 * RATE);
    let error = took.as_secs_f64() / 5.0 - 1.0;
    assert!(error.abs() < 0.02, "{took:?}");
}

#[test]
fn served_peers_and_datagrams_are_paced_too() {
    // 30 pieces of 20 ms, the first at once.
    let server = sock("listen 127.0.0.1:0 --generate 30000 --rate 50kB/s").listener();
    let begun = Instant::now();
    let peer = dial(V4, server.port);
    let (bytes, end) = drain(&peer);
    took(begun.elapsed(), Duration::from_millis(580));
    end.expect("in order");
    assert_eq!(bytes, pattern(30_000));
    drop(peer);
    server.finish();

    let hears = UdpSocket::bind((V4, 0)).expect("a port");
    hears
        .set_read_timeout(Some(wait::DEADLINE))
        .expect("a timeout");
    let port = hears.local_addr().expect("bound").port();
    let begun = Instant::now();
    sock(format!("send -u 127.0.0.1 {port} --rate 10kB/s"))
        .input(noise(6, 5 * 1452))
        .run();
    // Whole datagrams, each of which has to be paid for before the next.
    took(begun.elapsed(), Duration::from_micros(4 * 145_200));
    let mut piece = [0; 2000];
    for _ in 0..5 {
        assert_eq!(hears.recv(&mut piece).expect("a datagram"), 1452);
    }
}

/// The least time between two send()s, of a stream and of datagrams.
#[test]
fn an_interval_lies_between_two_pieces() {
    let (listener, port) = listen(V4);
    let begun = Instant::now();
    let run = sock(format!("send 127.0.0.1 {port} --chunk 10 --interval 0.1"))
        .input([b'x'; 45])
        .spawn();
    let mut peer = listener.accept().expect("a peer");
    for (n, piece) in [10, 10, 10, 10, 5].into_iter().enumerate() {
        let mut bytes = [0; 20];
        assert_eq!(peer.read(&mut bytes).expect("a piece"), piece);
        assert!(begun.elapsed() >= Duration::from_millis(100) * n as u32);
    }
    drop(peer);
    took(run.finish().elapsed, Duration::from_millis(400));
    let hears = UdpSocket::bind((V4, 0)).expect("a port");
    let port = hears.local_addr().expect("bound").port();
    let ended = sock(format!(
        "send -u 127.0.0.1 {port} --chunk 10 --interval 0.1"
    ))
    .input([b'x'; 45])
    .run();
    took(ended.elapsed, Duration::from_millis(400));
}

/// On Ethernet, by both families; what is asked for is sent as it is.
#[test]
fn a_datagram_is_no_longer_than_a_packet() {
    let pair = include_str!("../peers/pair.sh");
    let Some(own) = Namespace::new(pair, &[]) else {
        return;
    };
    let fragments = || -> u64 {
        // What snmp(8) calls FragCreates, of both families.
        const COUNT: &str = "cat /proc/net/snmp /proc/net/snmp6 | awk '
            $1 == \"Ip:\" && !n { n = split($0, names) }
            $1 == \"Ip:\" { for (i = 1; i <= n; i++) if (names[i] == \"FragCreates\") v4 = $i }
            $1 == \"Ip6FragCreates\" { v6 = $2 }
            END { print v4 + v6 }'";
        let words = own.enter("a");
        let ended = command::Cmd::new(&words[0])
            .args(&words[1..])
            .args(["sh", "-c", COUNT])
            .any_stdout()
            .run();
        ended.text().trim().parse().expect("a number")
    };
    for to in ["10.9.1.2", "fd09:1::2"] {
        let hears = sock("recv -u -l 0 --bytes 10000 --digest sha256")
            .inside(&own, "b")
            .stdout_bytes(noise(8, 10_000))
            .any_stderr()
            .listener();
        let before = fragments();
        let port = hears.port;
        sock(format!("send -u {to} {port}"))
            .inside(&own, "a")
            .input(noise(8, 10_000))
            .run();
        hears.finish();
        assert_eq!(fragments(), before, "{to}");
        sock(format!("send -u {to} {port} --chunk 3000"))
            .inside(&own, "a")
            .input(noise(8, 3000))
            // By now nobody listens.
            .any_end()
            .any_stderr()
            .run();
        assert_eq!(fragments(), before + 3, "{to}");
    }
}

/// What is not due for a day holds up nothing else.
#[test]
fn a_rate_does_not_hold_up_a_timer() {
    let (listener, port) = listen(V4);
    let client = sock(format!("send 127.0.0.1 {port} --rate 1 --timeout 0.5"))
        .input("a lot that takes a while")
        .code(124)
        .stderr("sock: send 127.0.0.1:*: ended by --timeout 500ms\n")
        .spawn();
    let peer = listener.accept().expect("a peer");
    let ended = client.finish();
    took(ended.elapsed, Duration::from_millis(500));
    assert!(drain(&peer).1.is_err(), "cut");
}

#[test]
fn newlines_leave_as_crlf_and_come_as_they_are() {
    let text = "one\ntwo\r\nthree\n\n";
    let want = "one\r\ntwo\r\nthree\r\n\r\n";
    for words in ["connect 127.0.0.1", "send 127.0.0.1"] {
        let (port, peer) = serve(V4, |mut stream| {
            let got = drain(&stream).0;
            // What comes is not ours to change.
            let _ = stream.write_all(b"a\n");
            got
        });
        sock(format!("{words} {port} --crlf"))
            .input(text)
            .stdout(if words.starts_with("connect") {
                "a\n"
            } else {
                ""
            })
            .run();
        assert_eq!(
            String::from_utf8_lossy(&peer.join().expect("the peer")),
            want
        );
    }
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    sock(format!("send 127.0.0.1 {port} --crlf --message"))
        .arg("HELO {n}\n")
        .run();
    assert_eq!(peer.join().expect("the peer"), b"HELO 1\r\n");

    let server = sock("listen 127.0.0.1:0 --crlf --reply")
        .arg("220 hi\n")
        .stdout("x")
        .listener();
    let mut peer = dial(V4, server.port);
    peer.write_all(b"x").expect("a byte");
    peer.shutdown(Shutdown::Write).expect("half-close");
    assert_eq!(drain(&peer).0, b"220 hi\r\n");
    server.finish();
}

#[test]
fn one_recv_asks_for_no_more_than_its_chunk() {
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(&pattern(1000)).expect("some bytes");
    });
    let ended = sock(format!("recv -vv 127.0.0.1 {port} --recv-chunk 300"))
        .stdout_bytes(pattern(1000))
        .any_stderr()
        .run();
    peer.join().expect("the peer");
    assert!(ended.err.contains(", 300, 0) = 300"), "{ended}");
    assert!(!ended.err.contains(", 262144,"), "{ended}");

    let hears = sock("recv -u -l 127.0.0.1:0 --recv-chunk 5 --count 1")
        .stdout("01234")
        .stderr("sock: recv *: a datagram was cut to 5 bytes\n")
        .listener();
    sock(format!(
        "send -u 127.0.0.1 {} --message 0123456789",
        hears.port
    ))
    .run();
    hears.finish();
}

#[test]
fn a_server_generates_for_all_its_peers() {
    const LENGTH: usize = 300_000;
    let server = sock(format!("listen 127.0.0.1:0 -k --generate {LENGTH}")).listener();
    // The first does not read: nobody else waits for it.
    let idle = dial(V4, server.port);
    for _ in 0..3 {
        sock(format!("recv 127.0.0.1 {} --bytes {LENGTH}", server.port))
            .stdout_bytes(pattern(LENGTH))
            .run();
    }
    // One that ends first, and one that talks all the time.
    let early = dial(V4, server.port);
    early.shutdown(Shutdown::Write).expect("half-close");
    let (bytes, end) = drain(&early);
    end.expect("in order");
    assert_eq!(bytes.len(), LENGTH);
    let mut talks = dial(V4, server.port);
    talks.write_all(&noise(7, 100_000)).expect("it is read");
    talks.shutdown(Shutdown::Write).expect("half-close");
    let (bytes, end) = drain(&talks);
    end.expect("in order");
    assert_eq!(bytes, pattern(LENGTH));
    assert_eq!(drain(&idle).0, pattern(LENGTH));
}

#[test]
fn a_single_peer_gets_it_and_a_cut_one_is_7() {
    for length in [0, 1, 74] {
        let server = sock(format!("listen 127.0.0.1:0 --generate {length}")).listener();
        sock(format!("recv 127.0.0.1 {}", server.port))
            .stdout_bytes(pattern(length))
            .run();
        server.finish();
    }
    let server = sock("listen 127.0.0.1:0 --generate 1GiB")
        .code(7)
        .stderr("sock: * 127.0.0.1:*: * (ECONNRESET)*\n")
        .listener();
    let mut peer = dial(V4, server.port);
    peer.read_exact(&mut [0; 1000]).expect("the beginning");
    reset(peer);
    server.finish();
}
