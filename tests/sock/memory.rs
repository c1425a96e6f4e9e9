//! What a transfer costs: memory that does not depend on its size, on every
//! carrier and with every option that holds bytes, and few system calls.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;

use crate::support::files::{gibibyte, noise, peak_memory_kib};
use crate::support::*;

/// The ceiling for any process, in KiB.
const MEMORY: u64 = 8 << 10;

/// Many times what any buffer holds, and whole chunks of 4 MiB.
const SIZE: usize = 16 << 20;

/// A sender, a receiver, and what the receiver's stdout is. `AT` is the
/// address; `half` is a file of half the bytes, the rest is on stdin.
const ROWS: &[(&str, &str, Sink)] = &[
    ("send AT half -", "recv -l AT", Sink::Pipe),
    ("send AT", "recv -l AT", Sink::File),
    ("send AT", "recv -l AT -o F", Sink::Named),
    ("send AT --crlf half -", "recv -l AT", Sink::File),
    ("send AT --rate 1GB/s half -", "recv -l AT", Sink::Pipe),
    ("send AT --chunk 4MiB", "listen AT", Sink::Pipe),
    ("connect AT", "listen AT", Sink::File),
    ("connect AT --crlf", "listen -k AT", Sink::Pipe),
    ("send AT", "recv -l AT --recv-chunk 4MiB", Sink::File),
    (
        "send AT half -",
        "recv -l AT --recv-flags waitall --recv-chunk 4MiB",
        Sink::Pipe,
    ),
    // One byte more than there is when memory is looked at.
    (
        "send AT",
        "recv -l AT --recv-flags waitall --bytes 16777217",
        Sink::File,
    ),
    ("send UNIX half -", "recv -l UNIX", Sink::File),
    (
        "send UNIX",
        "recv -l UNIX --recv-flags waitall --recv-chunk 4MiB",
        Sink::Pipe,
    ),
    (
        "send --seqpacket UNIX",
        "recv --seqpacket -l UNIX",
        Sink::Pipe,
    ),
    (
        "send -u UNIX",
        "recv -u -l UNIX --bytes 16777217",
        Sink::File,
    ),
];

#[derive(Clone, Copy, PartialEq)]
enum Sink {
    Pipe,
    File,
    /// `-o F`
    Named,
}

#[test]
fn eight_mebibytes_carry_any_size() {
    for row in ROWS {
        carry(row, scratch().path());
    }
}

/// Feeds all but the last byte, looks at both while they wait for it, and
/// compares what has come in the end.
fn carry((send, recv, sink): &(&str, &str, Sink), dir: &Path) {
    let crlf = send.contains("--crlf");
    let (bytes, wanted) = match crlf {
        true => (b"a\n".repeat(SIZE / 2), b"a\r\n".repeat(SIZE / 2)),
        false => (noise(40, SIZE), noise(40, SIZE)),
    };
    let (first, rest) = bytes.split_at(if send.contains("half") { SIZE / 2 } else { 0 });
    fs::write(dir.join("half"), first).expect("a file");
    let words = |words: &str, at: &str| words.replace("UNIX", "./s").replace("AT", at);
    let (stored, whole) = match sink {
        Sink::Named => (dir.join("F.part"), dir.join("F")),
        _ => (dir.join("out"), dir.join("out")),
    };
    let mut receiver = sock(words(recv, "127.0.0.1:0"))
        .cwd(dir)
        .stdin(Stdin::Pipe)
        .any_end()
        .any_stdout();
    if *sink == Sink::File {
        let file = fs::File::create(&stored).expect("a file");
        receiver = receiver.stdout_to(Stdout::Fd(file.into()));
    }
    let mut receiver = receiver.any_stderr().listener();
    let mut sender = sock(words(send, &format!("127.0.0.1:{}", receiver.port)))
        .cwd(dir)
        .stdin(Stdin::Pipe)
        .spawn();
    let (mut input, rest) = (sender.take_stdin(), rest.to_vec());
    let feeder = std::thread::spawn(move || {
        std::io::copy(&mut Cursor::new(rest), &mut input).expect("it reads on");
        input
    });
    eventually(&format!("all of {send}, {recv}"), || {
        let came = match sink {
            Sink::Pipe => receiver.wait("it", |state| Some(state.out.len())),
            _ => fs::metadata(&stored).ok()?.len() as usize,
        };
        (came >= wanted.len()).then_some(())
    });
    for process in [&sender, &receiver] {
        let kib = peak_memory_kib(process.pid());
        assert!(kib < MEMORY, "{kib} KiB\n{}", process.log());
    }
    let mut input = feeder.join().expect("the feeder");
    input.write_all(b"!").expect("it reads on");
    drop(input);
    receiver.close_stdin();
    sender.finish();
    if recv.contains("-k") {
        receiver.send_signal(Signal::SIGTERM);
    }
    let ended = receiver.finish();
    let came = match sink {
        Sink::Pipe => ended.out,
        _ => fs::read(whole).expect("the file"),
    };
    let (last, came) = came.split_last().expect("some bytes");
    assert!(came == wanted && *last == b'!', "{send}, {recv}");
}

/// strace(1) counts what the sending side asks of the kernel.
#[test]
fn a_gibibyte_costs_few_system_calls() {
    const CALLS: u64 = 2000;
    if peer("strace").is_none() {
        return;
    }
    let (file, _) = gibibyte();
    let dir = scratch();
    let table = dir.path().join("calls");
    let null = fs::OpenOptions::new().write(true).open("/dev/null");
    let receiver = sock("recv -l 127.0.0.1:0")
        .stdout_to(Stdout::Fd(null.expect("/dev/null").into()))
        .deadline(Duration::from_secs(60))
        .listener();
    sock(format!("send 127.0.0.1 {}", receiver.port))
        .via(["strace", "-f", "-c", "-o", &table.display().to_string()])
        .stdin(Stdin::File(file.clone()))
        .deadline(Duration::from_secs(60))
        .any_stderr()
        .run();
    receiver.finish();
    let text = fs::read_to_string(&table).expect("strace writes it");
    let total = text.lines().find(|line| line.ends_with(" total"));
    let calls: Option<u64> = total
        .and_then(|line| line.split_whitespace().nth(3))
        .and_then(|calls| calls.parse().ok());
    let calls = calls.unwrap_or_else(|| panic!("no total\n{text}"));
    assert!(calls < CALLS, "{calls} calls\n{text}");
}
