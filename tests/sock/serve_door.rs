//! Who may come in: `--allow`, `--deny`.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};

use crate::support::net::*;
use crate::support::wait::DEADLINE;
use crate::support::*;

/// A connection from an address of loopback.
#[track_caller]
fn from(ip: [u8; 4], port: u16) -> TcpStream {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let at = |ip: [u8; 4], port| std::net::SocketAddr::from((Ipv4Addr::from(ip), port)).into();
    socket.bind(&at(ip, 0)).expect("an address of loopback");
    socket.connect(&at([127, 0, 0, 1], port)).expect("accepted");
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    socket.into()
}

/// Whether it is served; otherwise it met a reset.
#[track_caller]
fn served(mut stream: TcpStream) -> bool {
    let mut back = [0; 2];
    // The reset may be faster than what is sent.
    let talked = stream
        .write_all(b"hi")
        .and_then(|()| stream.read_exact(&mut back));
    match talked {
        Ok(()) => true,
        Err(error) => {
            let reset = [
                std::io::ErrorKind::ConnectionReset,
                std::io::ErrorKind::BrokenPipe,
            ];
            assert!(reset.contains(&error.kind()), "{error}");
            false
        }
    }
}

/// 127.0.0.x, and whether it may come in.
#[track_caller]
fn only(options: &str, dir: &std::path::Path, table: &[(u8, bool)]) {
    // Every address of the machine: IPv4 peers come as mapped ones.
    let listen = sock(format!("listen -k -v {options} --echo 0"))
        .cwd(dir)
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    for (last, admitted) in table {
        let stream = from([127, 0, 0, *last], listen.port);
        assert_eq!(served(stream), *admitted, "127.0.0.{last} with {options}");
    }
    listen.send_signal(Signal::SIGINT);
    let ended = listen.finish();
    let refused = table.iter().filter(|(_, admitted)| !admitted).count();
    assert_eq!(ended.err.matches(": refused, ").count(), refused, "{ended}");
    if refused > 0 {
        assert!(
            ended.err.contains(&format!("({refused} so far)")),
            "{ended}"
        );
    }
}

#[test]
fn allow_and_deny_by_address_block_name_and_file() {
    let dir = scratch();
    std::fs::write(
        dir.path().join("ours"),
        "# ours\n127.0.0.4/30\n\n127.0.0.9\n",
    )
    .expect("a file");
    let path = dir.path();
    only(
        "--allow 127.0.0.2",
        path,
        &[(1, false), (2, true), (3, false)],
    );
    only(
        "--allow 127.0.0.2 --allow 127.0.0.3",
        path,
        &[(1, false), (2, true), (3, true)],
    );
    only(
        "--deny 127.0.0.2/31",
        path,
        &[(1, true), (2, false), (3, false), (4, true)],
    );
    only(
        "--allow 127.0.0.0/8 --deny 127.0.0.3",
        path,
        &[(2, true), (3, false), (4, true)],
    );
    only(
        "--allow @ours --deny 127.0.0.5",
        path,
        &[
            (1, false),
            (4, true),
            (5, false),
            (7, true),
            (8, false),
            (9, true),
        ],
    );
    only(
        "--allow ::ffff:127.0.0.2/127",
        path,
        &[(1, false), (2, true), (3, true)],
    );
    only("--deny localhost", path, &[(1, false), (2, true)]);
}

/// Who is refused does not use up the only place, and hears nothing.
#[test]
fn a_conversation_is_with_a_guest() {
    for verb in ["listen", "recv -l"] {
        let listen = sock(format!("{verb} --allow 127.0.0.2 127.0.0.1:0"))
            .stdout("hello")
            .listener();
        assert!(!served(from([127, 0, 0, 1], listen.port)));
        let mut guest = from([127, 0, 0, 2], listen.port);
        guest.write_all(b"hello").expect("sent");
        drop(guest);
        listen.finish();
    }
}

#[test]
fn datagrams_of_others_are_not_heard() {
    let from = |last| UdpSocket::bind((Ipv4Addr::new(127, 0, 0, last), 0)).expect("a socket");
    let (stranger, guest) = (from(1), from(2));
    guest.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    stranger.set_nonblocking(true).expect("ours");
    for (words, out) in [
        ("listen -u -k --echo", ""),
        ("listen -u -k", "guest"),
        ("listen -u", "guest"),
        ("recv -u -l --count 1", "guest"),
    ] {
        let listen = sock(format!("{words} -v --allow 127.0.0.2 127.0.0.1:0"))
            .any_end()
            .stdout(out)
            .any_stderr()
            .listener();
        let to = (V4, listen.port);
        stranger.send_to(b"stranger", to).expect("sent");
        guest.send_to(b"guest", to).expect("sent");
        if words.contains("echo") {
            let mut back = [0; 9];
            assert_eq!(guest.recv(&mut back).expect("its echo"), 5);
            let nothing = stranger.recv(&mut back);
            assert!(nothing.is_err(), "{nothing:?}");
        } else {
            listen.wait_text("guest");
        }
        listen.wait_line("*127.0.0.1:* refused, not allowed (1 so far)");
        if listen.runs() {
            listen.send_signal(Signal::SIGINT);
        }
        listen.finish();
    }
}

#[test]
fn json_tells_who_was_refused() {
    let listen = sock("listen -k --json --deny 127.0.0.2 --echo 127.0.0.1:0")
        .signal(Signal::SIGINT)
        .any_stderr()
        .spawn();
    let line = listen.wait_line("*\"event\":\"listening\"*");
    let port = line
        .split("\"127.0.0.1:")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let port = port.and_then(|port| port.parse().ok()).expect("a port");
    assert!(!served(from([127, 0, 0, 2], port)));
    listen.wait_line(
        "{\"schema\":\"sock/1\",\"event\":\"refused\",\"address\":\"127.0.0.2:*\",\
         \"local\":\"127.0.0.1:*\",\"reason\":\"denied by 127.0.0.2/32\",\"refused\":1}",
    );
    listen.send_signal(Signal::SIGINT);
    listen.finish();
}

#[test]
fn nonsense_is_one_clear_line() {
    let dir = scratch();
    std::fs::write(dir.path().join("wrong"), "10.0.0.0/8\n10.0.0.0/40\n").expect("a file");
    for (options, code, named) in [
        ("--allow 10.0.0.0/33", 2, "10.0.0.0/33"),
        ("--allow non/sense", 2, "non/sense"),
        ("--deny nonsense!", 2, "nonsense!"),
        ("--deny 10.0.0.1:80", 2, "10.0.0.1:80"),
        ("--allow @", 2, "@"),
        ("--allow @missing", 1, "--allow @missing"),
        ("--allow @wrong", 1, "sock: resolve wrong:2: `10.0.0.0/40`"),
        ("--deny @wrong", 1, "sock: resolve wrong:2: `10.0.0.0/40`"),
        ("--allow @.", 1, "--allow @.: is a directory (EISDIR)"),
        (
            "--allow @/dev/zero",
            1,
            "--allow @/dev/zero: it is longer than 16",
        ),
        ("-n --allow localhost", 3, "localhost"),
    ] {
        let ended = sock(format!("listen {options} --echo 127.0.0.1:0"))
            .cwd(dir.path())
            .code(code)
            .any_stderr()
            .run();
        assert!(
            ended
                .err
                .lines()
                .next()
                .is_some_and(|line| line.contains(named)),
            "{ended}"
        );
    }
    let ended = sock("listen --allow 10.0.0.1 --echo ./s")
        .cwd(dir.path())
        .code(2)
        .any_stderr()
        .run();
    assert!(ended.err.contains("--mode"), "{ended}");
}

/// One line for each, as far as anybody reads them.
#[test]
fn wrong_lines_of_a_file_are_all_told() {
    let dir = scratch();
    let file = |name: &str, text: &[u8]| std::fs::write(dir.path().join(name), text);
    file("three", b"::1\na b\n10.0.0.0/40\n127.0.0.1\n@other\n").expect("a file");
    file("many", &b"a b\n".repeat(1000)).expect("a file");
    file("binary", b"\x7fELF\xff\0\x1b[31m\n\0\n").expect("a file");
    let ends = |name: &str, lines: &[&str]| {
        sock(format!("listen --allow @{name} --echo 127.0.0.1:0"))
            .cwd(dir.path())
            .code(1)
            .stderr(lines.join("\n") + "\n")
            .run();
    };
    ends(
        "three",
        &[
            "sock: resolve three:2: `a b`: expected an address, *, a name",
            "sock: resolve three:3: `10.0.0.0/40`: *",
            "sock: resolve three:5: `@other`: a file cannot name another one",
        ],
    );
    let mut lines = vec!["sock: resolve many:*: `a b`: *"; 9];
    lines.push("sock: resolve many: 991 more lines are wrong");
    ends("many", &lines);
    ends(
        "binary",
        &[
            "sock: resolve binary:1: no UTF-8: no line of text",
            "sock: resolve binary:2: `\\0`: *",
        ],
    );
}

/// A file may be empty, and then nobody may come in.
#[test]
fn an_empty_file_allows_nobody_and_denies_nobody() {
    let dir = scratch();
    std::fs::write(dir.path().join("none"), "# nobody yet\n").expect("a file");
    for (option, admitted) in [("--allow", false), ("--deny", true)] {
        let listen = sock(format!("listen -k --echo {option} @none 127.0.0.1:0"))
            .cwd(dir.path())
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        assert_eq!(served(dial(V4, listen.port)), admitted, "{option}");
        listen.send_signal(Signal::SIGTERM);
        let ended = listen.finish();
        assert_eq!(
            ended.err.contains("nobody may come in"),
            !admitted,
            "{ended}"
        );
    }
}

#[test]
fn a_command_for_everybody_is_warned_of() {
    for (words, warns) in [
        ("0 -- cat", true),
        ("--deny 10.0.0.1 0 -- cat", true),
        ("--allow 127.0.0.1 0 -- cat", false),
        ("127.0.0.1:0 -- cat", false),
        ("0 --echo", false),
    ] {
        let listen = sock(format!("listen {words}"))
            .stderr(if warns {
                "sock: listen [::]:*: *--allow*\n"
            } else {
                ""
            })
            .listener();
        drop(dial(V4, listen.port));
        listen.finish();
    }
}
