//! Names of routers, for those who know them by name. Looked up beside the
//! trace, and what is not there in time is done without.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::getnameinfo;
use nix::libc;

/// How long a hop may wait for its name: what is told is told within a tenth of
/// a second.
pub const DEADLINE: Duration = Duration::from_millis(80);

/// The names so far.
pub struct Names {
    /// `None` while it is looked up, or where none was found.
    known: HashMap<IpAddr, Option<String>>,
    /// Those that are being looked up.
    asking: HashSet<IpAddr>,
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
            asking: HashSet::new(),
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
        if asking.is_ok() {
            self.asking.insert(ip);
        }
    }

    /// Takes the names that have come meanwhile.
    pub fn take(&mut self) {
        while let Ok(answer) = self.answers.try_recv() {
            self.knows(answer);
        }
    }

    /// Waits for those that are still being looked up, at most until then.
    pub fn settle(&mut self, until: Instant) {
        while !self.asking.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(answer) = self.answers.recv_timeout(left) else {
                return;
            };
            self.knows(answer);
        }
    }

    fn knows(&mut self, (ip, name): (IpAddr, Option<String>)) {
        self.asking.remove(&ip);
        self.known.insert(ip, name);
    }

    /// Whether the name may still come.
    pub fn is_asking(&self, ip: IpAddr) -> bool {
        self.asking.contains(&ip)
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
