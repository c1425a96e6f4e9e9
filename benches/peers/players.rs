//! The programs, and how each is asked to do the same.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// The binary that is measured.
pub const SOCK: &str = env!("CARGO_BIN_EXE_sock");

/// One of the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    Sock,
    Nc,
    Ncat,
    Socat,
    /// With a buffer as large as it is usually given for speed.
    SocatLarge,
}

use Player::{Nc, Ncat, Socat, SocatLarge, Sock};

/// Those that are here; sock is the first. The others are reported as skips.
///
/// # Errors
/// stderr is gone.
pub fn installed() -> io::Result<Vec<Player>> {
    let mut here = Vec::new();
    for player in [Sock, Nc, Ncat, Socat, SocatLarge] {
        if player.is_installed() {
            here.push(player);
        } else {
            writeln!(io::stderr(), "skipped: no {}", player.name())?;
        }
    }
    Ok(here)
}

impl Player {
    pub fn name(self) -> &'static str {
        match self {
            Sock => "sock",
            Nc => "nc",
            Ncat => "ncat",
            Socat => "socat",
            SocatLarge => "socat -b1048576",
        }
    }

    fn is_installed(self) -> bool {
        match self {
            Sock => true,
            // There are several programs called nc.
            Nc => says("nc", "-h", "OpenBSD"),
            Ncat => says("ncat", "--version", "Ncat"),
            Socat | SocatLarge => says("socat", "-V", "socat"),
        }
    }

    /// One way in, to stdout.
    pub fn receives(self, port: u16) -> Command {
        command(&match self {
            Sock => format!("{SOCK} recv --quiet -l 127.0.0.1:{port}"),
            Nc => format!("nc -l 127.0.0.1 {port}"),
            Ncat => format!("ncat --recv-only -l 127.0.0.1 {port}"),
            Socat => format!("socat -u TCP-LISTEN:{port},bind=127.0.0.1 -"),
            SocatLarge => format!("socat -u -b1048576 TCP-LISTEN:{port},bind=127.0.0.1 -"),
        })
    }

    /// One way out, from stdin.
    pub fn sends(self, port: u16) -> Command {
        command(&match self {
            Sock => format!("{SOCK} send 127.0.0.1 {port}"),
            Nc => format!("nc -N 127.0.0.1 {port}"),
            Ncat => format!("ncat --send-only 127.0.0.1 {port}"),
            Socat => format!("socat -u - TCP:127.0.0.1:{port}"),
            SocatLarge => format!("socat -u -b1048576 - TCP:127.0.0.1:{port}"),
        })
    }

    /// Both ways, waiting.
    pub fn listens(self, port: u16) -> Command {
        command(&match self {
            Sock => format!("{SOCK} listen --quiet 127.0.0.1:{port}"),
            Nc => format!("nc -N -l 127.0.0.1 {port}"),
            Ncat => format!("ncat -l 127.0.0.1 {port}"),
            Socat => format!("socat TCP-LISTEN:{port},bind=127.0.0.1 -"),
            SocatLarge => format!("socat -b1048576 TCP-LISTEN:{port},bind=127.0.0.1 -"),
        })
    }

    /// Both ways, dialling.
    pub fn connects(self, port: u16) -> Command {
        command(&match self {
            Sock => format!("{SOCK} connect 127.0.0.1 {port}"),
            Nc => format!("nc -N 127.0.0.1 {port}"),
            Ncat => format!("ncat 127.0.0.1 {port}"),
            Socat => format!("socat - TCP:127.0.0.1:{port}"),
            SocatLarge => format!("socat -b1048576 - TCP:127.0.0.1:{port}"),
        })
    }

    /// Says back what it hears. nc cannot: [`crate::measure`] ties its output
    /// to its input.
    pub fn echoes(self, port: u16) -> Command {
        match self {
            Sock => command(&format!("{SOCK} listen --quiet --echo 127.0.0.1:{port}")),
            Ncat => command(&format!("ncat -l 127.0.0.1 {port} -e /bin/cat")),
            Socat => command(&format!("socat TCP-LISTEN:{port},bind=127.0.0.1 PIPE")),
            SocatLarge => command(&format!(
                "socat -b1048576 TCP-LISTEN:{port},bind=127.0.0.1 PIPE"
            )),
            Nc => self.listens(port),
        }
    }

    /// The least it can do with a port that is open.
    pub fn knocks(self, port: u16) -> Option<Command> {
        Some(command(&match self {
            Sock => format!("{SOCK} probe 127.0.0.1 {port}"),
            Nc => format!("nc -z 127.0.0.1 {port}"),
            Ncat => format!("ncat -z 127.0.0.1 {port}"),
            Socat => format!("socat -u /dev/null TCP:127.0.0.1:{port}"),
            SocatLarge => return None,
        }))
    }
}

/// Whether a program is there and says this word about itself.
pub fn says(program: &str, option: &str, word: &str) -> bool {
    Command::new(program).arg(option).output().is_ok_and(|out| {
        [out.stdout, out.stderr]
            .iter()
            .any(|said| String::from_utf8_lossy(said).contains(word))
    })
}

/// A command of words without spaces that reads and says nothing, unless told.
pub fn command(words: &str) -> Command {
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
