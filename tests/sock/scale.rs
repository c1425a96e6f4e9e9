//! `probe` of much: lists, names that are slow, rates, few descriptors, lost
//! packets, and that nothing is left behind.

use std::time::Duration;

use crate::support::command::{Cmd, SOCK};
use crate::support::net::*;
use crate::support::wait::{PROMPT, took_between};
use crate::support::*;

/// The third word of each row that is not `closed`, with its state.
fn not_closed(rows: &[String]) -> Vec<(u16, String)> {
    let mut found: Vec<(u16, String)> = rows
        .iter()
        .map(|row| row.split('\t').collect::<Vec<_>>())
        .filter(|columns| columns[4] != "closed")
        .map(|columns| (columns[2].parse().expect("a port"), columns[4].to_owned()))
        .collect();
    found.sort();
    found
}

#[test]
fn a_list_has_a_target_a_line_and_bad_lines_stop_nobody() {
    let (_listener, open) = listen(V4);
    let dir = scratch();
    let list = format!(
        "# hosts\n\n127.0.0.1 {open}\n127.0.0.2:{open}  # web\r\n10.0.0.0/33 22\n\
         127.0.0.1 0\n127.0.0.1 65536\n127.0.0.1 10-5\n127.0.0.1 1-\n127.0.0.1 ,\n\
         127.0.0.1\nbad\0line 22\n\u{feff}127.0.0.3 {open}\n-\n127.0.0.4/31 {open}"
    );
    std::fs::write(dir.path().join("hosts"), &list).expect("a file");
    let check = |ended: &Ended, name: &str| {
        assert_eq!(ended.lines().len(), 5, "{ended}");
        let complaints: Vec<&str> = ended.err.lines().collect();
        let numbers = [5, 6, 7, 8, 9, 10, 11, 12, 14];
        assert_eq!(complaints.len(), numbers.len(), "{ended}");
        for (complaint, number) in complaints.iter().zip(numbers) {
            let place = format!("sock: resolve {name}:{number}: ");
            assert!(complaint.starts_with(&place), "{complaint}\n{ended}");
        }
        let open_rows = ended.text().matches("\topen\tsyn-ack\t").count();
        assert_eq!(open_rows, 1, "{ended}");
    };
    let ended = sock("probe --targets hosts")
        .cwd(dir.path())
        .code(1)
        .any_stdout()
        .any_stderr()
        .run();
    check(&ended, "hosts");
    for words in ["probe -", "probe --targets -"] {
        let ended = sock(words)
            .input(&list)
            .code(1)
            .any_stdout()
            .any_stderr()
            .run();
        check(&ended, "stdin");
    }
}

/// With `--ports` or `--targets` every word is a target.
#[test]
fn words_beside_a_list_are_targets() {
    let (_listener, open) = listen(V4);
    let ended = sock(format!("probe --ports {open} 127.0.0.1 -"))
        .input("127.0.0.2\n127.0.0.3 1\n")
        .code(4)
        .any_stdout()
        .run();
    let mut rows: Vec<String> = ended
        .lines()
        .iter()
        .map(|row| {
            row.split('\t')
                .skip(1)
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    rows.sort();
    let want = [
        format!("127.0.0.1 {open}"),
        format!("127.0.0.2 {open}"),
        "127.0.0.3 1".to_owned(),
    ];
    assert_eq!(rows, want, "{ended}");
    sock(format!("probe --targets - 127.0.0.1 {open}"))
        .input("")
        .code(2)
        .any_stderr()
        .run();
}

/// A list that checks nothing is no success.
#[test]
fn a_list_without_targets_is_an_error() {
    sock("probe -")
        .input("# nobody\n")
        .code(1)
        .stderr("sock: resolve stdin: holds no target\n")
        .run();
    sock("probe --targets /nonexistent")
        .code(1)
        .stderr("sock: resolve /nonexistent: no such file or directory (ENOENT)\n")
        .run();
    sock("probe - --targets -").code(2).any_stderr().run();
}

/// Rows are told while the rest of the list is still being written.
#[test]
fn a_list_is_asked_as_it_comes() {
    let (_listener, open) = listen(V4);
    let mut running = sock("probe -").stdin(Stdin::Pipe).any_stdout().spawn();
    for host in ["127.0.0.1", "127.0.0.1"] {
        running.write(format!("{host} {open}\n"));
        running.wait_stdout(1);
    }
    running.close_stdin();
    let ended = running.finish();
    assert_eq!(ended.lines().len(), 2, "{ended}");
}

#[test]
fn one_dead_name_among_a_hundred() {
    let (_listener, open) = listen(V4);
    let list: String = (1..=100)
        .map(|n| match n {
            50 => format!("no-such-name.invalid {open}\n"),
            n => format!("127.0.0.{n} {open}\n"),
        })
        .collect();
    let ended = sock("probe -n --expect closed -")
        .input(list)
        .code(3)
        .any_stdout()
        .stderr("sock: resolve no-such-name.invalid: *\n")
        .run();
    assert_eq!(ended.lines().len(), 99, "{ended}");
}

/// A name server that says nothing costs the names it is asked for, and not
/// the rest.
#[test]
fn slow_names_hold_nobody_up() {
    let Some(own) = Namespace::lonely_after(
        "echo 'nameserver 127.0.0.1' >/run/resolv.conf
         mount --bind /run/resolv.conf /etc/resolv.conf",
        "tcp:22 mute:53",
    ) else {
        return;
    };
    let running = sock("probe --resolve-timeout 2 one.test 22 two.test 22 127.0.0.1 22")
        .inside(&own, "")
        .code(3)
        .any_stdout()
        .stderr(
            "sock: resolve *.test: no answer in 2s: *\nsock: resolve *.test: no answer in 2s: *\n",
        )
        .spawn();
    running.wait_text("\topen\tsyn-ack\t");
    took_between(running.age(), Duration::ZERO, PROMPT);
    let ended = running.finish();
    took(ended.elapsed, Duration::from_secs(2));
}

/// A list is never held as a whole, whatever has been read of it.
#[test]
fn a_long_list_costs_no_memory() {
    let Some(own) = Namespace::lonely("tcp:22") else {
        return;
    };
    // A million as it is meant; so many that an optimized build can be waited for.
    let lines: u32 = if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    };
    let list: String = (0..lines)
        .map(|n| format!("{} 9\n", std::net::Ipv4Addr::from(0x7f00_0001 + n)))
        .collect();
    let (read, mut write) = std::io::pipe().expect("a pipe");
    let writing = std::thread::spawn(move || {
        use std::io::Write;
        write.write_all(list.as_bytes()).expect("all of it is read");
        write
    });
    let running = sock("probe --expect closed -")
        .inside(&own, "")
        .stdin(Stdin::Fd(read.into()))
        .any_stdout()
        .deadline(Duration::from_secs(120))
        .spawn();
    let write = writing.join().expect("written");
    running.wait("all rows", |state| {
        let rows = state.out.iter().filter(|&&byte| byte == b'\n').count();
        (rows == lines as usize).then_some(())
    });
    // It waits for the rest of the list, and has all behind it.
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.pid()));
    let status = status.expect("it runs");
    let peak = status.lines().find(|line| line.starts_with("VmHWM:"));
    let peak = peak.and_then(|line| line.split_whitespace().nth(1)?.parse::<u32>().ok());
    drop(write);
    running.finish();
    let peak = peak.expect("VmHWM");
    assert!(peak < 32 * 1024, "{peak} KiB for {lines} targets");
}

/// Attempts a second, exactly; and what one of several sockets asks counts.
#[test]
fn a_rate_is_kept() {
    let Some(own) = Namespace::lonely("tcp:22") else {
        return;
    };
    for (rate, ports) in [(100, 150), (1000, 1500)] {
        let ended = sock(format!(
            "probe --max-rate {rate} 127.0.0.1 {}-{}",
            22,
            21 + ports
        ))
        .inside(&own, "")
        .any_stdout()
        .run();
        assert_eq!(ended.lines().len(), ports, "{ended}");
        let least = Duration::from_millis(1450);
        took_between(ended.elapsed, least, Duration::from_millis(1550));
    }
}

/// What is sent a second time counts as well: fifty ports asked twice in 0.6 s are
/// not asked in half a second.
#[test]
fn a_rate_counts_datagrams_that_are_sent_again() {
    let script = "
nft add table inet t
nft 'add chain inet t in { type filter hook input priority 0; }'
nft add rule inet t in udp dport 4000-4049 drop
";
    let Some(own) = Namespace::lonely_after(script, "") else {
        return;
    };
    let ended = sock("probe -u --max-rate 100 -w 0.6 127.0.0.1 4000-4049")
        .inside(&own, "")
        .code(5)
        .any_stdout()
        .run();
    assert_eq!(ended.lines().len(), 50, "{ended}");
    let least = Duration::from_millis(1300);
    assert!(ended.elapsed > least, "{:?} {ended}", ended.elapsed);
}

#[test]
fn silence_is_asked_again() {
    let silent = Silent::new(V4);
    let ended = sock(format!(
        "probe --json -w 0.3 --retry 2 127.0.0.1 {}",
        silent.port()
    ))
    .code(5)
    .any_stdout()
    .run();
    took(ended.elapsed, Duration::from_millis(900));
    assert!(ended.lines()[0].contains("\"syns\":3,"), "{ended}");
}

/// A thousand ports of which 998 drop: one deadline for all of them, and no
/// open port is missed, also where every tenth SYN gets lost.
#[test]
fn a_thousand_silent_ports_and_lost_packets() {
    let drop_all = "
nft add table inet t
nft 'add chain inet t in { type filter hook input priority 0; }'
nft add rule inet t in tcp dport 4000-4999 tcp dport != { 4100, 4900 } drop
";
    let lose = "nft insert rule inet t in tcp flags syn numgen random mod 10 == 0 drop\n";
    for (script, rounds) in [(drop_all.to_owned(), 1), ([drop_all, lose].concat(), 10)] {
        let Some(own) = Namespace::lonely_after(&script, "tcp:4100 tcp:4900") else {
            return;
        };
        for _ in 0..rounds {
            let ended = sock("probe 127.0.0.1 4000-4999")
                .inside(&own, "")
                .any_stdout()
                .run();
            took_between(
                ended.elapsed,
                Duration::from_millis(1300),
                Duration::from_millis(1500),
            );
            let found = not_closed(&ended.lines());
            assert_eq!(found.len(), 1000, "{ended}");
            let open: Vec<u16> = found
                .iter()
                .filter(|(_, state)| state == "open")
                .map(|(port, _)| *port)
                .collect();
            assert_eq!(open, [4100, 4900], "{ended}");
            assert!(found.iter().all(|(_, s)| s == "open" || s == "filtered"));
        }
    }
}

/// Each silent port has had its SYNs, however few descriptors there are.
#[test]
fn few_descriptors_only_make_it_slower() {
    let script = "
nft add table inet t
nft 'add chain inet t in { type filter hook input priority 0; }'
nft add rule inet t in tcp dport 4001-4040 drop
";
    let Some(own) = Namespace::lonely_after(script, "tcp:4000 tcp:4041") else {
        return;
    };
    let run = |limit: &str| {
        let ended = sock("probe 127.0.0.1 3000-5000")
            .after(limit)
            .inside(&own, "")
            .any_stdout()
            .run();
        assert_eq!(ended.lines().len(), 2001, "{ended}");
        not_closed(&ended.lines())
    };
    let all = run(":");
    assert_eq!(all.len(), 42);
    assert_eq!(run("ulimit -n 64"), all);
}

/// Most of them may be taken before it starts.
#[test]
fn inherited_descriptors_do_not_become_answers() {
    let script = "
nft add table inet t
nft 'add chain inet t in { type filter hook input priority 0; }'
nft add rule inet t in tcp dport 4001-4010 drop
";
    let Some(own) = Namespace::lonely_after(script, "") else {
        return;
    };
    let list: String = (4001..=4010).map(|p| format!("127.0.0.1 {p}\n")).collect();
    // What is left is enough for one engine and two or three questions.
    for last in [50, 51] {
        let taken = format!(
            "for fd in {{3..{last}}}; do eval \"exec $fd</dev/null\"; done; \
             ulimit -n 64; exec \"$@\""
        );
        let ended = sock("probe -w 0.3 --targets -")
            .via(["bash", "-c", &taken, "bash"])
            .inside(&own, "")
            .input(list.as_str())
            .code(5)
            .any_stdout()
            .run();
        let filtered = ended.text().matches("\tfiltered\tno-answer\t").count();
        assert_eq!(filtered, 10, "{ended}");
    }
}

/// Nor do few local ports, over TCP or UDP: what this machine lacks is never an
/// answer, and no question is lost.
#[test]
fn few_local_ports_only_make_it_slower() {
    let script = "
echo '40000 40019' >/proc/sys/net/ipv4/ip_local_port_range
nft add table inet t
nft 'add chain inet t in { type filter hook input priority 0; }'
nft add rule inet t in meta l4proto { tcp, udp } th dport 4001-4040 drop
";
    let Some(own) = Namespace::lonely_after(script, "tcp:4000 tcp:4041 udp:4000 udp:4041") else {
        return;
    };
    for (option, silence) in [("", "filtered"), ("-u ", "silent")] {
        let ended = sock(format!("probe {option}127.0.0.1 3900-4100"))
            .inside(&own, "")
            .any_stdout()
            .run();
        let found = not_closed(&ended.lines());
        let want = (4000..=4041).map(|port| match port {
            4000 | 4041 => (port, "open".to_owned()),
            _ => (port, silence.to_owned()),
        });
        assert_eq!(found, want.collect::<Vec<_>>(), "{ended}");
        assert_eq!(ended.lines().len(), 201, "{ended}");
    }
}

/// No TIME_WAIT, and no port held, after 65,535 questions; and every run says
/// the same.
#[test]
fn nothing_is_left_behind() {
    let Some(own) = Namespace::lonely("tcp:22 tcp:443 tcp:8080 tcp:40000 tcp:65535") else {
        return;
    };
    let rounds = if cfg!(debug_assertions) { 3 } else { 20 };
    for _ in 0..rounds {
        let ended = sock("probe 127.0.0.1 1-65535")
            .inside(&own, "")
            .any_stdout()
            .run();
        assert_eq!(ended.lines().len(), 65_535);
        let open: Vec<u16> = not_closed(&ended.lines()).iter().map(|row| row.0).collect();
        assert_eq!(open, [22, 443, 8080, 40_000, 65_535]);
    }
    let sockets = Namespace::enter(&own, "");
    let left = Cmd::new(&sockets[0])
        .args(&sockets[1..])
        .words("cat /proc/net/tcp")
        .any_stdout()
        .run();
    // Listeners only: 0A of proc_pid_net(5).
    let others: Vec<String> = left
        .lines()
        .into_iter()
        .skip(1)
        .filter(|line| line.split_whitespace().nth(3) != Some(LISTEN))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
}

/// Ctrl-C: what is known, and what is not.
#[test]
fn an_interrupt_prints_what_is_known() {
    let (_listener, open) = listen(V4);
    let silent = Silent::new(V4);
    let running = sock(format!("probe 127.0.0.1 {open},{}", silent.port()))
        .signal(Signal::SIGINT)
        .stdout("127.0.0.1\t*\topen\t*\n127.0.0.1\t*\tunfinished\t*\n")
        .stderr("sock: *SIGINT*\n")
        .spawn();
    running.wait_text("\topen\t");
    running.send_signal(Signal::SIGINT);
    took_between(running.finish().elapsed, Duration::ZERO, PROMPT * 3);
}

/// Faster than nmap's connect scan, in turns. The medians are 2.8 to 7 times apart
/// (Linux 6.18.44, 2 cores, 2026-11-20): nmap takes 0.6 s or 1.6 s, as it happens,
/// and we as long as two processors need for the kernel's part.
#[test]
#[cfg_attr(debug_assertions, ignore = "a statement about the release build")]
fn sixty_five_thousand_ports_are_asked_twice_as_fast() {
    if peer("nmap").is_none() {
        return;
    }
    let Some(own) = Namespace::lonely("tcp:22 tcp:443") else {
        return;
    };
    let time = |words: &str| {
        let ended = Cmd::lax(words.split(' ').next().expect("a word"))
            .words(words.split_once(' ').expect("words").1)
            .inside(&own, "")
            .run();
        assert_eq!(ended.code, Some(0), "{ended}");
        ended.elapsed
    };
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..7 {
        times[0].push(time(&format!("{SOCK} probe 127.0.0.1 1-65535")));
        times[1].push(time("nmap -n -Pn -sT -p- 127.0.0.1"));
    }
    let [ours, theirs] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    assert!(2 * ours <= theirs, "{ours:?}, nmap {theirs:?}");
}
