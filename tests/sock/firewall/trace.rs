//! `--trace`: where the packets of a port end, and how little can be known of
//! silence.

use std::time::Duration;

use super::*;

/// Where packets end: the word, the TTL, the router.
type Ends = (&'static str, Option<u64>, By);

/// What differs from the path of the open port: the word, and the router that
/// packets do not come to.
type Differs = (&'static str, By);

/// Ports of the table of cases and others of the lab.
#[rustfmt::skip]
const PATHS: &[(u16, Family, Ends, Differs)] = &[
    (2000, V4, ("host", Some(3), Nobody), ("", Nobody)),
    (2000, V6, ("host", Some(3), Nobody), ("", Nobody)),
    (2001, V4, ("host", Some(3), Nobody), ("none", Nobody)),
    (2001, V6, ("host", Some(3), Nobody), ("none", Nobody)),
    // A reset forged by R1 comes from nearer than the host; R2 cannot be told
    // from the host.
    (2010, V4, ("host", Some(2), Nobody), ("nearer", Nobody)),
    (2010, V6, ("host", Some(2), Nobody), ("nearer", Nobody)),
    (2012, V4, ("host", Some(3), Nobody), ("none", Nobody)),
    (2012, V6, ("host", Some(3), Nobody), ("none", Nobody)),
    // Dropped by R1: R1 answers, R2 does not, as it does for the other port.
    (2020, V4, ("past", Some(1), R1), ("lost", R2)),
    (2020, V6, ("past", Some(1), R1), ("lost", R2)),
    // Dropped by R2, by the server, or its answer is: these look alike.
    (2021, V4, ("past", Some(2), R2), ("lost", Nobody)),
    (2021, V6, ("past", Some(2), R2), ("lost", Nobody)),
    (2022, V4, ("past", Some(2), R2), ("lost", Nobody)),
    (2022, V6, ("past", Some(2), R2), ("lost", Nobody)),
    (2023, V4, ("past", Some(2), R2), ("lost", Nobody)),
    (2023, V6, ("past", Some(2), R2), ("lost", Nobody)),
    (2030, V4, ("router", Some(1), R1), ("refused", Nobody)),
    (2030, V6, ("router", Some(1), R1), ("refused", Nobody)),
    (2041, V4, ("router", Some(2), R2), ("refused", Nobody)),
    (2041, V6, ("router", Some(2), R2), ("refused", Nobody)),
    (2032, V4, ("host", Some(3), Nobody), ("none", Nobody)),
    (2032, V6, ("host", Some(3), Nobody), ("none", Nobody)),
    (2024, V4, ("here", None, Nobody), ("none", Nobody)),
    (2024, V6, ("here", None, Nobody), ("none", Nobody)),
];

/// All events of a probe from the client.
#[track_caller]
fn events(words: &str) -> Option<Vec<Value>> {
    Some(events_in(lab()?, words))
}

#[track_caller]
fn events_in(network: &Namespace, words: &str) -> Vec<Value> {
    let ended = sock(format!("probe --json {words}"))
        .inside(network, "client")
        .deadline(Duration::from_secs(60))
        .any_end()
        .any_stdout()
        .run();
    let lines = ended.lines();
    let events = lines.iter().map(|line| serde_json::from_str(line));
    events.collect::<Result<_, _>>().expect("JSON lines")
}

fn of<'a>(events: &'a [Value], event: &str, port: u16) -> Vec<&'a Value> {
    let is_it = |row: &&Value| row["event"] == event && row["port"] == port;
    events.iter().filter(is_it).collect()
}

#[track_caller]
fn all_paths(family: Family) {
    let server = Server.address(family).expect("it has one");
    let paths: Vec<_> = PATHS.iter().filter(|path| path.1 == family).collect();
    // Silence takes its time: all at once.
    let running: Vec<_> = paths
        .iter()
        .map(|(port, ..)| {
            std::thread::spawn(move || {
                events(&format!("--trace-against 2000 -w 1.4 {server} {port}"))
            })
        })
        .collect();
    let mut wrong = String::new();
    for (&&(port, _, ends, differs), running) in paths.iter().zip(running) {
        let Some(events) = running.join().expect("a trace") else {
            return;
        };
        let [path] = of(&events, "path", port)[..] else {
            panic!("one path of {port}: {events:?}");
        };
        let (word, ttl, by) = ends;
        let found = (
            path["ends"].as_str(),
            path["ttl"].as_u64(),
            path["by"].as_str(),
        );
        if found != (Some(word), ttl, by.address(family)) {
            let _ = writeln!(wrong, "{port}: expected {ends:?}, found {path}");
        }
        let (word, until) = differs;
        let found = (
            path["differs"].as_str().unwrap_or(""),
            path["until"].as_str(),
        );
        if found != (word, until.address(family)) {
            let _ = writeln!(wrong, "{port}: expected {differs:?}, found {path}");
        }
        // The routers on the way, as far as its packets get.
        for (ttl, router) in [(1, R1), (2, R2)] {
            let hops = of(&events, "hop", port);
            let hop = hops.iter().find(|hop| hop["ttl"] == ttl);
            let expired = hop.filter(|hop| hop["reason"] == "icmp-time-exceeded");
            let by = expired.map(|hop| hop["by"].as_str());
            if expired.is_some() && by != Some(router.address(family)) {
                let _ = writeln!(wrong, "{port}: hop {ttl} is {router:?}, not {hop:?}");
            }
        }
        // The row is that of an untraced probe.
        let case = cases()
            .iter()
            .find(|case| case.port == port)
            .expect("a case");
        let [row] = of(&events, "probe", port)[..] else {
            panic!("one row of {port}: {events:?}");
        };
        compare(&mut wrong, &format!("{port}"), row, case.tcp, family);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_right_hop_over_ipv4() {
    all_paths(V4);
}

#[test]
fn the_right_hop_over_ipv6() {
    all_paths(V6);
}

/// Routes on the way, and hosts that are down: who asks for one that others
/// have asked for shares their wait, so each test has an `x` of its own.
#[rustfmt::skip]
const ELSEWHERE: &[(&str, Family, Ends)] = &[
    ("10.9.9.9", V4, ("router", Some(1), R1)),
    ("fd00:9::9", V6, ("router", Some(1), R1)),
    ("10.0.66.1", V4, ("loop", Some(1), R1)),
    // Routers speak with the address of the link on which the packet came: over
    // IPv6 R1 has another one when it comes back.
    ("fd00:66::1", V6, ("loop", Some(2), R2)),
    ("10.0.3.9x", V4, ("router", Some(2), R2)),
    ("fd00:3::9x", V6, ("router", Some(2), R2)),
    ("10.0.1.9x", V4, ("here", None, Nobody)),
    ("fd00:1::9x", V6, ("here", None, Nobody)),
    ("192.0.2.2", V4, ("here", None, Nobody)),
    ("2001:db8::2", V6, ("here", None, Nobody)),
    ("10.0.1.1", V4, ("host", Some(1), Nobody)),
    ("fd00:1::1", V6, ("host", Some(1), Nobody)),
];

#[track_caller]
fn elsewhere(protocol: &str, x: &str) {
    let running = ELSEWHERE.iter().map(|(target, ..)| {
        let target = target.replace('x', x);
        // A router without a route says so to an address five times, then once
        // a second (net.ipv4.route.error_cost), and others ask for that too.
        let source = match &*target {
            "10.9.9.9" => "--source 10.0.1.3",
            _ => "",
        };
        let words = format!("--trace {source} {protocol} {target} 80");
        std::thread::spawn(move || events(&words))
    });
    let running: Vec<_> = running.collect();
    for (&(target, family, (word, ttl, by)), running) in ELSEWHERE.iter().zip(running) {
        let Some(events) = running.join().expect("a trace") else {
            return;
        };
        let path = of(&events, "path", 80)[0];
        assert_eq!(path["ends"], word, "{target} {path}");
        assert_eq!(path["ttl"].as_u64(), ttl, "{target} {path}");
        assert_eq!(path["by"].as_str(), by.address(family), "{target} {path}");
    }
}

#[test]
fn routes_and_hosts_that_are_down() {
    elsewhere("", "8");
}

#[test]
fn routes_and_hosts_that_are_down_over_udp() {
    elsewhere("-u", "7");
}

#[test]
fn datagrams_are_followed_too() {
    for (family, ports) in [
        (V4, [2000, 2001, 2020, 2041]),
        (V6, [2000, 2001, 2020, 2041]),
    ] {
        let server = Server.address(family).expect("it has one");
        let ports = ports.map(|port| port.to_string()).join(",");
        let Some(events) = events(&format!("-u --trace -w 1.4 {server} {ports}")) else {
            return;
        };
        let ends = |port| {
            let path = of(&events, "path", port)[0];
            let by = path["by"].as_str().map(str::to_owned);
            (
                path["ends"].as_str().expect("a word"),
                path["ttl"].as_u64(),
                by,
            )
        };
        let by = |by: By| by.address(family).map(str::to_owned);
        assert_eq!(ends(2000), ("host", Some(3), None));
        assert_eq!(ends(2001), ("host", Some(3), None));
        assert_eq!(ends(2020), ("past", Some(1), by(R1)));
        assert_eq!(ends(2041), ("router", Some(2), by(R2)));
        assert_eq!(of(&events, "probe", 2000)[0]["state"], "open");
        assert_eq!(of(&events, "probe", 2001)[0]["state"], "closed");
        assert_eq!(of(&events, "probe", 2020)[0]["state"], "silent");
    }
}

/// Time, TTL and MSS of each hop, and its name unless -n forbids.
#[test]
fn hops_say_what_routers_say() {
    for family in [V4, V6] {
        let server = Server.address(family).expect("it has one");
        let Some(events) = events(&format!("--trace {server} 2003")) else {
            return;
        };
        let hops = of(&events, "hop", 2003);
        let mss = if family == V4 { 1460 } else { 1440 };
        let said = |hop: &Value| {
            let name = hop["name"].as_str().map(str::to_owned);
            (name, hop["icmp_ttl"].as_u64(), hop["mss"].as_u64())
        };
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(said(hops[0]), (name("r1.lab"), Some(64), Some(mss)));
        assert_eq!(said(hops[1]), (name("r2.lab"), Some(63), Some(1000)));
        assert_eq!(hops[2]["reason"], "syn-ack");
        assert_eq!(hops[2]["by"], server);
        assert!(hops.iter().all(|hop| hop["time_ms"].as_f64() > Some(0.0)));
        let path = of(&events, "path", 2003)[0];
        let text = path["text"].as_str().expect("a sentence");
        let clamp = format!("rewritten from {mss} to 1000 before");
        assert!(text.contains(&clamp), "{text}");
    }
    let Some(events) = events("-n --trace 10.0.3.2 2000") else {
        return;
    };
    let hops = of(&events, "hop", 2000);
    assert!(hops.iter().all(|hop| hop["name"].is_null()), "{hops:?}");
}

/// Behind a NAT routers speak with the address that was asked.
#[test]
fn a_nat_on_the_way_is_told() {
    let Some(events) = events("--trace 10.0.7.1 2000") else {
        return;
    };
    let path = of(&events, "path", 2000)[0];
    assert_eq!((&path["ends"], &path["ttl"]), (&"host".into(), &3.into()));
    let text = path["text"].as_str().expect("a sentence");
    assert!(
        text.contains("from hop 1 on routers speak in the name of the host"),
        "{text}"
    );
}

/// Accepts, counts, and says so.
const COUNTER: &str = "
import socket, sys, time
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(('::', 0))
s.listen(64)
print('port', s.getsockname()[1], file=sys.stderr, flush=True)
sys.stdin.readline()
s.settimeout(0.05)
n = 0
try:
    while True:
        s.accept()
        n += 1
except TimeoutError:
    print('count', n, file=sys.stderr, flush=True)
";

/// A router that never answers hides the host; looking behind it must not
/// become a flood of connects.
#[test]
fn an_open_port_sees_four_connects_at_most() {
    let Some(lab) = lab() else { return };
    for (what, silence) in [
        ("all routers answer", ""),
        ("R1 is silent", "r1"),
        ("R2 is silent", "r2"),
        ("both are silent", "r1 r2"),
    ] {
        let mut counter = Cmd::lax("python3")
            .args(["-c", COUNTER])
            .inside(lab, "server")
            .stdin(Stdin::Pipe)
            .spawn();
        let number = |line: String| line.split(' ').nth(1).and_then(|n| n.parse().ok());
        let port: u16 = number(counter.wait_line("port *")).expect("a port");
        for router in silence.split_whitespace() {
            lab.script(
                router,
                &format!(
                    "nft add chain inet lab hush '{{ type filter hook output priority 0; }}'
                     # The destination port in the TCP header that it quotes.
                     nft add rule inet lab hush icmp type time-exceeded @th,240,16 {port} drop"
                ),
            );
        }
        let Some(events) = events(&format!("--trace -w 4 10.0.3.2 {port}")) else {
            return;
        };
        counter.write("\n");
        let count = number(counter.wait_line("count *")).expect("a count");
        assert!((1..=4).contains(&count), "{what}: {count} connects");
        let path = of(&events, "path", port)[0];
        assert_eq!(path["ends"], "host", "{what}: {path}");
        assert_eq!(path["ttl"], 3, "{what}: {path}");
        let silent: Vec<u64> = of(&events, "hop", port)
            .iter()
            .filter(|hop| hop["reason"] == "no-answer")
            .filter_map(|hop| hop["ttl"].as_u64())
            .collect();
        let expected: Vec<u64> = (1..=2)
            .filter(|ttl| silence.contains(&format!("r{ttl}")))
            .collect();
        assert_eq!(silent, expected, "{what}");
    }
}

/// Linux routers answer six at once and then one a second
/// (net.ipv4.icmp_ratelimit): who is silent is asked again.
#[test]
fn routers_that_ration_their_answers_are_heard() {
    let Some(network) = network() else { return };
    for router in ["r1", "r2"] {
        network.script(
            router,
            "cd /proc/sys/net/ipv4; echo 1000 >icmp_ratelimit; echo 6168 >icmp_ratemask",
        );
    }
    let ports = [2000, 2001, 2003, 2010, 2011, 2012, 2041, 2051, 2061, 2071];
    let words = ports.map(|port| port.to_string()).join(",");
    let events = events_in(&network, &format!("-n --trace 10.0.3.2 {words}"));
    for port in ports {
        let hop = of(&events, "hop", port)[0];
        let said = (hop["ttl"].as_u64(), hop["by"].as_str());
        assert_eq!(said, (Some(1), R1.address(V4)), "{port}: {hop}");
        let path = of(&events, "path", port)[0];
        let ends = if port < 2040 { "host" } else { "router" };
        assert_eq!(path["ends"], ends, "{port}: {path}");
    }
}

/// A row each, with the fields of a port's row first.
#[test]
fn in_a_pipe_hops_are_rows() {
    let Some(lab) = lab() else { return };
    let ended = sock("probe --trace 10.0.3.2 2001")
        .inside(lab, "client")
        .code(4)
        .any_stdout()
        .run();
    let states: Vec<String> = ended
        .lines()
        .iter()
        .map(|line| line.split('\t').nth(4).expect("a state").to_owned())
        .collect();
    assert_eq!(states, ["hop", "hop", "hop", "path", "closed"]);
}

/// A router is told when it is heard, not when the rest has been waited for.
#[test]
fn in_json_a_hop_is_told_at_once() {
    let Some(lab) = lab() else { return };
    let running = sock("probe --json --trace 10.0.3.2 2020")
        .inside(lab, "client")
        .code(5)
        .any_stdout()
        .spawn();
    running.wait_text("\"event\":\"hop\"");
    took(running.age(), Duration::ZERO);
    running.finish();
}

/// What is known when the run is ended is told.
#[test]
fn cut_short_it_tells_the_hops_it_knows() {
    let Some(lab) = lab() else { return };
    let ended = sock("probe --json --trace --timeout 0.7 10.0.3.2 2020")
        .inside(lab, "client")
        .code(124)
        .any_stdout()
        .any_stderr()
        .run();
    let lines = ended.lines();
    let events: Vec<Value> = (lines.iter().map(|line| serde_json::from_str(line)))
        .collect::<Result<_, _>>()
        .expect("JSON lines");
    assert_eq!(of(&events, "hop", 2020)[0]["by"], "10.0.1.1");
    assert_eq!(of(&events, "path", 2020)[0]["ends"], "unfinished");
    assert!(of(&events, "probe", 2020)[0]["state"].is_null());
    took(ended.elapsed, Duration::from_millis(700));
}

#[test]
fn what_cannot_be_traced_is_said_at_once() {
    for (words, part) in [
        ("--trace /tmp/s", "Unix socket"),
        ("--trace 10.0.3.2 1-17", "at most 16"),
        ("--trace --ttl 3 10.0.3.2 80", "--ttl"),
        ("--trace --count 3 10.0.3.2 80", "--count"),
        ("--trace --wait 3 10.0.3.2 80", "--wait"),
        ("--trace --banner 10.0.3.2 80", "--banner"),
        ("--trace --targets f 10.0.3.2:80", "--trace"),
        ("--trace-against 80,81 10.0.3.2 80", "one port"),
        ("--trace-against 0 10.0.3.2 80", "0"),
    ] {
        let ended = sock(format!("probe {words}")).code(2).any_stderr().run();
        let first = ended.err.lines().next().unwrap_or_default().to_owned();
        assert!(first.contains(part), "{first}");
    }
}
