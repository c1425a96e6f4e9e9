//! Timers fire and signals end the run also while a system call is stuck: a
//! fifo that nobody opens, a reader that was stopped.

use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::net::*;
use crate::support::*;

/// Every way of opening a fifo, each without anybody at its other end.
fn openings(port: u16) -> [String; 3] {
    [
        format!("send 127.0.0.1 {port} fifo"),
        format!("send 127.0.0.1 {port} --message @fifo"),
        format!("recv 127.0.0.1 {port} -o fifo"),
    ]
}

#[test]
fn a_timer_ends_the_wait_for_a_fifo() {
    let dir = scratch();
    mkfifo(&dir.path().join("fifo"), Mode::S_IRWXU).expect("a fifo");
    let refused = Refused::new(V4);
    for words in openings(refused.port()) {
        let ended = sock(format!("{words} --timeout 0.5"))
            .cwd(dir.path())
            .code(124)
            .stderr("sock: *--timeout 500ms*\n")
            .run();
        took(ended.elapsed, Duration::from_millis(500));
    }
}

#[test]
fn one_signal_does_too() {
    let dir = scratch();
    mkfifo(&dir.path().join("fifo"), Mode::S_IRWXU).expect("a fifo");
    let refused = Refused::new(V4);
    for words in openings(refused.port()) {
        let running = sock(words)
            .cwd(dir.path())
            .signal(Signal::SIGTERM)
            .stderr("sock: *SIGTERM*\n")
            .spawn();
        let pid = running.pid();
        // A second thread watches the call that may be stuck.
        eventually("the wait for the other end", || {
            let threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
            (threads.count() > 1).then_some(())
        });
        running.send_signal(Signal::SIGTERM);
        running.finish();
    }
}

/// The rows do not fit into the pipe, and nobody reads it.
#[test]
fn results_that_nobody_reads_hold_nothing_up() {
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let running = sock("probe 127.0.0.1 1-65535")
        .stdout_to(Stdout::Fd(writer.try_clone().expect("a copy").into()))
        .signal(Signal::SIGTERM)
        .any_stderr()
        .spawn();
    eventually("a full pipe", || {
        let mut full = [nix::poll::PollFd::new(
            std::os::fd::AsFd::as_fd(&writer),
            nix::poll::PollFlags::POLLOUT,
        )];
        let ready = nix::poll::poll(&mut full, 0u8).expect("poll");
        (ready == 0).then_some(())
    });
    running.send_signal(Signal::SIGTERM);
    running.finish();
}
