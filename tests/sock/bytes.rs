//! What is seen of the bytes: `--digest` and `--hex`, at both ends and of every
//! type of socket, compared with what others make of the same bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::files::{Sha256, noise, sha256_of};
use crate::support::net::*;
use crate::support::wait::DEADLINE;
use crate::support::*;

/// sha256sum(1) of some bytes.
fn sum(bytes: &[u8]) -> String {
    let mut sum = Sha256::new();
    sum.input().write_all(bytes).expect("it reads");
    sum.finish()
}

/// The line of a digest.
fn line(bytes: &[u8], name: &str) -> String {
    format!("{}  {name}\n", sum(bytes))
}

/// A file in a directory.
fn file(dir: &Path, name: &str, bytes: &[u8]) -> String {
    std::fs::write(dir.join(name), bytes).expect("a file");
    name.to_owned()
}

#[test]
fn both_ends_of_a_transfer_print_what_sha256sum_prints() {
    let dir = scratch();
    let bytes = noise(31, (3 << 20) + 17);
    file(dir.path(), "a file", &bytes);
    let path = dir.path().join("s");
    let unix = format!("unix:{}", path.display());
    for (to, kind) in [
        ("127.0.0.1", ""),
        (unix.as_str(), ""),
        (unix.as_str(), "--seqpacket"),
    ] {
        let _ = std::fs::remove_file(&path);
        let recv = sock(format!("recv -l {kind} --digest sha256 -o copy"))
            .arg(if to == "127.0.0.1" { "127.0.0.1:0" } else { to })
            .cwd(dir.path())
            .stderr(line(&bytes, "copy"))
            .listener();
        let port = match to {
            "127.0.0.1" => recv.port.to_string(),
            _ => String::new(),
        };
        sock(format!("send {kind} {to} {port} --digest sha256"))
            .arg("a file")
            .cwd(dir.path())
            .stderr(line(&bytes, "a file"))
            .run();
        recv.finish();
        assert_eq!(sha256_of(&dir.path().join("copy")), sum(&bytes));
    }
    // stdin and stdout, with a pace.
    let little = &bytes[..100_000];
    let recv = sock("recv -l 127.0.0.1:0 --digest sha256")
        .stdout_bytes(little)
        .stderr(line(little, "-"))
        .listener();
    let port = recv.port;
    sock(format!(
        "send 127.0.0.1 {port} --digest sha256 --rate 500kB/s"
    ))
    .input(little)
    .stderr(line(little, "-"))
    .run();
    recv.finish();
}

#[test]
fn python_makes_the_same_of_it() {
    const HEARS: &str = "\
import hashlib, socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
sum = hashlib.sha256()
while piece := s.recv(65536):
    sum.update(piece)
print(sum.hexdigest())";
    const SAYS: &str = "\
import hashlib, socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
bytes = bytes(i * i % 251 for i in range(300000))
s.sendall(bytes)
s.close()
print(hashlib.sha256(bytes).hexdigest())";
    for (words, script) in [("send -l", HEARS), ("recv -l", SAYS)] {
        let Some(python) = peer("python3") else {
            return;
        };
        let ours = sock(format!("{words} 127.0.0.1:0 --digest sha256"))
            .input(if words == "send -l" {
                noise(32, 1 << 20)
            } else {
                Vec::new()
            })
            .any_stdout()
            .any_stderr()
            .listener();
        let theirs = python
            .args(["-c", script, &ours.port.to_string()])
            .run()
            .text();
        let ours = ours.finish();
        let digest = ours.err.lines().last().expect("a digest");
        assert_eq!(digest, format!("{}  -", theirs.trim()), "{ours}");
    }
}

#[test]
fn datagrams_and_messages_have_digests_where_they_have_an_end() {
    let bytes = noise(33, 5 * 1452 + 3);
    for all in [format!("--bytes {}", bytes.len()), "--count 6".into()] {
        let recv = sock(format!("recv -u 127.0.0.1:0 -l --digest sha256 {all}"))
            .stdout_bytes(&*bytes)
            .stderr(line(&bytes, "-"))
            .listener();
        sock(format!("send -u 127.0.0.1 {} --digest sha256", recv.port))
            .input(&bytes)
            .stderr(line(&bytes, "-"))
            .run();
        recv.finish();
    }
    let recv = sock("recv -l 127.0.0.1:0 --digest sha256")
        .stdout("m1m2m3")
        .stderr(line(b"m1m2m3", "-"))
        .listener();
    let words = "--message m{n} --count 3 --digest sha256";
    sock(format!("send 127.0.0.1 {} {words}", recv.port))
        .stderr(line(b"m1m2m3", "-"))
        .run();
    recv.finish();
    let echo = udp_echo(V4);
    let both = line(b"ping", "-").repeat(2);
    sock(format!("connect -u 127.0.0.1 {echo} --digest sha256"))
        .input("ping")
        .stdout("ping")
        .stderr(both)
        .run();
}

/// First what was sent, then what was received, for each peer.
#[test]
fn a_conversation_has_a_digest_each_way() {
    let listener = sock("listen -k 127.0.0.1:0 --digest sha256")
        .stdin(Stdin::Pipe)
        .any_stdout()
        .any_stderr()
        .signal(Signal::SIGTERM)
        .listener();
    let mut listener = listener;
    for (says, hears) in [("question", "answer"), ("another one", "the last")] {
        let mut peer = dial(V4, listener.port);
        peer.write_all(says.as_bytes()).expect("some bytes");
        listener.wait_text(says);
        listener.write(hears);
        let mut heard = vec![0; hears.len()];
        peer.read_exact(&mut heard).expect("an answer");
        drop(peer);
        let both = line(hears.as_bytes(), "-") + &line(says.as_bytes(), "-");
        listener.wait("both digests", |state| {
            let told = String::from_utf8_lossy(&state.err);
            told.contains(&both).then_some(())
        });
    }
    listener.send_signal(Signal::SIGTERM);
    listener.finish();
    // Nothing is of some bytes too.
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    sock(format!("connect 127.0.0.1 {port} --digest sha256"))
        .input("hello")
        .stderr(line(b"hello", "-") + &line(b"", "-"))
        .run();
    peer.join().expect("the peer");
}

#[test]
fn a_served_peer_has_its_name() {
    let listener = sock("listen 127.0.0.1:0 --generate 100000 --digest sha256")
        .any_stderr()
        .listener();
    let peer = dial(V4, listener.port);
    let name = peer.local_addr().expect("bound").to_string();
    peer.shutdown(Shutdown::Write).expect("half-close");
    let got = drain(&peer).0;
    assert_eq!(got.len(), 100_000);
    drop(peer);
    let ended = listener.finish();
    let want = line(&got, &name) + &line(b"", &name);
    assert!(ended.err.ends_with(&want), "{ended}");
}

/// What is not complete has no digest, whatever ended it.
#[test]
fn a_cut_transfer_has_none() {
    // The receiver gives up.
    let (port, cuts) = serve(V4, |mut stream| {
        stream.read_exact(&mut [0; 5]).expect("five bytes");
        reset(stream);
    });
    let mut send = sock(format!("send 127.0.0.1 {port} --digest sha256"))
        .stdin(Stdin::Pipe)
        .code(7)
        .stderr("sock: send 127.0.0.1:*\n")
        .spawn();
    send.write("hello");
    cuts.join().expect("the peer");
    send.finish();
    // The sender does.
    let recv = sock("recv -l 127.0.0.1:0 --digest sha256")
        .stdout("hello")
        .code(7)
        .stderr("sock: recv 127.0.0.1:*\n")
        .listener();
    let mut peer = dial(V4, recv.port);
    peer.write_all(b"hello").expect("five bytes");
    recv.wait_text("hello");
    reset(peer);
    recv.finish();
    // Nobody said that it was stored.
    let (listener, port) = listen(V4);
    let send = sock(format!(
        "send 127.0.0.1 {port} --digest sha256 --close-wait 0.2"
    ))
    .input("hello")
    .code(5)
    .stderr("sock: close *\n")
    .spawn();
    let _peer = listener.accept().expect("a peer");
    send.finish();
    // It was cut short.
    let recv = sock("recv -l 127.0.0.1:0 --digest sha256 --bytes 10")
        .stdout("hello")
        .code(7)
        .stderr("sock: recv *--bytes 10\n")
        .listener();
    dial(V4, recv.port).write_all(b"hello").expect("five bytes");
    recv.finish();
    // The user did not want to wait for the rest: it is told which.
    let (listener, port) = listen(V4);
    let words = "--digest sha256 --quit-after-eof 0.2";
    let connect = sock(format!("connect 127.0.0.1 {port} {words}"))
        .input("hello")
        .stderr(format!(
            "sock: recv *: ended by --quit-after-eof *\n\
             {}sock: recv *: no digest: the peer had not ended\n",
            line(b"hello", "-")
        ))
        .spawn();
    let _peer = listener.accept().expect("a peer");
    connect.finish();
}

/// Of several files each has its line, and the last is what the receiver sees.
#[test]
fn what_is_told_of_files_can_be_checked() {
    let dir = scratch();
    let (a, b) = (noise(34, 70_000), noise(35, 1 << 20));
    file(dir.path(), "a", &a);
    file(dir.path(), "b\\c\nd", &b);
    let all = [a.clone(), b.clone()].concat();
    let recv = sock("recv -l 127.0.0.1:0 --digest sha256 -o all")
        .cwd(dir.path())
        .stderr(line(&all, "all"))
        .listener();
    let ended = sock(format!("send 127.0.0.1 {} --digest sha256 a", recv.port))
        .arg("b\\c\nd")
        .cwd(dir.path())
        .stderr(format!(
            "{}\\{}{}",
            line(&a, "a"),
            line(&b, "b\\\\c\\nd"),
            line(&all, "-")
        ))
        .run();
    recv.finish();
    let check = command::Cmd::new("sha256sum")
        .args(["--strict", "-c", "sums"])
        .cwd(dir.path())
        .stdin(Stdin::File(dir.path().join("all")))
        .any_stdout();
    file(dir.path(), "sums", ended.err.as_bytes());
    let checked = check.run().text();
    assert_eq!(checked.matches(": OK").count(), 3, "{checked}");
}

/// The name of a file stands for the file: what is not the whole file, or not
/// only that, has none.
#[test]
fn what_left_is_told_beside_the_file_it_came_from() {
    let dir = scratch();
    file(dir.path(), "a", b"one\ntwo\n");
    let crlf = b"one\r\ntwo\r\n";
    let cases = [
        (
            "--crlf",
            line(b"one\ntwo\n", "a") + &line(crlf, "-"),
            &crlf[..],
        ),
        ("--bytes 4", line(b"one\n", "-"), b"one\n"),
        (
            "--bytes 8",
            line(b"one\ntwo\n", "a") + &line(b"one\ntwo\n", "-"),
            b"one\ntwo\n",
        ),
    ];
    for (words, told, sent) in cases {
        let (port, peer) = serve(V4, |stream| drain(&stream).0);
        sock(format!("send 127.0.0.1 {port} a --digest sha256 {words}"))
            .cwd(dir.path())
            .stderr(told)
            .run();
        assert_eq!(peer.join().expect("the peer"), sent, "{words}");
    }
    // --lines adds to what is stored.
    let recv = sock("recv -u -l 127.0.0.1:0 --lines --count 2 -o lines --digest sha256")
        .cwd(dir.path())
        .stderr(line(b"onetwo", "-"))
        .listener();
    let peer = UdpSocket::bind((V4, 0)).expect("a port");
    for message in ["one", "two"] {
        let to = (V4, recv.port);
        peer.send_to(message.as_bytes(), to).expect("a datagram");
    }
    recv.finish();
    let stored = std::fs::read(dir.path().join("lines")).expect("stored");
    assert_eq!(stored, b"one\ntwo\n");
}

#[test]
fn a_digest_is_an_event() {
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    sock(format!(
        "send 127.0.0.1 {port} --digest sha256 --json --quiet"
    ))
    .input("hello")
    .stderr(format!(
        "{{\"schema\":\"sock/1\",\"event\":\"digest\",\"algorithm\":\"sha256\",\
         \"direction\":\"sent\",\"peer\":\"127.0.0.1:{port}\",\"name\":\"-\",\"bytes\":5,\
         \"digest\":\"{}\"}}\n",
        sum(b"hello")
    ))
    .run();
    peer.join().expect("the peer");
}

#[test]
fn a_look_at_nothing_is_a_usage_error() {
    for (words, part) in [
        ("recv -u 5005 --digest sha256", "--bytes or --count"),
        ("listen -u --echo --digest sha256", "told at the end"),
        ("listen -u -k --digest sha256", "told at the end"),
        (
            "recv h 1 --recv-flags trunc --digest sha256",
            "throws them away",
        ),
        ("recv h 1 --recv-flags trunc --hex", "throws them away"),
        ("send h 1 --digest md5", "sha256"),
    ] {
        let ended = sock(words).code(2).any_stderr().run();
        assert!(ended.err.contains(part), "{ended}");
    }
}

/// One line of a dump: whether it was sent, its offset, its bytes and their
/// characters.
fn dumped(line: &str) -> Option<(bool, usize, Vec<u8>, String)> {
    let sent = match line.get(..2)? {
        "> " => true,
        "< " => false,
        _ => return None,
    };
    let offset = usize::from_str_radix(line.get(2..10)?, 16).ok()?;
    let (hex, shown) = line.get(10..)?.split_once('|')?;
    let bytes = hex
        .split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal"))
        .collect();
    Some((sent, offset, bytes, shown.strip_suffix('|')?.to_owned()))
}

/// All that a dump shows of one direction, every line of which must follow on
/// the one before.
#[track_caller]
fn stream_of(text: &str, which: bool) -> Vec<u8> {
    let mut all = Vec::new();
    for line in text.lines() {
        match dumped(line) {
            Some((sent, offset, bytes, shown)) if sent == which => {
                assert_eq!(offset, all.len(), "{line}");
                assert_eq!(shown.len(), bytes.len(), "{line}");
                for (byte, shown) in bytes.iter().zip(shown.bytes()) {
                    let visible = (b' '..=b'~').contains(byte);
                    assert_eq!(shown, if visible { *byte } else { b'.' }, "{line}");
                }
                all.extend(bytes);
            }
            _ => {}
        }
    }
    all
}

#[test]
fn a_dump_shows_both_directions_as_the_peer_knows_them() {
    let says: Vec<u8> = (0..=255).rev().cycle().take(1000).collect();
    for words in ["connect 127.0.0.1", "send 127.0.0.1"] {
        let says = says.clone();
        let (port, peer) = serve(V4, move |mut stream| {
            stream.write_all(&says).expect("some bytes");
            let got = drain(&stream).0;
            (got, says)
        });
        let input = noise(36, 3000);
        let ended = sock(format!("{words} {port} --hex"))
            .input(&input)
            .any_stdout()
            .any_stderr()
            .run();
        let (got, says) = peer.join().expect("the peer");
        assert_eq!(got, input);
        assert!(stream_of(&ended.err, true) == got, "{ended}");
        assert!(stream_of(&ended.err, false) == says, "{ended}");
        assert!(ended.err.lines().all(|line| dumped(line).is_some()));
    }
    // One that only hears, and a terminal's worth of control characters.
    let recv = sock("recv -l 127.0.0.1:0 --hex")
        .stdout_bytes(&*says)
        .any_stderr()
        .listener();
    dial(V4, recv.port).write_all(&says).expect("some bytes");
    let ended = recv.finish();
    assert!(stream_of(&ended.err, false) == says, "{ended}");
    assert!(ended.err.bytes().all(|b| b == b'\n' || b >= b' '));
}

#[test]
fn a_dump_is_behind_crlf_and_before_lines() {
    let dir = scratch();
    let path = dir.path().join("s");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a path");
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a peer");
        stream.write_all(b"b").expect("a byte");
        drain(&stream).0
    });
    let ended = sock(format!(
        "connect unix:{} --crlf --lines --hex",
        path.display()
    ))
    .input("a\n")
    .stdout("b\n")
    .any_stderr()
    .run();
    assert_eq!(peer.join().expect("the peer"), b"a\r\n");
    assert_eq!(stream_of(&ended.err, true), b"a\r\n", "{ended}");
    assert_eq!(stream_of(&ended.err, false), b"b", "{ended}");
}

/// Also one without a byte.
#[test]
fn each_datagram_is_a_block_of_its_own() {
    let recv = sock("recv -u -l 127.0.0.1:0 --hex --count 3")
        .any_stdout()
        .any_stderr()
        .listener();
    let peer = UdpSocket::bind((V4, 0)).expect("a port");
    let name = peer.local_addr().expect("bound").to_string();
    for message in ["a datagram of twenty-six b", "", "x"] {
        let to = (V4, recv.port);
        peer.send_to(message.as_bytes(), to).expect("a datagram");
    }
    let ended = recv.finish();
    let lines: Vec<&str> = ended.err.lines().skip(1).collect();
    assert_eq!(lines[0], format!("hex      {name}"), "{ended}");
    let shown: Vec<_> = lines[1..].iter().filter_map(|line| dumped(line)).collect();
    let offsets: Vec<usize> = shown.iter().map(|(_, at, ..)| *at).collect();
    let texts: Vec<&str> = shown.iter().map(|(.., text)| text.as_str()).collect();
    assert_eq!(offsets, [0, 16, 0, 0], "{ended}");
    assert_eq!(
        texts,
        ["a datagram of tw", "enty-six b", "", "x"],
        "{ended}"
    );

    let ended = sock(format!(
        "send -u 127.0.0.1 {} --hex --chunk 3",
        udp_echo(V4)
    ))
    .input("abcdef")
    .any_stderr()
    .run();
    let texts: Vec<String> = ended.err.lines().filter_map(dumped).map(|l| l.3).collect();
    assert_eq!(texts, ["abc", "def"], "{ended}");
}

/// Who serves many says whose bytes they are.
#[test]
fn a_served_peer_is_dumped_under_its_name() {
    for (words, kind) in [("listen -k --echo", "tcp"), ("listen -u --echo", "udp")] {
        let server = sock(format!("{words} 127.0.0.1:0 --hex"))
            .any_stderr()
            .signal(Signal::SIGTERM)
            .listener();
        for says in ["first", "second"] {
            let name = match kind {
                "tcp" => {
                    let mut peer = dial(V4, server.port);
                    peer.write_all(says.as_bytes()).expect("some bytes");
                    peer.read_exact(&mut vec![0; says.len()]).expect("an echo");
                    peer.local_addr()
                }
                _ => {
                    let peer = UdpSocket::bind((V4, 0)).expect("a port");
                    peer.set_read_timeout(Some(DEADLINE)).expect("a timeout");
                    let to = (V4, server.port);
                    peer.send_to(says.as_bytes(), to).expect("a datagram");
                    peer.recv(&mut [0; 99]).expect("an echo");
                    peer.local_addr()
                }
            };
            let name = name.expect("bound");
            let lines = server.wait("three lines", |state| {
                let text = String::from_utf8_lossy(&state.err).into_owned();
                let mut lines = text.lines().map(str::to_owned);
                lines.find(|line| *line == format!("hex      {name}"))?;
                let lines: Vec<_> = lines.take(2).filter_map(|l| dumped(&l)).collect();
                (lines.len() == 2).then_some(lines)
            });
            let both = [&lines[0], &lines[1]].map(|(sent, .., text)| (*sent, &**text));
            assert_eq!(both, [(false, says), (true, says)]);
        }
        server.send_signal(Signal::SIGTERM);
        server.finish();
    }
}

#[test]
fn a_dump_is_an_event_a_block() {
    let echo = udp_echo(V4);
    let ended = sock(format!("connect -u 127.0.0.1 {echo} --hex --json"))
        .input("a\n\u{1b}")
        .any_stdout()
        .any_stderr()
        .run();
    let first = ended.err.lines().next().expect("an event");
    let want = format!(
        "{{\"schema\":\"sock/1\",\"event\":\"hex\",\"direction\":\"sent\",\
         \"peer\":\"127.0.0.1:{echo}\",\"message\":1,\"offset\":0,\"length\":3,\
         \"data\":\"610a1b\"}}"
    );
    assert_eq!(first, want, "{ended}");
    assert!(ended.err.contains("\"direction\":\"received\""), "{ended}");

    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let ended = sock(format!("send 127.0.0.1 {port} --hex --json"))
        .input(noise(37, 2000))
        .any_stderr()
        .run();
    let mut data = String::new();
    for line in ended.err.lines() {
        let event: Value = serde_json::from_str(line).expect("an object");
        assert_eq!(event["offset"], data.len() / 2, "{line}");
        assert!(event["message"].is_null(), "{line}");
        data += event["data"].as_str().expect("some bytes");
    }
    let got = peer.join().expect("the peer");
    let hex: String = got.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(data, hex);
}

/// A file takes all of it.
#[test]
fn a_dump_into_a_file_has_no_holes() {
    let dir = scratch();
    let dump = dir.path().join("dump");
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let to = std::fs::File::create(&dump).expect("a file");
    sock(format!("send 127.0.0.1 {port} --hex"))
        .input(noise(38, 2 << 20))
        .stderr_to(Stdout::Fd(to.into()))
        .run();
    let text = std::fs::read_to_string(&dump).expect("text");
    assert!(stream_of(&text, true) == peer.join().expect("the peer"));
}

/// Nobody reads stderr: the transfer goes on as if somebody did, and once
/// somebody does, is told how much is missing.
#[test]
fn a_stuck_stderr_holds_up_nothing_and_holes_are_told() {
    let (say, said) = mpsc::channel::<usize>();
    let (port, peer) = serve(V4, move |mut stream| {
        let (mut piece, mut bytes) = (vec![0; 1 << 16], 0);
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            bytes += length;
            let _ = say.send(bytes);
        }
    });
    let (mut read, write) = std::io::pipe().expect("a pipe");
    let mut send = sock(format!("send 127.0.0.1 {port} --hex"))
        .stdin(Stdin::Pipe)
        .stderr_to(Stdout::Fd(write.into()))
        .spawn();
    const MUCH: usize = 1 << 20;
    send.write(noise(39, MUCH));
    // All of it, though its dump is five times what is kept.
    while said.recv_timeout(DEADLINE).expect("it goes on") < MUCH {}
    // Somebody has a look, as far as there is something to see.
    let mut seen = vec![0; 1 << 20];
    let mut length = 0;
    while length < 900_000 {
        length += read.read(&mut seen[length..]).expect("some lines");
    }
    send.write("the very last words");
    send.close_stdin();
    let reads = std::thread::spawn(move || drain(read).0);
    send.finish();
    peer.join().expect("the peer");
    let text = String::from_utf8_lossy(&seen[..length]).into_owned()
        + &String::from_utf8_lossy(&reads.join().expect("the reader"));
    let hole = text.lines().find(|line| line.starts_with("sock: hex "));
    let hole = hole.unwrap_or_else(|| panic!("no hole is told; {} bytes", text.len()));
    let lost: usize = hole
        .split(' ')
        .find_map(|word| word.parse().ok())
        .expect("a number");
    let lines = text.lines().filter_map(dumped);
    let shown: usize = lines.map(|(_, _, bytes, _)| bytes.len()).sum();
    assert_eq!(shown + lost, MUCH + "the very last words".len(), "{hole}");
    assert!(text.contains("|the very last wo|"), "the end is shown");
}

/// What has to look at the bytes copies them, through the same pump.
#[test]
fn looking_takes_the_copying_carrier() {
    let dir = scratch();
    file(dir.path(), "a", &noise(40, 200_000));
    for (words, carrier) in [
        ("", "sendfile"),
        ("--hex", "copy"),
        ("--digest sha256", "copy"),
    ] {
        let (port, peer) = serve(V4, |stream| drain(&stream).0);
        let ended = sock(format!("send -vv 127.0.0.1 {port} a {words}"))
            .cwd(dir.path())
            .any_stderr()
            .deadline(Duration::from_secs(20))
            .run();
        peer.join().expect("the peer");
        let want = format!("carrier  {carrier}: regular file to socket");
        assert!(ended.err.lines().any(|line| line == want), "{ended}");
    }
}
