//! Routing tables, and hosts that are down.

use super::*;

/// What routing tables say, ours and those on the way; at once, so that the
/// answer's time tells it from a host that is down.
#[rustfmt::skip]
const ROUTES: &[(&str, Family, Says)] = &[
    ("10.9.9.9", V4, unreachable("icmp-net-unreachable", R1)),
    ("fd00:9::9", V6, unreachable("icmp-net-unreachable", R1)),
    ("10.0.66.1", V4, unreachable("icmp-time-exceeded", R2)),
    ("fd00:66::1", V6, unreachable("icmp-time-exceeded", R2)),
    ("198.51.100.1", V4, unreachable("no-route", Nobody)),
    ("2001:db8:1::1", V6, unreachable("no-route", Nobody)),
    ("192.0.2.1", V4, unreachable("no-route", Nobody)),
    ("2001:db8::1", V6, unreachable("no-route", Nobody)),
    ("192.0.2.2", V4, unreachable("route-blackhole", Nobody)),
    ("2001:db8::2", V6, unreachable("route-blackhole", Nobody)),
    ("192.0.2.3", V4, unreachable("route-prohibited", Nobody)),
    ("2001:db8::3", V6, unreachable("route-prohibited", Nobody)),
    // An `unreachable` route is a route that does not lead there.
    ("192.0.2.4", V4, unreachable("no-route", Nobody)),
    ("2001:db8::4", V6, unreachable("no-route", Nobody)),
];

#[track_caller]
fn routes(protocol: &str) {
    let mut wrong = String::new();
    for &(target, family, says) in ROUTES {
        let Some(rows) = rows(&format!("{protocol} -w 1 {target} 80")) else {
            return;
        };
        assert_eq!(rows.len(), 1);
        let what = format!("{protocol} {target}");
        compare(&mut wrong, &what, &rows[0], says, family);
        let time = rows[0]["time_ms"].as_f64();
        if time.is_some_and(|ms| ms > 500.0) {
            let _ = writeln!(wrong, "{what}: not at once: {time:?} ms");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn routes_that_lead_nowhere_say_so_at_once() {
    routes("");
}

#[test]
fn routes_that_lead_nowhere_say_so_at_once_to_udp() {
    routes("-u");
}

/// Hosts that are down take the 3.1 s of three unanswered neighbour requests,
/// within the default `-w` of 4 s. Behind a router it is the last router that
/// says so, on our own link we ourselves.
#[track_caller]
fn host_down(protocol: &str, x: &str) {
    const DOWN: &[(&str, Family, Says)] = &[
        ("10.0.3.9x", V4, unreachable("icmp-host-unreachable", R2)),
        ("fd00:3::9x", V6, unreachable("icmp-host-unreachable", R2)),
        ("10.0.1.9x", V4, unreachable("neighbour-failure", Client)),
        ("fd00:1::9x", V6, unreachable("neighbour-failure", Client)),
    ];
    // Who asks for a host that others have asked for shares their wait.
    let targets = DOWN.iter().map(|(host, ..)| host.replace('x', x));
    let words: Vec<String> = targets.map(|host| format!("{host} 80")).collect();
    let Some(rows) = rows(&format!("{protocol} {}", words.join(" "))) else {
        return;
    };
    assert_eq!(rows.len(), DOWN.len());
    let mut wrong = String::new();
    for (target, family, says) in DOWN {
        let target = target.replace('x', x);
        let row = rows
            .iter()
            .find(|row| row["target"] == *target)
            .unwrap_or_else(|| panic!("no row for {target}"));
        compare(
            &mut wrong,
            &format!("{protocol} {target}"),
            row,
            *says,
            *family,
        );
        let ms = row["time_ms"].as_f64().unwrap_or(0.0);
        if !(2000.0..4000.0).contains(&ms) {
            let _ = writeln!(wrong, "{target}: about 3.1 s, not {ms} ms");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn hosts_that_are_down_are_unreachable() {
    host_down("", "9");
}

#[test]
fn hosts_that_are_down_are_unreachable_for_udp() {
    host_down("-u", "4");
}
