//! `sock` against nc, ncat and socat, nmap and RustScan, in one run: `cargo bench`;
//! `cargo bench -- transfers` and `-- surveys` are one part each.
//!
//! Absolute figures say little about another machine, and on a busy one nothing
//! at all; what counts are ratios of medians over rounds in which everybody has
//! a turn. All of it happens in a network namespace of its own that uses reno:
//! bbr, a common default, paces loopback and hides what copies cost. Peers that
//! are not installed are reported and left out.
//!
//! `SOCK_BENCH=short` measures 128 MiB and three rounds, in a few seconds.

mod measure;
mod players;
mod surveys;
mod table;
mod works;

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// Set in the process that has the namespace.
const INSIDE: &str = "SOCK_BENCH_INSIDE";

/// How much is measured.
pub struct Size {
    /// Length of the file.
    pub bytes: u64,
    /// Rounds of each transfer and survey.
    pub rounds: usize,
    /// Round trips of a ping-pong.
    pub trips: usize,
    /// Starts of each program.
    pub starts: usize,
}

const FULL: Size = Size {
    bytes: 1 << 30,
    rounds: 7,
    trips: 20_000,
    starts: 61,
};

const SHORT: Size = Size {
    bytes: 128 << 20,
    rounds: 3,
    trips: 2_000,
    starts: 11,
};

fn main() -> ExitCode {
    // `cargo test --benches` runs this too, and only wants to see it start.
    if !std::env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    if std::env::var_os(INSIDE).is_none() {
        return enter_namespace();
    }
    let short = std::env::var_os("SOCK_BENCH").is_some_and(|how| how == "short");
    match run(if short { &SHORT } else { &FULL }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("{error}")),
    }
}

fn complain(what: &str) -> ExitCode {
    // If stderr is gone nobody wants to know.
    let _ = writeln!(std::io::stderr(), "{what}");
    ExitCode::FAILURE
}

/// unshare(1) starts this program again in a network of its own.
fn enter_namespace() -> ExitCode {
    const SETUP: &str = "PATH=$PATH:/usr/sbin:/sbin; set -e; ip link set lo up; \
        echo reno >/proc/sys/net/ipv4/tcp_congestion_control; exec \"$@\"";
    let error = Command::new("unshare")
        .args(["-Urn", "sh", "-c", SETUP, "sh"])
        .args(std::env::args_os())
        .env(INSIDE, "1")
        .exec();
    complain(&format!("unshare -Urn: {error}"))
}

/// `cargo bench -- surveys` is one part only.
fn wants(part: &str) -> bool {
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    words
        .next()
        .is_none_or(|first| first == part || words.any(|word| word == part))
}

fn run(size: &Size) -> io::Result<()> {
    if wants("transfers") {
        transfers(size)?;
    }
    if wants("surveys") {
        surveys(size)?;
    }
    Ok(())
}

fn transfers(size: &Size) -> io::Result<()> {
    let players = players::installed()?;
    let place = works::Place::new(size)?;
    let mut results = Vec::new();
    for work in works::transfers() {
        results.push(measure::transfer(&work, &players, &place, size)?);
    }
    results.push(measure::ping_pong(&players, size)?);
    results.extend(measure::start(&players, size)?);
    let about = format!(
        "{} MiB over loopback, medians of {} rounds in turn, {}.\n\
         In brackets: how many times as long, and as much CPU time of both sides, as `sock`.",
        size.bytes >> 20,
        size.rounds,
        table::place()?
    );
    let names: Vec<&str> = players.iter().map(|player| player.name()).collect();
    say(&about, &table::markdown(&names, &results))
}

fn surveys(size: &Size) -> io::Result<()> {
    let surveyors = surveys::installed()?;
    let results = surveys::all(&surveyors, size.rounds)?;
    let about = format!(
        "Medians of {} rounds in turn, {}.\n\
         In brackets: how many times as long, and as much CPU time, as `sock`.",
        size.rounds,
        table::place()?
    );
    let names: Vec<&str> = surveyors.iter().map(|surveyor| surveyor.name()).collect();
    say(&about, &table::markdown(&names, &results))
}

fn say(about: &str, table: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{about}\n\n{table}")
}
