//! README's table of what others say about the same ports: made here, so that
//! it stays true.

use std::path::Path;
use std::time::Duration;

use super::*;

/// Set to write the table instead of comparing it.
const WRITE: &str = "SOCK_WRITE_GENERATED";
const CURE: &str = "SOCK_WRITE_GENERATED=1 cargo test --test sock firewall::others";

const HEAD: &str = "\
| what happens to the packets | nc | ncat | nmap -sT | sock probe |
|---|---|---|---|---|
";

/// What happens, the words that ask with UDP, and the port.
#[rustfmt::skip]
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("a server accepts", "", "10.0.3.2", "2000"),
    ("nobody listens", "", "10.0.3.2", "2001"),
    ("a router drops them", "", "10.0.3.2", "2020"),
    ("the server's firewall drops the answer", "", "10.0.3.2", "2023"),
    ("a router rejects (nft's default)", "", "10.0.3.2", "2040"),
    ("a router rejects, admin-prohibited", "", "10.0.3.2", "2030"),
    ("a router rejects, net-unreachable", "", "10.0.3.2", "2050"),
    ("a router rejects with a reset", "", "10.0.3.2", "2010"),
    ("the host is down", "", "10.0.3.95", "80"),
    ("our own firewall drops them", "", "10.0.3.2", "2024"),
    ("our own firewall rejects", "", "10.0.3.2", "2043"),
    ("our own route is a blackhole", "", "192.0.2.2", "80"),
    ("UDP: a server replies", "-u", "10.0.3.2", "2000"),
    ("UDP: nobody listens", "-u", "10.0.3.2", "2001"),
    ("UDP: a router drops them", "-u", "10.0.3.2", "2020"),
    ("UDP: a router rejects, admin-prohibited", "-u", "10.0.3.2", "2030"),
];

/// What a command says, on both streams, and its code.
fn said(command: Cmd) -> Option<(Vec<String>, i32)> {
    let ended = command
        .inside(lab()?, "client")
        .deadline(Duration::from_secs(60))
        .any_end()
        .any_stdout()
        .any_stderr()
        .run();
    let mut lines = ended.lines();
    lines.extend(ended.err.lines().map(str::to_owned));
    Some((lines, ended.code?))
}

/// `Connection refused (1)` of `nc: connect to ... failed: Connection refused`.
fn nc(udp: &str, host: &str, port: &str) -> Option<String> {
    let (lines, code) = said(Cmd::lax("nc").words(format!("-nvz -w 6 {udp} {host} {port}")))?;
    let line = lines.last().map_or("nothing", |line| line.trim());
    let text = match line.rsplit_once("] ").or(line.rsplit_once(") ")) {
        Some((_, said)) => said.trim_start_matches("failed: ").to_owned(),
        None => line.to_owned(),
    };
    Some(format!("{text} ({code})"))
}

/// Its last line but for the one about its version.
fn ncat(udp: &str, host: &str, port: &str) -> Option<String> {
    let (lines, code) = said(Cmd::lax("ncat").words(format!("-nvz -w 6 {udp} {host} {port}")))?;
    let about = |line: &&String| !line.contains("Version") && !line.contains("bytes sent");
    let line = lines.iter().rfind(about);
    let text = line.map_or("nothing", |line| line.trim_start_matches("Ncat: "));
    let text = text.trim_end_matches('.').split(" to 10.").next()?;
    Some(format!("{text} ({code})"))
}

/// The state. UDP takes it root's rights.
fn nmap(udp: &str, host: &str, port: &str) -> Option<String> {
    if !udp.is_empty() {
        return Some("-".to_owned());
    }
    let (lines, code) = said(Cmd::lax("nmap").words(format!("-n -Pn -sT -p {port} {host}")))?;
    let row = lines.iter().find(|line| line.contains("/tcp"));
    let state = row.and_then(|row| row.split_whitespace().nth(1));
    Some(format!("{} ({code})", state.unwrap_or("nothing")))
}

/// State, reason, and who said so.
fn ours(udp: &str, host: &str, port: &str) -> Option<String> {
    let (lines, code) = said(sock(format!("probe -w 6 {udp} {host} {port}")))?;
    let fields: Vec<&str> = lines.first()?.split('\t').collect();
    let by = match fields[6] {
        "-" => String::new(),
        by => format!(" by {by}"),
    };
    Some(format!("**{}** {}{by} ({code})", fields[4], fields[5]))
}

#[test]
fn readme_says_what_the_others_say() {
    for tool in ["nc", "ncat", "nmap"] {
        if peer(tool).is_none() {
            return;
        }
    }
    let rows = ROWS.iter().map(|&(what, udp, host, port)| {
        std::thread::spawn(move || {
            let cells = [nc, ncat, nmap, ours].map(|tool| tool(udp, host, port));
            let [nc, ncat, nmap, ours] = cells;
            Some(format!(
                "| {what} | {} | {} | {} | {} |\n",
                nc?, ncat?, nmap?, ours?
            ))
        })
    });
    let rows: Vec<_> = rows.collect();
    let rows = rows.into_iter().map(|row| row.join().expect("a row"));
    let Some(rows) = rows.collect::<Option<String>>() else {
        return;
    };
    let made = format!("{HEAD}{rows}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&file).expect("README.md");
    let begin = readme
        .find(HEAD)
        .expect("the head of the table in README.md");
    let length = readme[begin..].find("\n\n").expect("an end of the table") + 1;
    if std::env::var_os(WRITE).is_some() {
        let (before, after) = (&readme[..begin], &readme[begin + length..]);
        std::fs::write(&file, [before, &made, after].concat()).expect("README.md");
        return;
    }
    let there = &readme[begin..begin + length];
    assert!(
        there == made,
        "README's table is stale; make it anew with: {CURE}\n{made}"
    );
}
