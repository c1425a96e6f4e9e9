//! Many peers: how many at once, one after another, and how fast.
//!
//! What is a statement about the release build is left out in a debug build;
//! the figures: `cargo test --release --test sock serve_load:: -- --nocapture`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::support::command::Cmd;
use crate::support::net::*;
use crate::support::peer::c_program;
use crate::support::wait::took_between;
use crate::support::*;

/// The load generator, `None` after a reported skip.
#[track_caller]
fn load(dir: &Path) -> Option<String> {
    c_program(include_str!("../peers/load.c"), dir)?;
    Some(dir.join("peer").to_string_lossy().into_owned())
}

/// One that runs for at most so long and ends with 0.
fn loads(program: &str, words: &str, deadline: u64) -> Cmd {
    Cmd::new(program)
        .words(words)
        .any_stdout()
        .deadline(Duration::from_secs(deadline))
}

#[track_caller]
fn echo_server(options: &str) -> Running {
    sock(format!("listen -k --echo {options} 0.0.0.0:0"))
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener()
}

#[track_caller]
fn end(listen: Running) {
    listen.send_signal(Signal::SIGINT);
    listen.finish();
}

fn figure(text: &str) {
    // Not by a macro: those are shown for failed tests only.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Of /proc/PID/status, in KiB.
#[track_caller]
fn status(pid: u32, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = text.lines().find(|line| line.starts_with(field));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .expect("a number")
}

#[track_caller]
fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("it runs")
        .count()
}

/// Time of a processor that it has used: utime and stime of proc_pid_stat(5).
#[track_caller]
fn busy(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let after = text.rsplit(')').next().expect("a name").split_whitespace();
    let ticks: u64 = after
        .skip(11)
        .take(2)
        .map(|n| n.parse::<u64>().expect("ticks"))
        .sum();
    // USER_HZ, which is 100 wherever Linux tells it to programs.
    Duration::from_millis(ticks * 10)
}

/// A time in which nothing is to happen.
fn meanwhile(time: Duration) {
    let (_open, nothing) = mpsc::channel::<()>();
    let _ = nothing.recv_timeout(time);
}

#[track_caller]
fn asks(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).expect("sent");
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).expect("its echo");
    assert_eq!(back, text.as_bytes());
}

/// 32 descriptors, 100 clients: a full server waits, and does not ask again and
/// again; as places come free all are served.
#[test]
fn a_server_out_of_descriptors_waits_and_recovers() {
    for service in ["--echo 127.0.0.1:0", "127.0.0.1:0 -- cat"] {
        let listen = sock(format!("listen -k {service}"))
            .after("ulimit -n 32")
            .signal(Signal::SIGINT)
            .any_stderr()
            .listener();
        let clients: Vec<TcpStream> = (0..100).map(|_| dial(V4, listen.port)).collect();
        listen.wait_line("sock: accept 127.0.0.1:*: * others wait in the queue");
        let (before, begun) = (busy(listen.pid()), Instant::now());
        meanwhile(Duration::from_secs(1));
        let used = busy(listen.pid()) - before;
        assert!(
            used < begun.elapsed() / 20,
            "{used:?} of a processor while it is full"
        );
        for (n, mut client) in clients.into_iter().enumerate() {
            asks(&mut client, &format!("client {n}"));
            client.shutdown(Shutdown::Write).expect("half-closed");
            let (_, end) = drain(client);
            end.expect("an end in order");
        }
        end(listen);
    }
}

/// One that sends and never reads, and many that say nothing.
#[test]
fn nobody_waits_for_the_slow_and_the_silent() {
    let listen = echo_server("--idle 600");
    let silent: Vec<TcpStream> = (0..200).map(|_| dial(V4, listen.port)).collect();
    let stuck = dial(V4, listen.port);
    stuck.set_nonblocking(true).expect("ours");
    let piece = [b'x'; 1 << 16];
    let (mut sent, mut last) = (0, Instant::now());
    // Until nothing has gone for a while: both buffers of both ends are full.
    while last.elapsed() < Duration::from_millis(100) {
        match (&stuck).write(&piece) {
            Ok(bytes) => (sent, last) = (sent + bytes, Instant::now()),
            Err(_) => meanwhile(Duration::from_millis(5)),
        }
    }
    assert!(sent > piece.len(), "{sent} bytes fill two buffers");
    for n in 0..20 {
        let begun = Instant::now();
        asks(&mut dial(V4, listen.port), &format!("client {n}"));
        took(begun.elapsed(), Duration::ZERO);
    }
    drop((silent, stuck));
    end(listen);
}

/// A message that our socket cannot send back is its peer's trouble alone.
#[test]
fn one_peers_trouble_is_not_that_of_the_others() {
    use socket2::{Domain, SockAddr, Socket, Type};
    let dir = scratch();
    let listen = sock("listen -k -v --seqpacket --echo ./s")
        .cwd(dir.path())
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    let connect = || {
        let socket = Socket::new(Domain::UNIX, Type::SEQPACKET, None).expect("a socket");
        let path = SockAddr::unix(dir.path().join("s")).expect("a path");
        socket.connect(&path).expect("accepted");
        TcpStream::from(std::os::fd::OwnedFd::from(socket))
    };
    let (mut one, mut other) = (connect(), connect());
    asks(&mut other, "first");
    // More than 64 KiB, and still one message.
    let long = vec![b'y'; 100_000];
    other.write_all(&long).expect("one message");
    let mut back = vec![0; 200_000];
    assert_eq!(other.read(&mut back).expect("one message"), long.len());
    // Its buffer may be twice of what ours begins with.
    socket2::SockRef::from(&one)
        .set_send_buffer_size(1 << 20)
        .expect("SO_SNDBUF");
    one.write_all(&vec![b'x'; 300_000]).expect("one message");
    listen.wait_line("close    unix:*: message too long");
    asks(&mut other, "still here");
    end(listen);
}

#[test]
fn who_is_silent_is_ended_and_nobody_else() {
    let listen = sock("listen -k -v --echo --idle 0.5 127.0.0.1:0")
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    let silent = dial(V4, listen.port);
    let mut lively = dial(V4, listen.port);
    let begun = Instant::now();
    let (mut ended, mut buffer) = (silent.try_clone().expect("a copy"), [0]);
    ended
        .set_read_timeout(Some(Duration::from_millis(50)))
        .expect("a timeout");
    let error = loop {
        asks(&mut lively, "here");
        match ended.read(&mut buffer) {
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            other => break other.expect_err("a reset"),
        }
    };
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    took(begun.elapsed(), Duration::from_millis(500));
    asks(&mut lively, "still");
    listen.wait_line("close    127.0.0.1:* sent 0 B, received 0 B, *: idle");
    end(listen);
}

/// Memory and descriptors after many connections are those after the first.
fn churn(first: u32, rest: u32, deadline: u64) {
    let dir = scratch();
    let Some(load) = load(dir.path()) else { return };
    let listen = echo_server("");
    let (pid, port) = (listen.pid(), listen.port);
    let now = || (status(pid, "VmRSS"), descriptors(pid));
    loads(&load, &format!("count {port} {first}"), deadline).run();
    let before = now();
    loads(&load, &format!("count {port} {rest}"), deadline).run();
    let after = now();
    figure(&format!(
        "{rest} more connections: {} KiB, {} descriptors; before {} KiB, {}",
        after.0, after.1, before.0, before.1
    ));
    assert_eq!(before.1, after.1, "descriptors");
    assert!(after.0 <= before.0 + 256, "{before:?} {after:?} KiB");
    end(listen);
}

#[test]
fn connections_leave_nothing_behind() {
    churn(1000, 5000, 60);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "a statement about the release build")]
fn two_hundred_thousand_connections_leave_nothing_behind() {
    churn(1000, 200_000, 280);
}

/// Idle clients are all echoed afterwards, and a new one is answered while they
/// are there.
fn idle(clients: u32, deadline: u64) {
    let dir = scratch();
    let Some(load) = load(dir.path()) else { return };
    let listen = echo_server("");
    let mut load = loads(&load, &format!("idle {} {clients}", listen.port), deadline)
        .stdin(Stdin::Pipe)
        .spawn();
    load.wait_text("open\n");
    load.write("go\n");
    let said = load.finish().text();
    let median: u64 = said
        .trim_start_matches("open\n")
        .trim()
        .parse()
        .expect("a number");
    let peak = status(listen.pid(), "VmHWM");
    figure(&format!(
        "{clients} idle clients: {} MiB at most, a new one is answered within {median} us (median)",
        peak / 1024
    ));
    assert!(median < 50_000, "{median} us");
    assert!(peak < 250 * 1024, "{peak} KiB");
    end(listen);
}

#[test]
fn a_thousand_idle_clients_cost_little() {
    idle(900, 60);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "a statement about the release build")]
fn ten_thousand_idle_clients_cost_little() {
    idle(10_000, 200);
}

/// Connections a second of two clients, the best of three rounds in turn.
#[test]
#[cfg_attr(debug_assertions, ignore = "a statement about the release build")]
fn a_short_connection_is_as_cheap_as_can_be() {
    let (Some(ncat), Some(socat)) = (peer("ncat"), peer("socat")) else {
        return;
    };
    let dir = scratch();
    let Some(load) = load(dir.path()) else { return };
    let sock = echo_server("");
    let bare = Cmd::lax(&load).arg("echo").spawn();
    let bare_port = bare.wait("its port", |state| {
        let text = String::from_utf8_lossy(&state.out).into_owned();
        text.strip_suffix('\n').map(str::to_owned)
    });
    let ncat = ncat.words("-4 -k -l -e /bin/cat 0.0.0.0 0").spawn();
    let socat = socat
        .words("TCP4-LISTEN:0,fork,backlog=4096 EXEC:cat")
        .spawn();
    let ports = [
        ("sock", sock.port.to_string()),
        ("epoll", bare_port),
        ("ncat", tcp_port_of(&ncat).to_string()),
        ("socat", tcp_port_of(&socat).to_string()),
    ];
    const SECONDS: u32 = 2;
    let mut best = [0; 4];
    for _ in 0..3 {
        for ((_, port), best) in ports.iter().zip(&mut best) {
            let words = format!("rate {port} {SECONDS}");
            let clients: Vec<Running> = (0..2).map(|_| loads(&load, &words, 60).spawn()).collect();
            let done = clients.into_iter().map(|client| {
                let text = client.finish().text();
                text.trim().parse::<u32>().expect("a number")
            });
            *best = (*best).max(done.sum::<u32>() / SECONDS);
        }
    }
    let [ours, bare_rate, ncat_rate, socat_rate] = best;
    figure(&format!(
        "connect, 64 bytes there and back, close, two clients: sock {ours}/s, bare epoll \
         {bare_rate}/s, ncat {ncat_rate}/s, socat {socat_rate}/s"
    ));
    assert!(ours * 2 >= bare_rate, "half of a bare epoll loop");
    assert!(
        ours >= 5 * ncat_rate && ours >= 5 * socat_rate,
        "five times a process each"
    );
    end(sock);
    for running in [bare, ncat, socat] {
        running.send_signal(Signal::SIGKILL);
        running.finish();
    }
}

/// A range is open at once, and somebody from outside finds exactly it.
#[test]
fn a_thousand_listeners_open_at_once_and_are_found() {
    let Some(pair) = Namespace::new(include_str!("../peers/pair.sh"), &[]) else {
        return;
    };
    let mut listen = sock("listen -k --echo 20000-20999")
        .inside(&pair, "b")
        .signal(Signal::SIGINT)
        .any_stderr()
        .spawn();
    listen.wait_line("listening on [::]:20999*");
    let opened = listen.age();
    listen.listening();
    figure(&format!("a range of 1000 listeners: {opened:?}"));
    took_between(opened, Duration::ZERO, Duration::from_millis(200));
    let found = sock("probe 10.9.1.2 19990-21009")
        .inside(&pair, "a")
        .any_stdout()
        .any_stderr()
        .run();
    let open: Vec<u16> = found
        .lines()
        .iter()
        .filter(|line| line.contains("\topen\t"))
        .filter_map(|line| line.split('\t').nth(2)?.parse().ok())
        .collect();
    assert_eq!(open, (20000..=20999).collect::<Vec<u16>>());
    listen.send_signal(Signal::SIGINT);
    listen.finish();
}
