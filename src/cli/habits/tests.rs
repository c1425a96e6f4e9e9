use super::*;
use crate::cli::command;

fn said(line: &str) -> Option<String> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let habit = meant(&command(), &words)?;
    Some(match &habit.meant {
        Some(words) => quoted(words),
        None => habit.wrong,
    })
}

#[test]
fn what_others_write_and_what_it_means() {
    let table = [
        // No verb.
        ("db 5432", "connect db 5432"),
        ("db:5432", "connect db:5432"),
        ("db 5432,6379", "probe db 5432,6379"),
        ("/run/app.sock", "connect /run/app.sock"),
        ("https://example.org/", "connect https://example.org/"),
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
        ("-i 1 host 22", "connect --interval 1 host 22"),
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
        ("-lk --max-conns 5 5005", "listen -k --max-clients 5 5005"),
        ("--nodns host 22", "connect -n host 22"),
        ("--hex-dump file host 22", "connect --hex host 22"),
        // socat
        ("- TCP:host:80", "connect host:80"),
        ("STDIO TCP4:host:80,nodelay", "connect -4 host:80"),
        ("TCP-LISTEN:5005,fork,reuseaddr -", "listen -k 5005"),
        ("UDP-RECV:514 -", "listen -u 514"),
        ("UDP:host:53 -", "connect -u host:53"),
        ("UNIX-CONNECT:/run/app.sock -", "connect unix:/run/app.sock"),
        ("ABSTRACT-CONNECT:app -", "connect unix:@app"),
        ("TCP-LISTEN:5005,fork EXEC:cat", "listen -k 5005 -- cat"),
        ("connect TCP:host:80", "connect host:80"),
    ];
    for (line, expected) in table {
        assert_eq!(said(line).as_deref(), Some(expected), "sock {line}");
    }
}

#[test]
fn every_answer_parses() {
    let lines = [
        "-lk 5005",
        "-zvw3 host 22",
        "-q 1 host 22",
        "-lk -e cat 5005",
        "-l 5 -c date",
    ];
    for line in lines {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let habit = meant(&command(), &words).expect(line);
        let words = habit.meant.expect(line);
        let parsed = command().try_get_matches_from(["sock".to_owned()].into_iter().chain(words));
        assert!(parsed.is_ok(), "{line}: {parsed:?}");
    }
}

#[test]
fn what_nobody_can_mean_is_said() {
    let table = [
        ("--ssl host 443", "`--ssl`: sock speaks no TLS"),
        ("-x proxy:1080 host 22", "`-x`: sock knows no proxies"),
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

#[test]
fn passwords_and_terminals_are_safe() {
    let words = ["ftp://me:secret@host/".to_owned(), "a'b\n".to_owned()];
    assert_eq!(quoted(&words), r"ftp://host/ 'a'\''b\n'");
}
