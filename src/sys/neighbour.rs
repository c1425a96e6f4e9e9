//! The neighbour tables of rtnetlink(7), RTM_GETNEIGH: who on our own links
//! answers ARP (arp(7)) or neighbour discovery (RFC 4861), and who does not.
//!
//! The kernel takes 3.1 s to give a neighbour up and tell the sockets. Until
//! then, what was sent to it waits in its entry, which anybody may read.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::socket::SockProtocol;

use super::netlink::{self, attribute, u16_at, u32_at};

/// How long a table is believed where many are asked about one after the other.
const FRESH: Duration = Duration::from_millis(20);
/// The share of the time that reading may take, as a divisor: a table that is
/// slow to read is believed for longer.
const SHARE: u32 = 10;
/// Entries that are looked at; no more than a few thousand fit by default
/// (gc_thresh3 of arp(7)).
const MOST: usize = 1 << 17;

// linux/neighbour.h, which libc does not name.
const MESSAGE: usize = 12;
const NDA_DST: u16 = 1;
const NDA_CACHEINFO: u16 = 3;
const NUD_INCOMPLETE: u16 = 0x01;
const NUD_FAILED: u16 = 0x20;
/// USER_HZ, in which netlink counts time on every architecture we know of.
const TICK: Duration = Duration::from_millis(10);

/// The neighbours that do not answer, as they were a moment ago.
#[derive(Debug, Default)]
pub struct Neighbours {
    read: Option<Table>,
}

#[derive(Debug)]
struct Table {
    began: Instant,
    ended: Instant,
    /// In order of their addresses.
    entries: Vec<Entry>,
}

/// One address on one link.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    ip: IpAddr,
    link: u32,
    /// INCOMPLETE or FAILED: it has been asked for and has not answered.
    is_unanswered: bool,
    /// Since something was last sent by way of it.
    unused: Duration,
}

impl Neighbours {
    /// Whether what was sent to `peer` from `since` on is waiting for a neighbour
    /// of that very address who does not answer. Behind a router it is the
    /// router's entry that is used, and this says no; so it does when the kernel
    /// does not tell.
    pub fn is_unanswered(&mut self, peer: SocketAddr, since: Instant, now: Instant) -> bool {
        self.table(since, now).is_unanswered(peer, since)
    }

    /// Whether hardly any address of this family fits into the table besides
    /// those that have not answered: what is sent to one that does not fit is
    /// dropped, as a firewall would do it.
    pub fn is_full(&mut self, peer: SocketAddr, since: Instant, now: Instant) -> bool {
        let is_v4 = peer.is_ipv4();
        self.table(since, now).is_full(is_v4, room(is_v4))
    }

    /// The entries as they were at some moment since then.
    fn table(&mut self, since: Instant, now: Instant) -> &Table {
        let is_good = |table: &Table| table.began >= since && now < table.good_until();
        if !self.read.as_ref().is_some_and(is_good) {
            self.read = None;
        }
        self.read.get_or_insert_with(|| {
            let began = Instant::now();
            // Without it silence stays what it is.
            let entries = read().unwrap_or_default();
            let ended = Instant::now();
            Table {
                began,
                ended,
                entries,
            }
        })
    }
}

/// gc_thresh3 of arp(7); its default where a network namespace does not show it.
fn room(is_v4: bool) -> usize {
    let family = if is_v4 { "ipv4" } else { "ipv6" };
    let text = fs::read_to_string(format!("/proc/sys/net/{family}/neigh/default/gc_thresh3"));
    text.ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(1024)
}

/// As [`Neighbours::is_unanswered`], of a single peer.
pub fn is_unanswered(peer: SocketAddr, since: Instant) -> bool {
    Neighbours::default().is_unanswered(peer, since, Instant::now())
}

impl Table {
    fn good_until(&self) -> Instant {
        self.ended + FRESH.max((self.ended - self.began) * SHARE)
    }

    fn is_full(&self, is_v4: bool, room: usize) -> bool {
        let is_one = |one: &&Entry| one.is_unanswered && one.ip.is_ipv4() == is_v4;
        self.entries.iter().filter(is_one).count() >= room / 4 * 3
    }

    fn is_unanswered(&self, peer: SocketAddr, since: Instant) -> bool {
        let ip = peer.ip().to_canonical();
        let link = match peer {
            SocketAddr::V6(v6) => v6.scope_id(),
            SocketAddr::V4(_) => 0,
        };
        // Ages are cut to ticks, and an entry may be used again while it is read.
        let age = self.ended.saturating_duration_since(since) + TICK;
        let first = self.entries.partition_point(|entry| entry.ip < ip);
        let mut used = self.entries[first..]
            .iter()
            .take_while(|entry| entry.ip == ip)
            .filter(|entry| link == 0 || entry.link == link)
            .filter(|entry| entry.unused <= age)
            .peekable();
        // On another link somebody may answer.
        used.peek().is_some() && used.all(|entry| entry.is_unanswered)
    }
}

fn read() -> io::Result<Vec<Entry>> {
    let route = netlink::open(SockProtocol::NetlinkRoute)?;
    // `struct ndmsg` with AF_UNSPEC: both families.
    let request = netlink::dump(libc::RTM_GETNEIGH, &[0; MESSAGE]);
    let mut entries = Vec::new();
    netlink::ask(&route, &request, |message| {
        if entries.len() < MOST {
            entries.extend(entry(message));
        }
    })?;
    entries.sort_unstable_by_key(|entry: &Entry| entry.ip);
    Ok(entries)
}

/// `struct ndmsg` and its attributes; None if it is about another family.
fn entry(message: &[u8]) -> Option<Entry> {
    let attributes = message.get(MESSAGE..)?;
    let address = attribute(attributes, NDA_DST)?;
    let ip: IpAddr = match i32::from(message[0]) {
        libc::AF_INET => Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).into(),
        libc::AF_INET6 => Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).into(),
        _ => return None,
    };
    // `struct nda_cacheinfo`: confirmed, used, updated.
    let ages = attribute(attributes, NDA_CACHEINFO).filter(|ages| ages.len() >= 16)?;
    Some(Entry {
        ip,
        link: u32_at(message, 4),
        is_unanswered: u16_at(message, 8) & (NUD_INCOMPLETE | NUD_FAILED) != 0,
        unused: TICK * u32_at(ages, 4),
    })
}

#[cfg(test)]
mod tests;
