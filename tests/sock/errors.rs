//! Each failure of each stage: one line that names stage, object, reason and,
//! where one helps, a hint; and the code that says whose fault it was.
//!
//!     sock: STAGE OBJECT: reason (ERRNO): hint

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use crate::support::command::Cmd;
use crate::support::files::noise;
use crate::support::net::*;
use crate::support::*;

const STAGES: [&str; 9] = [
    "resolve", "socket", "bind", "listen", "accept", "connect", "send", "recv", "close",
];

/// An error line, taken apart.
struct Complaint {
    stage: String,
    object: String,
    rest: String,
}

/// The one line that a failure may print, besides that of a listener.
#[track_caller]
fn complaint(ended: &Ended) -> Complaint {
    let lines: Vec<&str> = ended
        .err
        .lines()
        .filter(|line| !line.starts_with("listening on "))
        .collect();
    let [line] = lines[..] else {
        panic!("not one line: {ended}");
    };
    let parts = line
        .strip_prefix("sock: ")
        .and_then(|line| line.split_once(' '))
        .and_then(|(stage, rest)| Some((stage, rest.split_once(": ")?)));
    let Some((stage, (object, rest))) = parts else {
        panic!("not `sock: STAGE OBJECT: reason`: {ended}");
    };
    assert!(STAGES.contains(&stage), "{stage:?} is no stage: {ended}");
    assert!(!rest.trim().is_empty(), "no reason: {ended}");
    Complaint {
        stage: stage.to_owned(),
        object: object.to_owned(),
        rest: rest.to_owned(),
    }
}

/// Runs a command that must fail in this way.
#[track_caller]
fn fails(command: Cmd, code: i32, stage: &str, object: &str, errno: &str) -> Ended {
    let ended = command.code(code).any_stdout().any_stderr().run();
    let complaint = complaint(&ended);
    assert_eq!(complaint.stage, stage, "{ended}");
    assert!(
        complaint.object.contains(object),
        "{object:?} in the object: {ended}"
    );
    if !errno.is_empty() {
        assert!(
            complaint.rest.contains(&format!("({errno})")),
            "{errno} in: {ended}"
        );
    }
    ended
}

/// And with a hint, which says so much.
#[track_caller]
fn hints(ended: &Ended, errno: &str, hint: &str) {
    let (_, rest) = ended
        .err
        .split_once(&format!("({errno}): "))
        .unwrap_or_else(|| panic!("no hint: {ended}"));
    assert!(rest.contains(hint), "{hint:?} in the hint: {ended}");
}

#[test]
fn resolve_unknown_name() {
    for verb in ["connect", "send", "recv"] {
        fails(
            sock(format!("{verb} no-such-name.invalid 80")),
            3,
            "resolve",
            "no-such-name.invalid",
            "",
        );
    }
}

#[test]
fn resolve_name_under_numeric() {
    for verb in ["connect", "send", "recv"] {
        fails(
            sock(format!("{verb} -n localhost 80")),
            3,
            "resolve",
            "localhost",
            "",
        );
    }
}

/// A name server that never answers, while getaddrinfo(3) blocks.
#[test]
fn resolve_timeout() {
    let Some(own) = Namespace::lonely_after(
        "echo 'nameserver 127.0.0.1' >/run/resolv.conf
         mount --bind /run/resolv.conf /etc/resolv.conf",
        "mute:53",
    ) else {
        return;
    };
    let ended = fails(
        sock("connect --resolve-timeout 0.7 slow.example 80").inside(&own, ""),
        3,
        "resolve",
        "slow.example",
        "",
    );
    took(ended.elapsed, Duration::from_millis(700));
    assert!(ended.err.contains("--resolve-timeout"), "{ended}");
    let ended = sock("probe --resolve-timeout 0.7 slow.example 80")
        .inside(&own, "")
        .code(3)
        .any_stdout()
        .any_stderr()
        .run();
    took(ended.elapsed, Duration::from_millis(700));
    // Interrupted all the same.
    let running = sock("connect slow.example 80")
        .inside(&own, "")
        .code(124)
        .any_stderr()
        .words("--timeout 0.5")
        .spawn();
    took(running.finish().elapsed, Duration::from_millis(500));
}

/// The other family, and none of the name's.
#[test]
fn resolve_no_address_of_the_family() {
    fails(
        sock("connect -6 127.0.0.1 80"),
        3,
        "resolve",
        "127.0.0.1",
        "",
    );
}

#[test]
fn connect_refused() {
    let refused = Refused::new(V4);
    let address = format!("127.0.0.1:{}", refused.port());
    for verb in ["connect", "send", "recv"] {
        let ended = fails(
            sock(format!("{verb} {address}")),
            4,
            "connect",
            &address,
            "ECONNREFUSED",
        );
        assert!(ended.err.contains("connection refused (ECONNREFUSED)"));
        hints(&ended, "ECONNREFUSED", "nothing listens");
        assert!(ended.elapsed < wait::PROMPT + SLACK, "{ended}");
    }
    if ipv6() {
        let refused = Refused::new(V6);
        let address = format!("[::1]:{}", refused.port());
        fails(
            sock(format!("connect {address}")),
            4,
            "connect",
            &address,
            "ECONNREFUSED",
        );
    }
}

#[test]
fn connect_silent() {
    let silent = Silent::new(V4);
    let address = format!("127.0.0.1:{}", silent.port());
    for verb in ["connect", "send", "recv"] {
        let ended = fails(
            sock(format!("{verb} -w 0.5 {address}")),
            5,
            "connect",
            &address,
            "",
        );
        took(ended.elapsed, Duration::from_millis(500));
    }
}

/// All addresses of a name, each with its reason.
#[test]
fn connect_lists_every_address() {
    let Some(names) = Namespace::with_names() else {
        return;
    };
    if !ipv6() {
        return;
    }
    let refused = Refused::new(V4);
    let Ok(_other) = Refused::at((V6, refused.port()).into()) else {
        return;
    };
    let ended = fails(
        sock(format!("connect localhost {}", refused.port())).inside(names, ""),
        4,
        "connect",
        "localhost",
        "ECONNREFUSED",
    );
    assert!(ended.err.contains("127.0.0.1"), "{ended}");
    assert!(ended.err.contains("::1"), "{ended}");
}

/// Whoever holds the port is named, where /proc tells.
#[test]
fn bind_port_in_use() {
    let holder = sock("listen -k 127.0.0.1:0").listener();
    let address = format!("127.0.0.1:{}", holder.port);
    for verb in ["listen", "recv -l", "send -l"] {
        let ended = fails(
            sock(format!("{verb} {address}")),
            1,
            "bind",
            &address,
            "EADDRINUSE",
        );
        hints(&ended, "EADDRINUSE", &holder.pid().to_string());
        hints(&ended, "EADDRINUSE", "sock");
    }
}

#[test]
fn bind_privileged_port() {
    let Some(own) = Namespace::lonely("") else {
        return;
    };
    let ended = fails(
        sock("listen 127.0.0.1:80").inside(&own, ""),
        1,
        "bind",
        "127.0.0.1:80",
        "EACCES",
    );
    hints(&ended, "EACCES", "CAP_NET_BIND_SERVICE");
}

#[test]
fn bind_address_not_ours() {
    fails(
        sock("listen 192.0.2.1:0"),
        1,
        "bind",
        "192.0.2.1",
        "EADDRNOTAVAIL",
    );
    fails(
        sock("connect --source 192.0.2.1 127.0.0.1 80"),
        1,
        "bind",
        "192.0.2.1",
        "EADDRNOTAVAIL",
    );
}

/// Neither may a user without privileges look into the directory, nor make a
/// socket in it.
#[test]
fn unix_no_permission() {
    let Some(own) = Namespace::lonely("") else {
        return;
    };
    let dir = scratch();
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).expect("a directory");
    let _listener = UnixListener::bind(closed.join("s")).expect("s");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("mode 0");
    let path = closed.join("s");
    let path = path.display().to_string();
    fails(
        sock(format!("connect {path}")).inside(&own, ""),
        1,
        "connect",
        &path,
        "EACCES",
    );
    fails(
        sock(format!("listen {path}2")).inside(&own, ""),
        1,
        "bind",
        &path,
        "EACCES",
    );
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("its mode");
}

/// A socket that outlived its process: refused for who dials, replaced (and
/// told) by who binds.
#[test]
fn unix_stale_socket() {
    let dir = scratch();
    drop(UnixListener::bind(dir.path().join("s")).expect("s"));
    let ended = fails(
        sock("connect ./s").cwd(dir.path()),
        4,
        "connect",
        "s",
        "ECONNREFUSED",
    );
    hints(&ended, "ECONNREFUSED", "");
    let mut listener = sock("listen ./s").cwd(dir.path()).any_stderr().spawn();
    listener.listening();
    let ended = sock("connect ./s").cwd(dir.path()).run();
    assert_eq!(ended.err, "");
    assert!(listener.finish().err.contains("replaced"));
    assert!(!dir.path().join("s").exists(), "ours, and removed");
}

#[test]
fn unix_live_socket_is_not_called_stale() {
    let dir = scratch();
    let _listener = UnixListener::bind(dir.path().join("s")).expect("s");
    let ended = fails(
        sock("listen ./s").cwd(dir.path()),
        1,
        "bind",
        "s",
        "EADDRINUSE",
    );
    assert!(!ended.err.contains("replaced"), "{ended}");
    std::os::unix::net::UnixStream::connect(dir.path().join("s")).expect("it still listens");
}

/// Nobody listens there, as on a closed port; a place where nothing can be made
/// is trouble of our own.
#[test]
fn unix_missing_path() {
    let dir = scratch();
    fails(
        sock("connect ./nothing").cwd(dir.path()),
        4,
        "connect",
        "nothing",
        "ENOENT",
    );
    fails(
        sock("listen ./nowhere/s").cwd(dir.path()),
        1,
        "bind",
        "nowhere/s",
        "ENOENT",
    );
}

/// Either the words are wrong, or the path cannot be bound: never a socket of
/// another name.
/// The kernel says ECONNREFUSED of all three.
#[test]
fn unix_refusals_say_what_is_there() {
    let dir = scratch();
    let path = dir.path().display();
    std::fs::write(dir.path().join("file"), "").expect("a file");
    drop(UnixListener::bind(dir.path().join("left")).expect("a socket"));
    for (address, hint) in [
        (format!("unix:{path}/file"), "this file is not a socket"),
        (
            format!("unix:{path}/left"),
            "nobody listens on this socket any more",
        ),
        (format!("unix:@{path}"), "nobody listens on this name"),
    ] {
        sock(format!("connect {address}"))
            .code(4)
            .stderr(format!(
                "sock: connect {address}: * (ECONNREFUSED): {hint}\n"
            ))
            .run();
    }
}

#[test]
fn unix_path_too_long() {
    let path = format!("/tmp/{}", "x".repeat(200));
    for verb in ["connect", "listen"] {
        let ended = sock(format!("{verb} {path}")).any_end().any_stderr().run();
        assert!(matches!(ended.code, Some(1 | 2)), "{ended}");
        assert!(ended.err.contains("107"), "its limit: {ended}");
    }
}

/// One descriptor is left: whatever needs a second one says so.
#[test]
fn out_of_descriptors() {
    let (_listener, port) = listen(V4);
    for words in [
        format!("connect 127.0.0.1 {port}"),
        "listen 127.0.0.1:0".to_owned(),
    ] {
        let ended = sock(words).after("ulimit -n 4").code(1).any_stderr().run();
        assert_eq!(ended.err.lines().count(), 1, "{ended}");
        assert!(ended.err.starts_with("sock: "), "{ended}");
        assert!(ended.err.contains("(EMFILE)"), "{ended}");
    }
}

/// A server that runs out of them waits for the next to be free.
#[test]
fn accept_survives_a_lack_of_descriptors() {
    let listen = sock("listen -k --echo 127.0.0.1:0")
        .after("ulimit -n 24")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let peers: Vec<_> = (0..40).map(|_| dial(V4, listen.port)).collect();
    drop(peers);
    let mut last = dial(V4, listen.port);
    last.write_all(b"served").expect("a peer");
    last.shutdown(std::net::Shutdown::Write)
        .expect("half-close");
    assert_eq!(drain(&last).0, b"served");
    assert!(listen.runs());
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

#[test]
fn accept_timeout() {
    for verb in ["listen", "recv -l", "send -l"] {
        let ended = sock(format!("{verb} --accept-timeout 0.5 127.0.0.1:0"))
            .code(124)
            .stderr("listening on 127.0.0.1:*\nsock: accept 127.0.0.1:*: *--accept-timeout*\n")
            .run();
        took(ended.elapsed, Duration::from_millis(500));
    }
}

/// The timers name themselves, whatever was being waited for.
#[test]
fn timers_name_themselves() {
    let (_listener, port) = listen(V4);
    for words in [
        format!("connect --timeout 0.5 127.0.0.1 {port}"),
        format!("recv --timeout 0.5 127.0.0.1 {port}"),
        "listen --timeout 0.5 127.0.0.1:0".to_owned(),
        "recv -l --timeout 0.5 127.0.0.1:0".to_owned(),
    ] {
        let ended = sock(words).stdin(Stdin::Pipe).code(124).any_stderr().run();
        took(ended.elapsed, Duration::from_millis(500));
        assert!(complaint(&ended).rest.contains("--timeout"), "{ended}");
    }
    for verb in ["connect", "recv"] {
        let ended = sock(format!("{verb} --idle 0.5 127.0.0.1 {port}"))
            .stdin(Stdin::Pipe)
            .code(124)
            .any_stderr()
            .run();
        took(ended.elapsed, Duration::from_millis(500));
        assert!(complaint(&ended).rest.contains("--idle"), "{ended}");
    }
}

#[test]
fn send_missing_file() {
    let (_listener, port) = listen(V4);
    let dir = scratch();
    let ended = sock(format!("send 127.0.0.1 {port} nothing"))
        .cwd(dir.path())
        .code(1)
        .any_stderr()
        .run();
    assert!(complaint(&ended).object.contains("nothing"), "{ended}");
    assert!(ended.err.contains("(ENOENT)"), "{ended}");
    let ended = sock(format!("send 127.0.0.1 {port} ."))
        .cwd(dir.path())
        .code(1)
        .any_stderr()
        .run();
    assert!(ended.err.contains("(EISDIR)"), "{ended}");
}

#[test]
fn recv_output_that_cannot_be_made() {
    let (_listener, port) = listen(V4);
    let dir = scratch();
    let ended = sock(format!("recv -o nowhere/F 127.0.0.1 {port}"))
        .cwd(dir.path())
        .code(1)
        .any_stderr()
        .run();
    assert!(complaint(&ended).object.contains("nowhere/F"), "{ended}");
    assert!(ended.err.contains("(ENOENT)"), "{ended}");
}

#[test]
fn recv_reset() {
    let (port, _peer) = serve(V4, |mut stream| {
        stream.write_all(b"some").expect("four bytes");
        reset(stream);
    });
    fails(
        sock(format!("recv 127.0.0.1 {port}")),
        7,
        "recv",
        &format!("127.0.0.1:{port}"),
        "ECONNRESET",
    );
}

/// What others say is escaped, terminal or not.
#[test]
fn untrusted_words_are_escaped() {
    let ended = sock("connect -n")
        .arg("evil\u{1b}[31mname")
        .arg("80")
        .any_end()
        .any_stderr()
        .run();
    assert!(matches!(ended.code, Some(2 | 3)), "{ended}");
    assert!(!ended.err.contains('\u{1b}'), "{ended}");
    let dir = scratch();
    let ended = sock("connect")
        .arg(format!("{}/a\nb", dir.path().display()))
        .code(4)
        .any_stderr()
        .run();
    assert_eq!(ended.err.lines().count(), 1, "{ended}");
}

/// The limit of files is trouble like a full disk: told, with what is kept.
#[test]
fn a_file_that_may_grow_no_more() {
    let dir = scratch();
    // By splice(2), and by write(2).
    for to in ["-o f", "-o f --lines"] {
        let (port, peer) = serve(V4, |mut stream| stream.write_all(&noise(41, 16 << 20)));
        let ended = sock(format!("recv 127.0.0.1 {port} {to} --force"))
            .cwd(dir.path())
            .after("ulimit -f 1000")
            .code(1)
            .stderr("sock: recv f.part: * (EFBIG)*kept in f.part*\n")
            .run();
        assert_eq!(ended.err.lines().count(), 1, "{ended}");
        assert!(dir.path().join("f.part").exists(), "{to}");
        assert!(peer.join().expect("the peer").is_err(), "the sender knows");
    }
}
