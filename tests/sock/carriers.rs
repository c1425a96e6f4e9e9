//! Every way in which bytes are carried: chosen from what the descriptors are,
//! the same bytes on each, and the same rules about ends, timers and memory.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::support::files::{Noise, noise};
use crate::support::net::*;
use crate::support::*;

const SENDFILE: &str = "carrier  sendfile: regular file to socket";
const FROM_PIPE: &str = "carrier  splice: pipe to socket";
const TO_PIPE: &str = "carrier  splice: socket to pipe";
const TO_FILE: &str = "carrier  splice: socket to regular file";
const TO_DEVICE: &str = "carrier  splice: socket to device";

/// Several times what any buffer on the way holds.
const LONG: usize = 8 << 20;

/// What `-vv` says of carriers.
fn carriers(ended: &Ended) -> Vec<String> {
    ended
        .err
        .lines()
        .filter(|line| line.starts_with("carrier "))
        .map(str::to_owned)
        .collect()
}

/// A file that others have opened.
fn shared(path: &Path, bytes: &[u8]) -> (File, OwnedFd) {
    fs::write(path, bytes).expect("a file");
    let file = File::open(path).expect("the file");
    let copy = file.try_clone().expect("a copy").into();
    (file, copy)
}

/// What a source gives, by which carrier.
#[test]
fn what_stdin_is_decides() {
    let dir = scratch();
    let bytes = noise(30, LONG);
    let (_file, regular) = shared(&dir.path().join("f"), &bytes);
    let (mut ours, socket) = UnixStream::pair().expect("a pair");
    let fed = bytes.clone();
    let feeder = std::thread::spawn(move || ours.write_all(&fed));
    for (stdin, options, expected) in [
        (Stdin::Fd(regular), "", SENDFILE),
        (Stdin::Bytes(bytes.clone()), "", FROM_PIPE),
        (
            Stdin::Fd(socket.into()),
            "",
            "carrier  copy: socket to socket",
        ),
        (
            Stdin::Bytes(bytes.clone()),
            "--chunk 100k",
            "carrier  copy: pipe to socket",
        ),
        (
            Stdin::File(dir.path().join("f")),
            "--send-flags none",
            "carrier  copy: regular file to socket",
        ),
    ] {
        for verb in ["send", "connect"] {
            if verb == "connect" && !matches!(stdin, Stdin::Bytes(_)) {
                continue;
            }
            let (port, peer) = serve(V4, |stream| drain(&stream).0);
            let stdin = match &stdin {
                Stdin::Bytes(bytes) => Stdin::Bytes(bytes.clone()),
                Stdin::File(path) => Stdin::File(path.clone()),
                Stdin::Fd(fd) => Stdin::Fd(fd.try_clone().expect("a copy")),
                _ => unreachable!("none of these"),
            };
            let ended = sock(format!("{verb} -vv {options} 127.0.0.1 {port}"))
                .stdin(stdin)
                .any_stderr()
                .run();
            assert_eq!(carriers(&ended).first().map(String::as_str), Some(expected));
            assert!(peer.join().expect("the peer") == bytes, "{expected}");
        }
    }
    drop(feeder.join());
}

/// What a sink takes, by which carrier.
#[test]
fn what_stdout_is_decides() {
    let dir = scratch();
    let bytes = noise(31, LONG);
    let target = dir.path().join("f");
    // Opened for each row: what an earlier one wrote is gone.
    let open = |to: &str| {
        let append = to == ">>";
        let path = if to == "/dev/null" {
            to.as_ref()
        } else {
            target.as_path()
        };
        let _ = fs::remove_file(&target);
        let mut options = OpenOptions::new();
        let file = options.write(true).append(append).create(true).open(path);
        Stdout::Fd(file.expect("a file").into())
    };
    for (words, to, expected) in [
        ("recv -vv", "|", TO_PIPE),
        ("connect -vv", "|", TO_PIPE),
        ("recv -vv --lines", "|", "carrier  copy: socket to pipe"),
        (
            "recv -vv --recv-flags waitall --bytes 8388608",
            "|",
            "carrier  copy: socket to pipe",
        ),
        ("recv -vv", ">", TO_FILE),
        ("connect -vv", ">", TO_FILE),
        ("recv -vv --output f", "", TO_FILE),
        // What was in the pipe in between when the kernel refused is not lost.
        (
            "recv -vv",
            ">>",
            "carrier  copy: socket to regular file (the kernel says EINVAL)",
        ),
        ("recv -vv", "/dev/null", TO_DEVICE),
    ] {
        let sent = bytes.clone();
        let (port, _peer) = serve(V4, move |mut stream| stream.write_all(&sent));
        let stdout = match to {
            "|" | "" => Stdout::Capture,
            to => open(to),
        };
        let ended = sock(format!("{words} 127.0.0.1 {port}"))
            .cwd(dir.path())
            .stdout_to(stdout)
            .any_stdout()
            .any_stderr()
            .run();
        assert!(carriers(&ended).contains(&expected.to_owned()), "{ended}");
        let came = match to {
            "/dev/null" => continue,
            "|" => ended.out,
            _ => fs::read(&target).expect("the file"),
        };
        // --lines adds a newline to what ends without one.
        if !words.contains("--lines") {
            assert!(came == bytes, "{words} {to}: {expected}");
        }
        let _ = fs::remove_file(&target);
    }
}

/// Unix streams go the same ways, the file and the pipe at either end.
#[test]
fn unix_streams_are_not_copied_either() {
    let dir = scratch();
    let bytes = noise(37, LONG);
    fs::write(dir.path().join("f"), &bytes).expect("a file");
    for (stdin, sends, options, receives) in [
        (Stdin::Bytes(bytes.clone()), FROM_PIPE, "", TO_PIPE),
        (
            Stdin::File(dir.path().join("f")),
            SENDFILE,
            "--output g --force",
            TO_FILE,
        ),
    ] {
        let mut receiver = sock(format!("recv -l unix:./u -vv {options}"))
            .cwd(dir.path())
            .any_stdout()
            .any_stderr()
            .spawn();
        receiver.listening();
        let sent = sock("send unix:./u -vv")
            .cwd(dir.path())
            .stdin(stdin)
            .any_stderr()
            .run();
        let received = receiver.finish();
        assert_eq!(carriers(&sent), [sends], "{sent}");
        assert_eq!(carriers(&received), [receives], "{received}");
        let came = match options {
            "" => received.out,
            _ => fs::read(dir.path().join("g")).expect("the file"),
        };
        assert!(came == bytes, "{sends}, {receives}");
    }
}

/// Files of /proc have no pages to send, and say so only when asked.
#[test]
fn a_file_without_pages_is_copied() {
    let dir = scratch();
    let bytes = noise(32, 100_000);
    fs::write(dir.path().join("a"), &bytes).expect("a file");
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let ended = sock(format!("send -vv 127.0.0.1 {port} a /proc/self/cmdline a"))
        .cwd(dir.path())
        .any_stderr()
        .run();
    let came = peer.join().expect("the peer");
    let (first, rest) = came.split_at(bytes.len());
    let (middle, last) = rest.split_at(rest.len() - bytes.len());
    assert!(first == bytes && last == bytes);
    assert!(String::from_utf8_lossy(middle).contains("/proc/self/cmdline"));
    let said = carriers(&ended);
    assert_eq!(said.first().map(String::as_str), Some(SENDFILE));
    assert_eq!(said.last().map(String::as_str), Some(SENDFILE));
}

/// The position of a file belongs to all who opened it together: `(sock send
/// --bytes 10; cat) <file`.
#[test]
fn a_shared_position_moves_by_what_was_sent() {
    let dir = scratch();
    let bytes = noise(33, 1 << 20);
    let (mut file, copy) = shared(&dir.path().join("f"), &bytes);
    file.seek(std::io::SeekFrom::Start(1000)).expect("a seek");
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let ended = sock(format!("send -vv --bytes 500001 127.0.0.1 {port}"))
        .stdin(Stdin::Fd(copy))
        .any_stderr()
        .run();
    assert_eq!(carriers(&ended), [SENDFILE]);
    assert!(peer.join().expect("the peer") == bytes[1000..501_001]);
    assert_eq!(file.stream_position().expect("a position"), 501_001);
}

/// What `--bytes` leaves in a pipe is for whoever reads it next.
#[test]
fn a_pipe_keeps_what_was_not_asked_for() {
    let bytes = noise(34, 50_000);
    let (mut read, mut write) = std::io::pipe().expect("a pipe");
    write.write_all(&bytes).expect("less than it holds");
    drop(write);
    let (port, peer) = serve(V4, |stream| drain(&stream).0);
    let stdin = read.try_clone().expect("a copy").into();
    sock(format!("send --bytes 20001 127.0.0.1 {port}"))
        .stdin(Stdin::Fd(stdin))
        .run();
    assert!(peer.join().expect("the peer") == bytes[..20_001]);
    let mut rest = Vec::new();
    read.read_to_end(&mut rest).expect("the rest");
    assert!(rest == bytes[20_001..]);
}

/// splice(2) cannot pass an urgent byte, recv(2) leaves it out.
#[test]
fn an_urgent_byte_does_not_stop_a_stream() {
    for last in ["", "after"] {
        let (port, peer) = serve(V4, move |mut stream| {
            stream.write_all(b"before ").expect("some bytes");
            SockRef::from(&stream).send_out_of_band(b"!").expect("one");
            stream.write_all(last.as_bytes()).expect("some bytes");
            stream.shutdown(Shutdown::Write).expect("half-close");
            drop(drain(&stream));
        });
        sock(format!("recv 127.0.0.1 {port}"))
            .stdout(format!("before {last}"))
            .run();
        peer.join().expect("the peer");
    }
}

/// Nothing is corked: a lone small write is at the peer at once.
#[test]
fn a_lone_small_write_is_not_held_back() {
    let dir = scratch();
    fs::write(dir.path().join("a"), "1").expect("a file");
    for words in ["connect 127.0.0.1 PORT", "send 127.0.0.1 PORT a -"] {
        let (listener, port) = listen(V4);
        let mut running = sock(words.replace("PORT", &port.to_string()))
            .cwd(dir.path())
            .stdin(Stdin::Pipe)
            .spawn();
        let mut peer = listener.accept().expect("it dials");
        let mut byte = [0];
        if words.starts_with("connect") {
            running.write("1");
        }
        let begun = Instant::now();
        peer.read_exact(&mut byte).expect("it comes");
        assert!(begun.elapsed() < Duration::from_millis(150), "{words}");
        running.close_stdin();
        drop(drain(&peer));
        drop(peer);
        running.finish();
    }
}

/// The other side of a stuck peer may be a file as well.
#[test]
fn a_stuck_peer_holds_no_timer_of_any_carrier() {
    let dir = scratch();
    let file = dir.path().join("f");
    File::create(&file)
        .and_then(|file| file.set_len(64 << 20))
        .expect("a long file");
    for timer in ["--timeout", "--idle"] {
        for (words, pipe) in [("send", false), ("send", true), ("connect", false)] {
            let (_listener, port) = listen(V4);
            let stdin = match pipe {
                true => Stdin::Stream(Box::new(Noise::new(35, 64 << 20))),
                false => Stdin::File(file.clone()),
            };
            let begun = Instant::now();
            let ended = sock(format!("{words} {timer} 0.6 127.0.0.1 {port}"))
                .stdin(stdin)
                .code(124)
                .stderr(format!("sock: *{timer}*\n"))
                .run();
            let earliest = Duration::from_millis(600);
            assert!(ended.elapsed >= earliest, "{ended}");
            // --idle counts from the last byte that fitted.
            assert!(begun.elapsed() < earliest * 2 + SLACK, "{ended}");
        }
    }
}

/// A reader that goes while bytes are spliced to it.
#[test]
fn a_reader_that_leaves_early_is_sigpipe() {
    for words in ["recv", "connect"] {
        let (port, _peer) = serve(V4, flood);
        let (mut read, write) = std::io::pipe().expect("a pipe");
        let running = sock(format!("{words} 127.0.0.1 {port}"))
            .stdin(Stdin::Pipe)
            .stdout_to(Stdout::Fd(write.into()))
            .signal(Signal::SIGPIPE)
            .spawn();
        let mut some = vec![0; 100_000];
        read.read_exact(&mut some).expect("some bytes");
        drop(read);
        running.finish();
    }
}

/// A peer that resets is told as such, whichever call meets it.
#[test]
fn a_reset_is_7_on_every_carrier() {
    let dir = scratch();
    let file = dir.path().join("f");
    fs::write(&file, noise(36, LONG)).expect("a file");
    for pipe in [false, true] {
        let (port, peer) = serve(V4, |mut stream| {
            let mut some = [0; 1000];
            stream.read_exact(&mut some).expect("some bytes");
            reset(stream);
        });
        let stdin = match pipe {
            true => Stdin::Stream(Box::new(Noise::new(37, LONG as u64))),
            false => Stdin::File(file.clone()),
        };
        sock(format!("send 127.0.0.1 {port}"))
            .stdin(stdin)
            .code(7)
            // A call that had moved something keeps the reset for itself; the
            // next one meets EPIPE.
            .stderr("sock: send 127.0.0.1:*: * (E*)*\n")
            .run();
        peer.join().expect("the peer");
    }
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"half").expect("some bytes");
        reset(stream);
    });
    sock(format!("recv 127.0.0.1 {port}"))
        .code(7)
        .any_stdout()
        .stderr("sock: recv 127.0.0.1:*: * (ECONNRESET)*\n")
        .run();
    peer.join().expect("the peer");
}

/// A terminal is copied: its line discipline has a say.
#[test]
fn a_terminal_is_copied() {
    let (port, peer) = serve(V4, |mut stream: TcpStream| {
        stream.write_all(b"to you\n").expect("some bytes");
        let mut heard = [0; 6];
        stream.read_exact(&mut heard).expect("what was typed");
        heard
    });
    let mut running = sock(format!("connect -vv 127.0.0.1 {port}"))
        .stdin(Stdin::Tty)
        .stdout_to(Stdout::Tty)
        .any_stdout()
        .any_stderr()
        .spawn();
    running.write("typed\n");
    running.wait_line("carrier  copy: terminal to socket");
    running.wait_line("carrier  copy: socket to terminal");
    assert_eq!(&peer.join().expect("the peer"), b"typed\n");
    running.finish();
}
