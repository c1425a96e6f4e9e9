//! Rounds in which everybody has a turn, and their medians.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::Size;
use crate::players::{Player, SOCK, command};
use crate::works::{Place, Work};

/// How long a program may take to listen, or a round to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// One work, and what came of it.
pub struct Result {
    pub title: String,
    /// Everybody's median; None for who has no part in it.
    pub rows: Vec<(&'static str, Option<Figure>)>,
    /// CPU time is of interest.
    pub cpu: bool,
}

/// A median of wall-clock time and one of CPU time of everybody involved.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    pub wall: Duration,
    pub cpu: Duration,
}

/// # Errors
/// A program that cannot be started, or does not do it.
pub fn transfer(work: &Work, players: &[Player], place: &Place, size: &Size) -> io::Result<Result> {
    let mut rounds = vec![Vec::new(); players.len()];
    for _ in 0..size.rounds {
        for (player, figures) in players.iter().zip(&mut rounds) {
            place.tidy();
            let port = free_port()?;
            let before = children_cpu()?;
            let mut children = work.wait(*player, port, place)?;
            until_listening(port)?;
            let begun = Instant::now();
            children.extend(work.dial(*player, port, place)?);
            end(&mut children, *player)?;
            figures.push(Figure {
                wall: begun.elapsed(),
                cpu: children_cpu()? - before,
            });
        }
    }
    Ok(Result {
        title: work.title.to_owned(),
        rows: medians(&names(players), rounds),
        cpu: true,
    })
}

/// 64 bytes there and back, through a pipe on either side of the dialling program.
///
/// # Errors
/// A program that cannot be started, or does not do it.
pub fn ping_pong(players: &[Player], size: &Size) -> io::Result<Result> {
    let mut rounds = vec![Vec::new(); players.len()];
    for _ in 0..size.rounds {
        for (player, figures) in players.iter().zip(&mut rounds) {
            let port = free_port()?;
            let before = children_cpu()?;
            let mut server = player.echoes(port);
            if *player == Player::Nc {
                let (read, write) = io::pipe()?;
                server.stdin(read).stdout(write);
            }
            let mut server = server.spawn()?;
            until_listening(port)?;
            let mut client = player
                .connects(port)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let (Some(mut to), Some(mut from)) = (client.stdin.take(), client.stdout.take()) else {
                unreachable!("both are piped");
            };
            let mut ball = [b'o'; 64];
            let mut trip = || {
                to.write_all(&ball)
                    .and_then(|()| from.read_exact(&mut ball))
            };
            // The first one waits for the connection.
            trip()?;
            let begun = Instant::now();
            for _ in 0..size.trips {
                trip()?;
            }
            let wall = begun.elapsed();
            drop((to, from));
            // Whether and when they end by themselves is their own affair.
            for one in [&mut client, &mut server] {
                one.kill()?;
                one.wait()?;
            }
            let trips = u32::try_from(size.trips).unwrap_or(u32::MAX);
            figures.push(Figure {
                wall: wall / trips,
                cpu: (children_cpu()? - before) / trips,
            });
        }
    }
    Ok(Result {
        title: "64 bytes there and back: `connect` to `listen --echo`".to_owned(),
        rows: medians(&names(players), rounds),
        cpu: false,
    })
}

/// From fork(2) to the end, with one open port to knock at.
///
/// # Errors
/// A program that cannot be started, or does not find the port open.
pub fn start(players: &[Player], size: &Size) -> io::Result<Vec<Result>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || for _peer in listener.incoming() {});
    let mut version = Vec::new();
    let mut knocks = vec![Vec::new(); players.len()];
    for _ in 0..size.starts {
        version.push(once(command(&format!("{SOCK} --version")))?);
        for (player, figures) in players.iter().zip(&mut knocks) {
            if let Some(knock) = player.knocks(port) {
                figures.push(once(knock)?);
            }
        }
    }
    let knocked = medians(&names(players), knocks);
    let others = knocked.iter().skip(1).copied();
    let versions = medians(&[Player::Sock.name()], vec![version]);
    Ok(vec![
        Result {
            title: "one open port: `probe`, against `-z`".to_owned(),
            rows: knocked.clone(),
            cpu: false,
        },
        Result {
            title: "`--version`, against the same `-z`".to_owned(),
            rows: versions.into_iter().chain(others).collect(),
            cpu: false,
        },
    ])
}

fn once(mut command: std::process::Command) -> io::Result<Figure> {
    let begun = Instant::now();
    let status = command.status()?;
    let wall = begun.elapsed();
    match status.success() {
        true => Ok(Figure {
            wall,
            cpu: Duration::ZERO,
        }),
        false => Err(io::Error::other(format!("{command:?}: {status}"))),
    }
}

fn names(players: &[Player]) -> Vec<&'static str> {
    players.iter().map(|player| player.name()).collect()
}

/// Everybody's medians; None for who has no figures.
pub fn medians(
    names: &[&'static str],
    rounds: Vec<Vec<Figure>>,
) -> Vec<(&'static str, Option<Figure>)> {
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    };
    let figure = |figures: Vec<Figure>| {
        Some(Figure {
            wall: median(figures.iter().map(|figure| figure.wall).collect())?,
            cpu: median(figures.iter().map(|figure| figure.cpu).collect())?,
        })
    };
    names
        .iter()
        .copied()
        .zip(rounds.into_iter().map(figure))
        .collect()
}

/// A port that is free now; in this namespace nobody else can take it.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Not every program says when it listens, but proc_pid_net(5) does.
fn until_listening(port: u16) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    let wanted = format!(":{port:04X}");
    while Instant::now() < until {
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            // 0A is LISTEN.
            let listens = fs::read_to_string(table)?.lines().any(|line| {
                let mut words = line.split_whitespace().skip(1);
                words.next().is_some_and(|local| local.ends_with(&wanted))
                    && words.nth(1) == Some("0A")
            });
            if listens {
                return Ok(());
            }
        }
        std::thread::yield_now();
    }
    Err(io::Error::other(format!("nobody listens on {port}")))
}

fn end(children: &mut [Child], player: Player) -> io::Result<()> {
    for child in children {
        let status = child.wait()?;
        // What the others end with says little, and some end with SIGPIPE.
        if player == Player::Sock && !status.success() {
            return Err(io::Error::other(format!("sock: {status}")));
        }
    }
    Ok(())
}

/// CPU time of all children that have ended so far: getrusage(2).
///
/// # Errors
/// getrusage(2).
pub fn children_cpu() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .iter()
        .sum::<i64>();
    Ok(Duration::from_micros(micros.unsigned_abs()))
}
