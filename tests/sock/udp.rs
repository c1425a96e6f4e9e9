//! `probe -u`: queries that servers answer, and what silence is worth where a
//! host rations its ICMP errors.

use std::time::Duration;

use serde_json::Value;

use crate::support::*;

/// Where every protocol of protocols.py is served on 127.0.0.1, and on
/// 127.0.0.2 by what answers the second query only.
fn servers() -> Option<Namespace> {
    const SERVE: &str = "
exec {server}< <(exec setpriv --pdeathsig KILL python3 -c \"$SERVER\")
read -r word line <&\"$server\"
[ \"$word\" = ready ]
echo \"$line\" >/run/ports
";
    let server = include_str!("../peers/protocols.py").to_owned();
    Namespace::new(SERVE, &[("SERVER", server)])
}

/// A server behind a veth with the kernel's own limit of ICMP errors, which
/// does not count on loopback.
pub fn rationing() -> Option<Namespace> {
    const LINK: &str = "
ip netns add server
ip link add name near type veth peer name far netns server
ip addr add 10.9.0.1/24 dev near
ip link set near up
ip -n server addr add 10.9.0.2/24 dev far
ip -n server link set far up
ip -n server link set lo up
";
    Namespace::new(LINK, &[])
}

fn rows(ended: &Ended) -> (Vec<Value>, Value) {
    let parse = |line: &String| serde_json::from_str(line).expect("JSON");
    let mut rows: Vec<Value> = ended.lines().iter().map(parse).collect();
    let summary = rows.pop().expect("a summary");
    (rows, summary)
}

#[test]
fn servers_answer_the_query_of_their_port() {
    let Some(own) = servers() else { return };
    let listed = peer("cat").map(|cat| cat.arg("/run/ports").inside(&own, "").run());
    let ports: Vec<String> = match listed {
        Some(listed) => listed
            .text()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        None => return,
    };
    assert!(ports.len() > 30, "{ports:?}");
    let ended = sock(format!("probe -u 127.0.0.1 {}", ports.join(",")))
        .inside(&own, "")
        .any_stdout()
        .run();
    assert_eq!(ended.text().matches("\topen\treply\t").count(), ports.len());
    // The second datagram is the other query.
    let ended = sock("probe -u --json -w 1 127.0.0.2 161,443,500")
        .inside(&own, "")
        .any_stdout()
        .run();
    for row in rows(&ended).0 {
        assert_eq!(
            (&row["state"], &row["syns"]),
            (&"open".into(), &2.into()),
            "{ended}"
        );
    }
}

/// Two hundred closed ports of a host with the default limit: what there was no
/// time to find out is said to be so, and nothing is called silent without it.
#[test]
fn closed_ports_of_a_host_that_limits_its_answers_are_not_called_silent() {
    let (Some(own), Some(other)) = (rationing(), rationing()) else {
        return;
    };
    // At the same time, what a person sees of it.
    let seen = sock("probe -u 10.9.0.2 1000-1199")
        .inside(&other, "")
        .deadline(Duration::from_secs(40))
        .any_end()
        .stdout_to(Stdout::Tty)
        .any_stdout()
        .spawn();
    let ended = sock("probe -u --json 10.9.0.2 1000-1199")
        .inside(&own, "")
        .deadline(Duration::from_secs(40))
        .any_end()
        .any_stdout()
        .run();
    took_less(&ended, Duration::from_secs(30));
    let (all, summary) = rows(&ended);
    let count = |reason: &str| all.iter().filter(|row| row["reason"] == reason).count();
    let (closed, limited) = (count("icmp-port-unreachable"), count("icmp-limited"));
    assert_eq!(closed + limited, 200, "{ended}");
    assert!(closed >= 20, "{closed} {ended}");
    // However late it was asked for the time that brought the answer.
    let slowest = (all.iter())
        .filter(|row| row["state"] == "closed")
        .map(|row| row["time_ms"].as_f64().expect("a time"))
        .fold(0.0, f64::max);
    assert!(slowest < 3000.0, "{slowest} ms {ended}");
    assert_eq!(
        summary["limiting"],
        serde_json::json!(["10.9.0.2"]),
        "{ended}"
    );
    assert_eq!(ended.code, Some(9), "closed and silent: {ended}");

    let seen = seen.finish();
    let said = "; 10.9.0.2 limits its answers: what is icmp-limited is not known";
    assert!(seen.text().contains(said), "{seen}");

    // The budget is spent now, and few ports are told to the end all the same.
    let ended = sock("probe -u --json 10.9.0.2 1000-1007")
        .inside(&own, "")
        .code(4)
        .any_stdout()
        .run();
    let (all, summary) = rows(&ended);
    assert!(all.iter().all(|row| row["state"] == "closed"), "{ended}");
    assert_eq!(summary["limiting"], serde_json::json!([]), "{ended}");
}

/// Half closed, half dropped: each is told from the other.
#[test]
fn dropped_ports_are_told_from_closed_ones_of_a_host_that_limits_its_answers() {
    let Some(own) = rationing() else { return };
    own.script(
        "server",
        "nft -f - <<'END'
table inet t {
  chain in { type filter hook input priority 0; udp dport 1008-1015 drop; }
}
END",
    );
    let ended = sock("probe -u --json 10.9.0.2 1000-1015")
        .inside(&own, "")
        .code(9)
        .any_stdout()
        .run();
    for row in rows(&ended).0 {
        let port = row["port"].as_u64().expect("a port");
        let expected = if port < 1008 {
            "icmp-port-unreachable"
        } else {
            "no-answer"
        };
        assert_eq!(row["reason"], expected, "{ended}");
    }
    took_less(&ended, Duration::from_secs(10));
}

/// A host that is slower than Linux is: the control does not come when it should,
/// and nothing is made of silence.
#[test]
fn a_closed_port_of_a_slower_host_is_not_called_silent() {
    let Some(own) = rationing() else { return };
    own.script("server", "sysctl -q net.ipv4.icmp_ratelimit=4000");
    let ended = sock("probe -u 10.9.0.2 1000-1011")
        .inside(&own, "")
        .deadline(Duration::from_secs(40))
        .any_end()
        .any_stdout()
        .run();
    let text = ended.text();
    let count = |reason: &str| text.matches(&format!("\t{reason}\t")).count();
    let closed = count("icmp-port-unreachable");
    assert_eq!(closed + count("icmp-limited"), 12, "{ended}");
    assert!(closed >= 7, "{ended}");
    took_less(&ended, Duration::from_secs(30));
}

#[track_caller]
fn took_less(ended: &Ended, most: Duration) {
    assert!(ended.elapsed < most, "{:?} {ended}", ended.elapsed);
}
