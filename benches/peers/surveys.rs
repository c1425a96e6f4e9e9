//! Many ports at once: what is asked, and of whom.

use std::io::{self, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::Instant;

use crate::measure::{Figure, Result, children_cpu, medians};
use crate::players::{SOCK, command, says};

/// One of the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surveyor {
    Sock,
    Nmap,
    /// As fast as it can be told to be.
    NmapT5,
    RustScan,
}

use Surveyor::{Nmap, NmapT5, RustScan, Sock};

/// Those that are here; sock is the first. The others are reported as skips.
///
/// # Errors
/// stderr is gone.
pub fn installed() -> io::Result<Vec<Surveyor>> {
    let mut here = Vec::new();
    for surveyor in [Sock, Nmap, NmapT5, RustScan] {
        let is_here = match surveyor {
            Sock => true,
            Nmap | NmapT5 => says("nmap", "--version", "Nmap"),
            RustScan => says("rustscan", "--version", "rustscan"),
        };
        match is_here {
            true => here.push(surveyor),
            false => writeln!(io::stderr(), "skipped: no {}", surveyor.name())?,
        }
    }
    Ok(here)
}

/// Ports asked of one or many addresses.
struct Survey {
    title: &'static str,
    target: &'static str,
    ports: &'static str,
    /// Statements of ip(8) and nft(8) that make the network for it.
    network: &'static str,
}

/// Ports that are open, on every address that is not silent.
const OPEN: [u16; 7] = [22, 80, 443, 8080, 40_000, 4100, 4900];

const SURVEYS: [Survey; 3] = [
    Survey {
        title: "65,535 ports of this machine, 7 open",
        target: "127.0.0.1",
        ports: "1-65535",
        network: "",
    },
    Survey {
        title: "1,000 ports, of which 998 drop",
        target: "127.0.0.1",
        ports: "4000-4999",
        network: "nft add rule inet bench in tcp dport 4000-4999 tcp dport != '{ 4100, 4900 }' drop",
    },
    Survey {
        title: "3 ports of a /24, of which 250 hosts are silent",
        target: "10.9.0.0/24",
        ports: "22,80,443",
        network: "ip address add 10.9.0.1/24 dev lo && \
            nft add rule inet bench in ip daddr 10.9.0.6-10.9.0.255 drop",
    },
];

/// Everybody's time for each survey, in turns.
///
/// # Errors
/// No nft, a program that cannot be started, or ports that are not found.
pub fn all(surveyors: &[Surveyor], rounds: usize) -> io::Result<Vec<Result>> {
    for port in OPEN {
        let listener = TcpListener::bind(("0.0.0.0", port))?;
        std::thread::spawn(move || for _peer in listener.incoming() {});
    }
    SURVEYS
        .iter()
        .map(|survey| survey.measure(surveyors, rounds))
        .collect()
}

impl Survey {
    fn measure(&self, surveyors: &[Surveyor], rounds: usize) -> io::Result<Result> {
        shell(
            "nft add table inet bench && \
             nft 'add chain inet bench in { type filter hook input priority 0; }'",
        )?;
        shell(self.network)?;
        let mut figures = vec![Vec::new(); surveyors.len()];
        for _ in 0..rounds {
            for (surveyor, figures) in surveyors.iter().zip(&mut figures) {
                let mut asks = surveyor.asks(self.target, self.ports);
                let before = children_cpu()?;
                let begun = Instant::now();
                let status = asks.status()?;
                let wall = begun.elapsed();
                if !status.success() {
                    return Err(io::Error::other(format!("{asks:?}: {status}")));
                }
                figures.push(Figure {
                    wall,
                    cpu: children_cpu()? - before,
                });
            }
        }
        shell("nft delete table inet bench")?;
        let names: Vec<&str> = surveyors.iter().map(|one| one.name()).collect();
        Ok(Result {
            title: self.title.to_owned(),
            rows: medians(&names, figures),
            cpu: true,
        })
    }
}

fn shell(script: &str) -> io::Result<()> {
    let status = Command::new("sh").args(["-c", script]).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("{script}: {status}"))),
    }
}

impl Surveyor {
    pub fn name(self) -> &'static str {
        match self {
            Sock => "sock probe",
            Nmap => "nmap -sT",
            NmapT5 => "nmap -sT -T5",
            RustScan => "RustScan",
        }
    }

    /// A survey by connect(), without names and without asking first whether
    /// anybody is there. On a busy machine nmap takes its time.
    fn asks(self, target: &str, ports: &str) -> Command {
        command(&match self {
            Sock => format!("{SOCK} probe {target} {ports}"),
            Nmap => format!("nmap -n -Pn -sT --host-timeout 30s -p {ports} {target}"),
            NmapT5 => format!("nmap -n -Pn -sT -T5 --host-timeout 30s -p {ports} {target}"),
            RustScan => {
                let which = if ports.contains('-') { "-r" } else { "-p" };
                format!("rustscan --no-config --greppable -a {target} {which} {ports}")
            }
        })
    }
}
