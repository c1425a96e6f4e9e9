//! Rule 2: both directions, each ending on its own.

use super::row::Do::{Close, Hold, Read, ReadAll, Reset, Shut, Wait, Write};
use super::row::{In, Out, Row, Seen};
use super::run::{Carrier, all};

/// stdin from each kind of source, stdout of each kind, and with options under
/// which the bytes pass through a buffer.
const CARRIERS: &[Carrier] = &[
    Carrier::new("pipe", "", "pipe"),
    Carrier::new("file", "", "file"),
    Carrier::new("socket", "", "pipe"),
    Carrier::new("file", "--rate 1GB/s --recv-chunk 8k", "pipe"),
    Carrier::new("pipe", "--chunk 1", "null"),
];

const CUT: &str = "sock: * (E*)*";

const ROWS: &[Row] = &[
    // The peer answers long after our end.
    Row::new(
        "",
        In::Bytes("up"),
        &[ReadAll, Wait(300), Write("down"), Close],
    )
    .after(300)
    .out("down")
    .came("up", Seen::Fin),
    // It never ends: who does is the user's choice.
    Row::new(
        "--quit-after-eof 0.3",
        In::Bytes("up"),
        &[Write("down"), ReadAll, Hold],
    )
    .code(
        0,
        "sock: recv *: ended by --quit-after-eof 300ms: sent 2 B, received 4 B",
    )
    .after(300)
    .out("down")
    .came("up", Seen::Fin),
    Row::new(
        "--quit-after-eof 10",
        In::Bytes("up"),
        &[ReadAll, Write("down"), Close],
    )
    .out("down")
    .came("up", Seen::Fin),
    Row::new("--idle 0.3", In::Bytes("up"), &[ReadAll, Hold])
        .code(124, "sock: *: ended by --idle 300ms")
        .after(300)
        .came("up", Seen::Fin),
    Row::new("--timeout 0.4", In::Bytes("up"), &[ReadAll, Hold])
        .code(124, "sock: *: ended by --timeout 400ms")
        .after(400)
        .came("up", Seen::Fin),
    // A timer while our own end is still due: a cut.
    Row::new("--idle 0.3", In::Open("up"), &[ReadAll])
        .code(124, "sock: *: ended by --idle 300ms")
        .after(300)
        .came("up", Seen::Cut),
    Row::new("--timeout 0.4", In::Open("up"), &[Write("down"), ReadAll])
        .code(124, "sock: *: ended by --timeout 400ms")
        .after(400)
        .out("down")
        .came("up", Seen::Cut),
    // The peer closes first.
    Row::new("", In::Tty(""), &[Write("down"), Close]).out("down"),
    Row::new("", In::Null, &[Write("down"), Close]).out("down"),
    Row::new("--grace 0.3", In::Open(""), &[Write("down"), Close])
        .code(
            7,
            "sock: send *: ended by --grace 300ms with stdin open: sent 0 B, received 4 B*",
        )
        .after(300)
        .out("down"),
    Row::new(
        "--grace 0.3",
        In::Open("up"),
        &[Write("down"), Shut, ReadAll],
    )
    .code(
        7,
        "sock: send *: ended by --grace 300ms with stdin open: sent 2 B, received 4 B*",
    )
    .after(300)
    .out("down")
    .came("up", Seen::Cut),
    Row::new("--grace inf --timeout 0.4", In::Open(""), &[Shut, ReadAll])
        .code(124, "sock: *: ended by --timeout 400ms")
        .after(400)
        .came("", Seen::Cut),
    // Each read of a busy stdin begins the grace anew.
    Row::new(
        "--grace 0.3",
        In::Busy("up"),
        &[Write("down"), Shut, ReadAll],
    )
    .after(400)
    .out("down")
    .came("upupupupup", Seen::Fin),
    // Gone for good, and stdin would have gone on.
    Row::new("", In::Busy("up"), &[Read(2), Close])
        .code(7, CUT)
        .between(100, 200)
        .came("up", Seen::Nothing),
    // It half-closes at once and reads on.
    Row::new("", In::Bytes("up"), &[Shut, ReadAll]).came("up", Seen::Fin),
    Row::new("", In::Bytes("up"), &[Shut, Wait(300), ReadAll]).came("up", Seen::Fin),
    // Both at once.
    Row::new("", In::Bytes("up"), &[Write("down"), Shut, ReadAll])
        .out("down")
        .came("up", Seen::Fin),
    // It resets: what it said before is delivered.
    Row::new("", In::Open("up"), &[Read(2), Reset])
        .tcp_only()
        .code(7, "sock: * (ECONNRESET)*")
        .came("up", Seen::Nothing),
    Row::new("", In::Tty("up\n"), &[Write("down"), Read(3), Reset])
        .tcp_only()
        .code(7, "sock: * (ECONNRESET)*")
        .out("down")
        .came("up\n", Seen::Nothing),
    Row::new(
        "",
        In::Bytes("up"),
        &[ReadAll, Write("down"), Wait(50), Reset],
    )
    .tcp_only()
    .after(50)
    .code(7, "sock: recv *(ECONNRESET)*")
    .out("down")
    .came("up", Seen::Fin),
    // Also after it had no more to say, while our stdin is silent.
    Row::new("", In::Open("up"), &[Shut, Read(2), Wait(100), Reset])
        .tcp_only()
        .code(7, "sock: send * (E*)*")
        .after(100)
        .came("up", Seen::Nothing),
    // stdin closed at start is at its end.
    Row::new("", In::Closed, &[ReadAll, Write("down"), Close])
        .out("down")
        .came("", Seen::Fin),
    // Typed, and the end of what is typed.
    Row::new("", In::Tty("up\n\x04"), &[ReadAll, Write("down"), Close])
        .out("down")
        .came("up\n", Seen::Fin),
    // stdout: its reader has gone, or it never was there.
    Row::new("", In::Open(""), &[Write("down"), ReadAll])
        .stdout(Out::Gone)
        .sigpipe(),
    Row::new("", In::Bytes("up"), &[Hold])
        .stdout(Out::Closed)
        .code(1, "sock: recv stdout: *(EBADF)*"),
    // What is done at the end of stdin.
    Row::new(
        "--on-eof keep",
        In::Bytes("up"),
        &[Read(2), Wait(200), Write("down"), Close],
    )
    .after(200)
    .out("down")
    .came("up", Seen::Nothing),
    Row::new("--on-eof close", In::Bytes("up"), &[ReadAll, Hold]).came("up", Seen::Fin),
];

#[test]
fn of_who_dials() {
    all("connect", ROWS, CARRIERS);
}

#[test]
fn of_who_waits() {
    all("listen", ROWS, CARRIERS);
}
