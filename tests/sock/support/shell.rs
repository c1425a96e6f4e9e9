//! Interactive shells at a terminal, with `sock` in their PATH and its
//! completions where their users install them.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::command::{Cmd, Running, SOCK, Stdin, Stdout};
use super::peer::{peer, skip};
use super::tty::usual;
use super::wait::DEADLINE;

const COMPLETIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");

/// What each shell prints when it waits for a line.
const PROMPT: &str = "READY> ";

/// Ctrl-]: prints the line that is being edited, and empties it.
const SHOW: u8 = 0x1d;
const BEFORE: &str = "LINE[";
const AFTER: &str = "]END";

/// Where bash-completion is, on Debian and elsewhere.
const BASH_COMPLETION: &str = "/usr/share/bash-completion/bash_completion";

const BASHRC: &str = r#"
PS1='READY> '
bind 'set bell-style none'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
show() { printf '\nLINE[%s]END\n' "$READLINE_LINE"; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\C-]": show'
"#;

const ZSHRC: &str = r#"
PS1='READY> '
fpath=(~/functions $fpath)
autoload -Uz compinit
compinit -u -D
unsetopt beep always_last_prompt
LISTMAX=10000
zstyle ':completion:*' group-name ''
zstyle ':completion:*:descriptions' format '[%d]'
show() { zle -I; print -r -- "LINE[$BUFFER]END"; BUFFER= }
zle -N show
bindkey '^]' show
"#;

const FISH: &str = r#"
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
function fish_prompt
    echo -n 'READY> '
end
function show
    echo "LINE["(commandline)"]END"
    commandline ''
    commandline -f repaint
end
bind \c] show
"#;

/// A shell that waits for a line.
pub struct Shell {
    name: &'static str,
    typing: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    // Ends when the test does.
    _running: Running,
}

/// What a line has become.
pub struct Typed {
    /// The line itself.
    pub line: String,
    /// What else appeared.
    pub screen: String,
}

/// Starts a shell whose home is this directory, and waits for its prompt;
/// `None` after a reported skip.
///
/// `bash alone` is bash without bash-completion, which sources the file.
#[track_caller]
pub fn shell(name: &'static str, home: &Path) -> Option<Shell> {
    let program = name.split(' ').next().unwrap_or(name);
    peer(program)?;
    peer("setsid")?;
    if name == "bash" && !Path::new(BASH_COMPLETION).exists() {
        skip("no bash-completion");
        return None;
    }
    install(name, home);
    let sock = PathBuf::from(SOCK);
    let bin = sock.parent().expect("a directory").display();
    let path = format!("{bin}:/usr/local/bin:/usr/bin:/bin");
    Some(start(name, home, &path, &[]))
}

/// The same in the root of another system, where `sock` is installed; its own
/// shells, and of us no more than a prompt.
#[track_caller]
pub fn installed(name: &'static str, root: &Path) -> Shell {
    let inside = Path::new("/tmp").join(name);
    let home = root.join("tmp").join(name);
    configure(name, &home);
    const ENTER: &str = "mount --rbind /proc \"$0/proc\" && exec chroot \"$0\" \"$@\"";
    let root = root.to_str().expect("a plain name");
    let enter = ["unshare", "-Urm", "sh", "-c", ENTER, root];
    start(name, &inside, "/usr/bin:/bin", &enter)
}

fn start(name: &'static str, home: &Path, path: &str, enter: &[&str]) -> Shell {
    let program = name.split(' ').next().unwrap_or(name);
    let bashrc = home.join("bashrc").display().to_string();
    let words: &[&str] = match program {
        "bash" => &["--rcfile", &bashrc, "-i"],
        // Without the machine's own files.
        "zsh" => &["-d", "-i"],
        _ => &["-i"],
    };
    let (master, slave) = usual(200, 120);
    let again = || slave.try_clone().expect("a descriptor");
    let clean = [
        "env".to_owned(),
        "-i".to_owned(),
        format!("HOME={}", home.display()),
        format!("PATH={path}"),
        "TERM=xterm".to_owned(),
        "LC_ALL=C.UTF-8".to_owned(),
    ];
    let mut shell = Cmd::lax(program).args(words);
    // With a terminal of its own, and nothing of our environment.
    shell = shell.via(
        ["setsid", "--ctty"]
            .iter()
            .chain(enter)
            .map(|word| (*word).to_owned())
            .chain(clean),
    );
    if enter.is_empty() {
        shell = shell.cwd(home);
    }
    let running = shell
        .stdin(Stdin::Fd(again()))
        .stdout_to(Stdout::Fd(again()))
        .stderr_to(Stdout::Fd(slave))
        .spawn();
    let typing = master.try_clone().expect("a descriptor");
    let mut shell = Shell {
        name,
        screen: read(master),
        typing,
        seen: String::new(),
        _running: running,
    };
    shell.until(PROMPT);
    shell
}

/// The completion where a user of the shell puts it, and the shell's own file.
fn install(name: &str, home: &Path) {
    let (file, at) = match name {
        "bash" => ("sock.bash", ".local/share/bash-completion/completions/sock"),
        "bash alone" => ("sock.bash", "sock.bash"),
        "zsh" => ("_sock", "functions/_sock"),
        _ => ("sock.fish", ".config/fish/completions/sock.fish"),
    };
    let text = fs::read(Path::new(COMPLETIONS).join(file)).expect("its completion");
    write(&home.join(at), &text);
    configure(name, home);
}

/// The shell's own file.
fn configure(name: &str, home: &Path) {
    let sources = |file: &str| format!("{BASHRC}. {file}\n");
    let (config, text) = match name {
        "bash" => ("bashrc", sources(BASH_COMPLETION)),
        "bash alone" => ("bashrc", sources("sock.bash")),
        "zsh" => (".zshrc", ZSHRC.to_owned()),
        _ => (".config/fish/config.fish", FISH.to_owned()),
    };
    write(&home.join(config), text.as_bytes());
}

fn write(path: &Path, text: &[u8]) {
    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    fs::write(path, text).expect("a file");
}

fn read(mut master: File) -> Receiver<Vec<u8>> {
    let (tell, screen) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = master.read(&mut buffer) {
            if tell.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    screen
}

impl Shell {
    /// Types this, TABs (`\t`) included, and returns what the line has become
    /// and what appeared until it was asked for.
    #[track_caller]
    pub fn types(&mut self, keys: &str) -> Typed {
        self.write(keys.as_bytes());
        self.write(&[SHOW]);
        let shown = self.until(AFTER);
        let (screen, line) = shown.rsplit_once(BEFORE).unwrap_or_else(|| {
            panic!("{}: no line after {keys:?}: {shown:?}", self.name);
        });
        let typed = Typed {
            line: line.trim_end_matches(AFTER).to_owned(),
            screen: screen.to_owned(),
        };
        self.until(PROMPT);
        typed
    }

    /// Types this, and returns how long it takes until `text` appears.
    #[track_caller]
    pub fn answers(&mut self, keys: &str, text: &str) -> Duration {
        let begun = Instant::now();
        self.write(keys.as_bytes());
        self.until(text);
        begun.elapsed()
    }

    fn write(&mut self, keys: &[u8]) {
        self.typing.write_all(keys).expect("the terminal takes it");
    }

    /// All that appears up to `text`, without what only moves and colours.
    #[track_caller]
    fn until(&mut self, text: &str) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            let plain = without_escapes(&self.seen);
            if let Some(at) = plain.find(text) {
                let (shown, rest) = plain.split_at(at + text.len());
                self.seen = rest.to_owned();
                return shown.to_owned();
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => {
                    self.seen.push_str(&String::from_utf8_lossy(&bytes));
                    // fish asks the terminal what it is, and waits (DA1, ECMA-48).
                    if self.seen.contains("\x1b[c") || self.seen.contains("\x1b[0c") {
                        self.seen = without_escapes(&self.seen);
                        self.write(b"\x1b[?6c");
                    }
                }
                Err(why) => panic!("{}: no {text:?} ({why}) in {:?}", self.name, self.seen),
            }
        }
    }
}

/// The text of a screen: control sequences (ECMA-48) taken out, as far as they
/// are complete.
fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\x1b') {
        out.push_str(before);
        let end = match after.chars().next() {
            Some('[') => after.find(|c: char| ('@'..='~').contains(&c) && c != '['),
            // Strings for the terminal: they end with BEL or ST, whichever is first.
            Some(']' | 'P' | '_' | '^') => {
                let st = after.find("\x1b\\").map(|at| at + 1);
                [after.find('\x07'), st].into_iter().flatten().min()
            }
            Some('(' | ')') => (after.len() > 1).then_some(1),
            Some(_) => Some(0),
            None => None,
        };
        match end {
            Some(end) => rest = &after[end + 1..],
            // The rest of it is still to come.
            None => {
                let _ = write!(out, "\x1b{after}");
                return out;
            }
        }
    }
    out.push_str(rest);
    out
}
