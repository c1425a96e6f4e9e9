//! Files, random bytes and their sums.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A directory that vanishes with the test. Its name is short, because a Unix
/// socket's path has room for 107 bytes (unix(7)).
pub fn scratch() -> TempDir {
    tempfile::Builder::new()
        .prefix("sock")
        .tempdir()
        .expect("a temporary directory")
}

/// An endless stream of bytes that no compressor and no copy of a neighbouring
/// block can imitate: xorshift64*, eight bytes a step.
pub struct Noise {
    state: u64,
    left: u64,
}

impl Noise {
    /// `len` bytes that depend on `seed` alone.
    pub fn new(seed: u64, len: u64) -> Noise {
        Noise {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            left: len,
        }
    }
}

impl Read for Noise {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.left.min(buf.len() as u64) as usize;
        for chunk in buf[..len].chunks_mut(8) {
            self.state ^= self.state >> 12;
            self.state ^= self.state << 25;
            self.state ^= self.state >> 27;
            let word = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D);
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
        self.left -= len as u64;
        Ok(len)
    }
}

/// The bytes of [`Noise`] at once.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    Noise::new(seed, len as u64)
        .read_to_end(&mut bytes)
        .expect("noise never fails");
    bytes
}

/// One gibibyte of noise in a file, with its SHA-256: made once for all tests.
/// The file has no name; it is read through /proc and gone with the process.
pub fn gibibyte() -> &'static (PathBuf, String) {
    static FILE: OnceLock<(File, (PathBuf, String))> = OnceLock::new();
    let (_, answer) = FILE.get_or_init(|| {
        use std::os::fd::AsRawFd;
        let mut file = tempfile::tempfile().expect("a file without a name");
        let mut buf = vec![0; 1 << 20];
        let mut noise = Noise::new(1, 1 << 30);
        loop {
            let len = noise.read(&mut buf).expect("noise never fails");
            if len == 0 {
                break;
            }
            file.write_all(&buf[..len])
                .expect("1 GiB of temporary space");
        }
        let path = PathBuf::from(format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            file.as_raw_fd()
        ));
        let sum = sha256_of(&path);
        (file, (path, sum))
    });
    answer
}

/// The SHA-256 of a file, in hexadecimal, as sha256sum(1) says it.
#[track_caller]
pub fn sha256_of(path: &Path) -> String {
    let mut sum = Sha256::new();
    let mut file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    io::copy(&mut file, sum.input()).expect("sha256sum reads to the end");
    sum.finish()
}

/// A running sha256sum(1).
pub struct Sha256(std::process::Child);

impl Sha256 {
    /// Starts it.
    pub fn new() -> Sha256 {
        Sha256(
            Command::new("sha256sum")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("sha256sum of coreutils"),
        )
    }

    /// Where the bytes go.
    pub fn input(&mut self) -> &mut impl Write {
        self.0.stdin.as_mut().expect("still open")
    }

    /// The sum of what went in.
    pub fn finish(mut self) -> String {
        drop(self.0.stdin.take());
        let mut text = String::new();
        self.0
            .stdout
            .take()
            .expect("piped")
            .read_to_string(&mut text)
            .expect("sha256sum answers");
        self.0.wait().expect("it is our child");
        text.split_whitespace().next().unwrap_or("").to_owned()
    }
}

/// What the released program has of its own file and of libc in memory, in KiB,
/// while its largest buffer is in use: 3,192 at most on Linux 6.18.44, 2026-11-20.
const CODE: u64 = 3200;

/// Peak resident memory of a running process in KiB: VmHWM of proc_pid_status(5),
/// less what the code of a program built for tests has more than the released
/// one's: without optimisation it is twice as long. Not ru_maxrss, which
/// includes what the parent had when it forked.
#[track_caller]
pub fn peak_memory_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it still runs");
    let kib = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next())
            .and_then(|kib| kib.parse().ok())
            .unwrap_or_else(|| panic!("{name} of a live process"))
    };
    let more = match cfg!(debug_assertions) {
        true => kib("RssFile:").saturating_sub(CODE),
        false => 0,
    };
    kib("VmHWM:") - more
}
