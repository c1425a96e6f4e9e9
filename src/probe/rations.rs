//! Who rations the ICMP errors by which TCP ports are rejected, and whose
//! silence is doubted for it. Pure.
//!
//! A firewall that rejects says so over ICMP, and its kernel rations that as it
//! does for UDP (see `budget`). But most silence over TCP is that of firewalls
//! that drop, so that nothing is doubted before somebody was seen to run out:
//! it has sent as many at once as Linux sends, or one only after the kernel had
//! sent the SYN again. A lost SYN does not look like that where there is a
//! second socket, whose own comes sooner.
//!
//! A ration belongs to who sends, and is for us: a router has one for all the
//! hosts it rejects for. Which these are nobody can know; where it spoke for
//! one it is taken to speak for the neighbours of that one.
//!
//! What is doubted waits here until nothing else is asked any more, and `pace`
//! finds out about it then.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use super::Question;
use super::pace::Asked;
use crate::verdict::RESENT;

/// The time in which Linux has another ICMP error (`net.ipv4.icmp_ratelimit`).
const REFILL: Duration = Duration::from_secs(1);
/// What is missing of a ration, in time, that is taken to be spent: five sent at
/// once, of the six that Linux has at most.
const SPENT: Duration = Duration::from_millis(4500);
/// Rations kept without a look at whether they are still needed, and doubts: in
/// the time there is, fewer can be asked again.
const MOST: usize = 4096;
const MOST_DOUBTS: usize = 16_384;

/// All that is known.
#[derive(Debug)]
pub struct Rations {
    /// By who sends.
    rations: HashMap<IpAddr, Ration>,
    /// Who rejects for a host, or for the neighbours of one.
    speaks: HashMap<For, IpAddr>,
    /// Rations beyond which those that are full again are forgotten.
    most: usize,
    doubts: HashMap<IpAddr, Vec<(Question, Asked)>>,
    doubted: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum For {
    Host(IpAddr),
    Network(IpAddr),
}

/// What one host has for us.
#[derive(Debug, Clone)]
pub struct Ration {
    /// When the latest ICMP error came.
    pub last: Instant,
    /// The longest that one took which did not wait for a second SYN.
    pub slowest: Option<Duration>,
    /// A question that it has rejected.
    pub rejected: Question,
    /// The time it takes to be full again, at least, when the latest came.
    missing: Duration,
    /// It was seen to run out.
    is_spent: bool,
}

/// Questions that one ration may have had nothing left for.
#[derive(Debug)]
pub struct Doubted {
    pub by: IpAddr,
    pub ration: Ration,
    pub questions: Vec<(Question, Asked)>,
}

impl Default for Rations {
    fn default() -> Rations {
        Rations {
            rations: HashMap::new(),
            speaks: HashMap::new(),
            most: MOST,
            doubts: HashMap::new(),
            doubted: 0,
        }
    }
}

impl Rations {
    /// A question was rejected `by` somebody, `time` after its SYN; `is_again` if
    /// it had met with silence before.
    pub fn rejected(
        &mut self,
        question: &Question,
        by: IpAddr,
        time: Duration,
        is_again: bool,
        now: Instant,
    ) {
        let Some(target) = question.peer.ip().map(|ip| ip.to_canonical()) else {
            return;
        };
        // Loopback has no limit.
        if by.is_loopback() {
            return;
        }
        self.tidy(now);
        let is_late = is_again || time >= RESENT;
        let ration = self.rations.entry(by).or_insert_with(|| Ration {
            last: now,
            slowest: None,
            rejected: question.clone(),
            missing: Duration::ZERO,
            is_spent: false,
        });
        ration.missing = ration.missing(now) + REFILL;
        ration.last = ration.last.max(now);
        ration.is_spent |= is_late || ration.missing >= SPENT;
        if !is_late {
            ration.slowest = ration.slowest.max(Some(time));
        }
        let is_spent = ration.is_spent;
        self.speaks_for(For::Host(target), by, is_spent);
        if by != target {
            self.speaks_for(For::Network(network(target)), by, is_spent);
        }
    }

    /// Who may have had no ICMP error left for a host.
    pub fn of(&self, target: IpAddr) -> Option<IpAddr> {
        let target = target.to_canonical();
        [For::Host(target), For::Network(network(target))]
            .iter()
            .filter_map(|whom| self.speaks.get(whom).copied())
            .find(|by| self.is_spent(*by))
    }

    /// Keeps a question that met with silence, which `by` may be to blame for;
    /// `false` where there is no room for more.
    pub fn doubt(&mut self, by: IpAddr, question: Question, asked: Asked) -> bool {
        let has_room = self.doubted < MOST_DOUBTS;
        if has_room {
            self.doubted += 1;
            self.doubts.entry(by).or_default().push((question, asked));
        }
        has_room
    }

    /// Whether there is anything to ask again.
    pub fn has_doubts(&self) -> bool {
        self.doubted > 0
    }

    /// Takes all of it.
    pub fn doubts(&mut self) -> Vec<Doubted> {
        self.doubted = 0;
        let doubted = self.doubts.drain().filter_map(|(by, questions)| {
            let ration = self.rations.get(&by)?.clone();
            Some(Doubted {
                by,
                ration,
                questions,
            })
        });
        doubted.collect()
    }

    fn is_spent(&self, by: IpAddr) -> bool {
        self.rations.get(&by).is_some_and(|ration| ration.is_spent)
    }

    /// Whose ration was spent is not forgotten over one whose was not.
    fn speaks_for(&mut self, whom: For, by: IpAddr, is_spent: bool) {
        let known = self.speaks.get(&whom).copied();
        if is_spent || known.is_none_or(|known| !self.is_spent(known)) {
            self.speaks.insert(whom, by);
        }
    }

    fn tidy(&mut self, now: Instant) {
        if self.rations.len() < self.most {
            return;
        }
        self.rations
            .retain(|_, ration| ration.is_spent || !ration.missing(now).is_zero());
        let rations = &self.rations;
        self.speaks.retain(|_, by| rations.contains_key(by));
        self.most = MOST.max(2 * self.rations.len());
    }
}

impl Ration {
    /// The time until it is full again, if it was when its first was heard of.
    fn missing(&self, now: Instant) -> Duration {
        (self.missing).saturating_sub(now.saturating_duration_since(self.last))
    }
}

/// The network of a host, as far as anybody can guess: mostly all of it is
/// behind one router.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & (!0 << 8)).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (!0 << 64)).into(),
    }
}

#[cfg(test)]
mod tests;
