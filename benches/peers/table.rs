//! The results as Markdown, for a README.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::process::Command;
use std::time::Duration;

use crate::Size;
use crate::measure::{Figure, Result};
use crate::players::Player;

/// # Errors
/// date(1) or proc(5) missing.
pub fn markdown(players: &[Player], results: &[Result], size: &Size) -> io::Result<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let date = Command::new("date").arg("+%Y-%m-%d").output()?.stdout;
    let cores = std::thread::available_parallelism()?;
    let mut text = format!(
        "{} MiB over loopback, medians of {} rounds in turn, reno, Linux {}, {cores} cores, {}.\n\
         In brackets: how many times as long, and as much CPU time of both sides, as `sock`.\n\n",
        size.bytes >> 20,
        size.rounds,
        kernel.trim(),
        String::from_utf8_lossy(&date).trim(),
    );
    text.push_str("| work |");
    for player in players {
        let _ = write!(text, " {} |", player.name());
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(players.len()));
    for result in results {
        let _ = write!(text, "\n| {} |", result.title);
        let ours = result.rows.first().and_then(|(_, figure)| *figure);
        for player in players {
            let theirs = result
                .rows
                .iter()
                .find(|(who, _)| who == player)
                .and_then(|(_, figure)| *figure);
            let _ = write!(text, " {} |", cell(ours, theirs, *player, result.cpu));
        }
    }
    text.push('\n');
    Ok(text)
}

fn cell(ours: Option<Figure>, theirs: Option<Figure>, player: Player, cpu: bool) -> String {
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return "-".to_owned();
    };
    let mut text = time(theirs.wall);
    if cpu {
        let _ = write!(text, ", {} CPU", time(theirs.cpu));
    }
    if player != Player::Sock {
        let _ = write!(text, " ({:.2}", ratio(theirs.wall, ours.wall));
        if cpu {
            let _ = write!(text, ", {:.2}", ratio(theirs.cpu, ours.cpu));
        }
        text.push(')');
    }
    text
}

fn ratio(theirs: Duration, ours: Duration) -> f64 {
    theirs.as_secs_f64() / ours.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1000.0 => format!("{micros:.1} µs"),
        ..10_000.0 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{:.0} ms", micros / 1e3),
    }
}
