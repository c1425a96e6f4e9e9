//! The results as Markdown, for a README.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::process::Command;
use std::time::Duration;

use crate::measure::{Figure, Result};

/// Where and when this was measured.
///
/// # Errors
/// date(1) or proc(5) missing.
pub fn place() -> io::Result<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let date = Command::new("date").arg("+%Y-%m-%d").output()?.stdout;
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "reno, Linux {}, {cores} cores, {}",
        kernel.trim(),
        String::from_utf8_lossy(&date).trim()
    ))
}

/// A column for each program, of which ours is the first; a row for each work.
pub fn markdown(names: &[&str], results: &[Result]) -> String {
    let mut text = String::from("| work |");
    for name in names {
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(names.len()));
    for result in results {
        let _ = write!(text, "\n| {} |", result.title);
        let ours = result.rows.first().and_then(|(_, figure)| *figure);
        for (column, name) in names.iter().enumerate() {
            let theirs = result.rows.iter().find(|(who, _)| who == name);
            let theirs = theirs.and_then(|(_, figure)| *figure);
            let others = ours.filter(|_| column > 0);
            let _ = write!(text, " {} |", cell(theirs, others, result.cpu));
        }
    }
    text.push('\n');
    text
}

/// A figure, and how it compares with ours.
fn cell(figure: Option<Figure>, ours: Option<Figure>, cpu: bool) -> String {
    let Some(figure) = figure else {
        return "-".to_owned();
    };
    let mut text = time(figure.wall);
    if cpu {
        let _ = write!(text, ", {} CPU", time(figure.cpu));
    }
    if let Some(ours) = ours {
        let _ = write!(text, " ({:.2}", ratio(figure.wall, ours.wall));
        if cpu {
            let _ = write!(text, ", {:.2}", ratio(figure.cpu, ours.cpu));
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
