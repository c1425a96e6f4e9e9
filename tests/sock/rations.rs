//! `probe` over TCP where a firewall rejects more than it has ICMP errors for
//! (icmp_ratelimit of icmp(7)): none of that is a firewall that drops.

use std::time::Duration;

use serde_json::Value;

use crate::support::*;
use crate::udp::rationing;

/// 8000-8019 are rejected, 8020-8199 dropped; nobody listens on the others.
fn firewall() -> Option<Namespace> {
    let own = rationing()?;
    own.script(
        "server",
        "nft -f - <<'END'
table inet t {
  chain in {
    type filter hook input priority 0
    tcp dport 8000-8019 reject
    tcp dport 8020-8199 drop
  }
}
END",
    );
    Some(own)
}

fn rows(ended: &Ended) -> (Vec<Value>, Value) {
    let parse = |line: &String| serde_json::from_str(line).expect("JSON");
    let mut rows: Vec<Value> = ended.lines().iter().map(parse).collect();
    let summary = rows.pop().expect("a summary");
    (rows, summary)
}

fn with<'a>(rows: &'a [Value], reason: &str) -> Vec<&'a Value> {
    (rows.iter())
        .filter(|row| row["reason"] == reason)
        .collect()
}

/// By two engines, as so many rows are: what is closed need not wait.
#[test]
fn rejected_ports_are_asked_again_at_the_pace_of_the_firewall() {
    let Some(own) = firewall() else { return };
    let ended = sock("probe --json 10.9.0.2 8000-8009,10000-14200")
        .inside(&own, "")
        .code(9)
        .any_stdout()
        .run();
    let (all, summary) = rows(&ended);
    let rejected = with(&all, "icmp-port-unreachable");
    let ports: Vec<_> = rejected.iter().map(|row| row["port"].as_u64()).collect();
    let mut sorted = ports.clone();
    sorted.sort_unstable();
    assert!((8000..8010).map(Some).eq(sorted), "{ports:?}");
    assert_eq!(with(&all, "reset").len(), 4201);
    assert_eq!(summary["limiting"], serde_json::json!([]));
    let late = all.iter().rposition(|row| row["reason"] == "reset");
    assert!(late < Some(all.len() - 3), "closed ports wait: {late:?}");
    // However often it was asked for the time that brought the answer.
    let last = rejected.last().expect("a row");
    assert!(last["syns"].as_u64() >= Some(4), "{last}");
    assert!(last["time_ms"].as_f64() < Some(900.0), "{last}");
}

/// What it had is spent when the second run begins: only the first of its ICMP
/// errors that comes for a SYN sent again gives it away.
#[test]
fn a_list_of_rejected_ports_is_as_expected_each_time() {
    let Some(own) = firewall() else { return };
    let dir = scratch();
    let list = dir.path().join("ports");
    let line = "10.9.0.2 8000-8007 rejected\n10.9.0.2 8020-8029 filtered\n";
    std::fs::write(&list, line).expect("a list");
    for _ in 0..2 {
        let ended = sock("probe --json --expect-file")
            .arg(&list)
            .inside(&own, "")
            .deadline(Duration::from_secs(40))
            .any_stdout()
            .code(0)
            .run();
        let summary = rows(&ended).1;
        assert_eq!(summary["rejected"], 8, "{ended}");
        assert_eq!(summary["limiting"], serde_json::json!([]), "{ended}");
    }
}

#[test]
fn what_is_dropped_is_still_told_from_what_is_rejected() {
    let Some(own) = firewall() else { return };
    let ended = sock("probe --json 10.9.0.2 8010-8039")
        .inside(&own, "")
        .deadline(Duration::from_secs(40))
        .code(9)
        .any_stdout()
        .run();
    for row in rows(&ended).0 {
        let expected = match row["port"].as_u64().expect("a port") {
            ..8020 => "icmp-port-unreachable",
            _ => "no-answer",
        };
        assert_eq!(row["reason"], expected, "{ended}");
    }
}

#[test]
fn what_there_was_no_time_for_is_not_called_dropped() {
    let Some(own) = firewall() else { return };
    let ended = sock("probe --json --timeout 4 10.9.0.2 8000-8019")
        .inside(&own, "")
        .code(9)
        .any_stdout()
        .run();
    let (all, summary) = rows(&ended);
    let limited = with(&all, "icmp-limited");
    let known = with(&all, "icmp-port-unreachable").len();
    assert!(limited.len() >= 8, "{ended}");
    assert_eq!(limited.len() + known, 20, "{ended}");
    for row in limited {
        assert_eq!(
            (&row["state"], &row["by"]),
            (&"filtered".into(), &"10.9.0.2".into())
        );
        assert!(row["syns"].as_u64() >= Some(4), "{row}");
    }
    assert_eq!(summary["unfinished"], 0, "{ended}");
    assert_eq!(summary["limiting"], serde_json::json!(["10.9.0.2"]));

    // What a person sees of it.
    let seen = sock("probe --timeout 3 10.9.0.2 8000-8019")
        .inside(&own, "")
        .any_end()
        .stdout_to(Stdout::Tty)
        .any_stdout()
        .run();
    let text = seen.text();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "rejects others here and limits its ICMP errors, and had none to spare",
        "; 10.9.0.2 limits its answers: what is icmp-limited is not known",
    ] {
        assert!(text.contains(said), "{seen}");
    }
    assert!(!text.contains("security group"), "{seen}");
}

#[test]
fn a_few_rejections_do_not_make_a_silent_range_slow() {
    let Some(own) = firewall() else { return };
    let ended = sock("probe --json 10.9.0.2 8018-8199")
        .inside(&own, "")
        .code(9)
        .any_stdout()
        .run();
    let (all, summary) = rows(&ended);
    assert_eq!(with(&all, "no-answer").len(), 180, "{ended}");
    assert_eq!(with(&all, "icmp-port-unreachable").len(), 2, "{ended}");
    assert_eq!(summary["limiting"], serde_json::json!([]));
    // Two SYNs of each of two sockets: who is in doubt asks twice more.
    let syns = all.iter().filter_map(|row| row["syns"].as_u64()).max();
    assert!(syns <= Some(4), "asked again: {ended}");
}

/// The ration of a router is one for all the hosts behind it; and what is doubted
/// does not wait for a list that has not ended.
#[test]
fn a_router_that_rejects_for_many_hosts_has_one_ration() {
    let Some(own) = rationing() else { return };
    own.script(
        "server",
        "
ip link add name inner type veth peer name outer
ip addr add 10.8.0.1/16 dev inner
ip link set inner up
ip link set outer up
sysctl -q net.ipv4.ip_forward=1
nft -f - <<'END'
table inet t {
  chain on { type filter hook forward priority 0; reject with icmp admin-prohibited; }
}
END",
    );
    own.script("", "ip route add 10.8.0.0/16 via 10.9.0.2");
    let mut running = sock("probe -w 1.3 --targets -")
        .inside(&own, "")
        .stdin(Stdin::Pipe)
        .deadline(Duration::from_secs(40))
        .code(6)
        .any_stdout()
        .spawn();
    for host in 1..10 {
        running.write(format!("10.8.1.{host} 22\n"));
    }
    running.wait("all rows", |state| {
        (state.out.iter().filter(|&&byte| byte == b'\n').count() == 9).then_some(())
    });
    running.close_stdin();
    let ended = running.finish();
    let told = "\trejected\ticmp-admin-prohibited\t10.9.0.2\t";
    assert_eq!(ended.text().matches(told).count(), 9, "{ended}");
}
