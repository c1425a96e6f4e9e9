//! Datagrams have no end: UDP and Unix datagram sockets in every verb, when a
//! conversation of them is over, and what is said when one is refused or cut.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::support::net::*;
use crate::support::wait::took_between;
use crate::support::*;

fn udp() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind((V4, 0)).expect("a port");
    socket
        .set_read_timeout(Some(wait::DEADLINE))
        .expect("a timeout");
    let port = socket.local_addr().expect("bound").port();
    (socket, port)
}

/// The second after stdin's end is counted from the last datagram.
#[test]
fn a_late_datagram_prolongs_the_wait() {
    let (socket, port) = udp();
    let server = std::thread::spawn(move || {
        let mut buf = [0; 100];
        let (_, from) = socket.recv_from(&mut buf).expect("the question");
        let (_keep, nothing) = std::sync::mpsc::channel::<()>();
        for part in ["one ", "two ", "three"] {
            assert!(nothing.recv_timeout(Duration::from_millis(500)).is_err());
            socket.send_to(part.as_bytes(), from).expect("an answer");
        }
    });
    let ended = sock(format!("connect -u 127.0.0.1 {port}"))
        .input("q")
        .stdout("one two three")
        .run();
    took(ended.elapsed, Duration::from_millis(2500));
    server.join().expect("the server");
}

/// `--idle` replaces that second; before stdin's end it is a timer.
#[test]
fn idle_replaces_the_second() {
    let port = udp_echo(V4);
    let ended = sock(format!("connect -u --idle 0.3 127.0.0.1 {port}"))
        .input("q")
        .stdout("q")
        .run();
    took(ended.elapsed, Duration::from_millis(300));

    let mut connect = sock(format!("connect -u --idle 0.5 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .code(124)
        .stdout("q")
        .stderr("sock: *--idle*\n")
        .spawn();
    connect.write("q");
    connect.wait_text("q");
    let heard = connect.age();
    let ended = connect.finish();
    took_between(
        ended.elapsed,
        Duration::from_millis(500),
        heard + Duration::from_millis(500),
    );
}

/// `localhost` is ::1 first; refused there before any reply, it is 127.0.0.1.
#[test]
fn a_refused_datagram_goes_to_the_next_address() {
    if !ipv6() {
        return;
    }
    let mut tries = 0;
    let (port, _closed) = loop {
        let port = udp_echo(V4);
        match UdpClosed::at((V6, port).into()) {
            Ok(closed) => break (port, closed),
            Err(error) => assert!(tries < 20, "{error}"),
        }
        tries += 1;
    };
    sock(format!("connect -u localhost {port}"))
        .input("q")
        .stdout("q")
        .run();
}

#[test]
fn all_addresses_refused_is_4() {
    let closed = UdpClosed::new(V4);
    let ended = sock(format!("connect -u 127.0.0.1 {}", closed.port()))
        .input("q")
        .code(4)
        .any_stderr()
        .run();
    assert_eq!(ended.err.lines().count(), 1, "{ended}");
}

/// A listener answers whoever comes, and stays for the next.
#[test]
fn a_datagram_echo_serves_everybody() {
    let listen = sock("listen -u -k --echo 127.0.0.1:0")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let clients: Vec<UdpSocket> = (0..10).map(|_| udp().0).collect();
    for (n, client) in clients.iter().enumerate() {
        let text = format!("client {n}");
        client
            .send_to(text.as_bytes(), (V4, listen.port))
            .expect("sent");
        let mut buf = [0; 100];
        let (len, from) = client.recv_from(&mut buf).expect("its echo");
        assert_eq!(&buf[..len], text.as_bytes());
        assert_eq!(from.port(), listen.port);
    }
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// A conversation, between two of ours.
#[track_caller]
fn converse(listen: &str, connect: impl Fn(u16) -> String) {
    let dir = scratch();
    let mut server = sock(format!("listen -u {listen}"))
        .cwd(dir.path())
        .stdin(Stdin::Pipe)
        .any_stdout()
        .any_end()
        .any_stderr()
        .listener();
    let mut client = sock(format!("connect -u {}", connect(server.port)))
        .cwd(dir.path())
        .stdin(Stdin::Pipe)
        .stdout("pong")
        .spawn();
    client.write("ping");
    server.wait_text("ping");
    server.write("pong");
    client.wait_text("pong");
    client.close_stdin();
    client.finish();
}

#[test]
fn udp_conversations_of_both_families() {
    converse("127.0.0.1:0", |port| format!("127.0.0.1 {port}"));
    converse("0", |port| format!("127.0.0.1 {port}"));
    if ipv6() {
        converse("[::1]:0", |port| format!("[::1]:{port}"));
        converse("0", |port| format!("::1 {port}"));
    }
}

/// An unbound client of a Unix datagram socket has no address to answer to: it
/// is given one.
#[test]
fn unix_datagram_conversations() {
    converse("./s", |_| "./s".to_owned());
    converse("unix:@sock-test-dgram", |_| {
        "unix:@sock-test-dgram".to_owned()
    });
}

#[test]
fn the_receiver_takes_every_peer_until_its_count() {
    let recv = sock("recv -u -l --count 3 127.0.0.1:0")
        .stdout("abc")
        .listener();
    let peers = [udp().0, udp().0, udp().0];
    for (n, (peer, text)) in peers.iter().zip(["a", "b", "c"]).enumerate() {
        peer.send_to(text.as_bytes(), (V4, recv.port))
            .expect("sent");
        if n < 2 {
            recv.wait_stdout(n + 1);
        }
    }
    recv.finish();
}

#[test]
fn or_until_its_bytes_or_its_timer() {
    let recv = sock("recv -u -l --bytes 4 127.0.0.1:0")
        .stdout("abcd")
        .listener();
    let peer = udp().0;
    peer.send_to(b"ab", (V4, recv.port)).expect("sent");
    recv.wait_stdout(2);
    peer.send_to(b"cd", (V4, recv.port)).expect("sent");
    recv.finish();

    let recv = sock("recv -u -l --timeout 0.6 127.0.0.1:0")
        .code(124)
        .stdout("x")
        .stderr("sock: *--timeout*\n")
        .listener();
    peer.send_to(b"x", (V4, recv.port)).expect("sent");
    took(recv.finish().elapsed, Duration::from_millis(600));
}

#[test]
fn the_sender_sends_what_it_reads() {
    let (socket, port) = udp();
    sock(format!("send -u 127.0.0.1 {port}"))
        .input("a datagram")
        .run();
    let mut buf = [0; 100];
    let (len, _) = socket.recv_from(&mut buf).expect("the datagram");
    assert_eq!(&buf[..len], b"a datagram");
}

/// An empty message is an empty datagram.
#[test]
fn an_empty_message_is_an_empty_datagram() {
    let (socket, port) = udp();
    sock("send -u --message")
        .arg("")
        .words(format!("127.0.0.1 {port}"))
        .run();
    let mut buf = [0; 100];
    let (len, _) = socket.recv_from(&mut buf).expect("the datagram");
    assert_eq!(len, 0);
}

/// The largest datagram of UDP arrives whole.
#[test]
fn the_largest_datagram_is_whole() {
    let largest = vec![b'x'; 65507];
    let recv = sock("recv -u -l --count 1 127.0.0.1:0")
        .stdout_bytes(largest.clone())
        .listener();
    let peer = udp().0;
    peer.send_to(&largest, (V4, recv.port)).expect("sent");
    recv.finish();
}

/// Larger ones exist on Unix sockets: whole, or cut and said so. Nothing is lost
/// in silence.
#[test]
fn a_cut_datagram_is_reported() {
    const LEN: usize = 150_000;
    let dir = scratch();
    let recv = sock("recv -u -l --count 1 ./s")
        .cwd(dir.path())
        .any_stdout()
        .any_stderr()
        .listener();
    let peer = UnixDatagram::unbound().expect("a socket");
    peer.send_to(&[b'x'; LEN], dir.path().join("s"))
        .expect("sent");
    let ended = recv.finish();
    let told = ended.err.lines().count() > 1 && ended.err.contains("trunc");
    assert!(ended.out.len() == LEN || told, "{ended}");
}

/// `nc` and `socat` as the other end.
#[test]
fn nc_and_socat_hold_datagram_conversations() {
    for (name, words) in [
        ("nc", "-u -l 127.0.0.1 0"),
        ("socat", "- UDP4-LISTEN:0,bind=127.0.0.1"),
    ] {
        let Some(peer) = peer(name) else { continue };
        let mut peer = peer.words(words).stdin(Stdin::Pipe).spawn();
        let port = udp_port_of(&peer);
        let mut connect = sock(format!("connect -u 127.0.0.1 {port}"))
            .stdin(Stdin::Pipe)
            .stdout("pong")
            .any_stderr()
            .spawn();
        connect.write("ping");
        peer.wait_text("ping");
        peer.write("pong");
        connect.wait_text("pong");
        connect.close_stdin();
        connect.finish();
    }
    for (name, words) in [
        ("nc", "-u 127.0.0.1 PORT"),
        ("socat", "- UDP4:127.0.0.1:PORT"),
    ] {
        let Some(peer) = peer(name) else { continue };
        let mut listen = sock("listen -u 127.0.0.1:0")
            .stdin(Stdin::Pipe)
            .any_end()
            .any_stdout()
            .any_stderr()
            .listener();
        let mut peer = peer
            .words(words.replace("PORT", &listen.port.to_string()))
            .stdin(Stdin::Pipe)
            .spawn();
        peer.write("ping");
        listen.wait_text("ping");
        listen.write("pong");
        peer.wait_text("pong");
    }
}

/// An answer is never longer than its question off loopback, so that a forged
/// question makes no weapon.
#[test]
fn an_answer_is_no_longer_than_its_question() {
    let listen = sock("listen -u -k --reply twelve-bytes 0.0.0.0:0")
        .any_stdout()
        .any_stderr()
        .any_end()
        .listener();
    let peer = udp().0;
    let mut buf = [0; 100];
    peer.send_to(b"a question of its own", (V4, listen.port))
        .expect("sent");
    let (len, _) = peer.recv_from(&mut buf).expect("its answer");
    assert_eq!(&buf[..len], b"twelve-bytes");
    peer.send_to(b"four", (V4, listen.port)).expect("sent");
    peer.send_to(b"another long question", (V4, listen.port))
        .expect("sent");
    let (first, _) = peer.recv_from(&mut buf).expect("an answer");
    if first == 12 {
        // The short question had none: the next thing to come is nothing.
        peer.set_read_timeout(Some(Duration::from_millis(200)))
            .expect("a timeout");
        assert!(peer.recv_from(&mut buf).is_err());
    } else {
        assert!(first <= 4, "{first} bytes to a question of four");
    }
}

/// Who has no address, or has gone by now, has spoken all the same.
#[test]
fn a_sender_that_cannot_be_answered_is_heard() {
    for named in [false, true] {
        let dir = scratch();
        let listen = sock("listen -u ./s")
            .cwd(dir.path())
            .stdout("hello")
            .listener();
        listen.send_signal(Signal::SIGSTOP);
        let peer = match named {
            true => UnixDatagram::bind(dir.path().join("p")),
            false => UnixDatagram::unbound(),
        };
        let peer = peer.expect("a socket");
        peer.send_to(b"hello", dir.path().join("s")).expect("sent");
        drop(peer);
        listen.send_signal(Signal::SIGCONT);
        listen.finish();
    }
}

/// A message of no bytes is a message, and a cut one is told.
#[test]
fn seqpacket_messages_are_whole_or_told() {
    use nix::sys::socket::*;
    let dir = scratch();
    let path = dir.path().join("s");
    let recv = |options: &str| {
        let _ = std::fs::remove_file(&path);
        sock(format!("recv --seqpacket -l {} {options}", path.display()))
            .any_stdout()
            .any_stderr()
            .listener()
    };
    let send = |messages: &[&[u8]]| {
        let kind = SockType::SeqPacket;
        let socket = socket(AddressFamily::Unix, kind, SockFlag::empty(), None).expect("a socket");
        let raw = std::os::fd::AsRawFd::as_raw_fd(&socket);
        connect(raw, &UnixAddr::new(&path).expect("a path")).expect("connected");
        for message in messages {
            nix::sys::socket::send(raw, message, MsgFlags::empty()).expect("sent");
        }
    };
    let receiver = recv("");
    send(&[b"one", b"", b"two"]);
    assert_eq!(receiver.finish().out, b"onetwo");
    let receiver = recv("--bytes 10");
    send(&[b"12345678", b"abcdefgh"]);
    let ended = receiver.finish();
    assert_eq!(ended.out, b"12345678ab");
    assert!(ended.err.contains("was cut to 2 bytes"), "{ended}");
}

/// A datagram that claims to come from another of our ports would go round
/// between the two for ever. The forger needs a network of its own.
#[test]
fn our_own_ports_are_not_answered() {
    const FORGE: &str = "python3 -c '
import socket, struct
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
raw.sendto(struct.pack(\"!HHHH\", 7001, 7002, 12, 0) + b\"loop\", (\"127.0.0.1\", 0))
'";
    let Some(own) = Namespace::lonely("") else {
        return;
    };
    let echo = sock("listen -u --echo 127.0.0.1:7001 127.0.0.1:7002")
        .inside(&own, "")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .spawn();
    echo.wait_line("listening on 127.0.0.1:7002*");
    own.script("", FORGE);
    echo.wait_line("sock: send 127.0.0.1:7001: not answered*");
    echo.send_signal(Signal::SIGTERM);
    assert_eq!(echo.finish().err.matches("not answered").count(), 1);
}
