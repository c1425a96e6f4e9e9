//! What is to be done, and the files for it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use tempfile::TempDir;

use crate::Size;
use crate::players::{Player, command};

/// Where the files are: in memory, because no disk is to be measured.
pub struct Place {
    dir: TempDir,
}

impl Place {
    /// With a file of noise, all of it cached.
    ///
    /// # Errors
    /// No room.
    pub fn new(size: &Size) -> io::Result<Place> {
        let memory = Path::new("/dev/shm");
        let mut make = tempfile::Builder::new();
        make.prefix("sock");
        let dir = match memory.is_dir() {
            true => make.tempdir_in(memory)?,
            false => make.tempdir()?,
        };
        let place = Place { dir };
        let mut file = File::create(place.source())?;
        let mut block = vec![0; 1 << 20];
        let mut state = 1_u64;
        for _ in 0..size.bytes >> 20 {
            for word in block.chunks_exact_mut(8) {
                // xorshift64: no two blocks are alike.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                word.copy_from_slice(&state.to_le_bytes());
            }
            file.write_all(&block)?;
        }
        Ok(place)
    }

    fn source(&self) -> PathBuf {
        self.dir.path().join("source")
    }

    fn target(&self) -> PathBuf {
        self.dir.path().join("target")
    }

    /// The place is as it was before a transfer.
    pub fn tidy(&self) {
        // It is only there after a transfer to a file.
        let _ = std::fs::remove_file(self.target());
    }
}

/// A transfer, as shell users write it.
pub struct Work {
    pub title: &'static str,
    from: From,
    to: To,
    two_way: bool,
}

enum From {
    File,
    Cat,
}

enum To {
    Null,
    Cat,
    File,
}

/// All transfers.
pub fn transfers() -> [Work; 4] {
    let work = |title, from, to, two_way| Work {
        title,
        from,
        to,
        two_way,
    };
    [
        work(
            "`send <file` to `recv >/dev/null`",
            From::File,
            To::Null,
            false,
        ),
        work(
            "`cat file \\| send` to `recv \\| cat`",
            From::Cat,
            To::Cat,
            false,
        ),
        work("`send <file` to `recv >file`", From::File, To::File, false),
        work(
            "`connect <file` to `listen >/dev/null`",
            From::File,
            To::Null,
            true,
        ),
    ]
}

impl Work {
    /// Starts the waiting side and what reads from it.
    ///
    /// # Errors
    /// fork(2), pipe(2), open(2).
    pub fn wait(&self, player: Player, port: u16, place: &Place) -> io::Result<Vec<Child>> {
        let mut waiting = match self.two_way {
            true => player.listens(port),
            false => player.receives(port),
        };
        let mut children = Vec::new();
        match self.to {
            To::Null => {}
            To::File => {
                waiting.stdout(File::create(place.target())?);
            }
            To::Cat => {
                let (read, write) = io::pipe()?;
                waiting.stdout(write);
                children.push(command("cat").stdin(read).spawn()?);
            }
        }
        children.push(waiting.spawn()?);
        Ok(children)
    }

    /// Starts the dialling side and what writes to it.
    ///
    /// # Errors
    /// fork(2), pipe(2), open(2).
    pub fn dial(&self, player: Player, port: u16, place: &Place) -> io::Result<Vec<Child>> {
        let mut dialling = match self.two_way {
            true => player.connects(port),
            false => player.sends(port),
        };
        let source = File::open(place.source())?;
        let mut children = Vec::new();
        match self.from {
            From::File => {
                dialling.stdin(source);
            }
            From::Cat => {
                let (read, write) = io::pipe()?;
                dialling.stdin(read);
                children.push(command("cat").stdin(source).stdout(write).spawn()?);
            }
        }
        children.push(dialling.stdout(Stdio::null()).spawn()?);
        Ok(children)
    }
}
