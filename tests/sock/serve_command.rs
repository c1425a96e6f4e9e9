//! `listen -- CMD` and `--sh`: the command gets the socket itself, is told who
//! is there, inherits nothing else, and ends when it is to.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::support::command::Cmd;
use crate::support::net::*;
use crate::support::wait::took_between;
use crate::support::*;

/// What a peer gets that says `text` and half-closes.
#[track_caller]
pub fn ask(port: u16, text: &str) -> String {
    let mut stream = dial(V4, port);
    stream.write_all(text.as_bytes()).expect("sent");
    stream.shutdown(Shutdown::Write).expect("half-closed");
    let (bytes, end) = drain(stream);
    end.expect("an end in order");
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_command_gets_the_socket_and_its_code_is_ours() {
    let listen = sock("listen 127.0.0.1:0 -- sh -c")
        .arg("tr a-z A-Z; exit 3")
        .code(3)
        .listener();
    assert_eq!(ask(listen.port, "hello"), "HELLO");
    listen.finish();
}

#[test]
fn a_command_that_dies_of_a_signal_is_told_as_a_shell_does() {
    let listen = sock("listen -v 127.0.0.1:0 --sh")
        .arg("kill -KILL $$")
        .code(137)
        .any_stderr()
        .listener();
    let _ = drain(dial(V4, listen.port));
    let ended = listen.finish();
    assert!(ended.err.contains("the command died of SIGKILL"), "{ended}");
}

#[test]
fn it_is_told_who_is_there() {
    let listen = sock("listen 0 --allow 127.0.0.0/8 --sh")
        .arg("echo $SOCK_PEER_ADDR $SOCK_PEER_PORT $SOCK_LOCAL_ADDR $SOCK_LOCAL_PORT $SOCK_PROTO")
        .listener();
    let mut stream = dial(V4, listen.port);
    let (peer, port) = (stream.local_addr().expect("bound").port(), listen.port);
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("what it says");
    assert_eq!(said, format!("127.0.0.1 {peer} 127.0.0.1 {port} tcp\n"));
    listen.finish();
}

#[test]
fn over_a_unix_socket_there_are_no_ports() {
    let dir = scratch();
    let listen = sock("listen ./s --sh")
        .arg("echo $SOCK_LOCAL_ADDR,$SOCK_LOCAL_PORT,$SOCK_PEER_ADDR,$SOCK_PROTO; cat")
        .env("SOCK_LOCAL_PORT", "7")
        .cwd(dir.path())
        .listener();
    let mut stream = UnixStream::connect(dir.path().join("s")).expect("a peer");
    stream.write_all(b"and back").expect("sent");
    stream.shutdown(Shutdown::Write).expect("half-closed");
    let (bytes, _) = drain(stream);
    assert_eq!(String::from_utf8_lossy(&bytes), "./s,,,unix\nand back");
    listen.finish();
}

/// Whatever this process was given: descriptors beyond 2, ignored signals, a
/// blocked mask, a raised limit.
#[test]
fn it_inherits_nothing_else() {
    if peer("python3").is_none() {
        return;
    }
    let listen = sock("listen -k 127.0.0.1:0 -- python3 -c")
        .arg(
            "import os, resource
fds = sorted(map(int, os.listdir('/proc/self/fd')))[:-1]
status = dict(l.split(':\\t') for l in open('/proc/self/status').read().splitlines())
print(fds, status['SigBlk'], resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.get_blocking(0))",
        )
        .after("ulimit -S -n 100; trap '' INT QUIT USR2 HUP; exec 5</dev/null 9</dev/null")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    assert_eq!(
        ask(listen.port, ""),
        "[0, 1, 2] 0000000000000000 100 True\n"
    );
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// A mask, too, is inherited by who does not take care.
#[test]
fn no_signal_is_blocked_there() {
    if peer("python3").is_none() {
        return;
    }
    const BLOCKED: &str = "import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1})
os.execvp(sys.argv[1], sys.argv[1:])";
    let listen = sock("listen 127.0.0.1:0 -- grep SigBlk /proc/self/status")
        .via(["python3", "-c", BLOCKED])
        .listener();
    assert_eq!(ask(listen.port, ""), "SigBlk:\t0000000000000000\n");
    listen.finish();
}

#[test]
fn no_signal_is_ignored_there() {
    let listen = sock("listen 127.0.0.1:0 -- grep SigIgn /proc/self/status")
        .after("trap '' INT QUIT USR2 HUP PIPE")
        .listener();
    let said = ask(listen.port, "");
    let mask = said.trim_start_matches("SigIgn:").trim();
    let mask = u64::from_str_radix(mask, 16).expect("a mask");
    // 32 and 33 are the C library's own, which nobody can set.
    assert_eq!(mask & !(3 << 31), 0, "{said}");
    listen.finish();
}

#[test]
fn a_missing_command_is_127_and_one_that_cannot_be_run_126() {
    for (command, code, errno) in [
        ("no-such-command", 127, "ENOENT"),
        ("/dev/null", 126, "EACCES"),
    ] {
        let listen = sock(format!("listen 127.0.0.1:0 -- {command}"))
            .code(code)
            .stderr(format!("sock: accept -- {command}: * ({errno}): *\n"))
            .listener();
        let (bytes, end) = drain(dial(V4, listen.port));
        assert!(bytes.is_empty() && end.is_err(), "a reset: {end:?}");
        listen.finish();
    }
}

#[test]
fn with_k_it_is_told_and_the_listener_lives() {
    let listen = sock("listen -k 127.0.0.1:0 -- no-such-command")
        .signal(Signal::SIGTERM)
        .stderr(
            "sock: accept -- no-such-command: * (ENOENT): *\n\
             sock: accept -- no-such-command: * (ENOENT): *\n\
             sock: accept 127.0.0.1:*: ended by SIGTERM\n",
        )
        .listener();
    for _ in 0..2 {
        let (_, end) = drain(dial(V4, listen.port));
        assert!(end.is_err(), "a reset");
    }
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// One that is slow holds nobody up, and all are waited for.
#[test]
fn commands_serve_all_peers_at_once_and_leave_no_zombies() {
    let listen = sock("listen -k 127.0.0.1:0 -- cat")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let mut silent = dial(V4, listen.port);
    for n in 0..20 {
        let text = format!("peer {n}");
        assert_eq!(ask(listen.port, &text), text);
    }
    eventually("one child is left", || {
        (children(listen.pid()) == 1).then_some(())
    });
    silent.write_all(b"still here").expect("sent");
    let mut back = [0; 10];
    silent.read_exact(&mut back).expect("its echo");
    drop(silent);
    eventually("none is left", || {
        (children(listen.pid()) == 0).then_some(())
    });
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

pub fn children(pid: u32) -> usize {
    let file = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(file).expect("it runs");
    text.split_whitespace().count()
}

/// TERM lets it finish for --drain; then it, and what it has started, is asked
/// to end, and one that does not is killed.
#[test]
fn commands_end_when_we_are_told_to() {
    for (drain, command) in [
        ("0.3s", "sleep 600 | cat"),
        ("0", "sleep 600 | cat"),
        ("0", "trap '' TERM; echo ready; while :; do sleep 600; done"),
    ] {
        let listen = sock(format!("listen -k --drain {drain} 127.0.0.1:0 --sh"))
            .arg(command)
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        let mut stream = dial(V4, listen.port);
        stream.write_all(b"x").expect("sent");
        eventually("the command runs", || {
            (children(listen.pid()) == 1).then_some(())
        });
        if command.contains("ready") {
            stream.read_exact(&mut [0; 6]).expect("it is ready");
        }
        listen.send_signal(Signal::SIGTERM);
        listen.finish();
        // Nobody has the socket any more: neither it nor what it has started.
        drain_within(stream, Duration::from_secs(5));
    }
}

#[track_caller]
pub fn drain_within(stream: std::net::TcpStream, time: Duration) -> Vec<u8> {
    stream.set_read_timeout(Some(time)).expect("a timeout");
    let (bytes, end) = drain(stream);
    let late = matches!(&end, Err(e) if e.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!late, "somebody still holds the socket");
    bytes
}

/// Killed, or ended at once by a second signal, it leaves no command behind.
#[test]
fn a_command_does_not_outlive_a_killed_listener() {
    let listen = sock("listen -k 127.0.0.1:0 -- sleep 600")
        .signal(Signal::SIGKILL)
        .any_stderr()
        .listener();
    let stream = dial(V4, listen.port);
    eventually("the command runs", || {
        (children(listen.pid()) == 1).then_some(())
    });
    listen.send_signal(Signal::SIGKILL);
    listen.finish();
    drain_within(stream, Duration::from_secs(5));
}

/// A machine that has no room for one more process, or its descriptors: who
/// was let in waits, and who comes after him waits in the queue.
#[test]
fn a_command_that_cannot_be_started_yet_is_started_later() {
    if peer("prlimit").is_none() {
        return;
    }
    let listen = sock("listen -k 127.0.0.1:0 -- tr a-z A-Z")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let limit = |descriptors: usize| {
        let (pid, limit) = (listen.pid(), descriptors);
        let words = format!("--pid {pid} --nofile={limit}:");
        Cmd::new("prlimit").words(words).run();
    };
    // It has all that it needs for itself once a first one was served.
    assert_eq!(ask(listen.port, "first"), "FIRST");
    eventually("the first has gone", || {
        (children(listen.pid()) == 0).then_some(())
    });
    let held = std::fs::read_dir(format!("/proc/{}/fd", listen.pid()));
    limit(held.expect("it runs").count() + 2);
    let port = listen.port;
    let peers: Vec<_> = (0..12)
        .map(|n| std::thread::spawn(move || ask(port, &format!("peer {n}"))))
        .collect();
    listen.wait_line("sock: accept 127.0.0.1:*: * (EMFILE)*: peers wait until there is room");
    limit(100);
    for (n, peer) in peers.into_iter().enumerate() {
        assert_eq!(peer.join().expect("served"), format!("PEER {n}"));
    }
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// A port scan uses up neither the only place nor a command.
#[test]
fn who_only_knocks_gets_no_command() {
    let listen = sock("listen 127.0.0.1:0 -- echo hello")
        .stderr("sock: accept 127.0.0.1:* on 127.0.0.1:*: gone before a byte went either way*\n")
        .listener();
    reset(dial(V4, listen.port));
    listen.wait_line("*gone before a byte*");
    assert_eq!(ask(listen.port, ""), "hello\n");
    listen.finish();
}

#[test]
fn what_has_to_see_the_bytes_does_not_go_with_it() {
    for option in [
        "-u",
        "--idle 1s",
        "--rate 1k",
        "--chunk 5",
        "--crlf",
        "--interval 1s",
        "--send-flags none",
        "--recv-flags none",
        "--recv-chunk 5",
        "--lines",
        "--hex",
        "--digest sha256",
        "--grace 1s",
        "--on-eof keep",
        "--quit-after-eof 1s",
        "--echo",
        "--discard",
        "--sh cat",
    ] {
        let word = option.split(' ').next().expect("a word");
        let ended = sock(format!("listen {option} 0 -- cat"))
            .code(2)
            .any_stderr()
            .run();
        let first = ended.err.lines().next().unwrap_or_default();
        let names = first.contains(word) || (word == "-u" && first.contains("--udp"));
        assert!(names, "{ended}");
    }
}

/// An empty variable in a script is no command that ends at once.
#[test]
fn a_command_has_a_name() {
    for (words, named) in [
        (["--", ""], "-- ''"),
        (["--sh", ""], "--sh"),
        (["--sh", " "], "--sh"),
    ] {
        let ended = sock("listen 0").args(words).code(2).any_stderr().run();
        let first = ended.err.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("error: ") && first.contains(named),
            "{ended}"
        );
    }
    // A value of an option is none of it.
    sock("listen --accept-timeout 0.01s 127.0.0.1:0 --reply --")
        .code(124)
        .any_stderr()
        .run();
}

#[test]
fn discard_reads_all_and_says_nothing() {
    let listen = sock("listen -v 127.0.0.1:0 --discard")
        .any_stderr()
        .listener();
    assert_eq!(ask(listen.port, &"x".repeat(1 << 20)), "");
    let ended = listen.finish();
    assert!(ended.err.contains("sent 0 B, received 1.0 MiB"), "{ended}");
}

/// Two peers at a time, none refused, and everybody gets a turn.
#[test]
fn max_clients_lets_the_others_wait() {
    let listen = sock("listen -k -v --max-clients 2 127.0.0.1:0 --sh")
        .arg("sleep 0.1; cat")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let port = listen.port;
    let peers: Vec<_> = (0..20)
        .map(|n| std::thread::spawn(move || ask(port, &n.to_string())))
        .collect();
    let mut most = 0;
    while !peers.iter().all(|peer| peer.is_finished()) {
        most = most.max(children(listen.pid()));
    }
    for (n, peer) in peers.into_iter().enumerate() {
        assert_eq!(peer.join().expect("served"), n.to_string());
    }
    assert_eq!(most, 2);
    listen.wait_line("accept   127.0.0.1:*: 2 clients, which is --max-clients: others wait*");
    took_between(listen.age(), Duration::from_secs(1), Duration::from_secs(4));
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

/// The clients that people have, each in its own way to end.
#[test]
fn everybodys_clients_are_served() {
    let listen = sock("listen -k 127.0.0.1:0 -- tr a-z A-Z")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let port = listen.port;
    for (client, words) in [
        ("nc", format!("-N 127.0.0.1 {port}")),
        ("ncat", format!("127.0.0.1 {port}")),
        ("socat", format!("-t5 - TCP4:127.0.0.1:{port}")),
    ] {
        let Some(client) = peer(client) else { continue };
        let ended = client.words(words).input("hello\n").run();
        assert_eq!(ended.text(), "HELLO\n", "{ended}");
    }
    sock(format!("connect 127.0.0.1 {port}"))
        .input("hello\n")
        .stdout("HELLO\n")
        .run();
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}

#[test]
fn a_shell_line_is_a_web_server() {
    let Some(curl) = peer("curl") else { return };
    let listen = sock("listen -k 127.0.0.1:0 --sh")
        .arg(
            "while read -r line && [ ${#line} -gt 1 ]; do :; done
             printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello %s\\n' $SOCK_PEER_ADDR",
        )
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let url = format!("http://127.0.0.1:{}/", listen.port);
    let ended = curl.args(["-sS", "--max-time", "10", &url]).code(0).run();
    assert_eq!(ended.text(), "hello 127.0.0.1\n", "{ended}");
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
}
