//! Runs the rows of a table, several at a time, and reports all that deviate.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::peers::{Report, Transport, accept, act};
use super::row::{Do, Ends, In, Out, Row, Seen};
use crate::support::command::Cmd;
use crate::support::like::line_like;
use crate::support::wait::took_between;
use crate::support::*;

/// Rows at the same time: most of them wait for a timer.
const AT_ONCE: usize = 8;

/// What stdin and stdout are where the row leaves it open, and options that
/// choose another carrier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carrier {
    stdin: &'static str,
    options: &'static str,
    stdout: &'static str,
}

impl Carrier {
    pub const fn new(stdin: &'static str, options: &'static str, stdout: &'static str) -> Self {
        Carrier {
            stdin,
            options,
            stdout,
        }
    }
}

/// Each row over TCP and a Unix stream.
pub fn all(verb: &str, rows: &[Row], carriers: &[Carrier]) {
    let over = [Transport::Tcp, Transport::UnixStream];
    each(verb, rows, carriers, &over);
}

/// Each row over UDP and a Unix datagram socket.
pub fn datagrams(verb: &str, rows: &[Row]) {
    let over = [Transport::Udp, Transport::UnixDatagram];
    let carriers = [Carrier::new("pipe", "", "pipe")];
    each(verb, rows, &carriers, &over);
}

fn each(verb: &str, rows: &[Row], carriers: &[Carrier], over: &[Transport]) {
    let mut cases = Vec::new();
    for row in rows {
        for carrier in carriers {
            for transport in over {
                if !(row.tcp_only && transport.is_unix()) {
                    cases.push((*row, *carrier, *transport));
                }
            }
        }
    }
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ran = catch_unwind(AssertUnwindSafe(|| one(verb, case)));
                    if let Err(why) = ran {
                        let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                        let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
                        wrong.push(format!("{case:?}\n{why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    let count = wrong.len();
    assert!(
        count == 0,
        "{count} of {}:\n{}",
        cases.len(),
        wrong.join("\n")
    );
}

fn one(verb: &str, (row, carrier, transport): &(Row, Carrier, Transport)) {
    let scratch = scratch();
    let dir = scratch.path();
    let waits = verb == "listen" || verb.ends_with("-l");
    let option = if transport.is_datagram() { "-u" } else { "" };
    let mut command = sock(format!(
        "{verb} {option} {} {}",
        row.options, carrier.options
    ))
    .cwd(dir)
    .any_stdout()
    .any_stderr();
    command = match row.ends {
        Ends::Code(code) => command.code(code),
        Ends::Sigpipe => command.signal(Signal::SIGPIPE),
    };
    command = with_stdin(command, row, carrier, dir);
    command = with_stdout(command, row, carrier, dir);
    let (over, wait_over) = channel();
    // A script that only holds is that of a peer who is never met.
    let is_met = row.peer != [Do::Hold];
    let (running, peer) = if waits {
        let at = if transport.is_unix() {
            "./s"
        } else {
            "127.0.0.1:0"
        };
        let command = command.arg(at);
        if is_met {
            let running = command.listener();
            let socket = transport.dials(dir, running.port);
            let script = row.peer;
            let peer =
                std::thread::spawn(move || socket.map(|socket| act(socket, script, &wait_over)));
            (running, peer)
        } else {
            (command.spawn(), std::thread::spawn(|| None))
        }
    } else {
        let (socket, at) = transport.waits(dir);
        let (script, transport) = (row.peer, *transport);
        let peer = std::thread::spawn(move || {
            accept(transport, socket, &wait_over).map(|socket| act(socket, script, &wait_over))
        });
        (command.arg(at).spawn(), peer)
    };
    let mut running = running;
    if let In::Open(text) | In::Tty(text) = row.stdin {
        // What has to be read of it is seen by the peer.
        running.offer(text);
    }
    let ended = running.finish();
    let _ = over.send(());
    let report = peer.join().expect("the peer did its part");
    check(row, carrier, &ended, dir);
    if let Some(report) = report {
        check_peer(row, *transport, &report, &ended);
    }
}

fn with_stdin(command: Cmd, row: &Row, carrier: &Carrier, dir: &Path) -> Cmd {
    let stdin = match (row.stdin, carrier.stdin) {
        (In::Closed, _) => return command.after("exec 0<&-"),
        (In::Null, _) => Stdin::Null,
        (In::Open(_), _) => Stdin::Pipe,
        (In::Tty(_), _) => Stdin::Tty,
        (In::Busy(piece), _) => Stdin::Stream(Box::new(Trickle {
            piece,
            left: PIECES,
        })),
        (In::Bytes(text), "file") => {
            fs::write(dir.join("in"), text).expect("a file");
            Stdin::File(dir.join("in"))
        }
        (In::Bytes(text), "socket") => {
            let (mut ours, theirs) = UnixStream::pair().expect("a pair");
            ours.write_all(text.as_bytes()).expect("it holds little");
            Stdin::Fd(theirs.into())
        }
        (In::Bytes(text), _) => Stdin::Bytes(text.into()),
    };
    command.stdin(stdin)
}

fn with_stdout(command: Cmd, row: &Row, carrier: &Carrier, dir: &Path) -> Cmd {
    match (row.stdout, carrier.stdout) {
        (Out::Closed, _) => command.after("exec 1>&-"),
        (Out::Gone, _) => {
            let (_, write) = std::io::pipe().expect("a pipe");
            command.stdout_to(Stdout::Fd(write.into()))
        }
        (Out::Any, "file") => {
            let file = File::create(dir.join("out")).expect("a file");
            command.stdout_to(Stdout::Fd(file.into()))
        }
        (Out::Any, "null") => {
            let null = File::options().write(true).open("/dev/null");
            command.stdout_to(Stdout::Fd(null.expect("/dev/null").into()))
        }
        (Out::Any, _) => command,
    }
}

fn check(row: &Row, carrier: &Carrier, ended: &Ended, dir: &Path) {
    let (least, most) = row.after;
    let says = ended
        .err
        .lines()
        .find(|line| !line.starts_with("listening on "));
    assert!(
        line_like(row.says, says.unwrap_or("")),
        "{:?} wanted\n{ended}",
        row.says
    );
    let out = match (row.stdout, carrier.stdout) {
        (Out::Any, "file") => fs::read(dir.join("out")).expect("the file"),
        (Out::Any, "null") => row.out.into(),
        (Out::Any, _) if carrier.options.contains("-o F") => {
            let complete = row.ends == Ends::Code(0);
            assert_eq!(dir.join("F").exists(), complete, "{ended}");
            let name = if complete { "F" } else { "F.part" };
            // Of nothing there is no part to keep.
            fs::read(dir.join(name)).unwrap_or_default()
        }
        _ => ended.out.clone(),
    };
    assert_eq!(String::from_utf8_lossy(&out), row.out, "on stdout\n{ended}");
    let millis = Duration::from_millis;
    let timed = catch_unwind(|| took_between(ended.elapsed, millis(least), millis(most)));
    assert!(timed.is_ok(), "{least} to {most} ms wanted\n{ended}");
}

fn check_peer(row: &Row, transport: Transport, report: &Report, ended: &Ended) {
    assert_eq!(
        String::from_utf8_lossy(&report.came),
        row.came,
        "at the peer\n{ended}"
    );
    // A Unix socket ends as it ends.
    if !(row.seen == Seen::Cut && transport.is_unix()) && row.seen != Seen::Nothing {
        assert_eq!(report.seen, row.seen, "by the peer\n{ended}");
    }
}

/// Pieces of a busy stdin, and the time between two.
const PIECES: usize = 5;
const PACE: Duration = Duration::from_millis(100);

struct Trickle {
    piece: &'static str,
    left: usize,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        if self.left < PIECES {
            let (_keep, nothing) = channel::<()>();
            let _ = nothing.recv_timeout(PACE);
        }
        self.left -= 1;
        buffer[..self.piece.len()].copy_from_slice(self.piece.as_bytes());
        Ok(self.piece.len())
    }
}
