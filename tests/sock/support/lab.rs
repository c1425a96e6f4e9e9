//! Networks of our own: namespaces that any user may make where the kernel
//! allows user namespaces (user_namespaces(7)), and that nothing survives.
//!
//! A namespace is held by one process that reads a pipe of ours. When the test
//! process ends, by whatever way, the pipe ends, that process kills what still
//! runs there and ends, and with it the namespaces and all that was mounted in
//! them.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use super::command::Cmd;
use super::peer::{peer, skip};
use super::survivors::SWEEP;

/// A user namespace with mounts of its own and, mostly, a network of its own.
pub struct Namespace {
    holder: Child,
    own_network: bool,
    /// Its end is the end of the namespace.
    pipe: Option<ChildStdin>,
}

/// What every namespace begins with.
const PREAMBLE: &str = "
set -eu
PATH=$PATH:/usr/sbin:/sbin
mount -t tmpfs tmpfs /run
";

/// What every namespace goes on with: it says so and waits for the end.
const KEEP: &str = "
echo ready
cat >/dev/null
";

impl Namespace {
    /// Makes one and runs `script` in it, with all capabilities there and the
    /// given environment. `None` after a reported skip where that is not
    /// allowed or a tool is missing; a script that fails is a failure.
    #[track_caller]
    pub fn new(script: &str, env: &[(&str, String)]) -> Option<Namespace> {
        Namespace::hold("-Urnm", &["ip link set lo up\n", script].concat(), env)
    }

    /// The network of this machine, where `localhost` is ::1 and 127.0.0.1, which
    /// not every machine's /etc/hosts says.
    #[track_caller]
    pub fn with_names() -> Option<&'static Namespace> {
        static NAMES: OnceLock<Option<Namespace>> = OnceLock::new();
        const SCRIPT: &str = "
printf '::1 localhost\\n127.0.0.1 localhost\\n' >/run/hosts
mount --bind /run/hosts /etc/hosts
";
        NAMES
            .get_or_init(|| Namespace::hold("-Urm", SCRIPT, &[]))
            .as_ref()
    }

    #[track_caller]
    fn hold(kinds: &str, script: &str, env: &[(&str, String)]) -> Option<Namespace> {
        for tool in [
            "unshare", "nsenter", "setpriv", "ip", "nft", "bash", "python3",
        ] {
            peer(tool)?;
        }
        static PERMITTED: OnceLock<Result<(), String>> = OnceLock::new();
        let permitted = PERMITTED.get_or_init(|| {
            let out = Command::new("unshare")
                .args(["-Urnm", "sh", "-c", "mount -t tmpfs tmpfs /run"])
                .output()
                .map_err(|e| e.to_string())?;
            match out.status.success() {
                true => Ok(()),
                false => Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()),
            }
        });
        if let Err(why) = permitted {
            skip(&format!("no user namespaces ({why})"));
            return None;
        }

        let mut holder = Command::new("unshare")
            .args([kinds, "bash", "-c"])
            .arg([PREAMBLE, script, KEEP, SWEEP].concat())
            .envs(env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("unshare");
        let pipe = holder.stdin.take().expect("piped");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().expect("piped"))
            .read_line(&mut line)
            .expect("the holder's stdout");
        if line.trim() != "ready" {
            let mut complaints = String::new();
            drop(pipe);
            let mut stderr = holder.stderr.take().expect("piped");
            let _ = stderr.read_to_string(&mut complaints);
            let _ = holder.wait();
            panic!("no namespace: {line}{complaints}");
        }
        Some(Namespace {
            holder,
            own_network: kinds.contains('n'),
            pipe: Some(pipe),
        })
    }

    /// One host with nothing but loopback, where these ports listen
    /// (`tcp:22 udp:7 mute:53`) and no other.
    #[track_caller]
    pub fn lonely(ports: &str) -> Option<Namespace> {
        Namespace::lonely_after("", ports)
    }

    /// The same, after a script of its root.
    #[track_caller]
    pub fn lonely_after(script: &str, ports: &str) -> Option<Namespace> {
        const SERVE: &str = "
exec {server}< <(exec setpriv --pdeathsig KILL python3 -c \"$SERVER\" $PORTS)
read -r line <&\"$server\"
[ \"$line\" = ready ]
";
        Namespace::new(
            &[script, SERVE].concat(),
            &[
                ("SERVER", include_str!("../../peers/server.py").to_owned()),
                ("PORTS", ports.to_owned()),
            ],
        )
    }

    /// The words that put a command on a host of this namespace (`""` is the
    /// namespace itself), as a user without capabilities.
    pub fn enter(&self, host: &str) -> Vec<OsString> {
        let mut words = self.enter_privileged(host);
        words.extend(
            [
                "setpriv",
                "--bounding-set=-all",
                "--inh-caps=-all",
                "--ambient-caps=-all",
            ]
            .map(OsString::from),
        );
        words
    }

    /// As [`Namespace::enter`], but as the namespace's root.
    pub fn enter_privileged(&self, host: &str) -> Vec<OsString> {
        let pid = self.holder.id();
        let mut words = vec![
            "nsenter".to_owned(),
            "--preserve-credentials".to_owned(),
            "-U".to_owned(),
            "-m".to_owned(),
            "-t".to_owned(),
            pid.to_string(),
        ];
        match host {
            "" if self.own_network => words.push(format!("--net=/proc/{pid}/ns/net")),
            "" => {}
            host => words.push(format!("--net=/proc/{pid}/root/run/netns/{host}")),
        }
        words.into_iter().map(OsString::from).collect()
    }

    /// Runs a shell script on a host as the namespace's root.
    #[track_caller]
    pub fn script(&self, host: &str, script: &str) {
        let words = self.enter_privileged(host);
        Cmd::new(&words[0])
            .args(&words[1..])
            .args(["sh", "-euc", script])
            .any_stdout()
            .any_stderr()
            .run();
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.pipe = None;
        let _ = self.holder.wait();
    }
}
