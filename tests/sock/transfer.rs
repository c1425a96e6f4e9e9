//! `send` and `recv`: what arrives is what was sent, whichever side waits, over
//! TCP and Unix sockets, within little memory; and nothing that is cut short
//! looks complete.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use nix::sys::stat::Mode;

use crate::support::command::Cmd;
use crate::support::files::{Sha256, gibibyte, noise, peak_memory_kib};
use crate::support::net::*;
use crate::support::*;

/// The ceiling for either side, in KiB.
const MEMORY: u64 = 8 << 10;

/// 1 GiB through `send | recv`. `recv` writes to a pipe that the test reads; when
/// the last pieces are still on their way both processes live, and that is when
/// their peak memory is read.
#[track_caller]
fn gibibyte_through(listener: &str, dialler: impl FnOnce(&Running) -> String) {
    const LAST: u64 = 256 << 10;
    let (file, sum) = gibibyte();
    let (mut read, write) = std::io::pipe().expect("a pipe");
    let mut write = Some(Stdout::Fd(write.into()));
    let mut start = |words: &str| {
        let mut command = sock(words).deadline(Duration::from_secs(120));
        if words.starts_with("send") {
            command = command.arg(file);
        } else {
            command = command.stdout_to(write.take().expect("one receiver"));
        }
        command.spawn()
    };
    let mut first = start(listener);
    first.listening();
    let second = start(&dialler(&first));

    let mut hash = Sha256::new();
    let mut buf = vec![0; 128 << 10];
    let mut left = fs::metadata(file).expect("the file").len();
    let mut copy = |until: u64| {
        while left > until {
            let most = buf.len().min((left - until) as usize);
            let len = read.read(&mut buf[..most]).expect("the pipe");
            assert!(len > 0, "{left} bytes are missing");
            hash.input().write_all(&buf[..len]).expect("sha256sum");
            left -= len as u64;
        }
    };
    copy(LAST);
    for process in [&first, &second] {
        let kib = peak_memory_kib(process.pid());
        assert!(kib < MEMORY, "{kib} KiB\n{}", process.log());
    }
    copy(0);
    assert_eq!(read.read(&mut buf).expect("the pipe"), 0, "and no more");
    assert_eq!(&hash.finish(), sum);
    first.finish();
    second.finish();
}

#[test]
fn a_gibibyte_to_a_waiting_receiver() {
    gibibyte_through("recv -l 127.0.0.1:0", |recv| {
        format!("send 127.0.0.1 {}", recv.port)
    });
}

#[test]
fn a_gibibyte_from_a_waiting_sender() {
    gibibyte_through("send -l 127.0.0.1:0", |send| {
        format!("recv 127.0.0.1 {}", send.port)
    });
}

#[test]
fn a_gibibyte_over_unix_to_a_waiting_receiver() {
    let dir = scratch();
    let path = dir.path().join("s");
    let path = path.display();
    gibibyte_through(&format!("recv -l unix:{path}"), |_| {
        format!("send unix:{path}")
    });
}

#[test]
fn a_gibibyte_over_unix_from_a_waiting_sender() {
    let dir = scratch();
    let path = dir.path().join("s");
    let path = path.display();
    gibibyte_through(&format!("send -l {path}"), |_| format!("recv {path}"));
}

/// Several files are one stream, in order.
#[test]
fn files_are_sent_one_after_another() {
    let dir = scratch();
    fs::write(dir.path().join("a"), "first ").expect("a file");
    fs::write(dir.path().join("b"), "second").expect("a file");
    let recv = sock("recv -l 127.0.0.1:0")
        .stdout("first second")
        .listener();
    sock(format!("send 127.0.0.1 {} a b", recv.port))
        .cwd(dir.path())
        .run();
    recv.finish();
}

/// `recv PORT` alone listens: there is nobody to dial.
#[test]
fn a_receiver_with_a_port_alone_listens() {
    let recv = sock("recv 0").stdout("here").listener();
    sock(format!("send localhost {}", recv.port))
        .input("here")
        .run();
    recv.finish();
}

#[test]
fn an_empty_stream_is_complete() {
    let dir = scratch();
    let mut recv = sock("recv -l 127.0.0.1:0 -o F").cwd(dir.path()).spawn();
    recv.listening();
    sock(format!("send 127.0.0.1 {}", recv.port)).run();
    recv.finish();
    assert_eq!(fs::read(dir.path().join("F")).expect("F"), b"");
}

/// A receiver whose transfer is told by `--bytes`, and a peer that closes.
#[test]
fn fewer_bytes_than_asked_for_is_7() {
    for (words, code, stderr) in [
        ("--bytes 5", 0, ""),
        ("--bytes 6", 7, "sock: recv *5 *--bytes*\n"),
    ] {
        let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"12345"));
        sock(format!("recv {words} 127.0.0.1 {port}"))
            .code(code)
            .stdout("12345")
            .stderr(stderr)
            .run();
    }
}

/// The rest is not waited for.
#[test]
fn a_receiver_takes_as_many_bytes_as_asked_for() {
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"1234567890").expect("ten bytes");
        drain(&stream)
    });
    sock(format!("recv --bytes 4 127.0.0.1 {port}"))
        .stdout("1234")
        .run();
    drop(peer.join().expect("the peer"));
}

#[test]
fn a_sender_sends_as_many_bytes_as_asked_for() {
    let recv = sock("recv -l 127.0.0.1:0").stdout("1234").listener();
    sock(format!("send --bytes 4 127.0.0.1 {}", recv.port))
        .input("1234567890")
        .run();
    recv.finish();
}

#[test]
fn a_sender_that_has_fewer_bytes_than_asked_for_is_7() {
    let recv = sock("recv -l 127.0.0.1:0")
        .code(7)
        .stdout("123")
        .stderr("sock: recv 127.0.0.1:*: * (ECONNRESET)*\n")
        .listener();
    sock(format!("send --bytes 4 127.0.0.1 {}", recv.port))
        .input("123")
        .code(7)
        .stderr("sock: *3 *--bytes*\n")
        .run();
    recv.finish();
}

/// A Unix socket cannot tell a killed sender from one that was done; `--bytes`
/// can.
#[test]
fn bytes_prove_completeness_where_the_socket_cannot() {
    let dir = scratch();
    let mut recv = sock("recv -l ./s --bytes 100 -o F")
        .cwd(dir.path())
        .code(7)
        .stderr("sock: recv *50 *--bytes*F.part*\n")
        .spawn();
    recv.listening();
    let mut send = sock("send ./s")
        .cwd(dir.path())
        .stdin(Stdin::Pipe)
        .signal(Signal::SIGKILL)
        .spawn();
    send.write([b'x'; 50]);
    wait_len(&dir.path().join("F.part"), 50);
    send.send_signal(Signal::SIGKILL);
    send.finish();
    recv.finish();
    assert!(!dir.path().join("F").exists());
}

#[track_caller]
fn wait_len(file: &Path, len: u64) {
    eventually(&format!("{len} bytes in {}", file.display()), || {
        (fs::metadata(file).ok()?.len() >= len).then_some(())
    });
}

#[test]
fn an_interrupted_receiver_keeps_its_part() {
    let dir = scratch();
    let (port, _peer) = serve(V4, |mut stream| {
        stream.write_all(b"some").expect("four bytes");
        drain(&stream)
    });
    let recv = sock(format!("recv -o F 127.0.0.1 {port}"))
        .cwd(dir.path())
        .signal(Signal::SIGINT)
        .stderr("*F.part*\n")
        .spawn();
    wait_len(&dir.path().join("F.part"), 4);
    recv.send_signal(Signal::SIGINT);
    recv.finish();
    assert!(!dir.path().join("F").exists());
    assert_eq!(fs::read(dir.path().join("F.part")).expect("it"), b"some");
}

#[test]
fn a_receiver_whose_timer_fired_keeps_its_part() {
    let dir = scratch();
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"some").expect("four bytes");
        drain(&stream)
    });
    let ended = sock(format!("recv --timeout 0.7 -o F 127.0.0.1 {port}"))
        .cwd(dir.path())
        .code(124)
        .stderr("sock: *--timeout*F.part*\n")
        .run();
    took(ended.elapsed, Duration::from_millis(700));
    // To the sender it does not look stored.
    let (_, end) = peer.join().expect("the peer");
    assert_eq!(
        end.expect_err("a reset").kind(),
        std::io::ErrorKind::ConnectionReset
    );
    assert!(!dir.path().join("F").exists());
}

#[test]
fn an_existing_part_is_an_error_without_force() {
    let dir = scratch();
    fs::write(dir.path().join("F.part"), "older").expect("a file");
    fs::write(dir.path().join("F"), "oldest").expect("a file");
    sock("recv -o F -l 127.0.0.1:0")
        .cwd(dir.path())
        .code(1)
        .stderr("sock: * F.part: * (EEXIST): *--force*\n")
        .run();
    assert_eq!(fs::read(dir.path().join("F.part")).expect("it"), b"older");

    let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"new"));
    sock(format!("recv -o F --force 127.0.0.1 {port}"))
        .cwd(dir.path())
        .run();
    assert_eq!(fs::read(dir.path().join("F")).expect("F"), b"new");
    assert!(!dir.path().join("F.part").exists());
}

#[test]
fn an_existing_file_is_replaced_and_keeps_its_mode() {
    let dir = scratch();
    let file = dir.path().join("F");
    fs::write(&file, "a longer text than the new one").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("its mode");
    let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"new"));
    sock(format!("recv -o F 127.0.0.1 {port}"))
        .cwd(dir.path())
        .run();
    assert_eq!(fs::read(&file).expect("F"), b"new");
    let mode = fs::metadata(&file).expect("F").permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
}

/// A link to an existing file: its `.part` lies beside the target.
#[test]
fn a_part_lies_beside_the_target_of_a_link() {
    let dir = scratch();
    fs::create_dir(dir.path().join("far")).expect("a directory");
    fs::write(dir.path().join("far/target"), "old").expect("a file");
    std::os::unix::fs::symlink("far/target", dir.path().join("F")).expect("a link");
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"cut").expect("three bytes");
        let mut buf = [0; 1];
        let _ = stream.read(&mut buf);
        reset(stream);
    });
    let recv = sock(format!("recv -o F 127.0.0.1 {port}"))
        .cwd(dir.path())
        .signal(Signal::SIGTERM)
        .stderr("*target.part*\n")
        .spawn();
    wait_len(&dir.path().join("far/target.part"), 3);
    recv.send_signal(Signal::SIGTERM);
    recv.finish();
    peer.join().expect("the peer");
    assert_eq!(fs::read(dir.path().join("far/target")).expect("it"), b"old");
    assert!(dir.path().join("F").is_symlink());
}

#[test]
fn a_fifo_is_written_in_place() {
    let dir = scratch();
    let fifo = dir.path().join("fifo");
    nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).expect("a fifo");
    let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"through"));
    let recv = sock(format!("recv -o fifo 127.0.0.1 {port}"))
        .cwd(dir.path())
        .spawn();
    let cat = Cmd::lax("cat").arg(&fifo).stdout("through").run();
    assert_eq!(cat.code, Some(0), "{cat}");
    recv.finish();
    assert!(fs::metadata(&fifo).expect("it").file_type().is_fifo());
    assert!(!dir.path().join("fifo.part").exists());
}

#[test]
fn a_full_device_fails_both_sides() {
    let recv = sock("recv -l 127.0.0.1:0 -o /dev/full")
        .code(1)
        .stderr("sock: * /dev/full: * (ENOSPC)*\n")
        .listener();
    sock(format!("send 127.0.0.1 {}", recv.port))
        .input(noise(6, 4 << 20))
        .code(7)
        .stderr("sock: * 127.0.0.1:*: * (ECONNRESET)*\n")
        .run();
    recv.finish();
}

#[test]
fn a_full_stdout_fails_both_sides() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let recv = sock("recv -l 127.0.0.1:0")
        .stdout_to(Stdout::Fd(full.into()))
        .code(1)
        .stderr("sock: * (ENOSPC)*\n")
        .listener();
    sock(format!("send 127.0.0.1 {}", recv.port))
        .input("x")
        .code(7)
        .stderr("sock: *127.0.0.1:*\n")
        .run();
    recv.finish();
}

#[test]
fn close_wait_is_five_seconds() {
    let (listener, port) = listen(V4);
    let ended = sock(format!("send 127.0.0.1 {port}"))
        .input("x")
        .code(5)
        .stderr("sock: *\n")
        .run();
    took(ended.elapsed, Duration::from_secs(5));
    drop(listener);
}

/// `send` never ends because the peer has finished talking, and discards what
/// it says.
#[test]
fn a_sender_outlives_the_peers_half_close() {
    let (port, peer) = serve(V4, |mut stream| {
        stream.write_all(b"not for you").expect("some bytes");
        stream.shutdown(Shutdown::Write).expect("half-close");
        drain(&stream)
    });
    let mut send = sock(format!("send 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .spawn();
    send.write("first ");
    send.write(noise(7, 1 << 20));
    send.close_stdin();
    send.finish();
    let (bytes, end) = peer.join().expect("the peer");
    end.expect("an end in order");
    assert_eq!(bytes.len(), 6 + (1 << 20));
}

/// Foreign senders that end in order are believed.
#[test]
fn a_receiver_takes_from_nc_ncat_and_socat() {
    for (name, words) in [
        ("nc", "-N 127.0.0.1 PORT"),
        ("ncat", "127.0.0.1 PORT"),
        ("socat", "-u - TCP:127.0.0.1:PORT"),
    ] {
        let Some(peer) = peer(name) else { continue };
        let bytes = noise(8, 300_000);
        let recv = sock("recv -l 127.0.0.1:0")
            .stdout_bytes(bytes.clone())
            .listener();
        peer.words(words.replace("PORT", &recv.port.to_string()))
            .input(&bytes)
            .code(0)
            .run();
        recv.finish();
    }
}

/// Foreign receivers close when they have read our end.
#[test]
fn nc_ncat_and_socat_take_from_a_sender() {
    for (name, words) in [
        ("nc", "-l 127.0.0.1 0"),
        ("ncat", "-l 127.0.0.1 0"),
        ("socat", "-u TCP-LISTEN:0,bind=127.0.0.1 -"),
    ] {
        let Some(peer) = peer(name) else { continue };
        let bytes = noise(9, 300_000);
        let receiver = peer.words(words).spawn();
        let port = tcp_port_of(&receiver);
        sock(format!("send 127.0.0.1 {port}")).input(&bytes).run();
        let ended = receiver.finish();
        assert!(ended.out == bytes, "{name}: {ended}");
    }
}

/// A sender reads its own stdin only when no file is named.
#[test]
fn a_sender_of_files_leaves_stdin_alone() {
    let dir = scratch();
    fs::write(dir.path().join("a"), "the file").expect("a file");
    let recv = sock("recv -l 127.0.0.1:0").stdout("the file").listener();
    let (mut ours, theirs) = {
        let (read, write) = std::io::pipe().expect("a pipe");
        (write, read)
    };
    ours.write_all(b"for the next command").expect("a pipe");
    let mut kept = theirs.try_clone().expect("a copy");
    sock(format!("send 127.0.0.1 {} a", recv.port))
        .cwd(dir.path())
        .stdin(Stdin::Fd(theirs.into()))
        .run();
    recv.finish();
    drop(ours);
    let mut rest = String::new();
    kept.read_to_string(&mut rest).expect("a pipe");
    assert_eq!(rest, "for the next command");
}
