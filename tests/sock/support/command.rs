//! The command builder: strict about everything a process says and does.
//!
//! Unless a test expects otherwise a `sock` that runs to its end must end with
//! 0, print nothing and complain about nothing, and with `--json` every line of
//! its own must be of the schema. Every wait has a deadline; what is still
//! running when a test ends is killed by its id.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::lab::Namespace;
use super::like::{like, line_like};
use super::schema;
use super::survivors;
use super::tty::terminal;
use super::wait::{DEADLINE, start_clock};

/// The binary under test.
pub const SOCK: &str = env!("CARGO_BIN_EXE_sock");

/// `sock` with these words; spaces part them. Words with spaces: [`Cmd::arg`].
pub fn sock(words: impl AsRef<str>) -> Cmd {
    Cmd::new(SOCK).words(words)
}

/// What a process reads.
pub enum Stdin {
    /// /dev/null.
    Null,
    /// A pipe that carries these bytes and ends.
    Bytes(Vec<u8>),
    /// A pipe that carries what this gives, and ends.
    Stream(Box<dyn Read + Send>),
    /// A pipe that the test writes to and closes.
    Pipe,
    /// A file, opened for reading.
    File(PathBuf),
    /// A terminal at which the test types.
    Tty,
    /// A descriptor.
    Fd(OwnedFd),
}

/// Where a process writes its results or its complaints.
pub enum Stdout {
    /// To a pipe that is read at once.
    Capture,
    /// To a terminal that is read at once.
    Tty,
    /// To a descriptor.
    Fd(OwnedFd),
}

/// What a text must be.
#[derive(Clone)]
enum Expect {
    Like(String),
    Bytes(Vec<u8>),
    Anything,
}

/// How a process must end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Code(i32),
    Signal(Signal),
    Anyhow,
}

/// A command and what is expected of it.
pub struct Cmd {
    prefix: Vec<OsString>,
    words: Vec<OsString>,
    stdin: Stdin,
    stdout: Stdout,
    stderr: Stdout,
    env: Vec<(OsString, OsString)>,
    cwd: Option<PathBuf>,
    deadline: Duration,
    expect_end: End,
    expect_stdout: Expect,
    expect_stderr: Expect,
}

impl Cmd {
    /// A command of which code 0 and silence are expected.
    pub fn new(program: impl AsRef<OsStr>) -> Cmd {
        Cmd {
            prefix: Vec::new(),
            words: vec![program.as_ref().to_owned()],
            stdin: Stdin::Null,
            stdout: Stdout::Capture,
            stderr: Stdout::Capture,
            env: Vec::new(),
            cwd: None,
            deadline: DEADLINE,
            expect_end: End::Code(0),
            expect_stdout: Expect::Like(String::new()),
            expect_stderr: Expect::Like(String::new()),
        }
    }

    /// A command of which nothing is expected: somebody else's program.
    pub fn lax(program: impl AsRef<OsStr>) -> Cmd {
        Cmd {
            expect_end: End::Anyhow,
            expect_stdout: Expect::Anything,
            expect_stderr: Expect::Anything,
            ..Cmd::new(program)
        }
    }

    /// Adds words, parted by spaces.
    pub fn words(mut self, words: impl AsRef<str>) -> Cmd {
        self.words
            .extend(words.as_ref().split_whitespace().map(OsString::from));
        self
    }

    /// Adds one word, spaces and all.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Cmd {
        self.words.push(arg.as_ref().to_owned());
        self
    }

    /// Adds words as they are.
    pub fn args<W: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = W>) -> Cmd {
        self.words
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Starts it through another program, which gets it as its last words.
    pub fn via<W: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = W>) -> Cmd {
        let before: Vec<OsString> = words.into_iter().map(|w| w.as_ref().to_owned()).collect();
        self.words.splice(0..0, before);
        self
    }

    /// Starts it by a shell in which `setup` ran first: `exec 1>&-`, `trap '' HUP`.
    pub fn after(self, setup: &str) -> Cmd {
        self.via(["sh", "-c", &format!("{setup}; exec \"$@\""), "sh"])
    }

    /// Runs it in a namespace, without any capability.
    pub fn inside(mut self, namespace: &Namespace, host: &str) -> Cmd {
        self.prefix = namespace.enter(host);
        self
    }

    /// What it reads; /dev/null unless said.
    pub fn stdin(mut self, stdin: Stdin) -> Cmd {
        self.stdin = stdin;
        self
    }

    /// A pipe with this text on its stdin.
    pub fn input(self, bytes: impl AsRef<[u8]>) -> Cmd {
        self.stdin(Stdin::Bytes(bytes.as_ref().to_vec()))
    }

    /// Where its results go.
    pub fn stdout_to(mut self, stdout: Stdout) -> Cmd {
        self.stdout = stdout;
        self
    }

    /// Where its complaints go.
    pub fn stderr_to(mut self, stderr: Stdout) -> Cmd {
        self.stderr = stderr;
        self
    }

    /// An environment variable.
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Cmd {
        self.env.push((key.into(), value.as_ref().to_owned()));
        self
    }

    /// Where it runs.
    pub fn cwd(mut self, dir: &Path) -> Cmd {
        self.cwd = Some(dir.to_owned());
        self
    }

    /// How long it may run; [`DEADLINE`] unless said.
    pub fn deadline(mut self, deadline: Duration) -> Cmd {
        self.deadline = deadline;
        self
    }

    /// The code it must end with.
    pub fn code(mut self, code: i32) -> Cmd {
        self.expect_end = End::Code(code);
        self
    }

    /// The signal it must die of.
    pub fn signal(mut self, signal: Signal) -> Cmd {
        self.expect_end = End::Signal(signal);
        self
    }

    /// It may end with any code.
    pub fn any_end(mut self) -> Cmd {
        self.expect_end = End::Anyhow;
        self
    }

    /// What it must print; `*` stands for anything within a line.
    pub fn stdout(mut self, pattern: impl Into<String>) -> Cmd {
        self.expect_stdout = Expect::Like(pattern.into());
        self
    }

    /// The very bytes it must print.
    pub fn stdout_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Cmd {
        self.expect_stdout = Expect::Bytes(bytes.into());
        self
    }

    /// It may print anything.
    pub fn any_stdout(mut self) -> Cmd {
        self.expect_stdout = Expect::Anything;
        self
    }

    /// What it must complain about; `*` stands for anything within a line. The
    /// line of [`Running::listening`] is not part of it.
    pub fn stderr(mut self, pattern: impl Into<String>) -> Cmd {
        self.expect_stderr = Expect::Like(pattern.into());
        self
    }

    /// It may complain about anything.
    pub fn any_stderr(mut self) -> Cmd {
        self.expect_stderr = Expect::Anything;
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(self) -> Ended {
        self.spawn().finish()
    }

    /// Starts a listener and waits until it listens.
    #[track_caller]
    pub fn listener(self) -> Running {
        let mut running = self.spawn();
        running.listening();
        running
    }

    /// Starts it.
    #[track_caller]
    pub fn spawn(self) -> Running {
        let argv: Vec<OsString> = self.prefix.into_iter().chain(self.words).collect();
        start_clock();
        let shared = Arc::new(Shared::default());
        let mut command = Command::new(&argv[0]);
        command
            .args(&argv[1..])
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8");
        for (key, value) in &self.env {
            command.env(key, value);
        }
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }

        let mut input = None;
        let mut feed = None;
        command.stdin(match self.stdin {
            Stdin::Null => Stdio::null(),
            Stdin::File(path) => File::open(&path)
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
                .into(),
            Stdin::Fd(fd) => fd.into(),
            Stdin::Tty => {
                let (master, slave) = terminal();
                input = Some(master);
                slave.into()
            }
            Stdin::Pipe => {
                let (read, write) = pipe();
                input = Some(write);
                read.into()
            }
            Stdin::Bytes(bytes) => {
                let (read, write) = pipe();
                feed = Some((
                    Box::new(std::io::Cursor::new(bytes)) as Box<dyn Read + Send>,
                    write,
                ));
                read.into()
            }
            Stdin::Stream(stream) => {
                let (read, write) = pipe();
                feed = Some((stream, write));
                read.into()
            }
        });
        let (out, out_end) = output(self.stdout);
        let (err, err_end) = output(self.stderr);
        command.stdout(out).stderr(err);
        survivors::die_with_us(&mut command);

        let started = Instant::now();
        let child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", argv[0].display()));
        // The command holds our copies of the child's descriptors.
        drop(command);

        if let Some((mut from, mut to)) = feed {
            // A process that does not want all of it ends this with EPIPE.
            thread::spawn(move || std::io::copy(&mut from, &mut to));
        }
        collect(&shared, Which::Out, out_end);
        collect(&shared, Which::Err, err_end);
        watch(&shared, child.id());
        Running {
            child,
            shared,
            input,
            started,
            deadline: self.deadline,
            argv,
            announced: None,
            port: 0,
            reaped: None,
            expect_end: self.expect_end,
            expect_stdout: self.expect_stdout,
            expect_stderr: self.expect_stderr,
        }
    }
}

fn pipe() -> (OwnedFd, File) {
    let (read, write) = std::io::pipe().expect("a pipe");
    (read.into(), OwnedFd::from(write).into())
}

fn output(to: Stdout) -> (Stdio, Option<File>) {
    match to {
        Stdout::Capture => {
            let (read, write) = std::io::pipe().expect("a pipe");
            (write.into(), Some(OwnedFd::from(read).into()))
        }
        Stdout::Tty => {
            let (master, slave) = terminal();
            (slave.into(), Some(master))
        }
        Stdout::Fd(fd) => (fd.into(), None),
    }
}

/// What is known of a process so far.
#[derive(Default)]
pub struct State {
    /// What it printed.
    pub out: Vec<u8>,
    /// What it complained about.
    pub err: Vec<u8>,
    /// Whether its stdout has ended.
    pub out_ended: bool,
    err_ended: bool,
    ended: Option<Instant>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().expect("no holder panics"));
        self.changed.notify_all();
    }
}

enum Which {
    Out,
    Err,
}

fn collect(shared: &Arc<Shared>, which: Which, from: Option<File>) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let mut buf = vec![0; 1 << 16];
        if let Some(mut from) = from {
            // A terminal without a writer reads as EIO: also an end.
            while let Ok(len @ 1..) = from.read(&mut buf) {
                shared.update(|state| match which {
                    Which::Out => state.out.extend_from_slice(&buf[..len]),
                    Which::Err => state.err.extend_from_slice(&buf[..len]),
                });
            }
        }
        shared.update(|state| match which {
            Which::Out => state.out_ended = true,
            Which::Err => state.err_ended = true,
        });
    });
}

/// Notes the end of a process without reaping it, so that its id stays its own
/// until the test lets go of it: waitid(2) with WNOWAIT.
fn watch(shared: &Arc<Shared>, pid: u32) {
    let shared = Arc::clone(shared);
    let pid = Pid::from_raw(pid as i32);
    thread::spawn(move || {
        let exited = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        while waitid(Id::Pid(pid), exited) == Err(nix::Error::EINTR) {}
        shared.update(|state| state.ended = Some(Instant::now()));
    });
}

/// A process that may still run.
pub struct Running {
    child: Child,
    shared: Arc<Shared>,
    input: Option<File>,
    started: Instant,
    deadline: Duration,
    argv: Vec<OsString>,
    announced: Option<String>,
    /// The port of [`Running::listening`].
    pub port: u16,
    reaped: Option<ExitStatus>,
    expect_end: End,
    expect_stdout: Expect,
    expect_stderr: Expect,
}

impl Running {
    /// Its process id, its own until this value is dropped.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How long it has been running.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until `look` finds what it looks for in what is known of the
    /// process. Fails at the deadline, and at once when nothing more can come.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut look: impl FnMut(&State) -> Option<T>) -> T {
        let until = Instant::now() + self.deadline;
        let mut state = self.shared.state.lock().expect("no holder panics");
        loop {
            if let Some(found) = look(&state) {
                return found;
            }
            let over = state.ended.is_some() && state.out_ended && state.err_ended;
            let left = until.saturating_duration_since(Instant::now());
            if over || left.is_zero() {
                let why = if over { "it ended before" } else { "deadline" };
                let text = self.transcript(&state);
                drop(state);
                panic!("waiting for {what}: {why}\n{text}");
            }
            (state, _) = self
                .shared
                .changed
                .wait_timeout(state, left)
                .expect("no holder panics");
        }
    }

    /// Waits for a whole line on stderr that is like `pattern`.
    #[track_caller]
    pub fn wait_line(&self, pattern: &str) -> String {
        self.wait(&format!("the line {pattern:?} on stderr"), |state| {
            complete_lines(&state.err).find(|line| line_like(pattern, line))
        })
    }

    /// Waits for the line that announces a listener, which must be the first on
    /// stderr, and keeps its port. Returns the address as it was printed.
    #[track_caller]
    pub fn listening(&mut self) -> String {
        let line = self.wait("the first line on stderr", |state| {
            complete_lines(&state.err).next()
        });
        if !line.starts_with("listening on ") {
            panic!("not the line of a listener: {line:?}\n{}", self.log());
        }
        let address = self.announced();
        self.announced = Some(line);
        address
    }

    /// As [`Running::listening`], wherever the line is; it stays part of what is
    /// expected of stderr.
    #[track_caller]
    pub fn announced(&mut self) -> String {
        let line = self.wait_line("listening on *");
        let rest = line.trim_start_matches("listening on ");
        let address = rest.split(" (").next().unwrap_or(rest).to_owned();
        if let Some((_, port)) = address.rsplit_once(':')
            && let Ok(port) = port.parse()
        {
            self.port = port;
        }
        address
    }

    /// Waits until stdout holds this many bytes, and returns them all.
    #[track_caller]
    pub fn wait_stdout(&self, bytes: usize) -> Vec<u8> {
        self.wait(&format!("{bytes} bytes on stdout"), |state| {
            (state.out.len() >= bytes).then(|| state.out.clone())
        })
    }

    /// Waits until stdout contains `text`.
    #[track_caller]
    pub fn wait_text(&self, text: &str) {
        self.wait(&format!("{text:?} on stdout"), |state| {
            String::from_utf8_lossy(&state.out)
                .contains(text)
                .then_some(())
        });
    }

    /// Waits until nobody can write to its stdout any more.
    #[track_caller]
    pub fn wait_stdout_end(&self) -> Vec<u8> {
        self.wait("the end of stdout", |state| {
            state.out_ended.then(|| state.out.clone())
        })
    }

    /// Writes to its stdin: a pipe or a terminal.
    #[track_caller]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let result = self
            .input
            .as_mut()
            .expect("stdin is Pipe or Tty")
            .write_all(bytes.as_ref());
        if let Err(error) = result {
            panic!("writing to its stdin: {error}\n{}", self.log());
        }
    }

    /// The same to somebody who may not read it, and be over already.
    pub fn offer(&mut self, bytes: impl AsRef<[u8]>) {
        let input = self.input.as_mut().expect("stdin is Pipe or Tty");
        match input.write_all(bytes.as_ref()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                panic!("writing to its stdin: {error}\n{}", self.log())
            }
            _ => {}
        }
    }

    /// Takes the end of its stdin that the test writes to.
    pub fn take_stdin(&mut self) -> File {
        self.input.take().expect("stdin is Pipe or Tty")
    }

    /// Ends its stdin.
    pub fn close_stdin(&mut self) {
        self.input = None;
    }

    /// Sends a signal, if it still runs or is not reaped.
    pub fn send_signal(&self, signal: Signal) {
        if self.reaped.is_none() {
            kill(Pid::from_raw(self.child.id() as i32), signal).expect("it is our child");
        }
    }

    /// Whether it still runs.
    pub fn runs(&self) -> bool {
        self.shared
            .state
            .lock()
            .expect("no holder panics")
            .ended
            .is_none()
    }

    /// Waits for its end and checks all that was expected.
    #[track_caller]
    pub fn finish(mut self) -> Ended {
        let at = self.wait("its end", |state| {
            (state.out_ended && state.err_ended)
                .then_some(state.ended)
                .flatten()
        });
        let status = self.child.wait().expect("it is our child");
        self.reaped = Some(status);
        let ended = {
            let mut state = self.shared.state.lock().expect("no holder panics");
            Ended {
                code: status.code(),
                signal: status.signal().and_then(|n| Signal::try_from(n).ok()),
                out: std::mem::take(&mut state.out),
                err: String::from_utf8_lossy(&state.err).into_owned(),
                elapsed: at - self.started,
                at,
                command: display(&self.argv),
            }
        };
        self.check(&ended);
        ended
    }

    #[track_caller]
    fn check(&self, ended: &Ended) {
        let mut wrong = String::new();
        let expected = match self.expect_end {
            End::Code(code) => (ended.code != Some(code)).then(|| format!("code {code}")),
            End::Signal(signal) => {
                (ended.signal != Some(signal)).then(|| format!("death by {signal}"))
            }
            End::Anyhow => None,
        };
        if let Some(expected) = expected {
            let _ = writeln!(wrong, "expected {expected}");
        }
        let complaints = match &self.announced {
            Some(line) => ended
                .err
                .strip_prefix(line.as_str())
                .and_then(|rest| rest.strip_prefix('\n'))
                .expect("it was the first line"),
            None => &ended.err,
        };
        for (name, expect, found) in [
            ("stdout", &self.expect_stdout, ended.out.as_slice()),
            ("stderr", &self.expect_stderr, complaints.as_bytes()),
        ] {
            match expect {
                Expect::Like(pattern) if !like(pattern, &String::from_utf8_lossy(found)) => {
                    let _ = writeln!(wrong, "expected {name} like:\n{}", indent(pattern));
                }
                Expect::Bytes(bytes) if bytes != found => {
                    let at = bytes.iter().zip(found).take_while(|(a, b)| a == b).count();
                    let _ = writeln!(
                        wrong,
                        "expected {} bytes on {name}, found {}; they differ from byte {at} on",
                        bytes.len(),
                        found.len()
                    );
                }
                _ => {}
            }
        }
        wrong += &schema::complaints(SOCK, &self.argv, &ended.out, ended.err.as_bytes());
        assert!(wrong.is_empty(), "{wrong}{ended}");
    }

    /// Both transcripts so far, for failures.
    pub fn log(&self) -> String {
        self.transcript(&self.shared.state.lock().expect("no holder panics"))
    }

    fn transcript(&self, state: &State) -> String {
        format!(
            "$ {}\n{} after {:?}\nstdout{}:\n{}stderr:\n{}",
            display(&self.argv),
            if state.ended.is_some() {
                "ended"
            } else {
                "running"
            },
            self.started.elapsed(),
            if state.out_ended { "" } else { " so far" },
            indent(&String::from_utf8_lossy(&state.out)),
            indent(&String::from_utf8_lossy(&state.err)),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.reaped.is_none() {
            // Not reaped yet, so the id is still its own.
            survivors::end(&mut self.child);
            if !thread::panicking() {
                let wrong = {
                    let state = self.shared.state.lock().expect("no holder panics");
                    schema::complaints(SOCK, &self.argv, &state.out, &state.err)
                };
                assert!(wrong.is_empty(), "{wrong}{}", self.log());
            }
        }
    }
}

/// A process that has ended, and all that it said.
pub struct Ended {
    /// Its code, unless a signal killed it.
    pub code: Option<i32>,
    /// The signal that killed it.
    pub signal: Option<Signal>,
    /// All it printed.
    pub out: Vec<u8>,
    /// All it complained about, the line of a listener included.
    pub err: String,
    /// From its start to its end.
    pub elapsed: Duration,
    /// The moment of its end.
    pub at: Instant,
    command: String,
}

impl Ended {
    /// What it printed, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// What it printed, a line each.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let end = match (self.code, self.signal) {
            (Some(code), _) => format!("code {code}"),
            (None, Some(signal)) => format!("died of {signal}"),
            (None, None) => "died of an unknown signal".to_owned(),
        };
        write!(
            f,
            "$ {}\n{end} after {:?}\nstdout:\n{}stderr:\n{}",
            self.command,
            self.elapsed,
            indent(&self.text()),
            indent(&self.err)
        )
    }
}

fn complete_lines(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes
        .split_inclusive(|&b| b == b'\n')
        .filter(|line| line.ends_with(b"\n"))
        .map(|line| String::from_utf8_lossy(&line[..line.len() - 1]).into_owned())
}

fn display(argv: &[OsString]) -> String {
    let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// For a failure: indented, escaped, and cut where it gets long.
fn indent(text: &str) -> String {
    const LONGEST: usize = 3000;
    let cut: String = text.chars().take(LONGEST).collect();
    let mut out = String::new();
    for line in cut.lines() {
        let _ = writeln!(out, "    {}", line.escape_debug());
    }
    if cut.len() < text.len() {
        let _ = writeln!(out, "    ... {} bytes in all", text.len());
    }
    out
}
