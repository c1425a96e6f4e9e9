//! How the commands of `listen -- CMD` end: by themselves, with us, and when
//! nobody waits for them any more.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::serve_command::{ask, children, drain_within};
use crate::support::net::*;
use crate::support::peer::peer;
use crate::support::tty::usual;
use crate::support::wait::took_between;
use crate::support::*;

/// A peer whose command has said `ready`.
#[track_caller]
fn ready(listen: &Running) -> TcpStream {
    let mut stream = dial(V4, listen.port);
    stream.write_all(b"x").expect("sent");
    stream.read_exact(&mut [0; 6]).expect("it is ready");
    stream
}

/// TERM, and what is not the same wish any more (timeout(1)) once more.
#[track_caller]
fn told_twice(listen: &Running) {
    listen.send_signal(Signal::SIGTERM);
    eventually("the second counts", || {
        listen.send_signal(Signal::SIGTERM);
        (!listen.runs()).then_some(())
    });
}

/// A process that was started with SIGCHLD ignored has no children to wait for,
/// which is no reason to wait for ever.
#[test]
fn their_end_is_seen_whoever_started_us() {
    for (options, command) in [
        ("", vec!["--", "grep", "SigIgn", "/proc/self/status"]),
        ("-k", vec!["--", "grep", "SigIgn", "/proc/self/status"]),
        ("-k", vec!["--sh", "grep SigIgn /proc/self/status; exit 0"]),
        ("", vec!["--sh", "grep SigIgn /proc/self/status; exit 5"]),
    ] {
        let listen = sock(format!("listen {options} 127.0.0.1:0"))
            .args(&command)
            .via(["env", "--ignore-signal=CHLD"])
            .any_stderr();
        let listen = match (options, command.len()) {
            ("-k", _) => listen.signal(Signal::SIGTERM),
            (_, 2) => listen.code(5),
            _ => listen,
        };
        let listen = listen.listener();
        let said = ask(listen.port, "");
        let mask = said.trim_start_matches("SigIgn:").trim();
        let mask = u64::from_str_radix(mask, 16).expect("a mask");
        assert_eq!(mask & (1 << (17 - 1)), 0, "SIGCHLD: {said}");
        eventually("it is waited for", || {
            let ended = !listen.runs() || children(listen.pid()) == 0;
            ended.then_some(())
        });
        if options == "-k" {
            listen.send_signal(Signal::SIGTERM);
        }
        listen.finish();
    }
}

#[test]
fn a_death_by_signal_is_one_line_and_its_code() {
    for (options, signal, name) in [("", 9, "SIGKILL"), ("--quiet", 15, "SIGTERM")] {
        let line = format!("sock: close 127.0.0.1:*: the command died of {name}\n");
        let mut listen = sock(format!("listen {options} 127.0.0.1:0 --sh"))
            .arg(format!("kill -{signal} $$"))
            .code(128 + signal)
            .stderr(line)
            .spawn();
        let port = match options {
            "" => {
                listen.listening();
                listen.port
            }
            // Nothing is announced then.
            _ => tcp_port_of(&listen),
        };
        let _ = drain(dial(V4, port));
        listen.finish();
    }
}

/// Whatever they do to a signal that asks: what they have started, too.
#[test]
fn a_second_signal_ends_them_and_what_they_have_started() {
    for command in [
        "echo ready; sleep 600 & sleep 600",
        "trap '' TERM; echo ready; while :; do sleep 600; done",
        "(trap '' TERM INT HUP; echo ready; sleep 600) & wait",
    ] {
        let listen = sock("listen -k --drain 600s 127.0.0.1:0 --sh")
            .arg(command)
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        let peers = [ready(&listen), ready(&listen)];
        told_twice(&listen);
        listen.finish();
        for peer in peers {
            drain_within(peer, Duration::from_secs(5));
        }
    }
}

/// Once --drain is over, they are asked, and have a second; nothing ends that
/// sooner but a second signal.
#[test]
fn patience_after_drain_ends_with_a_second_signal() {
    let listen = sock("listen -k --drain 0.01s 127.0.0.1:0 --sh")
        .arg("trap 'echo asked' TERM; echo ready; while :; do sleep 600 & wait; done")
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    let mut peer = ready(&listen);
    listen.send_signal(Signal::SIGTERM);
    peer.read_exact(&mut [0; 6]).expect("it was asked");
    let begun = Instant::now();
    eventually("the second counts", || {
        listen.send_signal(Signal::SIGINT);
        (!listen.runs()).then_some(())
    });
    took_between(begun.elapsed(), Duration::ZERO, Duration::from_millis(200));
    listen.finish();
    drain_within(peer, Duration::from_secs(5));
}

/// Nobody but sock tells them of Ctrl-C, and one may have something to save.
#[test]
fn an_interrupt_leaves_a_command_its_second() {
    let listen = sock("listen 127.0.0.1:0 --sh")
        .arg("trap 'sleep 0.3; echo saved; exit' TERM; echo ready; while :; do sleep 600 & wait; done")
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    let peer = ready(&listen);
    listen.send_signal(Signal::SIGINT);
    let said = drain_within(peer, Duration::from_secs(5));
    assert_eq!(String::from_utf8_lossy(&said), "saved\n");
    listen.finish();
}

/// At a terminal, from which a process in the background would be stopped for
/// reading.
#[test]
fn a_command_that_looks_for_a_terminal_finds_none() {
    let Some(_) = peer("setsid") else { return };
    let (master, slave) = usual(24, 80);
    let listen = sock("listen 127.0.0.1:0 --sh")
        .arg("read x </dev/tty; echo goes on")
        .via(["setsid", "--ctty"])
        .stdin(Stdin::Fd(slave))
        .any_stderr()
        .listener();
    assert_eq!(ask(listen.port, ""), "goes on\n");
    listen.finish();
    drop(master);
}

/// The first to end does not save the others of its group, and those may end in
/// order.
#[test]
fn what_a_command_has_started_ends_with_us() {
    for (options, command, last) in [
        // Ignores what asks.
        (
            "--drain 0",
            "(trap '' TERM; echo ready; sleep 600) & wait",
            "",
        ),
        // Has something to do first.
        (
            "--drain 0.01s",
            "(trap 'sleep 0.2; echo bye; exit' TERM; echo ready; while :; do sleep 600 & wait; done) & wait",
            "bye\n",
        ),
    ] {
        let listen = sock(format!("listen -k {options} 127.0.0.1:0 --sh"))
            .arg(command)
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        let peer = ready(&listen);
        listen.send_signal(Signal::SIGTERM);
        let bytes = drain_within(peer, Duration::from_secs(5));
        assert_eq!(String::from_utf8_lossy(&bytes), last);
        listen.finish();
    }
}

/// One that was stopped can be asked, too.
#[test]
fn a_stopped_command_may_end_in_order() {
    let listen = sock("listen -k --drain 0.01s 127.0.0.1:0 --sh")
        .arg("trap 'echo bye; exit' TERM; echo ready $$; kill -STOP $$")
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let mut peer = ready(&listen);
    let mut pid = String::new();
    while !pid.ends_with('\n') {
        let mut byte = [0];
        peer.read_exact(&mut byte).expect("its number");
        pid.push(char::from(byte[0]));
    }
    let pid: u32 = pid.trim().parse().expect("a number");
    eventually("it is stopped", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.contains(") T ").then_some(())
    });
    listen.send_signal(Signal::SIGTERM);
    let bytes = drain_within(peer, Duration::from_secs(5));
    assert_eq!(String::from_utf8_lossy(&bytes), "bye\n");
    listen.finish();
    let gone = kill(Pid::from_raw(pid as i32), None);
    assert!(gone.is_err(), "it lives on");
}

/// Nobody has asked for the hundred.
#[test]
fn how_full_it_is_is_said_as_it_is() {
    for (options, told) in [
        (
            "-v --max-clients 1",
            "accept   127.0.0.1:*: 1 client, which is --max-clients: others wait in the queue",
        ),
        (
            "",
            "sock: accept 127.0.0.1:*: 100 commands at the same time, see --max-clients: \
             others wait in the queue",
        ),
    ] {
        let listen = sock(format!("listen -k --drain 0 {options} 127.0.0.1:0 -- cat"))
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        let most = if options.is_empty() { 100 } else { 1 };
        let peers: Vec<_> = (0..most).map(|_| dial(V4, listen.port)).collect();
        listen.wait_line(told);
        drop(peers);
        listen.send_signal(Signal::SIGTERM);
        listen.finish();
    }
}

/// A wait is a wait, whoever waits: TERM lets them finish.
#[test]
fn drain_counts_for_who_has_just_come() {
    // In a pause after accept(), and a moment after it.
    for (options, peers) in [
        ("-k --pause accept=0.5s", 1),
        ("-k --pause accept=0.5s", 2),
        ("", 1),
    ] {
        let listen = sock(format!("listen -v {options} 127.0.0.1:0 --sh"))
            .arg("sleep 0.2; cat; exit 3")
            .signal(Signal::SIGTERM)
            .any_stderr()
            .listener();
        let streams: Vec<_> = (0..peers).map(|_| dial(V4, listen.port)).collect();
        listen.wait_line("accept   127.0.0.1:* on *");
        listen.send_signal(Signal::SIGTERM);
        // The others were in the queue, and were not let in.
        let mut first = &streams[0];
        first.write_all(b"still here").expect("sent");
        first
            .shutdown(std::net::Shutdown::Write)
            .expect("half-closed");
        let (bytes, end) = drain(first);
        end.expect("an end in order");
        assert_eq!(String::from_utf8_lossy(&bytes), "still here");
        let ended = listen.finish();
        assert!(ended.err.contains("closed by SIGTERM"), "{ended}");
    }
}

/// `--pause accept=` holds up who comes in, not who is here.
#[test]
fn a_pause_after_accept_is_nobody_elses() {
    let listen = sock("listen -k --pause accept=0.3s --echo 127.0.0.1:0")
        .signal(Signal::SIGINT)
        .any_stderr()
        .listener();
    let mut first = dial(V4, listen.port);
    let begun = Instant::now();
    first.write_all(b"1").expect("sent");
    first.read_exact(&mut [0]).expect("its echo");
    took_between(
        begun.elapsed(),
        Duration::from_millis(250),
        Duration::from_millis(300),
    );
    let _others = [dial(V4, listen.port), dial(V4, listen.port)];
    let begun = Instant::now();
    for _ in 0..10 {
        first.write_all(b"1").expect("sent");
        first.read_exact(&mut [0]).expect("its echo");
    }
    took_between(begun.elapsed(), Duration::ZERO, Duration::ZERO);
    listen.send_signal(Signal::SIGINT);
    listen.finish();
}

/// As a container starts it: the kernel lets no signal end process 1 that it
/// has no handler for, and abort(3) is no answer to TERM.
#[test]
fn process_1_of_a_namespace_ends_by_its_code() {
    if peer("unshare").is_none() {
        return;
    }
    for (drain, times) in [("0", 1), ("600s", 2)] {
        let listen = sock(format!("listen -k --drain {drain} 127.0.0.1:0 --sh"))
            .arg("trap '' TERM; echo ready; while :; do sleep 600; done")
            .via(["unshare", "-Urpf", "--kill-child"])
            .code(143)
            .any_stderr()
            .listener();
        let peer = ready(&listen);
        let pid = listen.pid();
        let inner = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let inner: i32 = inner.expect("it runs").trim().parse().expect("one child");
        let inner = Pid::from_raw(inner);
        kill(inner, Signal::SIGTERM).expect("it is ours");
        if times == 2 {
            listen.wait_line("*: closed by SIGTERM; *");
            eventually("the second counts", || {
                let _ = kill(inner, Signal::SIGTERM);
                (!listen.runs()).then_some(())
            });
        }
        listen.finish();
        drain_within(peer, Duration::from_secs(5));
    }
}
