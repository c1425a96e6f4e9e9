//! Names of routers, for those who know them by name. Looked up beside the
//! trace, and what is not there at its end is done without.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::getnameinfo;
use nix::libc;

/// How long the result of a trace may wait for the names of its last routers:
/// what is told is told within a tenth of a second.
const DEADLINE: Duration = Duration::from_millis(80);

/// The names so far.
pub struct Names {
    /// `None` until the name is known.
    known: HashMap<IpAddr, Option<String>>,
    waiting: usize,
    tell: Sender<(IpAddr, Option<String>)>,
    answers: Receiver<(IpAddr, Option<String>)>,
    /// `-n`
    numeric: bool,
}

impl Names {
    /// No names yet; with `numeric` there never will be.
    pub fn new(numeric: bool) -> Names {
        let (tell, answers) = mpsc::channel();
        Names {
            known: HashMap::new(),
            waiting: 0,
            tell,
            answers,
            numeric,
        }
    }

    /// Begins to look a name up, once.
    pub fn look_up(&mut self, ip: IpAddr) {
        if self.numeric || self.known.contains_key(&ip) {
            return;
        }
        self.known.insert(ip, None);
        let tell = self.tell.clone();
        // Blocks without a deadline; if it never ends, it ends with the process.
        let asking = thread::Builder::new().spawn(move || {
            let _ = tell.send((ip, name(ip)));
        });
        self.waiting += usize::from(asking.is_ok());
    }

    /// Waits a little for those that are still being looked up.
    pub fn settle(&mut self) {
        let until = Instant::now() + DEADLINE;
        while self.waiting > 0 {
            let left = until.saturating_duration_since(Instant::now());
            let Ok((ip, name)) = self.answers.recv_timeout(left) else {
                return;
            };
            self.waiting -= 1;
            self.known.insert(ip, name);
        }
    }

    /// The name of an address.
    pub fn of(&self, ip: IpAddr) -> Option<&str> {
        self.known.get(&ip)?.as_deref()
    }
}

/// getnameinfo(3) with NI_NAMEREQD: an address is not its own name.
fn name(ip: IpAddr) -> Option<String> {
    let flags = libc::NI_NAMEREQD | libc::NI_NUMERICSERV;
    let (name, _) = getnameinfo(&SocketAddr::new(ip, 0), flags).ok()?;
    Some(name)
}
