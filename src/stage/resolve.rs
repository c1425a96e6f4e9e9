//! resolve: from a name to addresses, as gethostbyname(3) did it, and better.
//!
//! getaddrinfo(3) blocks and knows no deadline, so it is asked in a thread and
//! waited for like everything else; if it never answers, the thread ends with
//! the process.

use std::io::{self, PipeReader};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::AsFd;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use dns_lookup::{AddrInfoHints, getaddrinfo};
use nix::libc;
use nix::net::if_::if_nametoindex;
use nix::poll::PollFlags;

use super::Stage;
use crate::address::Host;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError};
use crate::run::{Interest, Run, Wake, millis};
use crate::units;

/// Which addresses are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    let fail = |reason: String| StageError::new(Stage::Resolve, &*object, Class::Name, reason);
    let addresses = match host {
        Host::Name(name) if options.numeric => {
            return Err(fail("a name, and --numeric allows only addresses".into())
                .hint(format!("without -n, {name} would be looked up"))
                .into());
        }
        Host::Name(name) => look_up(run, name, port, options)?,
        Host::V4(address) => vec![SocketAddr::new((*address).into(), port)],
        Host::V6(address, zone) => {
            let scope = match zone {
                None => 0,
                Some(zone) => match (zone.parse(), if_nametoindex(zone.as_str())) {
                    (Ok(index), _) | (_, Ok(index)) => index,
                    _ => return Err(fail(format!("there is no interface {zone}")).into()),
                },
            };
            vec![SocketAddrV6::new(*address, port, 0, scope).into()]
        }
    };
    let wanted: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| options.family.takes(address.ip()))
        .collect();
    if wanted.is_empty() {
        let family = if options.family == Family::V4 {
            "IPv4"
        } else {
            "IPv6"
        };
        return Err(fail(format!("has no {family} address")).into());
    }
    Ok(interleave(wanted))
}

fn look_up(
    run: &mut Run,
    name: &str,
    port: u16,
    options: &Options,
) -> Result<Vec<SocketAddr>, Failure> {
    let begun = Instant::now();
    let local = |error: io::Error| StageError::io(Stage::Resolve, name, Class::Local, &error);
    let (answered, answer) = ask(name, options.family).map_err(local)?;
    let until = begun + options.timeout;
    loop {
        let mut ready = [Interest::new(answered.as_fd(), PollFlags::POLLIN)];
        match run.wait(&mut ready, Some(until))? {
            Wake::Ready => break,
            Wake::Progress => {}
            Wake::Time => {
                let reason = format!("no answer in {}", units::display(options.timeout));
                return Err(StageError::new(Stage::Resolve, name, Class::Name, reason)
                    .hint("the name server is slow or unreachable: see --resolve-timeout")
                    .into());
            }
        }
    }
    let failed = |reason: String| StageError::new(Stage::Resolve, name, Class::Name, reason);
    let found = answer
        .recv()
        .unwrap_or_else(|_| Err("the resolver ended without an answer".into()))
        .map_err(failed)?;
    run.call(
        || format!("getaddrinfo({name:?}, {})", options.family.hint()),
        format!("{} addresses", found.addresses.len()),
    );
    let addresses: Vec<SocketAddr> = found
        .addresses
        .into_iter()
        .map(|mut address| {
            address.set_port(port);
            address
        })
        .collect();
    run.tell(Event::Resolve {
        host: name.to_owned(),
        canonical: found.canonical,
        addresses: interleave(addresses.clone())
            .iter()
            .map(|address| address.ip().to_string())
            .collect(),
        time_ms: millis(begun.elapsed()),
    });
    run.pause(Stage::Resolve)?;
    Ok(addresses)
}

struct Found {
    canonical: Option<String>,
    addresses: Vec<SocketAddr>,
}

/// Asks in a thread. The pipe's end closes when the answer is in the channel.
fn ask(name: &str, family: Family) -> io::Result<(PipeReader, Receiver<Result<Found, String>>)> {
    let (answered, done) = io::pipe()?;
    let (tell, answer) = mpsc::channel();
    let name = name.to_owned();
    thread::Builder::new().spawn(move || {
        // Nobody listens any more once the deadline has passed.
        let _ = tell.send(getaddrinfo_all(&name, family));
        drop(done);
    })?;
    Ok((answered, answer))
}

fn getaddrinfo_all(name: &str, family: Family) -> Result<Found, String> {
    let hints = AddrInfoHints {
        flags: libc::AI_CANONNAME,
        address: family.hint(),
        // One answer an address; without a type each comes three times.
        socktype: libc::SOCK_STREAM,
        protocol: 0,
    };
    let mut found = Found {
        canonical: None,
        addresses: Vec::new(),
    };
    let answers =
        getaddrinfo(Some(name), None, Some(hints)).map_err(|error| match error.error_num() {
            libc::EAI_NONAME => "name or service not known (EAI_NONAME)".to_owned(),
            libc::EAI_NODATA => "the name has no address (EAI_NODATA)".to_owned(),
            libc::EAI_AGAIN => "temporary failure in name resolution (EAI_AGAIN)".to_owned(),
            libc::EAI_FAIL => "the name server failed (EAI_FAIL)".to_owned(),
            -9 => "the name has no address of that family (EAI_ADDRFAMILY)".to_owned(),
            _ => io::Error::from(error).to_string(),
        })?;
    for answer in answers {
        let answer = answer.map_err(|error| error.to_string())?;
        found.canonical = found.canonical.or(answer.canonname);
        if !found.addresses.contains(&answer.sockaddr) {
            found.addresses.push(answer.sockaddr);
        }
    }
    Ok(found)
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
