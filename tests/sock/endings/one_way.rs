//! Rules 2 and 4 for `send` and `recv`: an end in order is a receipt, and
//! nothing short looks complete.

use super::row::Do::{Close, Hold, Read, ReadAll, Reset, Shut, Wait, Write};
use super::row::{In, Out, Row, Seen};
use super::run::{Carrier, all};

const SENDING: &[Carrier] = &[
    Carrier::new("pipe", "", "pipe"),
    Carrier::new("file", "", "null"),
    Carrier::new("socket", "", "pipe"),
    Carrier::new("file", "--rate 1GB/s", "pipe"),
    Carrier::new("pipe", "--chunk 1", "pipe"),
];

const SEND: &[Row] = &[
    Row::new("", In::Bytes("up"), &[ReadAll, Close]).came("up", Seen::Fin),
    // What the peer says is discarded, and its late end waited for.
    Row::new(
        "",
        In::Bytes("up"),
        &[ReadAll, Wait(300), Write("down"), Close],
    )
    .after(300)
    .came("up", Seen::Fin),
    Row::new("", In::Bytes("up"), &[Write("down"), Shut, ReadAll, Close]).came("up", Seen::Fin),
    // The peer never closes: nobody said that it was stored.
    Row::new("--close-wait 0.3", In::Bytes("up"), &[ReadAll, Hold])
        .code(
            5,
            "sock: close *: all sent, but the peer has not closed in 300ms*--close-wait*",
        )
        .after(300)
        .came("up", Seen::Fin),
    Row::new("--close-wait 0", In::Bytes("up"), &[ReadAll, Hold]).came("up", Seen::Fin),
    Row::new("--idle 0.3", In::Bytes("up"), &[ReadAll, Hold])
        .code(124, "sock: *: ended by --idle 300ms")
        .after(300)
        .came("up", Seen::Fin),
    Row::new("--idle 0.3", In::Open("up"), &[Shut, ReadAll])
        .code(124, "sock: *: ended by --idle 300ms")
        .after(300)
        .came("up", Seen::Cut),
    Row::new("--timeout 0.4", In::Open("up"), &[ReadAll])
        .code(124, "sock: *: ended by --timeout 400ms")
        .after(400)
        .came("up", Seen::Cut),
    // It never ends because the peer has finished talking.
    Row::new("", In::Busy("up"), &[Shut, ReadAll, Close])
        .after(400)
        .came("upupupupup", Seen::Fin),
    Row::new("", In::Tty("up\n\x04"), &[Shut, ReadAll, Close]).came("up\n", Seen::Fin),
    // Gone before everything was sent.
    Row::new("", In::Busy("up"), &[Read(2), Close])
        .code(7, "sock: send * (E*)*")
        .between(100, 200)
        .came("up", Seen::Nothing),
    Row::new("", In::Open("up"), &[Read(2), Reset])
        .tcp_only()
        .code(7, "sock: send * (ECONNRESET)*")
        .came("up", Seen::Nothing),
    Row::new("", In::Open("up"), &[Shut, Read(2), Wait(100), Reset])
        .tcp_only()
        .code(7, "sock: send * (E*)*")
        .after(100)
        .came("up", Seen::Nothing),
    // All was sent, and lost.
    Row::new("", In::Bytes("up"), &[ReadAll, Reset])
        .tcp_only()
        .code(7, "sock: send * (ECONNRESET)*")
        .came("up", Seen::Fin),
    Row::new("", In::Null, &[ReadAll, Close]).came("", Seen::Fin),
    // Nothing at all must not be sent as if it were everything.
    Row::new("", In::Closed, &[Hold]).code(1, "sock: send stdin: * (EBADF)*"),
    // It has no need of stdout.
    Row::new("", In::Bytes("up"), &[Write("down"), ReadAll, Close])
        .stdout(Out::Gone)
        .came("up", Seen::Fin),
    Row::new("", In::Bytes("up"), &[Write("down"), ReadAll, Close])
        .stdout(Out::Closed)
        .came("up", Seen::Fin),
    Row::new("--bytes 1", In::Bytes("up"), &[ReadAll, Close]).came("u", Seen::Fin),
    Row::new("--bytes 3", In::Bytes("up"), &[ReadAll, Close])
        .code(7, "sock: send *: ended after 2 of --bytes 3*")
        .came("up", Seen::Cut),
];

const RECEIVING: &[Carrier] = &[
    Carrier::new("pipe", "", "pipe"),
    Carrier::new("pipe", "", "file"),
    Carrier::new("pipe", "", "null"),
    Carrier::new("pipe", "--recv-chunk 8k", "pipe"),
    Carrier::new("pipe", "--recv-flags waitall", "file"),
    Carrier::new("pipe", "-o F", "pipe"),
];

const RECV: &[Row] = &[
    Row::new("", In::Null, &[Write("down"), Close]).out("down"),
    Row::new("", In::Null, &[Wait(300), Write("down"), Close])
        .after(300)
        .out("down"),
    Row::new("", In::Null, &[Write("down"), Shut, ReadAll])
        .out("down")
        .came("", Seen::Fin),
    Row::new("", In::Null, &[Shut, ReadAll]).came("", Seen::Fin),
    // The peer never ends: a cut, because it was not stored.
    Row::new("--idle 0.3", In::Null, &[ReadAll])
        .code(124, "sock: recv *: ended by --idle 300ms*")
        .after(300)
        .came("", Seen::Cut),
    Row::new("--timeout 0.4", In::Null, &[ReadAll])
        .code(124, "sock: recv *: ended by --timeout 400ms*")
        .after(400)
        .came("", Seen::Cut),
    // It resets: what came before is written out.
    Row::new("", In::Null, &[Write("down"), Wait(100), Reset])
        .tcp_only()
        .code(7, "sock: recv *(ECONNRESET)*")
        .after(100)
        .out("down"),
    // stdin is not its business.
    Row::new("", In::Closed, &[Write("down"), Close]).out("down"),
    Row::new("", In::Open("up"), &[Write("down"), Shut, ReadAll])
        .out("down")
        .came("", Seen::Fin),
    Row::new("", In::Tty("up\n"), &[Write("down"), Shut, ReadAll])
        .out("down")
        .came("", Seen::Fin),
    Row::new("--bytes 4", In::Null, &[Write("down"), ReadAll])
        .out("down")
        .came("", Seen::Fin),
    Row::new("--bytes 5", In::Null, &[Write("down"), Shut, ReadAll])
        .code(7, "sock: recv *: ended after 4 of --bytes 5*")
        .out("down")
        .came("", Seen::Cut),
];

/// Where bytes go to stdout.
const READERS: &[Row] = &[
    Row::new("", In::Null, &[Write("down"), ReadAll])
        .stdout(Out::Gone)
        .sigpipe(),
    Row::new("", In::Null, &[Hold])
        .stdout(Out::Closed)
        .code(1, "sock: recv stdout: *(EBADF)*"),
];

#[test]
fn of_a_sender_that_dials() {
    all("send", SEND, SENDING);
}

#[test]
fn of_a_sender_that_waits() {
    all("send -l", SEND, SENDING);
}

#[test]
fn of_a_receiver_that_dials() {
    all("recv", RECV, RECEIVING);
    all("recv", READERS, &RECEIVING[..1]);
}

#[test]
fn of_a_receiver_that_waits() {
    all("recv -l", RECV, RECEIVING);
    all("recv -l", READERS, &RECEIVING[..1]);
}
