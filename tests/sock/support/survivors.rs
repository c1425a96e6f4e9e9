//! Nothing that a test starts survives it, however the test ends.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid};

/// What ends a namespace once nobody holds it any more: all that still runs in it
/// is killed. What a killed test has started there comes after no parent
/// (nsenter(1) changes credentials, and prctl(2) forgets PR_SET_PDEATHSIG then).
/// Anew, because a process may have started another one meanwhile.
pub const SWEEP: &str = "
for round in 1 2 3; do
    for process in /proc/[0-9]*; do
        [ $process != /proc/$$ ] || continue
        [ $process/ns/user -ef /proc/$$/ns/user ] || continue
        kill -KILL ${process#/proc/} 2>/dev/null || true
    done
done
";

/// Has the kernel kill a process when the thread that starts it ends, which is
/// the thread of its test: also when the whole test process is killed.
pub fn die_with_us(command: &mut Command) {
    // SAFETY: prctl(2) is a bare system call, which may be made after fork().
    unsafe { command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?)) };
}

/// Kills a process that is not reaped yet, and with it the group that it leads, if
/// it does, as timeout(1): killed alone it would leave its command behind.
pub fn end(child: &mut Child) {
    let pid = Pid::from_raw(child.id() as i32);
    if getpgid(Some(pid)) == Ok(pid) {
        let killed = killpg(pid, Signal::SIGKILL);
        assert!(matches!(killed, Ok(()) | Err(Errno::ESRCH | Errno::EPERM)));
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::super::command::{Cmd, SOCK};
    use super::super::{Namespace, Running, eventually, peer, sock};

    /// Set for the copy of [`somebody_starts_much`] that is killed.
    const STARTS: &str = "SOCK_TEST_IS_KILLED";

    /// A listener as a shell starts it that timeout(1) has started, as an example does.
    fn by_way_of_timeout() -> Cmd {
        Cmd::lax("timeout").args([
            "60",
            "sh",
            "-c",
            &format!("{SOCK} listen -k --echo 2>&1; :"),
        ])
    }

    /// All that descend from a process.
    fn descendants(of: u32) -> Vec<u32> {
        let children = |of: u32| {
            let tasks = std::fs::read_dir(format!("/proc/{of}/task")).expect("it runs");
            let lists = tasks.filter_map(|task| {
                std::fs::read_to_string(task.ok()?.path().join("children")).ok()
            });
            let lists: Vec<String> = lists.collect();
            let words = lists.iter().flat_map(|list| list.split_whitespace());
            words
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        };
        let mut all = children(of);
        let mut at = 0;
        while let Some(&next) = all.get(at) {
            all.extend(children(next));
            at += 1;
        }
        all
    }

    /// Whether a process still runs: a zombie does not.
    fn runs(pid: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat.rsplit(") ").next().unwrap_or_default();
        !state.is_empty() && !state.starts_with('Z')
    }

    fn all_end(pids: &[u32]) {
        for &pid in pids {
            eventually(&format!("the end of {pid}"), || (!runs(pid)).then_some(()));
        }
    }

    #[test]
    fn a_group_ends_with_its_leader() {
        if peer("timeout").is_none() {
            return;
        }
        let running = by_way_of_timeout().spawn();
        running.wait_text("listening on ");
        let left = descendants(running.pid());
        assert_eq!(left.len(), 2, "a shell and its command");
        drop(running);
        all_end(&left);
    }

    /// No test by itself: see [`nothing_outlives_a_killed_test`].
    #[test]
    fn somebody_starts_much() {
        if std::env::var_os(STARTS).is_none() {
            return;
        }
        let Some(namespace) = Namespace::new("", &[]) else {
            return;
        };
        let direct = sock("listen -k --echo 127.0.0.1:0").listener();
        let inside = by_way_of_timeout().inside(&namespace, "").spawn();
        inside.wait_text("listening on ");
        let ready = std::io::stdout();
        std::io::Write::write_all(&mut &ready, b"all of it runs\n").expect("a reader");
        direct.wait("the end of all this", |_| None::<()>);
    }

    #[test]
    fn nothing_outlives_a_killed_test() {
        if peer("timeout").is_none() || Namespace::new("", &[]).is_none() {
            return;
        }
        let ours = std::env::current_exe().expect("this program");
        let name = concat!(module_path!(), "::somebody_starts_much");
        let name = name.split_once("::").expect("a crate").1;
        let test: Running = Cmd::lax(ours)
            .args(["--exact", name, "--nocapture"])
            .env(STARTS, "1")
            .spawn();
        test.wait_text("all of it runs");
        let started = descendants(test.pid());
        assert!(started.len() >= 5, "{started:?}");
        drop(test);
        all_end(&started);
    }
}
