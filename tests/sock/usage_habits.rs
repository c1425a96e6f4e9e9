//! What fingers type that know nc, ncat, socat and nmap, and what is said to it: the
//! command that was probably meant, in the first line and as one JSON object.
//! And the two helps.

use std::fs::OpenOptions;

use crate::support::net::*;
use crate::support::*;

/// What is typed, and what the first line must offer.
const HABITS: &[(&str, &str)] = &[
    ("db 5432", "`sock connect db 5432`"),
    ("db:5432", "`sock connect db:5432`"),
    ("-l 5005", "`sock listen 5005`"),
    ("-lk 5005", "`sock listen -k 5005`"),
    ("-lvnp 5005", "`sock listen -v -n 5005`"),
    ("--listen 5005", "`sock listen 5005`"),
    ("-z host 22", "`sock probe host 22`"),
    ("-zvw3 host 20-30", "`sock probe -w 3 host 20-30`"),
    ("probe -w 3 -z host 22", "`sock probe -w 3 host 22`"),
    (
        "connect -q 1 host 22",
        "`sock connect --quit-after-eof 1 host 22`",
    ),
    ("connect -N host 22", "`sock connect host 22`"),
    ("connect -p 22 host", "`sock connect host 22`"),
    (
        "connect -p 4000 host 22",
        "`sock connect --source :4000 host 22`",
    ),
    (
        "connect -s 10.0.0.9 host 22",
        "`sock connect --source 10.0.0.9 host 22`",
    ),
    ("connect -l 5005", "`sock listen 5005`"),
    ("-lk -e /bin/cat 5005", "`sock listen -k 5005 -- /bin/cat`"),
    ("-l 5005 -c date", "`sock listen --sh date 5005`"),
    (
        "connect -e /bin/sh host 22",
        "`--sh` and `-- CMD` are for sock listen",
    ),
    ("nc -c 10.0.0.5 443", "are for sock listen"),
    ("--ssl host 443", "sock speaks no TLS"),
    ("TCP-LISTEN:5005,fork EXEC:cat", "see sock(1), COMPARISON"),
    ("probe -Pn -p 22,80 host", "`sock probe host 22,80`"),
    ("help", "`sock --help`"),
    ("help probe", "`sock probe --help`"),
    (
        "connect --banner host 22",
        "--banner is no option of connect, but of probe",
    ),
    ("recv -k 5005", "-k is no option of recv, but of listen"),
    // Nothing is offered that would be refused in its turn.
    (
        "--max-conns 5 -kl 80",
        "not possible: `sock listen --max-clients 5 -k 80`",
    ),
    ("-sT -p 22,80 host", "`sock probe host 22,80`"),
    ("-Pn -p- host", "`sock probe host 1-65535`"),
    ("-w3 localhost", "`sock connect -w 3 localhost PORT`"),
    ("-zn 10.0.0.1", "`sock probe -n 10.0.0.1 PORT`"),
    ("/dev/tcp/localhost/80", "`localhost 80`"),
    ("connect /dev/tcp/localhost/80", "`localhost 80`"),
    ("connect ~/s", "reads `~` only without quotes"),
    ("client host 80", "`sock connect host 80`"),
    ("-ulk 80 -e /bin/cat", "not possible: `sock listen -u -k"),
    ("frobnicate host", "listen, connect, send, recv or probe"),
    // Misspelt words.
    ("conect 127.0.0.1 ssh", "`connect`"),
    ("connect --tiemout 3 host 22", "`--timeout`"),
    ("connect --color alwys host 22", "`always`"),
    ("send --send-flags mor host 22", "`more`"),
    ("probe --expect opne host 22", "`open`"),
    ("connect --pause conect=1s host 22", "`connect`"),
];

#[test]
fn the_command_that_was_meant_is_offered() {
    let mut wrong = String::new();
    for (words, meant) in HABITS {
        let ended = sock(words).any_end().any_stdout().any_stderr().run();
        let first = ended.err.lines().next().unwrap_or("");
        let is_said = first.starts_with("error: ") && first.contains(meant);
        if ended.code != Some(2) || !ended.out.is_empty() || !is_said {
            wrong += &format!("expected {meant:?} in the first line: {ended}");
        }
        let json = sock(format!("{words} --json"));
        let ended = json.any_end().any_stdout().any_stderr().run();
        let lines: Vec<&str> = ended.err.lines().collect();
        let said: Option<serde_json::Value> = match lines[..] {
            [line] => serde_json::from_str(line).ok(),
            _ => None,
        };
        // A command of theirs is offered with the --json of this one.
        let inner = meant
            .trim_matches('`')
            .split(' ')
            .next_back()
            .unwrap_or(meant);
        let is_said = said.is_some_and(|said| {
            let reason = said["reason"].as_str().unwrap_or_default();
            said["event"] == "error" && said["code"] == 2 && reason.contains(inner)
        });
        if ended.code != Some(2) || !is_said {
            wrong += &format!("expected {inner:?} in one object: {ended}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is offered can be typed as it stands.
#[test]
fn the_offered_command_works() {
    let (_listener, port) = listen(V4);
    let ended = sock(format!("-zvw3 127.0.0.1 {port}"))
        .code(2)
        .any_stderr()
        .run();
    let offered = ended.err.split_once("did you mean `sock ");
    let offered = offered.and_then(|(_, after)| after.split('`').next());
    sock(offered.expect("a command")).any_stdout().run();
}

/// Passwords of a pasted URL are not repeated.
#[test]
fn passwords_stay_out_of_it() {
    let ended = sock("ftp://me:secret@host/").code(2).any_stderr().run();
    assert!(ended.err.contains("sock connect ftp://host/"), "{ended}");
    assert!(!ended.err.contains("secret"), "{ended}");
}

/// `-h` fits a screen of 80 by 30, with the options used most and examples;
/// every option it names is in `--help`.
#[test]
fn the_short_help_is_one_screen() {
    for verb in ["", "listen", "connect", "send", "recv", "probe"] {
        let short = sock(format!("{verb} -h")).any_stdout().run();
        let long = sock(format!("{verb} --help")).any_stdout().run().text();
        let lines = short.lines();
        assert!(
            (24..=30).contains(&lines.len()),
            "{} lines: {short}",
            lines.len()
        );
        assert!(
            lines.iter().all(|line| line.chars().count() <= 80),
            "{short}"
        );
        let examples = lines.iter().skip_while(|line| *line != "Examples:").skip(1);
        let examples = examples.take_while(|line| line.contains("sock ")).count();
        assert_eq!(examples, 3, "{short}");
        for line in lines
            .iter()
            .filter(|line| line.trim_start().starts_with('-'))
        {
            let words = line.split([' ', ',']);
            for option in words
                .take_while(|word| !word.starts_with('<'))
                .filter(|word| word.starts_with("--"))
            {
                assert!(
                    long.contains(option.trim_end_matches('.')),
                    "{option} in {long}"
                );
            }
        }
    }
}

/// What happens without an option is said beside it, and what an ADDRESS can be
/// beside that.
#[test]
fn the_short_help_says_what_is_so_without_it() {
    for (verb, texts) in [
        ("listen", &["a list as 22,80,8000-8100"][..]),
        (
            "connect",
            &["[default: 10s]", "[default: 0]", "-u h 7    a"],
        ),
        (
            "send",
            &["then the FILEs to send", "[default: 1]", "--json"],
        ),
        ("recv", &["or PORT alone, which listens", "[default: 10s]"]),
        ("probe", &["[default: 4s, 1.3s in ranges and blocks]"]),
    ] {
        let help = sock(format!("{verb} -h")).any_stdout().run().text();
        let words: Vec<&str> = help.split_whitespace().collect();
        for text in texts {
            let is_there = help.contains(text) || words.join(" ").contains(text);
            assert!(is_there, "{text:?} in {help}");
        }
    }
}

/// A help that cannot be written says so.
#[test]
fn a_help_that_is_lost_is_told() {
    for words in ["--help", "connect -h", "--version", "completions bash"] {
        let full = OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        sock(words)
            .stdout_to(Stdout::Fd(full.into()))
            .code(1)
            .stderr("sock: * stdout: no space left on device (ENOSPC)\n")
            .run();
    }
}

/// The verbs stand in the order of a connection's life.
#[test]
fn a_missing_verb_is_named() {
    let ended = sock("").code(2).any_stderr().run();
    let first = ended.err.lines().next().unwrap_or("");
    assert!(
        first.ends_with("listen, connect, send, recv or probe"),
        "{ended}"
    );
}

/// What sock(1) says that the options of others are called here is what is
/// answered to them; what is not simple in socat is answered with that page, and
/// ours is an option there is.
#[test]
fn the_comparison_is_what_is_answered() {
    let page = include_str!("generated/text/sock.md");
    let (_, table) = page.split_once("# COMPARISON").expect("a section");
    let rows = table.lines().filter(|line| line.starts_with("| "));
    let (mut asked, mut wrong) = (0, String::new());
    for row in rows.skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, what, nc, ncat, socat, ours, _] = cells[..] else {
            panic!("five columns: {row}");
        };
        let ours = ours.trim_matches('`');
        for (column, cell) in [nc, ncat, socat].into_iter().enumerate() {
            let cell = cell.trim_matches('`');
            // What the shell does is not among the words.
            let is_whole = cell.contains("TCP") || cell.contains("80") || cell.contains("22");
            let lines = match cell.as_bytes().first() {
                None => continue,
                _ if cell.contains(['<', '>']) => continue,
                Some(b',') => vec![
                    format!("- TCP:h:80{cell}"),
                    format!("- TCP:h:80{cell}=3"),
                    format!("TCP-L:80{cell} -"),
                    format!("TCP-L:80,fork{cell} EXEC:cat"),
                ],
                _ if is_whole => vec![cell.to_owned()],
                _ if cell.ends_with(':') => vec![format!("- {cell}h:80")],
                _ if cell.contains(':') && cell != "-s ::1" => {
                    vec![format!("- {cell}"), format!("TCP-L:80,fork {cell}")]
                }
                _ => vec![
                    format!("{cell} h 80"),
                    cell.to_owned(),
                    format!("-lk -e cat {cell} 80"),
                    format!("-l {cell} 80"),
                    format!("{cell} - TCP:h:80"),
                ],
            };
            let said: Vec<String> = lines.iter().map(|line| said(line)).collect();
            let answers: Vec<String> = said.iter().flat_map(|said| offered(said)).collect();
            // Or where to look is said, with no command.
            let option = ours.split(' ').next().unwrap_or(ours);
            let is_told = said.iter().filter(|said| offered(said).is_empty());
            let is_told = is_told.filter(|said| match column == 2 {
                true => said.ends_with(" is an address of socat: see sock(1), COMPARISON"),
                false => said.ends_with(&format!(" {option}")),
            });
            let is_told = is_told.count() > 0 && is_ours(ours);
            let is_command = ["listen", "connect", "send", "recv", "probe"]
                .iter()
                .any(|verb| ours.starts_with(verb));
            let is_said = answers.iter().any(|answer| match is_command {
                true => ours.starts_with(&answer.replace(":80", " 80").replace(":5", " 5")),
                false => format!(" {answer} ").contains(&format!(" {ours} ")),
            });
            asked += 1;
            if !is_said && !is_told {
                wrong += &format!("{what}: `{cell}` is not answered with `{ours}`: {answers:?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(asked > 40, "{asked} cells");
}

/// The first line of the answer to these words.
fn said(words: &str) -> String {
    let ended = sock(words).any_end().any_stdout().any_stderr().run();
    ended.err.lines().next().unwrap_or("").to_owned()
}

/// The commands in it.
fn offered(said: &str) -> Vec<String> {
    let (_, meant) = said.split_once("; did you mean ").unwrap_or_default();
    let commands = meant
        .split('`')
        .filter_map(|part| part.strip_prefix("sock "));
    commands.map(str::to_owned).collect()
}

/// Whether some verb takes these words.
fn is_ours(words: &str) -> bool {
    let mut lines = match words.strip_prefix("-- ") {
        Some(_) => vec![format!("listen 0 --help {words}")],
        None if !words.starts_with('-') => vec![format!("{words} --help")],
        // The page leaves some values to the reader.
        None => vec![
            format!("connect {words} --help"),
            format!("connect {words} 1 --help"),
            format!("listen 0 {words} --help"),
        ],
    }
    .into_iter();
    lines.any(|line| sock(line).any_end().any_stdout().any_stderr().run().code == Some(0))
}
