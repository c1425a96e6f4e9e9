//! One machine-readable form: with `--json` every line that `sock` writes itself
//! is an object of the schema `sock/1` with an event, and payload stays payload.

use std::io::Write;

use serde_json::Value;

use crate::support::net::*;
use crate::support::*;

/// Every line of a text, each an object with schema and event.
#[track_caller]
fn events(text: &str, ended: &Ended) -> Vec<Value> {
    text.lines()
        .map(|line| {
            let event: Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{ended}"));
            assert!(
                line.starts_with("{\"schema\":\"sock/1\",\"event\":\""),
                "{ended}"
            );
            event
        })
        .collect()
}

#[track_caller]
fn on_stderr(ended: &Ended) -> Vec<Value> {
    let events = events(&ended.err, ended);
    for event in &events {
        assert_ne!(event["event"], "probe", "{ended}");
        assert_ne!(event["event"], "summary", "{ended}");
    }
    events
}

fn keys(event: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = event
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// The error event of a run.
#[track_caller]
fn error(ended: &Ended) -> Value {
    let events = on_stderr(ended);
    let errors: Vec<&Value> = events
        .iter()
        .filter(|event| event["event"] == "error")
        .collect();
    assert_eq!(errors.len(), 1, "{ended}");
    let error = errors[0].clone();
    assert_eq!(
        keys(&error),
        [
            "code", "errno", "event", "hint", "object", "reason", "schema", "stage"
        ],
        "{ended}"
    );
    error
}

#[test]
fn a_conversation_and_its_listener() {
    for verbose in ["", "-v", "-vv"] {
        let listen = sock(format!("listen --json {verbose} 127.0.0.1:0"))
            .stdin(Stdin::Pipe)
            .stdout("ping")
            .any_stderr()
            .spawn();
        let line = listen.wait_line("*\"event\":\"listening\"*");
        let event: Value = serde_json::from_str(&line).expect("an object");
        let address = event["address"].as_str().expect("its address").to_owned();
        assert!(address.starts_with("127.0.0.1:"), "{line}");
        assert_eq!(event["families"], serde_json::json!(["IPv4"]), "{line}");
        let first = listen.wait("the first line", |state| {
            Some(
                String::from_utf8_lossy(&state.err)
                    .lines()
                    .next()?
                    .to_owned(),
            )
        });
        if verbose.is_empty() {
            assert_eq!(first, line, "it comes first");
        }
        let client = sock(format!("connect --json {verbose} {address}"))
            .input("ping")
            .any_stderr()
            .spawn();
        listen.wait_text("ping");
        let mut listen = listen;
        listen.close_stdin();
        on_stderr(&client.finish());
        on_stderr(&listen.finish());
    }
}

#[test]
fn a_transfer() {
    let recv = sock("recv --json -v -l 127.0.0.1:0")
        .stdout("payload")
        .any_stderr()
        .spawn();
    let line = recv.wait_line("*\"event\":\"listening\"*");
    let event: Value = serde_json::from_str(&line).expect("an object");
    let address = event["address"].as_str().expect("its address");
    let send = sock(format!("send --json -v {address}"))
        .input("payload")
        .any_stderr()
        .run();
    on_stderr(&send);
    on_stderr(&recv.finish());
}

#[test]
fn errors_have_all_their_fields() {
    let refused = Refused::new(V4);
    let address = format!("127.0.0.1:{}", refused.port());
    let ended = sock(format!("connect --json {address}"))
        .code(4)
        .any_stderr()
        .run();
    let event = error(&ended);
    assert_eq!(event["stage"], "connect", "{ended}");
    assert_eq!(event["object"], address, "{ended}");
    assert_eq!(event["reason"], "connection refused", "{ended}");
    assert_eq!(event["errno"], "ECONNREFUSED", "{ended}");
    assert_eq!(event["code"], 4, "{ended}");
    assert!(event["hint"].is_string(), "{ended}");

    let ended = sock("connect --json -n nowhere.invalid 80")
        .code(3)
        .any_stderr()
        .run();
    let event = error(&ended);
    assert_eq!(event["stage"], "resolve", "{ended}");
    assert_eq!(event["code"], 3, "{ended}");
    assert_eq!(event["errno"], Value::Null, "{ended}");

    let ended = sock("listen --json 192.0.2.1:0").code(1).any_stderr().run();
    let event = error(&ended);
    assert_eq!(event["stage"], "bind", "{ended}");
    assert_eq!(event["errno"], "EADDRNOTAVAIL", "{ended}");
}

#[test]
fn a_timer_is_an_error_event() {
    let ended = sock("recv --json -l --timeout 0.3 127.0.0.1:0")
        .code(124)
        .any_stderr()
        .run();
    assert_eq!(error(&ended)["code"], 124);
}

#[test]
fn a_reset_is_an_error_event() {
    let (port, _peer) = serve(V4, |mut stream| {
        stream.write_all(b"some").expect("four bytes");
        reset(stream);
    });
    let ended = sock(format!("recv --json 127.0.0.1 {port}"))
        .code(7)
        .stdout("some")
        .any_stderr()
        .run();
    let event = error(&ended);
    assert_eq!(event["stage"], "recv", "{ended}");
    assert_eq!(event["errno"], "ECONNRESET", "{ended}");
}

/// Wrong usage is one object, for every verb.
#[test]
fn wrong_usage_is_an_object() {
    for words in [
        "connect --json 127.0.0.1 99999",
        "listen --json 127.0.0.1:99999",
        "send --json -u -l 0",
        "recv --json",
        "probe --json 127.0.0.1 9-1",
        "connect --frobnicate --json 127.0.0.1 1",
        "connect --timeout 5M --json 127.0.0.1 1",
    ] {
        let ended = sock(words).code(2).any_stderr().run();
        assert_eq!(ended.err.lines().count(), 1, "{ended}");
        assert_eq!(error(&ended)["code"], 2, "{ended}");
    }
}

#[test]
fn a_probe_keeps_its_rows_on_stdout() {
    let (_listener, open) = listen(V4);
    let refused = Refused::new(V4);
    let ended = sock(format!(
        "probe --json -v 127.0.0.1 {open},{}",
        refused.port()
    ))
    .code(4)
    .any_stdout()
    .any_stderr()
    .run();
    let rows = events(&ended.text(), &ended);
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row["event"].as_str().expect("an event"))
        .collect();
    assert_eq!(names, ["probe", "probe", "summary"], "{ended}");
    on_stderr(&ended);
}

/// A name that does not resolve: still objects only, on either stream.
#[test]
fn a_probe_of_an_unknown_name() {
    let ended = sock("probe --json -n nowhere.invalid 80")
        .code(3)
        .any_stdout()
        .any_stderr()
        .run();
    events(&ended.text(), &ended);
    on_stderr(&ended);
}

/// Events are written when they happen, not at the end: an open port is told
/// while a silent one is still waited for.
#[test]
fn events_are_not_held_back() {
    let (_listener, open) = listen(V4);
    let silent = Silent::new(V4);
    let probe = sock(format!("probe --json 127.0.0.1 {open},{}", silent.port()))
        .code(5)
        .any_stdout()
        .spawn();
    probe.wait_text("\"state\":\"open\"");
    let age = probe.age();
    assert!(age < wait::PROMPT + SLACK, "told after {age:?}");
    probe.finish();
}

/// Names and bytes of others are data, whatever they hold.
#[test]
fn odd_words_stay_inside_their_strings() {
    let ended = sock("connect --json -n")
        .arg("a\"b\\c\u{1b}\n")
        .arg("80")
        .any_end()
        .any_stderr()
        .run();
    assert!(matches!(ended.code, Some(2 | 3)), "{ended}");
    on_stderr(&ended);
}
