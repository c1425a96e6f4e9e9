//! resolve: from a name to addresses, as gethostbyname(3) did it, and better.
//!
//! getaddrinfo(3) blocks and knows no deadline, so it is asked in a thread and
//! waited for like everything else; if it never answers, the thread ends with
//! the process. `many` asks for many names at the same time.

mod lookup;
mod many;

use std::io::{self, PipeReader};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::AsFd;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use nix::net::if_::if_nametoindex;
use nix::poll::PollFlags;

use super::Stage;
use crate::address::Host;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Interest, Run, Wake, millis};
use crate::units;
use lookup::{Found, lookup};

pub use many::{Asked, Lookups, Ticket};

/// Which addresses are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// `-4`
    V4,
    /// `-6`
    V6,
}

impl Family {
    /// Whether an address is of this family.
    pub fn takes(self, address: IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        }
    }

    fn hint(self) -> i32 {
        match self {
            Family::Any => libc::AF_UNSPEC,
            Family::V4 => libc::AF_INET,
            Family::V6 => libc::AF_INET6,
        }
    }
}

/// The options of this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub family: Family,
    /// `-n`: names are an error.
    pub numeric: bool,
    /// `--resolve-timeout`
    pub timeout: Duration,
}

/// The addresses of a host with this port, in the order in which to try them
/// (RFC 8305 section 4). Never empty.
///
/// # Errors
/// A name that does not resolve in time, or not to the family asked for.
pub fn resolve(
    run: &mut Run,
    host: &Host,
    port: u16,
    options: &Options,
) -> Result<Vec<SocketAddr>, Failure> {
    let object = host.to_string();
    run.enter(Stage::Resolve, &object);
    let mut addresses = match literal(host, options)? {
        Literal::Address(address) => vec![address],
        Literal::Name(name) => look_up(run, name, options)?,
    };
    for address in &mut addresses {
        address.set_port(port);
    }
    let wanted = wanted(&object, addresses, options)?;
    run.pause(Stage::Resolve)?;
    Ok(wanted)
}

/// A host that is no address has to be looked up.
enum Literal<'a> {
    Address(SocketAddr),
    Name(&'a str),
}

fn literal<'a>(host: &'a Host, options: &Options) -> Result<Literal<'a>, StageError> {
    let fail = |reason| failed(&host.to_string(), reason);
    match host {
        Host::Name(name) if options.numeric => {
            Err(fail("a name, and --numeric allows only addresses".into())
                .hint(format!("without -n, {name} would be looked up")))
        }
        Host::Name(name) => Ok(Literal::Name(name)),
        Host::V4(address) => Ok(Literal::Address(SocketAddr::new((*address).into(), 0))),
        Host::V6(address, zone) => {
            let scope = match zone {
                None => 0,
                Some(zone) => match (zone.parse(), if_nametoindex(zone.as_str())) {
                    (Ok(index), _) | (_, Ok(index)) => index,
                    _ => return Err(fail(format!("there is no interface {zone}"))),
                },
            };
            let address = SocketAddrV6::new(*address, 0, 0, scope);
            Ok(Literal::Address(address.into()))
        }
    }
}

/// Those of the family that is wanted, in the order in which to try them.
fn wanted(
    object: &str,
    mut addresses: Vec<SocketAddr>,
    options: &Options,
) -> Result<Vec<SocketAddr>, StageError> {
    addresses.retain(|address| options.family.takes(address.ip()));
    if addresses.is_empty() {
        let family = if options.family == Family::V4 {
            "IPv4"
        } else {
            "IPv6"
        };
        return Err(failed(object, format!("has no {family} address")));
    }
    Ok(interleave(addresses))
}

fn failed(object: &str, reason: String) -> StageError {
    StageError::new(Stage::Resolve, object, Class::Name, reason)
}

fn late(name: &str, timeout: Duration) -> StageError {
    let reason = format!("no answer in {}", units::display(timeout));
    failed(name, reason).hint("the name server is slow or unreachable: see --resolve-timeout")
}

/// What is told of a name that was looked up.
fn resolved(name: &str, found: &Found, begun: Instant) -> Event {
    Event::Resolve {
        host: name.to_owned(),
        canonical: found.canonical.clone(),
        addresses: interleave(found.addresses.clone())
            .iter()
            .map(|address| address.ip().to_string())
            .collect(),
        time_ms: millis(begun.elapsed()),
    }
}

/// Asks in a thread. The pipe's end closes when the answer is in the channel.
fn ask(name: &str, family: Family) -> io::Result<(PipeReader, Receiver<Result<Found, String>>)> {
    let (answered, done) = io::pipe()?;
    let (tell, answer) = mpsc::channel();
    let name = name.to_owned();
    thread::Builder::new().spawn(move || {
        // Nobody listens any more once the deadline has passed.
        let _ = tell.send(lookup(&name, family));
        drop(done);
    })?;
    Ok((answered, answer))
}

fn look_up(run: &mut Run, name: &str, options: &Options) -> Result<Vec<SocketAddr>, Failure> {
    let begun = Instant::now();
    let local = |error: io::Error| StageError::io(Stage::Resolve, name, Class::Local, &error);
    let (answered, answer) = ask(name, options.family).map_err(local)?;
    let until = begun + options.timeout;
    loop {
        let mut ready = [Interest::new(answered.as_fd(), PollFlags::POLLIN)];
        match run.wait(&mut ready, Some(until))? {
            Wake::Ready => break,
            Wake::Progress => {}
            Wake::Time => return Err(late(name, options.timeout).into()),
        }
    }
    let found = answer
        .recv()
        .unwrap_or_else(|_| Err("the resolver ended without an answer".into()))
        .map_err(|reason| failed(name, reason))?;
    tell(run, name, &found, begun, options);
    Ok(found.addresses)
}

fn tell(run: &mut Run, name: &str, found: &Found, begun: Instant, options: &Options) {
    run.call(
        || format!("getaddrinfo({name:?}, {})", options.family.hint()),
        match found.addresses.len() {
            1 => "1 address".to_owned(),
            several => format!("{several} addresses"),
        },
    );
    run.tell(resolved(name, found, begun));
}

/// Families take turns, beginning with that of the first address, and each
/// keeps its order (RFC 8305 section 4).
pub fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (mut first, mut second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv4() == first_is_v4);
    let mut turns = Vec::with_capacity(first.len() + second.len());
    first.reverse();
    second.reverse();
    while let Some(address) = first.pop() {
        turns.push(address);
        turns.extend(second.pop());
    }
    second.reverse();
    turns.extend(second);
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let turns = |words: &[&str]| -> Vec<String> {
            interleave(words.iter().map(|w| w.parse().unwrap()).collect())
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(
            turns(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]),
            ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]
        );
        assert_eq!(
            turns(&["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"]),
            ["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"]
        );
        assert!(turns(&[]).is_empty());
    }
}
