//! Process groups of our children, and what may be done to them from a signal
//! handler.
//!
//! A number stands for a group as long as its leader was not waited for; after
//! that the kernel may give it to somebody else. So a group is in the table only
//! until then, and who takes it out, the handler or [`Group::leave`], alone may
//! act on what it stood for.

use std::collections::HashSet;
use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::libc;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// All groups there are; 0 is a free place. It never moves: a signal handler
/// may be reading it.
static GROUPS: OnceLock<Box<[AtomicI32]>> = OnceLock::new();

/// Makes room for so many groups, once and for all.
pub fn prepare(most: usize) {
    GROUPS.get_or_init(|| (0..most).map(|_| AtomicI32::new(0)).collect());
}

/// Kills all groups there are. Async-signal-safe: it reads and writes atomics,
/// and kill(2) is.
pub fn kill_all() {
    for place in GROUPS.get().into_iter().flatten() {
        let id = place.swap(0, Ordering::SeqCst);
        if id > 0 {
            // SAFETY: a system call on two integers. The leader was not waited
            // for, and will not be: it was taken out of the table here.
            unsafe { libc::kill(-id, libc::SIGKILL) };
        }
    }
}

/// The group of a child that leads one.
pub struct Group {
    id: i32,
    /// None where nobody made room.
    place: Option<&'static AtomicI32>,
}

impl Group {
    /// The group of this child, which must not have been waited for.
    pub fn enter(id: u32) -> Group {
        let id = id as i32;
        let free = |place: &&AtomicI32| {
            let taken = place.compare_exchange(0, id, Ordering::SeqCst, Ordering::SeqCst);
            taken.is_ok()
        };
        let place = GROUPS.get().and_then(|groups| groups.iter().find(free));
        Group { id, place }
    }

    /// Before its leader is waited for; false when that must not be any more,
    /// because a signal handler is just killing it and ending this process.
    pub fn leave(&mut self) -> bool {
        let Some(place) = self.place else { return true };
        let left = place.compare_exchange(self.id, 0, Ordering::SeqCst, Ordering::SeqCst);
        self.place = None;
        left.is_ok()
    }

    /// Sends it to all in the group. Only before [`Group::leave`].
    pub fn signal(&self, signal: Signal) {
        // One that has ended already needs none.
        let _ = killpg(Pid::from_raw(self.id), signal);
    }

    /// Whether it is one of these.
    pub fn is_in(&self, groups: &HashSet<i32>) -> bool {
        groups.contains(&self.id)
    }
}

/// The groups in which a process lives, one that only waits to be waited for
/// left out; none where /proc does not tell.
pub fn living() -> HashSet<i32> {
    // The list is older than what is read of its processes: one that starts
    // another and ends in between hides both, but not twice.
    let mut groups = look();
    groups.extend(look());
    groups
}

fn look() -> HashSet<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter(|one| {
        let name = one.file_name();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    });
    // What has gone in the meantime does not live.
    let stats = numbers.filter_map(|one| fs::read_to_string(one.path().join("stat")).ok());
    stats.filter_map(|stat| group_of(&stat)).collect()
}

/// From a line of /proc/PID/stat: `PID (COMM) STATE PPID PGRP ...`, where COMM
/// may contain anything (proc_pid_stat(5)).
fn group_of(stat: &str) -> Option<i32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let lives = !matches!(fields.next()?, "Z" | "X");
    let group = fields.nth(1)?.parse().ok()?;
    lives.then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::time::{Duration, Instant};

    #[test]
    fn a_line_of_stat_names_the_group_of_what_lives() {
        let table = [
            ("812 (cat) S 1 800 800 0 -1", Some(800)),
            ("813 (a) Z 9 (b)) R 1 77 800 0 -1", Some(77)),
            ("814 (cat) Z 1 800 800 0 -1", None),
            ("815 (cat) S 1", None),
            ("", None),
        ];
        for (stat, group) in table {
            assert_eq!(group_of(stat), group, "{stat}");
        }
    }

    #[test]
    fn a_group_lives_until_its_last_process_has_ended() {
        prepare(1);
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 60 & exit"]).process_group(0);
        let mut child = shell.spawn().unwrap();
        let mut group = Group::enter(child.id());
        assert!(group.is_in(&living()));
        group.signal(Signal::SIGKILL);
        let begun = Instant::now();
        while group.is_in(&living()) {
            assert!(begun.elapsed() < Duration::from_secs(20), "it lives on");
        }
        assert!(group.leave(), "nobody else has taken it out");
        child.wait().unwrap();
        // As the handler does.
        let mut group = Group::enter(i32::MAX as u32);
        kill_all();
        assert!(!group.leave(), "it is the handler's");
    }
}
