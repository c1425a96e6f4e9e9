use super::*;
use crate::cli;
use crate::plan::Plan;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn habit(line: &str) -> Option<Habit> {
    cli::habit(&words(line), Plan::objection)
}

/// The commands that are offered, or why there is none.
fn said(line: &str) -> Option<String> {
    let habit = habit(line)?;
    let all: Vec<String> = habit.meant.iter().map(|one| quoted(&one.words)).collect();
    Some(match all.is_empty() {
        true => habit.wrong,
        false => all.join(" | "),
    })
}

/// What is typed, and the command that was probably meant.
const HABITS: &[(&str, &str)] = &[
    // No verb.
    ("db 5432", "connect db 5432"),
    ("db:5432", "connect db:5432"),
    ("db 5432,6379", "probe db 5432,6379"),
    ("/run/app.sock", "connect /run/app.sock"),
    ("https://example.org/", "connect https://example.org/"),
    ("10.0.0.0/24 22", "probe 10.0.0.0/24 22"),
    ("5005", "connect HOST 5005"),
    ("help", "--help"),
    ("help probe", "probe --help"),
    ("help frob", "--help"),
    // nc
    ("-l 5005", "listen 5005"),
    ("-lk 5005", "listen -k 5005"),
    ("-l -p 5005", "listen 5005"),
    ("-lp 5005", "listen 5005"),
    ("-lp5005", "listen 5005"),
    ("-lvnp 5005", "listen -v -n 5005"),
    ("-l 127.0.0.1 5005", "listen 127.0.0.1 5005"),
    ("-l -s 127.0.0.1 -p 5005", "listen 127.0.0.1 5005"),
    ("-l 127.0.0.1 -p 5005", "listen 127.0.0.1 5005"),
    ("-ul 514", "listen -u 514"),
    ("-v connect host 80", "connect -v host 80"),
    ("--quiet -4 listen 5005", "listen --quiet -4 5005"),
    ("-z host 22", "probe host 22"),
    ("-zv host 22", "probe host 22"),
    ("-zvw3 host 22", "probe -w 3 host 22"),
    ("-z -w 3 host 20-30", "probe -w 3 host 20-30"),
    ("-uz host 53", "probe -u host 53"),
    ("-u host 53", "connect -u host 53"),
    ("-w 3 host 22", "connect -w 3 host 22"),
    ("-nv 10.0.0.1 22", "connect -n -v 10.0.0.1 22"),
    ("-N host 22", "connect host 22"),
    ("-q 1 host 22", "connect --quit-after-eof 1 host 22"),
    ("-q0 host 22", "connect --quit-after-eof 0 host 22"),
    ("-p 4000 host 22", "connect --source :4000 host 22"),
    ("-s 10.0.0.9 host 22", "connect --source 10.0.0.9 host 22"),
    (
        "-s 10.0.0.9 -p 4000 host 22",
        "connect --source 10.0.0.9:4000 host 22",
    ),
    (
        "-s ::1 -p 4000 host 22",
        "connect --source [::1]:4000 host 22",
    ),
    ("-p 22 host", "connect host 22"),
    ("-U /run/app.sock", "connect unix:/run/app.sock"),
    ("-lU /run/app.sock", "listen unix:/run/app.sock"),
    // ncat means another thing by the same letter.
    (
        "-i 1 host 22",
        "connect --interval 1 host 22 | connect --idle 1 host 22",
    ),
    ("-N -i 1 host 22", "connect --interval 1 host 22"),
    ("-i 1 --nodns host 22", "connect --idle 1 -n host 22"),
    ("-Lp 5005", "listen -k 5005"),
    // A word is missing, or stands elsewhere.
    ("-w3 localhost", "connect -w 3 localhost PORT"),
    ("-zn 10.0.0.1", "probe -n 10.0.0.1 PORT"),
    ("-z", "probe HOST PORT"),
    ("10.0.0.1", "connect 10.0.0.1 PORT"),
    ("-w 3 connect host 22", "connect -w 3 host 22"),
    ("-z connect host 22", "probe host 22"),
    ("--json probe host 22", "probe --json host 22"),
    // Verbs by other names, and the names of the tools.
    ("client host 80", "connect host 80"),
    ("client host", "connect host PORT"),
    ("server -p 80", "listen 80"),
    ("receive -l 5005", "recv -l 5005"),
    ("scan -p 22,80 host", "probe host 22,80"),
    ("ping host 80", "probe host 80"),
    ("tcping host 80", "probe host 80"),
    ("telnet host 25", "connect host 25"),
    ("curl http://host/", "connect http://host/"),
    ("completion bash", "completions bash"),
    ("nc -zv host 22", "probe host 22"),
    ("nc host 22", "connect host 22"),
    ("ncat --recv-only host 22", "recv host 22"),
    ("nmap -p 22 host", "probe host 22"),
    ("nmap host", "probe host PORT"),
    ("socat - TCP:host:80", "connect host:80"),
    ("version", "--version"),
    ("-C host 25", "connect --crlf host 25"),
    (
        "-b -u 192.0.2.255 9",
        "connect --broadcast -u 192.0.2.255 9",
    ),
    ("-M 5 host 22", "connect --ttl 5 host 22"),
    ("-lk -e /bin/cat 5005", "listen -k 5005 -- /bin/cat"),
    ("-l 5005 -c date", "listen --sh date 5005"),
    // Within a verb.
    ("probe -w 3 -z host 22", "probe -w 3 host 22"),
    ("connect -z host 22", "probe host 22"),
    ("connect -q 1 host 22", "connect --quit-after-eof 1 host 22"),
    ("connect -N host 22", "connect host 22"),
    ("connect -p 4000 host 22", "connect --source :4000 host 22"),
    ("connect -p 22 host", "connect host 22"),
    ("connect -l 5005", "listen 5005"),
    ("listen -l 5005", "listen 5005"),
    ("listen -lk 5005", "listen -k 5005"),
    ("listen -p 5005", "listen 5005"),
    ("send -N host 22", "send host 22"),
    ("recv -l -p 5005", "recv -l 5005"),
    ("connect --nodelay -N host 22", "connect --nodelay host 22"),
    // nmap
    ("probe -p 22 host", "probe host 22"),
    ("probe -p 22,80 -Pn host", "probe host 22,80"),
    ("probe -p 22 10.0.0.0/24", "probe 10.0.0.0/24 22"),
    ("probe -p- host", "probe host 1-65535"),
    ("probe -sU -p 53 host", "probe -u host 53"),
    ("probe -p 22 h1 h2", "probe --ports 22 h1 h2"),
    ("probe -T4 -Pn host 22", "probe host 22"),
    ("-sT -p 22,80 host", "probe host 22,80"),
    ("-Pn -p- host", "probe host 1-65535"),
    ("-p 1-100 host", "probe host 1-100"),
    ("-p22,80 host", "probe host 22,80"),
    ("probe -sV -p 22 host", "probe --banner host 22"),
    ("-p- host", "probe host 1-65535"),
    (
        "probe -c 3 -i 0.2 host 22",
        "probe --count 3 --interval 0.2 host 22",
    ),
    // ncat
    ("--listen 5005", "listen 5005"),
    ("--listen --keep-open 5005", "listen --keep-open 5005"),
    ("-l --sh-exec date 5005", "listen --sh date 5005"),
    ("--send-only host 22", "send host 22"),
    ("--recv-only host 22", "recv host 22"),
    (
        "--source-port=4000 host 22",
        "connect --source :4000 host 22",
    ),
    ("--idle-timeout 5 host 22", "connect --idle 5 host 22"),
    (
        "-lk -m 5 -e cat 5005",
        "listen -k --max-clients 5 5005 -- cat",
    ),
    ("--wait 3 host 22", "connect -w 3 host 22"),
    ("--nodns host 22", "connect -n host 22"),
    // socat
    ("- TCP:host:80", "connect host:80"),
    ("STDIO tcp4:host:80", "connect -4 host:80"),
    ("TCP-LISTEN:5005,fork,reuseaddr -", "listen -k 5005"),
    ("UDP:host:53 -", "connect -u host:53"),
    ("UNIX-CONNECT:/run/app.sock -", "connect unix:/run/app.sock"),
    ("- UNIX-LISTEN:/run/app.sock", "listen unix:/run/app.sock"),
    ("connect TCP:host:80", "connect host:80"),
    // Who dials is never answered with an open port.
    ("-u 514", "connect -u HOST 514"),
    ("-z 5005", "probe HOST 5005"),
    ("--recv-only 5005", "recv HOST 5005"),
    ("get 5005", "recv HOST 5005"),
    ("-l", "listen PORT"),
    ("-l -c date 5005", "listen --sh date 5005"),
    ("-L -e cat 5005", "listen -k 5005 -- cat"),
    ("-c date listen 5005", "listen --sh date 5005"),
];

#[test]
fn what_others_write_and_what_it_means() {
    for (line, expected) in HABITS {
        assert_eq!(said(line).as_deref(), Some(*expected), "sock {line}");
    }
}

/// Through clap and the plan: nothing that is offered is refused in its turn.
#[test]
fn every_answer_parses() {
    for (line, _) in HABITS {
        // Before what would be refused is left out.
        let habit = meant(&cli::command(), &words(line)).expect(line);
        assert!(!habit.meant.is_empty(), "{line}");
        for one in &habit.meant {
            let refused = cli::objection(&one.filled(), Plan::objection);
            assert_eq!(refused, None, "sock {line}: sock {}", quoted(&one.words));
        }
    }
}

#[test]
fn what_nobody_can_mean_is_said() {
    let table = [
        ("--ssl host 443", "`--ssl`: sock speaks no TLS"),
        ("-X 5 -x proxy:1080 host 22", "`-X`: sock knows no proxies"),
        (
            "-x proxy host 22",
            "`-x`: sock knows no proxies, and a dump is --hex",
        ),
        (
            "-W 5 -ul 5005",
            "`-W`: `sock recv -u --count N` ends after so many datagrams",
        ),
        // Not as in ncat, where it takes a value.
        ("-d host 22", "recv host 22"),
        ("-T lowdelay host 22", "`-T`: see --dscp"),
        (
            "nmap -p22,U:53 host",
            "`-p`: ports are a list as 22,80-90; -u asks UDP's",
        ),
        ("-sn 10.0.0.0/24", "`-sn`: sock asks ports, not hosts"),
        (
            "-4",
            "a verb comes before `-4`: listen, connect, send, recv or probe",
        ),
        (
            "-ulk 80 -e /bin/cat",
            "a verb comes before `-ulk`; not possible: `sock listen -u -k 80 -- /bin/cat`: \
             the argument '--udp' cannot be used with '[CMD]...'",
        ),
        (
            "-d -d -x - TCP:host:80",
            "`TCP:host:80` is an address of socat: see sock(1), COMPARISON",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(said(line).as_deref(), Some(expected), "sock {line}");
    }
}

/// A command behind an open port is offered to nobody who did not listen.
#[test]
fn a_shell_is_for_who_listens() {
    let only_listen = "`--sh` and `-- CMD` are for sock listen";
    for (line, option) in [
        ("nc -c 10.0.0.5 443", "-c"),
        ("nc -c host 80", "-c"),
        ("-c sh 443", "-c"),
        ("-vnc sh 443", "-c"),
        ("-e /bin/sh 443", "-e"),
        ("-e /bin/sh host 443", "-e"),
        ("-ke /bin/sh 443", "-e"),
        ("-ue /bin/sh 443", "-e"),
        ("-U -e /bin/sh /run/s", "-e"),
        ("-el 443 80", "-e"),
        ("--exec sh 443", "--exec"),
        ("--sh-exec=sh 443", "--sh-exec"),
        ("--sh id 443", "--sh"),
        ("443 --sh id", "--sh"),
        ("connect -e /bin/sh host 22", "-e"),
        ("recv -c sh 443", "-c"),
        ("client -c sh 443", "-c"),
    ] {
        let expected = format!("`{option}`: {only_listen}");
        assert_eq!(said(line), Some(expected), "sock {line}");
    }
    for line in [
        "server -c sh 443",
        "server 443 --sh id",
        "server 443 -- sh",
        "bind -e sh 443",
    ] {
        let said = said(line).expect(line);
        assert!(said.ends_with("did you mean `listen`?"), "{line}: {said}");
    }
}

/// Nobody listens, runs a command or writes a file who did not ask for it, and
/// nothing goes around a proxy or without TLS.
#[test]
fn no_answer_is_dangerous() {
    let options = "|-c sh|-e sh|-k|-u|-z|-v|-p 22|-p 1-9|-s ::1|-U|-d|-i 1|-m 5|-x h:1|-X 5|\
        -o f|-q 1|-N|-T ef|-Pn|-sU|--ssl|--proxy h:1|--sh-exec sh|--sh id|--recv-only|\
        --send-only|--output f|--keep-open|-C";
    let verbs = "|nc|nmap|connect|recv|probe|get|client|curl -L|telnet -l";
    let addresses = ["", "443", "host 443", "host:443", "/run/s", "443 -- sh"];
    let pairs = options
        .split('|')
        .flat_map(|one| [one.to_owned(), format!("{one} -e sh")]);
    let mut offered = 0;
    for pair in pairs {
        let lines = verbs
            .split('|')
            .flat_map(|verb| addresses.map(|address| format!("{verb} {pair} {address}")));
        for line in lines {
            let Some(habit) = habit(&line) else { continue };
            for meant in habit.meant {
                let said = quoted(&meant.words);
                assert!(is_harmless(&line, &meant.words), "sock {line}: sock {said}");
                offered += 1;
            }
        }
    }
    assert!(offered > 300, "{offered}");
}

/// Whether an answer to a line that does not listen dials what was typed, and
/// does nothing else.
fn is_harmless(line: &str, words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|one| one == word);
    let begins = |word: &str| words.iter().any(|one| one.starts_with(word));
    let dials = has("HOST") || begins("host") || begins("unix:") || has("/run/s");
    let listens = has("listen") || has("-l") || has("--listen");
    // Behind another verb than listen nothing runs after `--`.
    let runs = has("--sh");
    let line = line.trim_start();
    let is_recvs = line.starts_with("recv") || line.starts_with("get");
    let writes = (has("--output") || has("-o")) && !is_recvs;
    let around = ["-x", "-X", "--ssl", "--proxy"];
    dials && !listens && !runs && !writes && !around.iter().any(|one| line.contains(one))
}

/// An access rule, an address or TLS of socat's is never left out.
#[test]
fn what_is_not_simple_in_socat_is_looked_up() {
    for line in [
        "TCP-LISTEN:5005,fork,range=10.0.0.0/8 -",
        "TCP-LISTEN:5005,bind=127.0.0.1 -",
        "TCP-LISTEN:5005,fork EXEC:sh",
        "TCP-LISTEN:5005 TCP:host:80",
        "OPENSSL-LISTEN:5005 -",
        "listen TCP:host:80",
        "-u TCP-L:5005 CREATE:out",
        "-u - UDP:host:80",
        "UDP-RECV:514 -",
    ] {
        let said = said(line).expect(line);
        let is_told = said.ends_with(" is an address of socat: see sock(1), COMPARISON");
        assert!(is_told, "sock {line}: {said}");
    }
}

#[test]
fn what_is_no_habit_is_left_to_clap() {
    for line in [
        "",
        "frobnicate",
        "conect 127.0.0.1 http",
        "prob host ssh",
        "prob 22",
        "lisen 5005",
        "-h",
        "connect --tiemout 3 h 1",
        "connect h 1",
        "connect -w never h 1",
        "--frobnicate h 1",
        "connect -Y h 1",
        "listen -4 -6",
        "curl -L host:80",
        "telnet -l root 23",
        "nmap -D decoy host",
        "nmap -sA host",
        "nmap -x h:1 host",
        "ncat --lua-exec f 80",
    ] {
        assert_eq!(said(line), None, "sock {line}");
    }
}

/// Where nc and ncat differ, whose meaning an answer follows.
#[test]
fn whose_words_they_are_is_told_where_it_matters() {
    let table = [
        (
            "-i 1 h 22",
            "a verb comes before `-i`; did you mean `sock connect --interval 1 h 22` (as in nc) \
             or `sock connect --idle 1 h 22` (as in ncat)?",
        ),
        (
            "-z h 22",
            "a verb comes before `-z`; did you mean `sock probe h 22`?",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(habit(line).expect(line).said(), expected, "sock {line}");
    }
}

#[test]
fn passwords_and_terminals_are_safe() {
    let words = ["ftp://me:secret@host/".to_owned(), "a'b\n".to_owned()];
    assert_eq!(quoted(&words), r"ftp://host/ 'a'\''b\n'");
}
