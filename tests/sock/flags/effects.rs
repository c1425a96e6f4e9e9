//! What flags do besides letting bytes pass, seen by the peer.

use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::support::files::Noise;
use crate::support::net::*;
use crate::support::*;

#[test]
fn more_holds_a_tail_back() {
    let (listener, port) = listen(V4);
    let mut client = sock(format!("connect --send-flags more 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .spawn();
    let mut peer = listener.accept().expect("it dials");
    let begun = Instant::now();
    client.write("x");
    peer.read_exact(&mut [0; 1]).expect("in the end");
    // About 200 ms (tcp(7), TCP_CORK); the clock of a kernel counts ticks.
    wait::took_between(
        begun.elapsed(),
        Duration::from_millis(150),
        Duration::from_millis(300),
    );
    client.close_stdin();
    drop(peer);
    client.finish();
}

/// On UDP until the last: one datagram, and none is lost.
#[test]
fn more_makes_one_datagram_of_all() {
    for (options, input) in [
        ("--message ab --count 3", ""),
        ("--chunk 2", "ababab"),
        ("--bytes 6", "abababab"),
    ] {
        let peer = UdpSocket::bind((V4, 0)).expect("a port");
        peer.set_read_timeout(Some(wait::DEADLINE))
            .expect("a timeout");
        let port = peer.local_addr().expect("bound").port();
        sock(format!(
            "send -u --send-flags more {options} 127.0.0.1 {port}"
        ))
        .input(input)
        .run();
        let mut bytes = [0; 100];
        let length = peer.recv(&mut bytes).expect("a datagram");
        assert_eq!(&bytes[..length], b"ababab", "{options}");
        peer.set_nonblocking(true).expect("a flag");
        assert!(peer.recv(&mut bytes).is_err(), "{options}: another");
    }
    // Nothing is not an empty datagram.
    let peer = UdpSocket::bind((V4, 0)).expect("a port");
    let port = peer.local_addr().expect("bound").port();
    sock(format!("send -u --send-flags more 127.0.0.1 {port}")).run();
    peer.set_nonblocking(true).expect("a flag");
    assert!(peer.recv(&mut [0; 1]).is_err());
}

#[test]
fn more_of_answers_is_wrong() {
    for words in ["listen -u --echo 0", "listen -u -k 0"] {
        let ended = sock(format!("{words} --send-flags more"))
            .code(2)
            .any_stderr()
            .run();
        assert!(
            ended.err.starts_with("error: --send-flags more "),
            "{ended}"
        );
    }
}

#[test]
fn what_does_not_wait_ends_where_the_peer_is_full() {
    let (listener, port) = listen(V4);
    let run = sock(format!("send --send-flags dontwait 127.0.0.1 {port}"))
        .stdin(Stdin::Stream(Box::new(Noise::new(51, 1 << 28))))
        .code(5)
        .stderr("sock: send 127.0.0.1:*: * (EAGAIN): *dontwait*\n")
        .spawn();
    let peer = listener.accept().expect("it dials");
    run.finish();
    assert!(drain(&peer).1.is_err(), "it looks complete");
}

#[test]
fn a_server_waits_for_nobody_and_says_so() {
    let server = sock("listen --echo --send-flags dontwait 127.0.0.1:0")
        .stderr("sock: send --send-flags dontwait: without effect on answers*\n")
        .listener();
    let mut peer = dial(V4, server.port);
    peer.write_all(b"x").expect("it listens");
    peer.shutdown(Shutdown::Write).expect("open");
    assert_eq!(drain(&peer).0, b"x");
    server.finish();
}

/// A route by way of a router is none.
#[test]
fn dontroute_goes_no_further_than_the_link() {
    let setup = "ip link add va type veth peer name vb
ip addr add 10.9.1.1/24 dev va; ip link set va up; ip link set vb up
ip route add 10.99.0.0/16 via 10.9.1.2";
    let Some(own) = Namespace::new(setup, &[]) else {
        return;
    };
    sock("send -u --message x 10.99.0.1 9")
        .inside(&own, "")
        .run();
    sock("send -u --message x 10.99.0.1 9 --send-flags dontroute")
        .inside(&own, "")
        .code(6)
        .stderr("sock: send 10.99.0.1:9: * (ENETUNREACH)*\n")
        .run();
}

/// One at a time; what is not urgent stays where it is.
#[test]
fn the_urgent_byte_is_received_alone() {
    for before in ["", "before "] {
        let (port, peer) = serve(V4, move |mut stream| {
            stream.write_all(before.as_bytes()).expect("some bytes");
            SockRef::from(&stream).send_out_of_band(b"!").expect("one");
            drain(&stream).0
        });
        sock(format!("recv --recv-flags oob 127.0.0.1 {port}"))
            .stdout("!")
            .run();
        peer.join().expect("the peer");
    }
    // Inline it is where it was.
    let (listener, port) = listen(V4);
    let run = sock(format!(
        "send --send-flags oob --message hello 127.0.0.1 {port}"
    ))
    .spawn();
    let peer = listener.accept().expect("it dials");
    SockRef::from(&peer)
        .set_out_of_band_inline(true)
        .expect("SO_OOBINLINE");
    assert_eq!(drain(&peer).0, b"hello");
    drop(peer);
    run.finish();
    // And where none comes, the stream was not what was asked for.
    let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"not urgent"));
    sock(format!("recv --recv-flags oob 127.0.0.1 {port}"))
        .code(7)
        .stderr("sock: recv 127.0.0.1:*: * (EINVAL): there is no urgent byte*\n")
        .run();
}

/// A send() to a peer that has gone: EPIPE, and by default code 7.
#[test]
fn without_nosignal_a_broken_pipe_kills() {
    let dir = scratch();
    for verb in ["send", "connect", "listen", "listen --echo"] {
        for flags in ["none", "nosignal"] {
            let path = dir.path().join(format!("{verb}{flags}"));
            let mut run = sock(format!("{verb} --send-flags {flags}"))
                .arg(&path)
                .stdin(Stdin::Pipe)
                .any_stdout()
                .any_stderr();
            run = match flags {
                "none" => run.signal(Signal::SIGPIPE),
                _ => run.code(7),
            };
            let mut running = if verb.starts_with("listen") {
                let running = run.listener();
                let mut peer = std::os::unix::net::UnixStream::connect(&path).expect("a peer");
                peer.write_all(b"x").expect("a byte");
                if verb == "listen" {
                    running.wait_stdout(1);
                }
                drop(peer);
                running
            } else {
                let listener = UnixListener::bind(&path).expect("a path");
                let running = run.spawn();
                drop(listener.accept().expect("it dials"));
                running
            };
            if verb != "listen --echo" {
                // Until it is noticed that the reader has gone.
                let mut input = running.take_stdin();
                let _ = input.write_all(b"for nobody");
                drop(input);
            }
            let ended = running.finish();
            assert!(flags == "none" || ended.err.contains("(EPIPE)"), "{ended}");
        }
    }
}

/// A reset is no broken pipe.
#[test]
fn without_nosignal_a_reset_is_7() {
    for verb in ["send", "connect"] {
        let (port, peer) = serve(V4, reset);
        let run = sock(format!("{verb} --send-flags none 127.0.0.1 {port}"))
            .stdin(Stdin::Pipe)
            .code(7)
            .stderr("sock: * 127.0.0.1:*: * (ECONNRESET)*\n")
            .spawn();
        peer.join().expect("the peer");
        run.finish();
    }
}
