//! Rule 6: datagrams have no end.

use super::row::Do::{Hold, Read, Wait, Write};
use super::row::{In, Out, Row, Seen};
use super::run::datagrams;

const CONNECT: &[Row] = &[
    // A second after the last of them.
    Row::new("", In::Bytes("up"), &[Read(2), Wait(300), Write("down")])
        .after(1300)
        .out("down")
        .came("up", Seen::Nothing),
    Row::new(
        "--idle 0.5",
        In::Bytes("up"),
        &[Read(2), Wait(300), Write("down")],
    )
    .after(800)
    .out("down")
    .came("up", Seen::Nothing),
    Row::new("", In::Tty("up\n\x04"), &[Read(3), Write("down")])
        .after(1000)
        .out("down")
        .came("up\n", Seen::Nothing),
    // Nothing comes.
    Row::new("", In::Bytes("up"), &[Read(2), Hold])
        .code(5, "sock: recv *: no answer in 1s*")
        .after(1000)
        .came("up", Seen::Nothing),
    Row::new("--idle 0.3", In::Bytes("up"), &[Read(2), Hold])
        .code(5, "sock: recv *: no answer in 300ms*")
        .after(300)
        .came("up", Seen::Nothing),
    Row::new("", In::Closed, &[Hold])
        .code(5, "sock: recv *: no answer in 1s: nothing was sent")
        .after(1000),
    // Before stdin's end it is a timer.
    Row::new("--idle 0.3", In::Open("up"), &[Read(2), Hold])
        .code(124, "sock: *: ended by --idle 300ms")
        .after(300)
        .came("up", Seen::Nothing),
    Row::new(
        "--timeout 0.4",
        In::Open("up"),
        &[Read(2), Write("down"), Hold],
    )
    .code(124, "sock: *: ended by --timeout 400ms")
    .after(400)
    .out("down")
    .came("up", Seen::Nothing),
    Row::new("", In::Open(""), &[Hold])
        .stdout(Out::Gone)
        .sigpipe(),
    Row::new("", In::Bytes("up"), &[Hold])
        .stdout(Out::Closed)
        .code(1, "sock: recv stdout: *(EBADF)*"),
];

const LISTEN: &[Row] = &[
    Row::new("", In::Bytes("up"), &[Write("down"), Read(2), Hold])
        .after(1000)
        .out("down")
        .came("up", Seen::Nothing),
    Row::new("", In::Closed, &[Write("down"), Hold])
        .after(1000)
        .out("down"),
    Row::new(
        "--idle 0.3",
        In::Open("up"),
        &[Write("down"), Read(2), Hold],
    )
    .code(124, "sock: *: ended by --idle 300ms")
    .after(300)
    .out("down")
    .came("up", Seen::Nothing),
    Row::new("--timeout 0.4", In::Null, &[Hold])
        .code(124, "sock: *: ended by --timeout 400ms")
        .after(400),
    Row::new("", In::Open(""), &[Write("down"), Hold])
        .stdout(Out::Gone)
        .sigpipe(),
];

const SEND: &[Row] = &[
    Row::new("", In::Bytes("up"), &[Read(2)]).came("up", Seen::Nothing),
    Row::new(
        "",
        In::Busy("up"),
        &[Read(2), Read(2), Read(2), Read(2), Read(2)],
    )
    .after(400)
    .came("upupupupup", Seen::Nothing),
    Row::new("--idle 0.3", In::Open("up"), &[Read(2), Hold])
        .code(124, "sock: *: ended by --idle 300ms")
        .after(300)
        .came("up", Seen::Nothing),
    Row::new("", In::Closed, &[Hold]).code(1, "sock: send stdin: * (EBADF)*"),
];

const RECV: &[Row] = &[
    Row::new("--count 1", In::Null, &[Write("down"), Hold]).out("down"),
    Row::new(
        "--bytes 8",
        In::Closed,
        &[Write("down"), Wait(200), Write("down")],
    )
    .after(200)
    .out("downdown"),
    Row::new("--idle 0.3", In::Null, &[Write("down"), Hold])
        .code(124, "sock: *: ended by --idle 300ms")
        .after(300)
        .out("down"),
    Row::new("--timeout 0.4", In::Null, &[Write("down"), Hold])
        .code(124, "sock: *: ended by --timeout 400ms")
        .after(400)
        .out("down"),
    Row::new("", In::Null, &[Write("down"), Hold])
        .stdout(Out::Gone)
        .sigpipe(),
];

#[test]
fn of_who_dials() {
    datagrams("connect", CONNECT);
}

#[test]
fn of_who_waits() {
    datagrams("listen", LISTEN);
}

#[test]
fn of_a_sender() {
    datagrams("send", SEND);
}

#[test]
fn of_a_receiver() {
    datagrams("recv -l", RECV);
}
