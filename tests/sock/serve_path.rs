//! The paths of Unix sockets: their mode, what they replace, and that they go.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use nix::sys::eventfd::EventFd;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::support::peer::strace;
use crate::support::wait::DEADLINE;
use crate::support::*;

#[test]
fn a_unix_socket_has_its_mode_and_goes_with_us() {
    let dir = scratch();
    let path = dir.path().join("s");
    let listen = sock("listen -k --mode 600 --echo ./s")
        .cwd(dir.path())
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let mode = std::fs::metadata(&path)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
    assert!(!path.exists());
}

#[test]
fn what_is_at_the_path_stays_unless_it_is_a_stale_socket() {
    let dir = scratch();
    let path = dir.path().join("s");
    std::fs::write(&path, "a file").expect("a file");
    let again = || sock("listen --echo ./s").cwd(dir.path());
    again()
        .code(1)
        .stderr("sock: bind unix:./s: *EADDRINUSE*not a socket*\n")
        .run();
    assert_eq!(std::fs::read(&path).expect("it is there"), b"a file");
    std::fs::remove_file(&path).expect("ours");

    let other = UnixListener::bind(&path).expect("a listener");
    again()
        .code(1)
        .stderr("sock: bind unix:./s: *EADDRINUSE*\n")
        .run();
    UnixStream::connect(&path).expect("it still listens");
    drop(other);

    let listen = again()
        .stderr("sock: bind unix:./s: *replaced\n")
        .listener();
    drop(UnixStream::connect(&path).expect("ours listens"));
    listen.finish();
    assert!(!path.exists());
}

/// connect(2) says the same of it as of one whose process is gone, but somebody
/// has it, under whatever name.
#[test]
fn who_has_bound_and_does_not_listen_yet_is_not_replaced() {
    let dir = scratch();
    let path = dir.path().join("s");
    let slow = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    slow.bind(&SockAddr::unix(&path).expect("a path"))
        .expect("bound");
    let absolute = path.display().to_string();
    for name in ["./s", "unix:././s", &absolute] {
        sock("listen --echo")
            .arg(name)
            .cwd(dir.path())
            .code(1)
            .stderr(format!(
                "sock: bind unix:*s: address already in use (EADDRINUSE): * (pid {}) has it\n",
                std::process::id()
            ))
            .run();
    }
    slow.listen(1).expect("its path is there");
    UnixStream::connect(&path).expect("and leads to it");
}

/// A stale socket, and two who want to replace it: one has it, the other says so.
#[test]
fn of_two_that_start_at_once_one_has_the_path() {
    const ROUNDS: usize = 40;
    let dir = scratch();
    let path = dir.path().join("s");
    let other_network = Namespace::new("", &[]);
    for round in 0..ROUNDS {
        drop(UnixListener::bind(&path).expect("a listener that leaves its path"));
        let start = |inside: Option<&Namespace>| {
            let start = sock("listen -k --echo").arg(&path).any_end().any_stderr();
            match inside {
                Some(network) => start.inside(network, "").spawn(),
                None => start.spawn(),
            }
        };
        // Every second round from two network namespaces, where neither sees the
        // other's sockets.
        let inside = other_network.as_ref().filter(|_| round % 2 == 1);
        let both = [start(None), start(inside)];
        let first_lines = both.each_ref().map(|one| {
            one.wait("a line", |state| {
                let text = String::from_utf8_lossy(&state.err).into_owned();
                text.split_once('\n').map(|(line, _)| line.to_owned())
            })
        });
        let announced = |line: &String| line.starts_with("listening on unix:");
        let [one, other] = first_lines.each_ref().map(announced);
        assert!(one != other, "round {round}: {first_lines:?}");
        assert!(
            first_lines.iter().any(|line| line.contains("EADDRINUSE")),
            "round {round}: {first_lines:?}"
        );
        echoes(&path);
        for one in both {
            if one.runs() {
                one.send_signal(Signal::SIGTERM);
            }
            one.finish();
        }
        assert!(!path.exists(), "round {round}");
    }
}

/// The one that has found out that nobody is there takes its time to remove the
/// path: it must not remove the new one of somebody else.
#[test]
fn who_is_slow_to_replace_takes_nothing_from_the_other() {
    let dir = scratch();
    let calls = dir.path().join("calls");
    let delay = ["-e", "inject=/^unlink(at)?$:delay_enter=300000:when=1"];
    let Some(strace) = strace(&calls, &delay) else {
        return;
    };
    let path = dir.path().join("s");
    drop(UnixListener::bind(&path).expect("a listener that leaves its path"));
    let start = || {
        sock("listen -k --echo ./s")
            .cwd(dir.path())
            .any_end()
            .any_stderr()
    };
    let slow = start().via(strace).spawn();
    eventually("unlink() is held up", || {
        let calls = std::fs::read_to_string(&calls).ok()?;
        calls.contains("unlink").then_some(())
    });
    let other = start().spawn();
    other.wait_line("sock: bind unix:./s: *EADDRINUSE*: sock (pid *) has it");
    slow.wait_line("listening on unix:./s");
    echoes(&path);
    slow.send_signal(Signal::SIGTERM);
    slow.finish();
    other.finish();
}

#[track_caller]
fn echoes(path: &Path) {
    let mut peer = UnixStream::connect(path).expect("who has it listens");
    peer.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    peer.write_all(b"hi").expect("sent");
    peer.read_exact(&mut [0; 2]).expect("its echo");
}

/// write() blocks, because the counter behind stdout is full (eventfd(2)), and
/// nothing of the run can clear up behind itself.
#[test]
fn the_path_goes_even_if_the_run_is_stuck() {
    let dir = scratch();
    let full = EventFd::new().expect("a counter");
    full.write(u64::MAX - 1).expect("it takes that");
    let full = OwnedFd::from(full);
    let listen = sock("listen -k ./s")
        .cwd(dir.path())
        .stdin(Stdin::Pipe)
        .stdout_to(Stdout::Fd(full.try_clone().expect("a copy")))
        .signal(Signal::SIGTERM)
        .any_stderr()
        .listener();
    let mut peer = UnixStream::connect(dir.path().join("s")).expect("a peer");
    peer.write_all(b"12345678").expect("sent");
    let call = format!("/proc/{}/syscall", listen.pid());
    eventually("write() is stuck", || {
        let text = std::fs::read_to_string(&call).ok()?;
        text.starts_with(&format!("{} 0x1 ", nix::libc::SYS_write))
            .then_some(())
    });
    assert!(dir.path().join("s").exists());
    listen.send_signal(Signal::SIGTERM);
    listen.finish();
    assert!(!dir.path().join("s").exists());
}
