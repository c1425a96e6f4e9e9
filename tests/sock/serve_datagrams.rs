//! `listen -u` that serves: a session for each peer, and whom it never answers.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::support::net::*;
use crate::support::peer::strace;
use crate::support::wait::DEADLINE;
use crate::support::*;

fn client() -> UdpSocket {
    let socket = UdpSocket::bind((V4, 0)).expect("a socket");
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    socket
}

#[track_caller]
fn server(words: &str) -> Running {
    sock(format!("listen -u -k {words} 127.0.0.1:0"))
        .signal(Signal::SIGTERM)
        .any_stdout()
        .any_stderr()
        .listener()
}

/// All have asked before the first looks for its answer.
#[test]
fn five_hundred_peers_at_once_get_their_own_bytes() {
    let listen = server("-v --echo");
    let clients: Vec<UdpSocket> = (0..500).map(|_| client()).collect();
    for round in 0..3 {
        for (n, client) in clients.iter().enumerate() {
            let text = format!("{round}: peer {n}");
            client
                .send_to(text.as_bytes(), (V4, listen.port))
                .expect("sent");
        }
        for (n, client) in clients.iter().enumerate() {
            let mut back = [0; 100];
            let length = client.recv(&mut back).expect("its echo");
            let back = String::from_utf8_lossy(&back[..length]);
            assert_eq!(back, format!("{round}: peer {n}"));
        }
    }
    listen.send_signal(Signal::SIGTERM);
    let ended = listen.finish();
    let count = |word: &str| {
        ended
            .err
            .lines()
            .filter(|line| line.starts_with(word))
            .count()
    };
    // Each came once; each end is told, and then the sum of all.
    assert_eq!(
        (count("accept "), count("close ")),
        (500, 501),
        "{}",
        ended.err.len()
    );
}

#[test]
fn a_session_ends_when_it_is_silent_and_begins_anew() {
    let listen = server("-v --idle 0.3 --reply {n}");
    let client = client();
    let ask = || {
        client.send_to(b"?", (V4, listen.port)).expect("sent");
        let mut back = [0; 9];
        let length = client.recv(&mut back).expect("an answer");
        String::from_utf8_lossy(&back[..length]).into_owned()
    };
    assert_eq!((ask(), ask()), ("1".into(), "2".into()));
    let line = listen.wait_line("close    127.0.0.1:*: silent");
    assert!(line.contains("sent 2 B, received 2 B"), "{line}");
    assert_eq!(ask(), "1");
    assert!(listen.runs());
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

#[test]
fn discard_never_answers() {
    let listen = server("-v --discard");
    let client = client();
    client
        .send_to(b"anybody?", (V4, listen.port))
        .expect("sent");
    listen.wait_line("accept   127.0.0.1:* on 127.0.0.1:*");
    listen.send_signal(Signal::SIGTERM);
    let ended = listen.finish();
    assert!(ended.err.contains("sent 0 B, received 8 B"), "{ended}");
    client
        .set_read_timeout(Some(Duration::from_millis(50)))
        .expect("a timeout");
    let error = client.recv(&mut [0; 9]).expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

/// A question that seems to come from our own port would be answered to
/// ourselves, for ever.
#[test]
fn a_question_in_the_name_of_our_own_port_is_not_answered() {
    let Some(lab) = Namespace::new("", &[]) else {
        return;
    };
    let listen = sock("listen -u -k -v --echo 127.0.0.1:0 127.0.0.1:0")
        .inside(&lab, "")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let ports: Vec<u16> = listen.wait("both ports", |state| {
        let text = String::from_utf8_lossy(&state.err).into_owned();
        let lines = text.lines().filter(|line| line.starts_with("listening on"));
        let ports: Vec<u16> = lines
            .filter_map(|line| line.rsplit([':', ' ']).nth(1)?.parse().ok())
            .collect();
        (ports.len() == 2).then_some(ports)
    });
    let (one, other) = (ports[0], ports[1]);
    // UDP over a raw socket: the header is ours (raw(7)).
    lab.script(
        "",
        &format!(
            "python3 -c '
import socket, struct
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
for source in ({one}, {other}):
    raw.sendto(struct.pack(\"!HHHH\", source, {one}, 12, 0) + b\"loop\", (\"127.0.0.1\", 0))
'"
        ),
    );
    listen.wait_line(&format!(
        "sock: send 127.0.0.1:{one}: not answered: *our own ports"
    ));
    // The other one in the same second.
    listen.wait_line(&format!(
        "sock: send 127.0.0.1:{one}: 1 more not answered: *our own ports"
    ));
    listen.send_signal(Signal::SIGTERM);
    let ended = listen.finish();
    let sum = ended
        .err
        .lines()
        .rfind(|line| line.starts_with("close    sent"));
    assert!(
        sum.is_some_and(|line| line.contains("sent 0 B, received 8 B")),
        "{ended}"
    );
}

/// Where others can ask, an answer is as long as its question at most, unless
/// somebody has said who may ask.
#[test]
fn answers_are_longer_than_questions_only_to_those_who_are_allowed() {
    let Some(lab) = Namespace::new("ip addr add 192.0.2.1/24 dev lo", &[]) else {
        return;
    };
    for (options, answer) in [("", "lon"), ("--allow 192.0.2.0/24", "long answer")] {
        let listen = sock(format!("listen -u -k {options} 192.0.2.1:0 --reply"))
            .arg("long answer")
            .inside(&lab, "")
            .any_stdout()
            .any_stderr()
            .signal(Signal::SIGTERM)
            .listener();
        sock(format!("connect -u 192.0.2.1 {}", listen.port))
            .inside(&lab, "")
            .input("abc")
            .stdout(answer)
            .run();
        listen.send_signal(Signal::SIGTERM);
        listen.finish();
    }
}

/// The peer never reads: its queue is full, and its answers are lost.
#[test]
fn lost_answers_are_told_once_a_second_and_all_counted() {
    const ASKED: u64 = 2000;
    let dir = scratch();
    let listen = sock("listen -u -k --reply ! ./s")
        .cwd(dir.path())
        .signal(Signal::SIGTERM)
        .any_stdout()
        .any_stderr()
        .listener();
    let deaf = UnixDatagram::bind(dir.path().join("deaf")).expect("a socket");
    deaf.connect(dir.path().join("s")).expect("a server");
    for _ in 0..ASKED {
        deaf.send(b"?").expect("sent");
    }
    listen.wait_line("sock: send unix:*/deaf: answer lost: *");
    // What it prints comes before its answer: one more, and all have theirs.
    deaf.send(b"?").expect("sent");
    listen.wait_stdout(ASKED as usize + 1);
    listen.send_signal(Signal::SIGTERM);
    let ended = listen.finish();
    deaf.set_nonblocking(true).expect("ours");
    let answered = std::iter::repeat_with(|| deaf.recv(&mut [0; 9]))
        .take_while(Result::is_ok)
        .count() as u64;
    let lost = counted(&ended, "answer lost", " more answers lost");
    assert_eq!(lost + answered, ASKED + 1, "{ended}");
}

/// Of events of one kind: those told by themselves, and the counts of the others;
/// no more lines than one a second.
#[track_caller]
fn counted(ended: &Ended, one: &str, more: &str) -> u64 {
    let number = |line: &str| -> u64 {
        let text = line
            .split(more)
            .next()
            .and_then(|text| text.rsplit(' ').next());
        text.and_then(|text| text.parse().ok()).expect("a number")
    };
    let (many, rest): (Vec<&str>, Vec<&str>) =
        ended.err.lines().partition(|line| line.contains(more));
    let single = rest.iter().filter(|line| line.contains(one)).count();
    let most = ended.elapsed.as_secs() as usize + 2;
    assert!(single + many.len() <= most, "once a second: {ended}");
    single as u64 + many.into_iter().map(number).sum::<u64>()
}

/// Where this server is, it knows from the start.
#[test]
fn a_question_costs_no_call_for_each_listener() {
    let dir = scratch();
    let file = dir.path().join("calls");
    let Some(strace) = strace(&file, &["-e", "trace=getsockname,sendto"]) else {
        return;
    };
    let listen = sock("listen -u -k --echo")
        .words(["127.0.0.1:0"; 50].join(" "))
        .via(strace)
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let client = client();
    for _ in 0..20 {
        client.send_to(b"?", (V4, listen.port)).expect("sent");
        assert_eq!(client.recv(&mut [0; 9]).expect("its echo"), 1);
    }
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
    let calls = std::fs::read_to_string(file).expect("strace wrote it");
    let served = &calls[calls.find(", \"?\", 1, ").expect("an answer")..];
    assert_eq!(served.matches(", \"?\", 1, ").count(), 20, "{calls}");
    assert_eq!(served.matches("getsockname(").count(), 0, "{calls}");
}
