//! What a run says about how far it is, and what it was: the `close` line, and
//! the answer to USR1.

use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};

use crate::support::like::line_like;
use crate::support::net::*;
use crate::support::*;

/// The last line of a run under `-v` that is like this.
#[track_caller]
fn closes(ended: &Ended, pattern: &str) {
    let close = ended.err.lines().rfind(|line| line.starts_with("close "));
    let like = close.is_some_and(|line| line_like(pattern, line));
    assert!(like, "expected {pattern}\n{ended}");
}

/// What TCP knows of a connection besides its bytes.
const TCP: &str = "*s, *B/s, 0 retransmits, rtt *ms";

#[test]
fn every_verb_ends_with_what_it_moved() {
    let answer = |mut stream: std::net::TcpStream| {
        let mut heard = [0; 5];
        stream.read_exact(&mut heard).expect("five bytes");
        stream.write_all(b"an answer").expect("nine bytes");
        drop(drain(&stream));
    };
    let (port, peer) = serve(V4, answer);
    let ended = sock(format!("connect -v 127.0.0.1 {port}"))
        .input("hello")
        .stdout("an answer")
        .any_stderr()
        .run();
    closes(&ended, &format!("close    sent 5 B, received 9 B, {TCP}"));
    peer.join().expect("the peer");

    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let ended = sock(format!("send -v 127.0.0.1 {port}"))
        .input("x".repeat(2048))
        .any_stderr()
        .run();
    let want = format!("close    sent 2.0 KiB, received 0 B, {TCP}");
    closes(&ended, &want);
    peer.join().expect("the peer");

    for words in ["listen -v", "recv -v -l", "listen -v --echo"] {
        let listener = sock(format!("{words} 127.0.0.1:0"))
            .any_stdout()
            .any_stderr()
            .listener();
        let mut peer = dial(V4, listener.port);
        peer.write_all(b"hello").expect("five bytes");
        peer.shutdown(Shutdown::Write).expect("half-close");
        let _ = drain(&peer);
        let ended = listener.finish();
        let (who, sent) = match words.contains("echo") {
            true => ("127.0.0.1:* ", 5),
            false => ("", 0),
        };
        let want = format!("close    {who}sent {sent} B, received 5 B, {TCP}");
        closes(&ended, &want);
    }
}

/// What is no TCP has neither retransmits nor a round-trip time.
#[test]
fn other_sockets_end_with_what_they_know() {
    let echo = udp_echo(V4);
    let ended = sock(format!("connect -v -u 127.0.0.1 {echo}"))
        .input("ping")
        .stdout("ping")
        .any_stderr()
        .run();
    closes(&ended, "close    sent 4 B, received 4 B, *s, *B/s");

    let dir = scratch();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).expect("a path");
    let peer = std::thread::spawn(move || drain(listener.accept().expect("a peer").0).0);
    let ended = sock(format!("send -v unix:{}", path.display()))
        .input("hello")
        .any_stderr()
        .run();
    closes(&ended, "close    sent 5 B, received 0 B, *s, *B/s");
    assert_eq!(peer.join().expect("the peer"), b"hello");
}

/// Whoever serves for ever says at its end what it served.
#[test]
fn servers_that_never_end_say_what_they_did_when_they_are_ended() {
    for (words, want) in [
        (
            "listen -v -u -k --echo",
            "close    sent 4 B, received 4 B, *",
        ),
        ("listen -v -u -k", "close    sent 0 B, received 4 B, *"),
    ] {
        let listener = sock(format!("{words} 127.0.0.1:0"))
            .stdin(Stdin::Pipe)
            .any_stdout()
            .any_stderr()
            .signal(Signal::SIGTERM)
            .listener();
        let peer = UdpSocket::bind((V4, 0)).expect("a port");
        peer.send_to(b"ping", (V4, listener.port)).expect("sent");
        listener.wait_line("accept   *");
        match words.contains("echo") {
            true => {
                let timeout = Some(wait::DEADLINE);
                peer.set_read_timeout(timeout).expect("a timeout");
                assert_eq!(peer.recv(&mut [0; 9]).expect("an answer"), 4);
            }
            false => listener.wait_text("ping"),
        }
        listener.send_signal(Signal::SIGTERM);
        closes(&listener.finish(), want);
    }
    let server = sock("listen -v -k --echo 127.0.0.1:0")
        .any_stderr()
        .signal(Signal::SIGTERM)
        .listener();
    let mut peer = dial(V4, server.port);
    peer.write_all(b"ping").expect("four bytes");
    peer.read_exact(&mut [0; 4]).expect("four bytes");
    server.send_signal(Signal::SIGTERM);
    let want = "close    127.0.0.1:* sent 4 B, received 4 B, *: ended by SIGTERM";
    closes(&server.finish(), want);
}

/// A network that loses every fourth long packet.
#[test]
fn segments_that_were_sent_again_are_counted() {
    let lossy = "
nft add table inet lossy
nft add chain inet lossy in '{ type filter hook input priority 0; }'
nft add rule inet lossy in tcp dport 5005 meta length 1000-65535 numgen inc mod 4 0 drop
";
    let Some(network) = Namespace::new(lossy, &[]) else {
        return;
    };
    let recv = sock("recv -l 127.0.0.1:5005")
        .inside(&network, "")
        .any_stdout()
        .listener();
    let send = sock("send -v 127.0.0.1 5005").inside(&network, "");
    let ended = send.input(vec![0; 1 << 20]).any_stderr().run();
    recv.finish();
    let close = ended.err.lines().find(|line| line.starts_with("close "));
    let again = close.and_then(|line| {
        line.split(", ")
            .find_map(|part| part.strip_suffix(" retransmits"))
    });
    let again: u32 = again.and_then(|n| n.parse().ok()).expect("a number");
    assert!(again > 0, "{ended}");
}

#[test]
fn the_same_as_json() {
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let ended = sock(format!("send -v --json 127.0.0.1 {port}"))
        .input("hello")
        .any_stderr()
        .run();
    peer.join().expect("the peer");
    let line = ended.err.lines().last().expect("some lines");
    let want = "{\"schema\":\"sock/1\",\"event\":\"close\",\"sent\":5,\"received\":0,\
                \"elapsed_ms\":*,\"retransmits\":0,\"rate\":*,\"rtt_ms\":*}";
    assert!(line_like(want, line), "{ended}");
}

/// Even of one that is to be quiet: it was asked.
#[test]
fn usr1_is_answered_by_a_quiet_run_too() {
    let (listener, port) = listen(V4);
    let recv = sock(format!("recv --quiet 127.0.0.1 {port}"))
        .any_stderr()
        .spawn();
    let peer = listener.accept().expect("a peer");
    tells(&recv, "sock: * 127.0.0.1:*: sent 0 B, received 0 B, *");
    drop(peer);
    recv.finish();
}

/// Asks a run with USR1, and expects such an answer.
#[track_caller]
fn tells(running: &Running, pattern: &str) {
    running.send_signal(Signal::SIGUSR1);
    running.wait_line(pattern);
}

#[test]
fn usr1_is_answered_by_whatever_a_verb_is_doing() {
    // Waiting for the receipt of what was sent.
    for words in ["", "--message hello"] {
        let (listener, port) = listen(V4);
        let send = sock(format!("send 127.0.0.1 {port} {words}"))
            .input(if words.is_empty() { "hello" } else { "" })
            .any_stderr()
            .spawn();
        let peer = listener.accept().expect("a peer");
        assert_eq!(drain(&peer).0, b"hello");
        tells(&send, "sock: * 127.0.0.1:*: sent 5 B, received 0 B, *");
        drop(peer);
        send.finish();
    }
    // Between two messages.
    let (listener, port) = listen(V4);
    let words = "--message hello --count 2 --interval 1h";
    let send = sock(format!("send 127.0.0.1 {port} {words}"))
        .any_stderr()
        .signal(Signal::SIGTERM)
        .spawn();
    let mut peer = listener.accept().expect("a peer");
    peer.read_exact(&mut [0; 5]).expect("a message");
    tells(&send, "sock: send 127.0.0.1:*: sent 5 B, received 0 B, *");
    send.send_signal(Signal::SIGTERM);
    send.finish();
    // A listener before and while it has a peer.
    for words in ["recv -l", "listen", "listen -k --echo", "listen -k"] {
        let listener = sock(format!("{words} 127.0.0.1:0"))
            .stdin(Stdin::Pipe)
            .any_stdout()
            .any_stderr()
            .signal(Signal::SIGTERM)
            .listener();
        tells(
            &listener,
            "sock: accept 127.0.0.1:*: sent 0 B, received 0 B, *",
        );
        let mut peer = dial(V4, listener.port);
        peer.write_all(b"hello").expect("five bytes");
        match words.contains("echo") {
            true => drop(peer.read_exact(&mut [0; 5])),
            false => listener.wait_text("hello"),
        }
        tells(&listener, "sock: *: sent * B, received 5 B, *");
        listener.send_signal(Signal::SIGTERM);
        listener.finish();
    }
    // Datagrams.
    let server = sock("listen -u -k --echo 127.0.0.1:0")
        .any_stderr()
        .signal(Signal::SIGTERM)
        .listener();
    let peer = UdpSocket::bind((V4, 0)).expect("a port");
    let timeout = Some(wait::DEADLINE);
    peer.set_read_timeout(timeout).expect("a timeout");
    peer.send_to(b"ping", (V4, server.port)).expect("sent");
    peer.recv(&mut [0; 9]).expect("an answer");
    tells(&server, "sock: recv 127.0.0.1:*: sent 4 B, received 4 B, *");
    server.send_signal(Signal::SIGTERM);
    server.finish();
}

/// Who asks is answered, whatever else is not to be told.
#[test]
fn usr1_is_answered_with_quiet_too() {
    let (listener, port) = listen(V4);
    let words = "--quiet --count inf --interval 1h";
    let probe = sock(format!("probe {words} 127.0.0.1 {port}"))
        .any_stderr()
        .signal(Signal::SIGTERM)
        .spawn();
    // It has begun.
    drop(listener.accept().expect("a peer"));
    tells(&probe, "sock: connect *answered, *");
    probe.send_signal(Signal::SIGTERM);
    probe.finish();

    let dir = scratch();
    let path = dir.path().join("s");
    let server = sock("listen -k --quiet --echo")
        .arg(&path)
        .any_stderr()
        .signal(Signal::SIGTERM)
        .spawn();
    // Nothing announces it.
    let peer = wait::eventually("it listens", || UnixStream::connect(&path).ok());
    tells(&server, "queue    * 0/* waiting*");
    drop(peer);
    server.send_signal(Signal::SIGTERM);
    server.finish();
}

/// One address is no `addresses`.
#[test]
fn a_name_with_one_address_has_one() {
    let (_listener, port) = listen(V4);
    let words = format!("connect -vv -4 -w 5 --on-eof close localhost {port}");
    let ended = sock(words).input("").any_stdout().any_stderr().run();
    let call = ended.err.lines().find(|line| line.contains("getaddrinfo("));
    let call = call.unwrap_or_else(|| panic!("{ended}"));
    assert!(call.contains(" = 1 address"), "{call}");
    assert!(!call.contains("1 addresses"), "{call}");
}
