//! TAB in bash, zsh and fish, at a terminal: what appears when it is pressed.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::support::shell::shell;
use crate::support::*;

/// What a line becomes; runs of spaces count as one.
#[rustfmt::skip]
const BECOMES: &[(&str, &str)] = &[
    // Verbs, hosts, ports, lists.
    ("sock pr\t", "sock probe"),
    ("sock frob ht\t", "sock frob ht"),
    ("sock -4 con\t", "sock -4 con"),
    ("sock --json conn\t", "sock --json conn"),
    ("sock probe loc\t ht\t", "sock probe localhost http"),
    ("sock send --send-flags nosignal,mo\t", "sock send --send-flags nosignal,more"),
    ("sock send --send-flags=nosignal,mo\t", "sock send --send-flags=nosignal,more"),
    ("sock recv --recv-flags peek,pe\t", "sock recv --recv-flags peek,pe"),
    ("sock listen 22,postgresq\t", "sock listen 22,postgresql"),
    ("sock probe --ports=22,postgresq\t", "sock probe --ports=22,postgresql"),
    ("sock probe localhost 22,5143\t", "sock probe localhost 22,5143"),
    ("sock connect localhost:postgresq\t", "sock connect localhost:postgresql"),
    ("sock probe localhost:22,postgresq\t", "sock probe localhost:22,postgresql"),
    ("sock probe localhost 5182\t", "sock probe localhost 51820"),
    ("sock connect fe80::1%lo\t", "sock connect fe80::1%lo"),
    ("sock connect \"loc\t", "sock connect \"localhost\""),
    ("sock connect \"localhost\" postgresq\t", "sock connect \"localhost\" postgresql"),
    ("echo x | sock pr\t", "echo x | sock probe"),
    ("sock connect gits\t 22 --jso\t", "sock connect gitserver 22 --json"),
    // Left, left, left: the cursor stands behind `gits`.
    ("sock probe gits 22\x1b[D\x1b[D\x1b[D\t", "sock probe gitserver 22"),
    ("sock connect build\t", "sock connect buildbox"),
    ("sock connect gits\t", "sock connect gitserver"),
    ("sock probe --ports 22 webs\t", "sock probe --ports 22 webserver"),
    ("sock connect revokeds\t", "sock connect revokeds"),
    ("sock connect localhost 22 gits\t", "sock connect localhost 22 gits"),
    ("sock completions zs\t", "sock completions zsh"),
    // Options: not those that are given, nor those that would be refused.
    ("sock connect --nod\t", "sock connect --nodelay"),
    ("sock connect --nodelay --nod\t", "sock connect --nodelay --nod"),
    ("sock connect -u --nod\t", "sock connect -u --nod"),
    ("sock connect --source 127.0.0.1 --sour\t", "sock connect --source 127.0.0.1 --sour"),
    ("sock send -l --sour\t", "sock send -l --sour"),
    ("sock recv --forc\t", "sock recv --force"),
    ("sock connect -v --verb\t", "sock connect -v --verbose"),
    ("sock listen --echo --discar\t", "sock listen --echo --discar"),
    // Values.
    ("sock connect --on-eof sh\t", "sock connect --on-eof shutdown"),
    ("sock probe --expect rej\t", "sock probe --expect rejected"),
    ("sock connect --pause con\t", "sock connect --pause connect="),
    ("sock connect --pause acc\t", "sock connect --pause acc"),
    ("sock connect --recv-flags pee\t", "sock connect --recv-flags pee"),
    ("sock connect --dscp voi\t", "sock connect --dscp voice-admit"),
    ("sock connect --interface lo\t", "sock connect --interface lo"),
    ("sock connect --congestion ren\t", "sock connect --congestion reno"),
    ("sock probe --color=al\t", "sock probe --color=always"),
    ("sock connect --source=127.0.0.\t", "sock connect --source=127.0.0.1"),
    // Files, sockets, commands.
    ("sock connect unix:./ta\t", "sock connect unix:./talk.sock"),
    ("sock connect ./ta\t", "sock connect ./talk.sock"),
    ("sock connect ./our\t", "sock connect ./our\\ talk.sock"),
    ("sock connect ./our\\ t\t", "sock connect ./our\\ talk.sock"),
    ("sock connect \"./our t\t", "sock connect \"./our talk.sock\""),
    ("sock connect unix:./our\\ t\t", "sock connect unix:./our\\ talk.sock"),
    ("sock connect ~/our\t", "sock connect ~/our\\ talk.sock"),
    ("sock connect ~/ta\t", "sock connect ~/talk.sock"),
    ("sock connect unix:~/ta\t", "sock connect unix:~/ta"),
    ("sock connect ./it\t", "sock connect ./it\\'s"),
    ("sock connect unix:./quo\t", "sock connect unix:./quo\\\"te"),
    ("sock connect ./back\t", "sock connect ./back\\\\slash"),
    ("sock connect ./dollar\t", "sock connect ./dollar\\$x"),
    // One candidate a line: a name of two lines is none.
    ("sock connect ./line\t", "sock connect ./line"),
    ("sock send localhost 5005 my\\ re\t", "sock send localhost 5005 my\\ report.txt"),
    ("sock recv -l 5005 --output=my\\ re\t", "sock recv -l 5005 --output=my\\ report.txt"),
    ("sock send localhost 5005 rep\t", "sock send localhost 5005 report.txt"),
    ("sock send localhost 5005 <rep\t", "sock send localhost 5005 <report.txt"),
    ("sock recv -l 5005 --output rep\t", "sock recv -l 5005 --output report.txt"),
    ("sock recv -l 5005 --output=rep\t", "sock recv -l 5005 --output=report.txt"),
    ("sock send localhost 5005 --message @rep\t", "sock send localhost 5005 --message @report.txt"),
    ("sock listen -k 5005 -- printen\t", "sock listen -k 5005 -- printenv"),
    ("sock listen -k 5005 -- cat rep\t", "sock listen -k 5005 -- cat report.txt"),
];

/// What is listed where there are several, each with what it means.
const LISTS: &[(&str, &[&str])] = &[
    (
        "sock \t",
        &["listen", "connect", "Hold a two-way conversation"],
    ),
    ("sock probe localhost 22,ht\t", &["https", "443", "8080"]),
    ("sock connect --on-eof \t", &["keep", "Half-close"]),
    ("sock send --send-flags \t", &["dontroute", "urgent data"]),
    (
        "sock connect --re\t",
        &["--retry-interval", "The time between two tries"],
    ),
    ("sock probe --expect \t", &["filtered", "TCP silence"]),
];

/// Names that a shell quotes, and one that none can be told.
const SOCKETS: [&str; 7] = [
    "talk.sock",
    "our talk.sock",
    "it's",
    "quo\"te",
    "back\\slash",
    "dollar$x",
    "line\nline",
];

fn home(at: &Path) -> Vec<UnixListener> {
    let ssh = at.join(".ssh");
    fs::create_dir(&ssh).expect("a directory");
    fs::write(ssh.join("config"), "Host buildbox *.example\n  User b\n").expect("a file");
    let known = "gitserver,192.0.2.1 ssh-ed25519 AAAA\n[webserver]:2222 ssh-rsa AAAA\n\
                 |1|c2FsdA==|aGFzaA== ssh-rsa AAAA\n@revoked revokedserver ssh-rsa AAAA\n";
    fs::write(ssh.join("known_hosts"), known).expect("a file");
    fs::write(at.join("report.txt"), "").expect("a file");
    fs::write(at.join("my report.txt"), "").expect("a file");
    let bound = SOCKETS.map(|name| UnixListener::bind(at.join(name)).expect("a socket"));
    bound.into()
}

/// bash escapes an @ that need not be.
fn one_space(text: &str) -> String {
    let text = text.replace("\\@", "@");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `more` is what has to be pressed before readline lists anything.
fn answers(name: &'static str, more: &str) {
    let dir = scratch();
    let _talks = home(dir.path());
    let Some(mut shell) = shell(name, dir.path()) else {
        return;
    };
    let mut wrong = String::new();
    for (keys, expected) in BECOMES {
        let typed = shell.types(keys);
        if one_space(&typed.line) != *expected {
            wrong += &format!("{keys:?} became {:?}, not {expected:?}\n", typed.line);
        }
    }
    for (keys, shown) in LISTS {
        let typed = shell.types(&format!("{keys}{more}"));
        for text in *shown {
            if !typed.screen.contains(text) {
                wrong += &format!("{keys:?} did not show {text:?}: {:?}\n", typed.screen);
            }
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{wrong}");
}

#[test]
fn tab_in_bash() {
    answers("bash", "\t\t");
}

/// Sourced, and where bash-completion is not installed.
#[test]
fn tab_in_bash_alone() {
    answers("bash alone", "\t\t");
}

#[test]
fn tab_in_zsh() {
    answers("zsh", "\t");
}

#[test]
fn tab_in_fish() {
    answers("fish", "");
}

/// zsh shows options under the stages, in the order of a run.
#[test]
fn zsh_groups_options_by_stage() {
    let dir = scratch();
    let Some(mut zsh) = shell("zsh", dir.path()) else {
        return;
    };
    let screen = zsh.types("sock connect --\t").screen;
    let headings = [
        "[resolve]",
        "[socket()]",
        "[bind()]",
        "[connect()]",
        "[send()]",
        "[close()]",
    ];
    let at = headings.map(|heading| screen.find(heading));
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{screen}");
}

/// What the scripts are is what `sock completions` prints.
#[test]
fn completions_are_the_files() {
    let files = [
        ("bash", "sock.bash"),
        ("zsh", "_sock"),
        ("fish", "sock.fish"),
    ];
    for (shell, file) in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("completions")
            .join(file);
        let text = fs::read(path).expect(file);
        sock(format!("completions {shell}"))
            .stdout_bytes(text)
            .run();
    }
}

/// Whatever is asked, nothing is said on stderr and the code is 0.
#[test]
fn a_question_never_complains() {
    for (shell, words) in [
        ("bash 9 80 0", ""),
        ("bash 63 10 99", "connect \u{e4}"),
        ("zsh", "no-such-verb x"),
        ("fish", "connect --no-such-option --"),
        ("fish", "connect --source"),
        ("zsh", "listen -- "),
    ] {
        sock(words)
            .env("_SOCK_COMPLETE", shell)
            .env("HOME", "/nonexistent")
            .any_stdout()
            .run();
    }
}

/// 5,000 known hosts: readline has the answer within 30 ms. A statement about
/// the release build.
#[test]
#[cfg_attr(debug_assertions, ignore = "a statement about the release build")]
fn tab_is_prompt_with_many_hosts() {
    const ROUNDS: usize = 31;
    const LIMIT: std::time::Duration = std::time::Duration::from_millis(30);
    let dir = scratch();
    fs::create_dir(dir.path().join(".ssh")).expect("a directory");
    let known: String = (0..5000)
        .map(|n| format!("host{n:04}.example,192.0.2.1 ssh-rsa AAAA\n"))
        .collect();
    fs::write(dir.path().join(".ssh/known_hosts"), known).expect("a file");
    let Some(mut bash) = shell("bash", dir.path()) else {
        return;
    };
    // The first TAB also loads the script.
    bash.types("sock probe host4998\t");
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            bash.answers("sock probe host4999", "host4999");
            let time = bash.answers("\t", ".example");
            bash.types("");
            time
        })
        .collect();
    times.sort_unstable();
    let median = times[ROUNDS / 2];
    assert!(median <= LIMIT, "median {median:?} of {times:?}");
}

/// The binary needs less than 10 ms for its longest answer. A statement about
/// the release build; of many times the shortest counts, because what else the
/// machine does only adds to it.
#[test]
#[cfg_attr(debug_assertions, ignore = "a statement about the release build")]
fn the_longest_answer_is_prompt() {
    const LIMIT: std::time::Duration = std::time::Duration::from_millis(10);
    let times = (0..31).map(|_| {
        let asked = sock("listen -u --").env("_SOCK_COMPLETE", "fish");
        asked.any_stdout().run().elapsed
    });
    let least = times.min().expect("a time");
    assert!(least < LIMIT, "{least:?}");
}
