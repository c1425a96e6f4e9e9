//! The ten promises that others break, one test each and more where a promise
//! has several sides, and the list that follows them. The other modules look at
//! the same rules from near; here is what must never be lost.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use crate::support::command::Cmd;
use crate::support::files::{Noise, noise};
use crate::support::net::*;
use crate::support::wait::{PROMPT, took_between};
use crate::support::*;

/// A receiver of `dir/F`, and the words that send to it.
#[track_caller]
fn receiver(dir: &Path) -> Running {
    sock("recv -l 127.0.0.1:0 -o F")
        .cwd(dir)
        .code(7)
        .stderr("sock: recv 127.0.0.1:*: * (ECONNRESET)*F.part*\n")
        .listener()
}

/// Waits until the receiver has stored so many bytes of an unfinished transfer.
#[track_caller]
fn wait_part(dir: &Path, len: u64) {
    eventually(&format!("{len} bytes in F.part"), || {
        (fs::metadata(dir.join("F.part")).ok()?.len() >= len).then_some(())
    });
}

#[track_caller]
fn only_a_part(dir: &Path) {
    assert!(!dir.join("F").exists(), "F looks complete");
    assert!(dir.join("F.part").exists(), "what came is kept");
}

/// A sender that has sent 1 MiB of more, and its receiver that has stored it.
#[track_caller]
fn midway(dir: &Path, sender: impl FnOnce(u16) -> Cmd) -> (Running, Running) {
    let recv = receiver(dir);
    let mut send = sender(recv.port).stdin(Stdin::Pipe).spawn();
    send.write(noise(1, 1 << 20));
    wait_part(dir, 1 << 20);
    (send, recv)
}

#[test]
fn promise_1_a_killed_sender_never_looks_complete() {
    let dir = scratch();
    let (send, recv) = midway(dir.path(), |port| {
        sock(format!("send 127.0.0.1 {port}")).signal(Signal::SIGKILL)
    });
    send.send_signal(Signal::SIGKILL);
    send.finish();
    recv.finish();
    only_a_part(dir.path());
}

#[test]
fn promise_1_nor_one_that_is_asked_to_end() {
    let dir = scratch();
    let (send, recv) = midway(dir.path(), |port| {
        sock(format!("send 127.0.0.1 {port}"))
            .signal(Signal::SIGTERM)
            .any_stderr()
    });
    send.send_signal(Signal::SIGTERM);
    send.finish();
    recv.finish();
    only_a_part(dir.path());
}

#[test]
fn promise_1_nor_one_whose_timer_fired() {
    let dir = scratch();
    let (send, recv) = midway(dir.path(), |port| {
        sock(format!("send --timeout 1s 127.0.0.1 {port}"))
            .code(124)
            .stderr("sock: send 127.0.0.1:*: *--timeout*\n")
    });
    took(send.finish().elapsed, Duration::from_secs(1));
    recv.finish();
    only_a_part(dir.path());
}

/// The first file arrives, reading the second fails: /proc/self/mem opens and
/// gives EIO at its beginning.
#[test]
fn promise_1_nor_one_whose_file_could_not_be_read() {
    let dir = scratch();
    fs::write(dir.path().join("good"), noise(2, 100_000)).expect("a file");
    let recv = receiver(dir.path());
    sock(format!("send 127.0.0.1 {} good /proc/self/mem", recv.port))
        .cwd(dir.path())
        .code(1)
        .stderr("sock: * /proc/self/mem: * (EIO)*\n")
        .run();
    recv.finish();
    only_a_part(dir.path());
}

#[test]
fn promise_1_a_sender_learns_that_its_receiver_was_killed() {
    let dir = scratch();
    let mut recv = sock("recv -l 127.0.0.1:0 -o F")
        .cwd(dir.path())
        .signal(Signal::SIGKILL)
        .spawn();
    recv.listening();
    let mut send = sock(format!("send 127.0.0.1 {}", recv.port))
        .stdin(Stdin::Pipe)
        .code(7)
        .stderr("sock: * 127.0.0.1:*: * (ECONNRESET)*\n")
        .spawn();
    send.write(noise(3, 1 << 20));
    wait_part(dir.path(), 1 << 20);
    recv.send_signal(Signal::SIGKILL);
    recv.finish();
    // Its stdin is still open: the news alone must end it.
    send.finish();
    only_a_part(dir.path());
}

/// All was sent and the FIN is out: only the receiver's silence tells.
#[test]
fn promise_1_a_sender_learns_it_even_after_its_last_byte() {
    let dir = scratch();
    let (port, peer) = serve(V4, |stream| {
        let (bytes, end) = drain(&stream);
        end.expect("the sender's end is in order");
        reset(stream);
        bytes.len()
    });
    sock(format!("send 127.0.0.1 {port}"))
        .cwd(dir.path())
        .input("all of it")
        .code(7)
        .stderr("sock: * 127.0.0.1:*: * (ECONNRESET)*\n")
        .run();
    assert_eq!(peer.join().expect("the peer"), 9);
}

/// A disk of 64 KiB, as a user's own mount.
#[test]
fn promise_1_a_sender_learns_that_the_disk_was_full() {
    let Some(own) = Namespace::new(
        "mkdir /run/small; mount -t tmpfs -o size=64k t /run/small",
        &[],
    ) else {
        return;
    };
    let mut recv = sock("recv -l 127.0.0.1:0 -o /run/small/F")
        .inside(&own, "")
        .code(1)
        .stderr("sock: * /run/small/F*: * (ENOSPC)*\n")
        .spawn();
    recv.listening();
    sock(format!("send 127.0.0.1 {}", recv.port))
        .inside(&own, "")
        .stdin(Stdin::Stream(Box::new(Noise::new(4, 8 << 20))))
        .code(7)
        .stderr("sock: * 127.0.0.1:*: * (ECONNRESET)*\n")
        .run();
    recv.finish();
    own.script("", "test ! -e /run/small/F && test -e /run/small/F.part");
}

/// `(sleep 2; head -c 50M) | sock connect h p`, to a peer that half-closed at
/// once. The two seconds are the pipe's: the test begins to write once the peer
/// has had its FIN read, and grace is shorter than the whole.
fn fifty_mebibytes_to(port: u16) -> Ended {
    let mut connect = sock(format!("connect 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .deadline(Duration::from_secs(60))
        .spawn();
    connect.wait_stdout_end();
    assert!(connect.runs(), "it waits for what stdin may still bring");
    let mut input = connect.take_stdin();
    std::io::copy(&mut Noise::new(5, 50 << 20), &mut input).expect("it reads on");
    drop(input);
    connect.finish()
}

#[test]
fn promise_2_a_server_that_half_closes_at_once_gets_every_byte() {
    let (port, peer) = serve(V4, |stream| {
        stream.shutdown(Shutdown::Write).expect("half-close");
        drain(&stream)
    });
    fifty_mebibytes_to(port);
    let (bytes, end) = peer.join().expect("the peer");
    end.expect("an end in order");
    assert!(bytes == noise(5, 50 << 20), "{} bytes came", bytes.len());
}

#[test]
fn promise_2_so_does_ncat_with_nothing_to_say() {
    let Some(ncat) = peer("ncat") else { return };
    let ncat = ncat.words("-l 127.0.0.1 0").code(0).spawn();
    let port = tcp_port_of(&ncat);
    fifty_mebibytes_to(port);
    let ended = ncat.finish();
    assert!(
        ended.out == noise(5, 50 << 20),
        "{} bytes came",
        ended.out.len()
    );
}

#[test]
fn promise_3_an_idle_stdin_has_its_grace() {
    let (port, peer) = serve(V4, |mut stream| {
        let mut heard = [0; 3];
        stream.read_exact(&mut heard).expect("three bytes");
        stream.write_all(b"hello").expect("five bytes");
    });
    let mut connect = sock(format!("connect --grace 1s 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .code(7)
        .stdout("hello")
        .stderr("sock: *--grace*3 *5 *\n")
        .spawn();
    connect.write("abc");
    connect.wait_stdout_end();
    let closed = connect.age();
    let ended = connect.finish();
    peer.join().expect("the peer");
    // The three bytes were read before the peer closed.
    took_between(ended.elapsed, closed, closed + Duration::from_secs(1));
    assert!(ended.elapsed >= Duration::from_millis(1000));
}

#[test]
fn promise_3_which_is_five_seconds() {
    let (port, _peer) = serve(V4, drop);
    let connect = sock(format!("connect 127.0.0.1 {port}"))
        .stdin(Stdin::Pipe)
        .code(7)
        .stderr("sock: *\n")
        .spawn();
    took(connect.finish().elapsed, Duration::from_secs(5));
}

#[test]
fn promise_3_at_once_where_nobody_can_want_to_send() {
    for stdin in [Stdin::Null, Stdin::Tty] {
        let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"bye\n"));
        let ended = sock(format!("connect 127.0.0.1 {port}"))
            .stdin(stdin)
            .stdout("bye\n")
            .run();
        assert!(ended.elapsed < PROMPT + SLACK, "{ended}");
    }
}

#[test]
fn promise_4_a_datagram_conversation_ends() {
    let port = udp_echo(V4);
    let ended = sock(format!("connect -u 127.0.0.1 {port}"))
        .input("q")
        .stdout("q")
        .run();
    took_between(
        ended.elapsed,
        Duration::from_secs(1),
        Duration::from_millis(1200) - PROMPT,
    );
}

#[test]
fn promise_4_and_tells_silence_from_refusal() {
    let silent = std::net::UdpSocket::bind((V4, 0)).expect("a port");
    let port = silent.local_addr().expect("bound").port();
    let ended = sock(format!("connect -u 127.0.0.1 {port}"))
        .input("q")
        .code(5)
        .stderr("sock: *127.0.0.1:*\n")
        .run();
    took(ended.elapsed, Duration::from_secs(1));

    let closed = UdpClosed::new(V4);
    let ended = sock(format!("connect -u 127.0.0.1 {}", closed.port()))
        .input("q")
        .code(4)
        .stderr("sock: *127.0.0.1:*: *refused (ECONNREFUSED)*\n")
        .run();
    took_between(ended.elapsed, Duration::ZERO, Duration::from_secs(1));
}

/// `| sleep 100`: a pipe that nobody reads, and a stream that never ends.
#[test]
fn promise_5_a_stuck_stdout_holds_no_timer_up() {
    let (port, _peer) = serve(V4, flood);
    let (_unread, write) = std::io::pipe().expect("a pipe");
    let ended = sock(format!("recv --timeout 2s 127.0.0.1 {port}"))
        .stdout_to(Stdout::Fd(write.into()))
        .code(124)
        .stderr("sock: *--timeout*\n")
        .run();
    took(ended.elapsed, Duration::from_secs(2));
}

/// A file that takes no more: a fifo with a reader that does not read.
#[test]
fn promise_5_nor_does_a_stuck_file() {
    let dir = scratch();
    let fifo = dir.path().join("fifo");
    nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).expect("a fifo");
    // Opened for both, so that neither open waits for the other: fifo(7).
    let _stopped = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&fifo)
        .expect("the reader");
    let (port, _peer) = serve(V4, flood);
    let ended = sock(format!("recv --timeout 2s -o fifo 127.0.0.1 {port}"))
        .cwd(dir.path())
        .code(124)
        .stderr("sock: *--timeout*\n")
        .run();
    took(ended.elapsed, Duration::from_secs(2));
    assert!(
        fs::metadata(&fifo)
            .expect("still there")
            .file_type()
            .is_fifo()
    );
}

/// `probe h 22,80,8000-8100`, literally, on a host that is ours alone.
#[test]
fn promise_6_a_port_named_by_itself_must_be_open() {
    let Some(own) = Namespace::lonely("tcp:80 tcp:8050") else {
        return;
    };
    for (words, code) in [
        ("127.0.0.1 22,80,8000-8100", 4),
        ("127.0.0.1 80,8000-8100", 0),
        ("127.0.0.1 8000-8100", 0),
        ("127.0.0.1 80,8051-8100", 4),
        ("127.0.0.1 8051-8100", 4),
        ("::1 22,80,8000-8100", 4),
        ("::1 80,8000-8100", 0),
    ] {
        sock(format!("probe {words}"))
            .inside(&own, "")
            .code(code)
            .any_stdout()
            .run();
    }
}

#[test]
fn promise_7_a_device_stays_a_device() {
    let dir = scratch();
    // First a device that nobody else needs, where we may make one.
    let own = dir.path().join("null");
    let made = mknod(
        &own,
        SFlag::S_IFCHR,
        Mode::S_IRUSR | Mode::S_IWUSR,
        makedev(1, 3),
    )
    .is_ok();
    let devices = [made.then_some(own.as_path()), Some(Path::new("/dev/null"))];
    for device in devices.into_iter().flatten() {
        if fs::OpenOptions::new().write(true).open(device).is_err() {
            // On a file system without devices.
            continue;
        }
        let (port, peer) = serve(V4, |mut stream| stream.write_all(&[b'x'; 100_000]));
        sock(format!("recv -o {} 127.0.0.1 {port}", device.display())).run();
        peer.join().expect("the peer").expect("all of it was taken");
        let kind = fs::symlink_metadata(device)
            .expect("still there")
            .file_type();
        assert!(kind.is_char_device(), "{} is {kind:?}", device.display());
    }
}

#[test]
fn promise_7_a_symlink_stays_a_symlink() {
    let dir = scratch();
    fs::create_dir(dir.path().join("far")).expect("a directory");
    std::os::unix::fs::symlink("far/target", dir.path().join("F")).expect("a link");
    let (port, _peer) = serve(V4, |mut stream| stream.write_all(b"text\n"));
    sock(format!("recv -o F 127.0.0.1 {port}"))
        .cwd(dir.path())
        .run();
    let link = fs::read_link(dir.path().join("F")).expect("still a link");
    assert_eq!(link, Path::new("far/target"));
    let text = fs::read_to_string(dir.path().join("far/target")).expect("the target");
    assert_eq!(text, "text\n");
}

#[test]
fn promise_8_a_server_survives_hup_under_nohup() {
    let mut echo = sock("listen -k --echo 127.0.0.1:0")
        .via(["nohup"])
        .signal(Signal::SIGTERM)
        .any_stderr()
        .spawn();
    // nohup(1) may have its own say before.
    echo.announced();
    let port = echo.port;
    echo.send_signal(Signal::SIGHUP);
    for _ in 0..2 {
        let mut client = dial(V4, port);
        client.write_all(b"still there?").expect("it listens");
        client.shutdown(Shutdown::Write).expect("half-close");
        let (bytes, end) = drain(&client);
        end.expect("an end in order");
        assert_eq!(bytes, b"still there?");
    }
    assert!(echo.runs());
    echo.send_signal(Signal::SIGTERM);
    echo.finish();
}

/// `| head -1`: the reader takes a line and goes.
#[track_caller]
fn head(command: Cmd, bytes: usize) {
    let (mut read, write) = std::io::pipe().expect("a pipe");
    let running = command
        .stdout_to(Stdout::Fd(write.into()))
        .signal(Signal::SIGPIPE)
        .spawn();
    let mut some = vec![0; bytes];
    read.read_exact(&mut some).expect("the first bytes");
    drop(read);
    running.finish();
}

#[test]
fn promise_9_a_probe_ends_quietly_without_its_reader() {
    head(sock("probe 127.0.0.1 1-65535"), 1);
}

#[test]
fn promise_9_so_does_a_receiver() {
    let (port, _peer) = serve(V4, flood);
    head(sock(format!("recv 127.0.0.1 {port}")), 10);
}

#[test]
fn promise_9_so_does_a_conversation() {
    let (port, _peer) = serve(V4, flood);
    head(
        sock(format!("connect 127.0.0.1 {port}")).stdin(Stdin::Pipe),
        10,
    );
}

#[test]
fn promise_10_a_probe_does_not_use_up_a_listener() {
    let mut listen = sock("listen 127.0.0.1:0")
        .stdin(Stdin::Pipe)
        .stdout("hello")
        .any_stderr()
        .listener();
    for _ in 0..3 {
        sock(format!("probe 127.0.0.1 {}", listen.port))
            .stdout("127.0.0.1\t127.0.0.1\t*\ttcp\topen\tsyn-ack\t-\t*\n")
            .run();
    }
    let mut client = dial(V4, listen.port);
    client.write_all(b"hello").expect("it took us");
    listen.wait_text("hello");
    listen.write("and back");
    listen.close_stdin();
    let mut answer = [0; 8];
    client.read_exact(&mut answer).expect("its answer");
    assert_eq!(&answer, b"and back");
    drop(client);
    listen.finish();
}

#[test]
fn promise_10_nor_a_receiver() {
    let dir = scratch();
    let mut recv = sock("recv -l 127.0.0.1:0 -o F")
        .cwd(dir.path())
        .any_stderr()
        .spawn();
    recv.listening();
    for _ in 0..3 {
        reset(dial(V4, recv.port));
    }
    sock(format!("send 127.0.0.1 {}", recv.port))
        .input("payload")
        .run();
    recv.finish();
    assert_eq!(fs::read(dir.path().join("F")).expect("F"), b"payload");
}

/// With a word on stderr about each peer that was none.
#[test]
fn promise_10_and_each_of_them_is_reported() {
    let mut listen = sock("listen -v 127.0.0.1:0")
        .stdin(Stdin::Pipe)
        .any_stderr()
        .spawn();
    listen.announced();
    reset(dial(V4, listen.port));
    listen.wait_line("*127.0.0.1*reset*");
    assert!(listen.runs());
}

/// Two shells: `sock listen 5005` and `sock connect localhost 5005`, each at a
/// terminal, until one of them types Ctrl-D.
#[track_caller]
fn two_shells(who_ends: &str) {
    let mut listen = sock("listen 0")
        .stdin(Stdin::Tty)
        .any_stderr()
        .stdout("from the client\n")
        .listener();
    let mut connect = sock(format!("connect localhost {}", listen.port))
        .stdin(Stdin::Tty)
        .any_stderr()
        .stdout("from the server\n")
        .spawn();
    connect.write("from the client\n");
    listen.wait_text("from the client\n");
    listen.write("from the server\n");
    connect.wait_text("from the server\n");
    const CTRL_D: &str = "\x04";
    match who_ends {
        "client" => connect.write(CTRL_D),
        _ => listen.write(CTRL_D),
    }
    connect.finish();
    listen.finish();
}

#[test]
fn two_shells_talk_until_the_client_types_ctrl_d() {
    two_shells("client");
}

#[test]
fn two_shells_talk_until_the_server_types_ctrl_d() {
    two_shells("server");
}

/// Exactly the ports that listen, three times in a row, on a host that is ours
/// alone. The ephemeral range is part of it, where a connect() may meet itself.
#[test]
fn a_survey_of_localhost_finds_exactly_what_listens() {
    const PORTS: [u16; 7] = [1, 22, 80, 8080, 33000, 40000, 65535];
    let words: Vec<String> = PORTS.iter().map(|port| format!("tcp:{port}")).collect();
    let Some(own) = Namespace::lonely(&words.join(" ")) else {
        return;
    };
    for _ in 0..3 {
        let ended = sock("probe localhost 1-65535")
            .inside(&own, "")
            .any_stdout()
            .deadline(Duration::from_secs(60))
            .run();
        let rows = ended.lines();
        assert_eq!(rows.len(), 65535, "a row a port");
        let mut open: Vec<u16> = rows
            .iter()
            .map(|row| row.split('\t').collect::<Vec<_>>())
            .filter(|row| row[4] != "closed")
            .map(|row| {
                assert_eq!(row[4], "open", "{row:?}");
                row[2].parse().expect("a port")
            })
            .collect();
        open.sort_unstable();
        assert_eq!(open, PORTS);
    }
}
