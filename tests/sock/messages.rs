//! Messages and answers: the classic dialogue of ten numbered messages, each
//! answered `ok`, between the two verbs and with small C programs that send()
//! and recv() into 1,024 bytes.

use std::io::{Read, Write};
use std::time::Duration;

use crate::support::command::Cmd;
use crate::support::files::noise;
use crate::support::net::*;
use crate::support::peer::c_program;
use crate::support::*;

const CLIENT: &str = include_str!("../peers/dialogue_client.c");
const SERVER: &str = include_str!("../peers/dialogue_server.c");

/// `message 001` to `message 010`, a line each.
fn ten_messages() -> String {
    (1..=10).map(|n| format!("message {n:03}\n")).collect()
}

/// `sock send` with the ten messages.
fn sender(port: u16, interval: &str) -> Cmd {
    sock("send --lines --await-reply 5s --count 10 --message")
        .arg("message {n:03}")
        .words(format!("--interval {interval} 127.0.0.1 {port}"))
        .stdout("ok\n".repeat(10))
}

/// One a second, as in the books: nine intervals.
#[test]
fn ten_messages_one_a_second() {
    let listen = sock("listen --reply ok --lines 127.0.0.1:0")
        .stdout(ten_messages())
        .listener();
    let ended = sender(listen.port, "1s").run();
    listen.finish();
    took(ended.elapsed, Duration::from_secs(9));
}

#[test]
fn the_sender_holds_it_with_a_c_server() {
    let dir = scratch();
    let Some(server) = c_program(SERVER, dir.path()) else {
        return;
    };
    let server = server.code(0).spawn();
    let port = server.wait("its port", |state| {
        String::from_utf8_lossy(&state.out)
            .lines()
            .next()?
            .parse()
            .ok()
    });
    sender(port, "0.02").run();
    let ended = server.finish();
    assert_eq!(ended.text(), format!("{port}\n{}", ten_messages()));
}

#[test]
fn the_listener_holds_it_with_a_c_client() {
    let dir = scratch();
    let Some(client) = c_program(CLIENT, dir.path()) else {
        return;
    };
    let listen = sock("listen --reply ok --lines 127.0.0.1:0")
        .stdout(ten_messages())
        .listener();
    client
        .words(format!("{} 10 20", listen.port))
        .code(0)
        .stdout("ok\n".repeat(10))
        .run();
    listen.finish();
}

/// In a pipe the text alone, without a newline of ours.
#[test]
fn nothing_is_added_to_payload_in_a_pipe() {
    let listen = sock("listen --reply ok 127.0.0.1:0")
        .stdout("1;2;3;")
        .listener();
    sock("send --await-reply 5s --count 3 --message {n};")
        .words(format!("127.0.0.1 {}", listen.port))
        .stdout("okokok")
        .run();
    listen.finish();
}

/// At a terminal each message has its line.
#[test]
fn a_terminal_shows_a_message_a_line() {
    let listen = sock("listen --reply ok 127.0.0.1:0")
        .stdout_to(Stdout::Tty)
        .stdout("m 1\nm 2\n")
        .listener();
    sock("send --await-reply 5s --count 2 --message")
        .arg("m {n}")
        .words(format!("127.0.0.1 {}", listen.port))
        .stdout_to(Stdout::Tty)
        .stdout("ok\nok\n")
        .run();
    listen.finish();
}

/// Without answers: the pace alone tells them apart at the other side.
#[test]
fn each_message_is_one_send() {
    let (port, peer) = serve(V4, |mut stream| {
        let mut pieces = Vec::new();
        let mut buf = [0; 1024];
        while let Ok(len @ 1..) = stream.read(&mut buf) {
            pieces.push(String::from_utf8_lossy(&buf[..len]).into_owned());
        }
        pieces
    });
    let ended = sock("send --count 4 --interval 0.1 --message")
        .arg("n={n} {n:02} {x} {} {n:}")
        .words(format!("127.0.0.1 {port}"))
        .run();
    let expected: Vec<String> = (1..=4)
        .map(|n| format!("n={n} {n:02} {{x}} {{}} {{n:}}"))
        .collect();
    assert_eq!(peer.join().expect("the peer"), expected);
    took(ended.elapsed, Duration::from_millis(300));
}

#[test]
fn utf_8_passes_unharmed_both_ways() {
    let listen = sock("listen --lines --reply")
        .arg("größe ☂ 日本 {n}")
        .arg("127.0.0.1:0")
        .stdout("привет ☃ 1\nпривет ☃ 2\n")
        .listener();
    sock("send --lines --await-reply 5s --count 2 --message")
        .arg("привет ☃ {n}")
        .words(format!("127.0.0.1 {}", listen.port))
        .stdout("größe ☂ 日本 1\ngröße ☂ 日本 2\n")
        .run();
    listen.finish();
}

/// A message that begins with `-` reaches the option it is meant for.
#[test]
fn a_message_may_begin_with_a_dash() {
    let listen = sock("listen --reply -ok --lines 127.0.0.1:0")
        .stdout("-1\n")
        .listener();
    sock("send --lines --await-reply 5s --message -1")
        .words(format!("127.0.0.1 {}", listen.port))
        .stdout("-ok\n")
        .run();
    listen.finish();
}

#[test]
fn text_may_be_hexadecimal_or_a_file() {
    let dir = scratch();
    std::fs::write(dir.path().join("file"), "from a file").expect("a file");
    for (message, sent) in [
        ("hex:00ff7f", b"\x00\xff\x7f".as_slice()),
        ("@file", b"from a file"),
        ("text:@file", b"@file"),
        ("text:hex:00", b"hex:00"),
    ] {
        let (port, peer) = serve(V4, |stream| drain(&stream).0);
        sock(format!("send --message {message} 127.0.0.1 {port}"))
            .cwd(dir.path())
            .run();
        assert_eq!(peer.join().expect("the peer"), sent, "{message}");
    }
}

/// No answer in time is code 5; the messages that follow are not sent.
#[test]
fn an_answer_that_does_not_come_is_5() {
    let (port, peer) = serve(V4, |mut stream| {
        let mut buf = [0; 1024];
        let len = stream.read(&mut buf).expect("the first");
        stream.write_all(b"ok").expect("its answer");
        let more = stream.read(&mut buf).expect("the second");
        let rest = drain(&stream).0.len();
        (len, more, rest)
    });
    let ended = sock("send --lines --await-reply 0.5 --count 5 --message m{n}")
        .words(format!("127.0.0.1 {port}"))
        .code(5)
        .stdout("ok\n")
        .stderr("sock: recv 127.0.0.1:*: no reply*\n")
        .run();
    took(ended.elapsed, Duration::from_millis(500));
    assert_eq!(peer.join().expect("the peer"), (2, 2, 0));
}

/// Messages are datagrams where the socket has those.
#[test]
fn the_dialogue_over_udp() {
    let listen = sock("listen -u -k --reply ok --lines 127.0.0.1:0")
        .stdout(ten_messages())
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    sock("send -u --lines --await-reply 5s --count 10 --message")
        .arg("message {n:03}")
        .words(format!("127.0.0.1 {}", listen.port))
        .stdout("ok\n".repeat(10))
        .run();
    listen.wait_text("message 010\n");
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// Neither side may wait for the other to read before it reads itself.
#[test]
fn a_peer_that_answers_while_it_is_spoken_to() {
    let dir = scratch();
    std::fs::write(dir.path().join("long"), noise(3, 1_000_000)).expect("a file");
    let echo = sock("listen --echo -k 127.0.0.1:0")
        .any_end()
        .any_stderr()
        .listener();
    sock(format!(
        "send 127.0.0.1 {} --count 20 --message @long",
        echo.port
    ))
    .cwd(dir.path())
    .run();
    let text = "x".repeat(60_000);
    sock(format!(
        "send 127.0.0.1 {} --count 300 --message",
        echo.port
    ))
    .arg(text)
    .run();
}

/// A text is kept in memory, so what has no end is not read to its end.
#[test]
fn a_text_is_no_file_transfer() {
    let stderr = "sock: send /dev/zero: longer than the 1.0 MiB that a text may have: \
                  sock send ADDRESS FILE sends files of any length\n";
    for words in [
        "send 127.0.0.1 1 --message @/dev/zero",
        "listen 127.0.0.1:0 --reply @/dev/zero",
        "probe -u 127.0.0.1 1 --data @/dev/zero",
    ] {
        sock(words).code(1).stderr(stderr).run();
    }
}
