use super::*;
use crate::cli::{command, objection};
use crate::plan::Plan;

fn habit(line: &str) -> Option<Habit> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    meant(&command(), &words)
}

/// The commands that are offered, or why there is none.
fn said(line: &str) -> Option<String> {
    let habit = habit(line)?.judged(|words| objection(words, Plan::objection));
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
    ("udp://h:53", "connect -u h:53"),
    ("10.0.0.0/24 22", "probe 10.0.0.0/24 22"),
    ("5005", "listen 5005"),
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
    ("-q -1 host 22", "connect host 22"),
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
    ("-x dump host 22", "connect --hex host 22"),
    ("-Lp 5005", "listen -k 5005"),
    ("-T lowdelay host 22", "connect --dscp 4 host 22"),
    // A word is missing, or stands elsewhere.
    ("-w3 localhost", "connect -w 3 localhost PORT"),
    ("-zn 10.0.0.1", "probe -n 10.0.0.1 PORT"),
    ("-z", "probe HOST PORT"),
    ("10.0.0.1", "connect 10.0.0.1 PORT"),
    ("/dev/tcp/localhost/80", "connect localhost 80"),
    ("/dev/udp/localhost/53", "connect -u localhost 53"),
    ("-w 3 connect host 22", "connect -w 3 host 22"),
    ("-z connect host 22", "probe host 22"),
    ("--json probe host 22", "probe --json host 22"),
    // Verbs by other names, and the names of the tools.
    ("client host 80", "connect host 80"),
    ("client host", "connect host PORT"),
    ("server -p 80", "listen 80"),
    ("receive -l 5005", "recv -l 5005"),
    ("scan -p 22,80 host", "probe host 22,80"),
    ("ping -c 3 host 80", "probe --count 3 host 80"),
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
    ("sock connect host 80", "connect host 80"),
    ("version", "--version"),
    ("-C host 25", "connect --crlf host 25"),
    (
        "-b -u 192.0.2.255 9",
        "connect --broadcast -u 192.0.2.255 9",
    ),
    ("-T ef host 22", "connect --dscp ef host 22"),
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
    ("send -q 1 host 22", "send --close-wait 1 host 22"),
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
    ("probe -p U:53 host", "probe -u host 53"),
    (
        "probe -sV -e lo -p 22 host",
        "probe --banner --interface lo host 22",
    ),
    ("probe -iL hosts -p 22", "probe --targets hosts --ports 22"),
    ("probe --max-retries 2 host 22", "probe --retry 2 host 22"),
    // ping
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
    ("-lk --max-conns 5 5005", "listen -k 5005"),
    ("--max-conns 5 -kl 80", "listen -k 80"),
    (
        "-lk -m 5 -e cat 5005",
        "listen -k --max-clients 5 5005 -- cat",
    ),
    ("-l --allowfile hosts 5005", "listen --allow @hosts 5005"),
    ("--wait 3 host 22", "connect -w 3 host 22"),
    ("--nodns host 22", "connect -n host 22"),
    ("--hex-dump file host 22", "connect --hex host 22"),
    // socat
    ("- TCP:host:80", "connect host:80"),
    ("STDIO TCP4:host:80,nodelay", "connect -4 --nodelay host:80"),
    ("TCP-LISTEN:5005,fork,reuseaddr -", "listen -k 5005"),
    ("UDP-RECV:514 -", "listen -u 514"),
    ("UDP:host:53 -", "connect -u host:53"),
    ("UNIX-CONNECT:/run/app.sock -", "connect unix:/run/app.sock"),
    ("ABSTRACT-CONNECT:app -", "connect unix:@app"),
    ("TCP-LISTEN:5005,fork EXEC:cat", "listen -k 5005 -- cat"),
    ("connect TCP:host:80", "connect host:80"),
    ("-u - TCP:host:80", "send host:80"),
    ("-u FILE:report.txt TCP:host:80", "send host:80 report.txt"),
    ("-u TCP:host:80 -", "recv host:80"),
    ("-u TCP-L:5005 CREATE:out", "recv -l 5005 -o out"),
    ("-T 3 - TCP:host:80", "connect --idle 3 host:80"),
    ("-d -d -x - TCP:host:80", "connect --hex host:80"),
    (
        "- TCP:host:80,bind=127.0.0.1,connect-timeout=3,tos=184",
        "connect -w 3 --dscp ef --source 127.0.0.1 host:80",
    ),
    (
        "TCP-L:5005,fork,max-children=3,range=10.0.0.0/8 SYSTEM:date",
        "listen -k --max-clients 3 --allow 10.0.0.0/8 5005 --sh date",
    ),
    ("TCP-L:5005,fork,max-children=3 -", "listen -k 5005"),
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
        let habit = habit(line).expect(line);
        assert!(!habit.meant.is_empty(), "{line}");
        for one in &habit.meant {
            let refused = objection(&one.filled(), Plan::objection);
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
            "-W 5 -ul 5005",
            "`-W`: `sock recv -u --count N` ends after so many datagrams",
        ),
        (
            "nmap -F host",
            "`-F`: a port is asked by its number or its name",
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
            "connect -e /bin/sh host 22",
            "`-e`: only sock listen runs a command, for who comes",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(said(line).as_deref(), Some(expected), "sock {line}");
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
            "-x f h 22",
            "`-x`: sock knows no proxies; did you mean `sock connect --hex h 22` (as in ncat)?",
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
