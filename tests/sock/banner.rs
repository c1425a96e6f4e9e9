//! `probe --banner`: open has degrees. A python server that does each of them.

use std::time::Duration;

use serde_json::Value;

use crate::support::net::*;
use crate::support::*;

/// Servers that do this, and their ports in the same order; they end with it.
fn greeters(what: &[&str]) -> Option<(Running, Vec<String>)> {
    let server = peer("python3")?
        .args(["-c", include_str!("../peers/greeters.py")])
        .args(what)
        .spawn();
    let line = server.wait("its ports", |state| {
        let said = String::from_utf8_lossy(&state.out).into_owned();
        said.strip_prefix("ready ")?
            .strip_suffix('\n')
            .map(str::to_owned)
    });
    let ports = line.split(' ').map(str::to_owned).collect();
    Some((server, ports))
}

/// The rows by their ports.
fn rows(ended: &Ended, ports: &[String]) -> Vec<Value> {
    let parse = |line: &String| serde_json::from_str::<Value>(line).expect("JSON");
    let rows: Vec<Value> = ended.lines().iter().map(parse).collect();
    let of = |port: &String| {
        rows.iter()
            .find(|row| row["port"].as_u64() == port.parse().ok())
    };
    ports
        .iter()
        .map(|port| of(port).expect("a row").clone())
        .collect()
}

#[test]
fn each_degree_of_open() {
    const WHAT: [&str; 10] = [
        "ssh", "hostile", "large", "blank", "prompt", "binary", "pieces", "silent", "closes",
        "resets",
    ];
    let Some((server, ports)) = greeters(&WHAT) else {
        return;
    };
    let long = format!("{}...", "a".repeat(256));
    let expected: [(&str, Option<&str>); 10] = [
        ("spoke", Some("SSH-2.0-OpenSSH_9.6p1 Debian-4")),
        (
            "spoke",
            Some("\\u{1b}]0;owned\\u{7}\\u{1b}[31mred\\0\\x9b5n\\u{202e}"),
        ),
        ("spoke", Some(&long)),
        ("spoke", Some("after two empty lines")),
        ("spoke", Some("login: ")),
        ("spoke", Some("\\u{15}\\u{3}\\u{3}\\0\\u{2}\\u{2}(")),
        ("spoke", Some("220 in pieces")),
        ("silent", None),
        ("closed", None),
        ("reset", None),
    ];
    let list = ports.join(",");
    let ended = sock(format!(
        "probe --json --banner --banner-timeout 1 127.0.0.1 {list}"
    ))
    .any_stdout()
    .run();
    // The one that is silent holds up nobody but itself.
    took(ended.elapsed, Duration::from_secs(1));
    for ((row, (greeting, banner)), what) in rows(&ended, &ports).iter().zip(expected).zip(WHAT) {
        assert_eq!(row["state"], "open", "{what} {ended}");
        assert_eq!(row["greeting"], greeting, "{what} {ended}");
        assert_ne!(row["syns"], 0, "{what} {ended}");
        assert_eq!(row["banner"].as_str(), banner, "{what} {ended}");
        // The handshake's time has nothing of the wait for the banner.
        assert!(
            row["time_ms"].as_f64().expect("a time") < 500.0,
            "{what} {ended}"
        );
        let heard = row["banner_ms"].as_f64().expect("a time");
        let is_silent = greeting == "silent";
        assert_eq!(heard >= 1000.0, is_silent, "{what} {ended}");
    }
    // In a pipe two columns more, and nothing that a terminal would obey.
    let ended = sock(format!(
        "probe --banner --banner-timeout 0.3 127.0.0.1 {list}"
    ))
    .any_stdout()
    .run();
    for (port, (greeting, banner)) in ports.iter().zip(expected) {
        let end = format!("\t{greeting}\t{}", banner.unwrap_or("-"));
        let of = |line: &&String| line.starts_with(&format!("127.0.0.1\t127.0.0.1\t{port}\t"));
        let lines = ended.lines();
        let line = lines.iter().find(of).expect("a row");
        assert_eq!(line.split('\t').count(), 11, "{line}");
        assert!(line.ends_with(&end), "{line}");
    }
    // For a person a sentence each.
    let ended = sock(format!(
        "probe --banner --banner-timeout 0.3 127.0.0.1 {list}"
    ))
    .stdout_to(Stdout::Tty)
    .any_stdout()
    .run();
    let text = ended.text();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "it spoke after",
        "SSH-2.0-OpenSSH_9.6p1",
        "then nothing for",
        "closed after",
        "reset the",
    ] {
        assert!(words.contains(said), "{said}: {ended}");
    }
    let is_safe = |c: char| c == '\u{1b}' || !c.is_control() || c == '\n' || c == '\r';
    assert!(
        text.chars().all(is_safe) && !text.contains("\u{1b}]"),
        "{ended}"
    );
    server.send_signal(Signal::SIGTERM);
    server.finish();
}

/// What is closed says nothing, and the code is that of the states.
#[test]
fn the_code_stays_that_of_the_state() {
    let Some((server, ports)) = greeters(&["resets"]) else {
        return;
    };
    let refused = Refused::new(V4);
    sock(format!("probe --banner 127.0.0.1 {}", ports[0]))
        .stdout("127.0.0.1\t*\topen\tsyn-ack\t*\treset\t-\n")
        .run();
    sock(format!("probe --banner 127.0.0.1 {}", refused.port()))
        .code(4)
        .stdout("127.0.0.1\t*\tclosed\treset\t*\t-\t-\n")
        .run();
    server.send_signal(Signal::SIGTERM);
    server.finish();
}

#[test]
fn data_is_sent_first_whole_and_from_a_file() {
    let Some((server, ports)) = greeters(&["answers", "answers"]) else {
        return;
    };
    let port = &ports[0];
    let said = |command: command::Cmd, banner: &str| {
        let ended = command.any_stdout().run();
        let row = &rows(&ended, std::slice::from_ref(port))[0];
        assert_eq!(row["banner"], banner, "{ended}");
    };
    let probe = || sock(format!("probe --json --banner 127.0.0.1 {port} --data"));
    said(probe().arg("HELLO."), "6 bytes, from b'HELL'");
    said(probe().arg("hex:00ff2e"), "3 bytes, from b'\\x00\\xff.'");
    let dir = scratch();
    let mut large = vec![b'x'; 299_999];
    large.push(b'.');
    std::fs::write(dir.path().join("large"), large).expect("a file");
    said(
        probe().arg("@large").cwd(dir.path()),
        "300000 bytes, from b'xxxx'",
    );
    probe()
        .arg("@missing")
        .cwd(dir.path())
        .code(1)
        .stderr("*\"event\":\"error\",\"stage\":\"send\",\"object\":\"missing\"*\n")
        .run();
    server.send_signal(Signal::SIGTERM);
    server.finish();
}

#[test]
fn a_datagram_and_a_unix_socket_have_banners_too() {
    let echo = udp_echo(V4);
    let ended = sock(format!("probe -u --banner 127.0.0.1 {echo} --data"))
        .arg("ping\nmore")
        .any_stdout()
        .run();
    assert!(ended.text().ends_with("\tspoke\tping\n"), "{ended}");
    // Without --banner its data counts all the same.
    sock(format!("probe -u 127.0.0.1 {echo} --data x"))
        .stdout("127.0.0.1\t*\topen\treply\t-\t*\n")
        .run();

    let dir = scratch();
    let listener = std::os::unix::net::UnixListener::bind(dir.path().join("s")).expect("s");
    let client = sock("probe --banner ./s")
        .cwd(dir.path())
        .stdout("*s\t-\t-\tunix\topen\tconnected\t-\t*\t-\tspoke\thello\n")
        .spawn();
    let (mut peer, _) = listener.accept().expect("a peer");
    std::io::Write::write_all(&mut peer, b"hello\n").expect("a line");
    client.finish();
}

/// An end before its time: what has been accepted is open.
#[test]
fn a_timeout_while_it_listens_leaves_an_open_port_open() {
    let (_listener, port) = listen(V4);
    let ended = sock(format!(
        "probe --banner --banner-timeout 9 --timeout 0.4 127.0.0.1 {port}"
    ))
    .code(124)
    .stdout("127.0.0.1\t*\topen\tsyn-ack\t*\tsilent\t-\n")
    .stderr("sock: *--timeout*\n")
    .run();
    took(ended.elapsed, Duration::from_millis(400));
}

#[test]
fn options_that_need_another() {
    for (words, says) in [
        ("--data x", "--data goes with --banner or -u"),
        ("--banner-timeout 1", "--banner-timeout goes with --banner"),
    ] {
        let ended = sock(format!("probe 127.0.0.1 9 {words}"))
            .code(2)
            .any_stderr()
            .run();
        assert!(ended.err.contains(says), "{ended}");
    }
}
