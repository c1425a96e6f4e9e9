//! From words to sockets: those of one command, one after another.

use std::net::IpAddr;

use nix::errno::Errno;

use super::taken::{self, Asked, Place, Places};
use crate::address::{Host, ListenAt, Local};
use crate::failure::{Failure, StageError};
use crate::plan::Wait;
use crate::ports::Port;
use crate::run::Run;
use crate::stage::Stage;
use crate::stage::bind::{self, Bound};
use crate::stage::listen;
use crate::stage::resolve::{Family, resolve};
use crate::stage::socket::Transport;

/// A bound socket, and whether it may be missed: a port of a range.
type Opened = (Bound, bool);

/// On the way there.
pub struct Opening<'a> {
    plan: &'a Wait,
    asked: Asked,
    opened: Vec<Opened>,
    /// Addresses of names that have others, and that this machine does not have.
    absent: Vec<IpAddr>,
}

impl<'a> Opening<'a> {
    /// Nothing is.
    pub fn new(plan: &'a Wait) -> Opening<'a> {
        Opening {
            plan,
            asked: Asked::default(),
            opened: Vec::new(),
            absent: Vec::new(),
        }
    }

    /// How many are bound.
    pub fn count(&self) -> usize {
        self.opened.len()
    }

    /// Binds what a word stands for.
    ///
    /// # Errors
    /// What cannot be bound and is not skipped.
    pub fn bind(&mut self, run: &mut Run, local: &Local) -> Result<(), Failure> {
        let mut again = 0;
        match local {
            Local::Unix(unix) => match self.asked.is_new(Place::Unix(unix.clone())) {
                true => {
                    let transport = self.transport(true);
                    let bound = bind::unix(run, unix, transport, &self.plan.socket)?;
                    self.opened.push((bound, false));
                }
                false => again += 1,
            },
            Local::Inet(at) => self.ports(run, at, &mut again)?,
        }
        if again > 0 {
            let many = matches!(local, Local::Inet(at) if at.ports.len() > 1);
            let text = match (many, again) {
                (true, 2..) => format!("{again} of these were named before; each is taken once"),
                (true, _) => "one of these was named before; it is taken once".to_owned(),
                (false, _) => "named before; it is taken once".to_owned(),
            };
            run.note(Stage::Bind, local.to_string(), text);
        }
        Ok(())
    }

    fn transport(&self, unix: bool) -> Transport {
        // The plan has refused every pair that does not exist.
        self.plan.kind.on(unix).unwrap_or(Transport::Tcp)
    }

    fn ports(&mut self, run: &mut Run, at: &ListenAt, again: &mut usize) -> Result<(), Failure> {
        for port in at.ports.iter() {
            match self.port(run, at.host.as_ref(), &port, again) {
                Err(Failure::Stage(error)) if port.range.is_some() && is_taken(&error) => {
                    skipped(run, error);
                }
                opened => opened?,
            }
        }
        Ok(())
    }

    fn port(
        &mut self,
        run: &mut Run,
        host: Option<&Host>,
        port: &Port,
        again: &mut usize,
    ) -> Result<(), Failure> {
        let family = self.plan.resolve.family;
        let places = match host {
            None => vec![Place::Any(port.number, family)],
            Some(host) => {
                let found = resolve(run, host, port.number, &self.plan.resolve)?;
                found.into_iter().map(Place::inet).collect()
            }
        };
        let many = places.len() > 1;
        let (mut absent, mut present) = (Vec::new(), false);
        for place in places {
            if many && place.ip().is_some_and(|ip| self.absent.contains(&ip)) {
                continue;
            }
            if !self.asked.is_new(place.clone()) {
                present = true;
                *again += 1;
                continue;
            }
            match self.place(run, &place, port.range.is_some()) {
                Err(Failure::Stage(error)) if many && is_absent(&error) => {
                    absent.push((place, error));
                }
                opened => {
                    opened?;
                    present = true;
                }
            }
        }
        match absent.first() {
            Some((_, error)) if !present => return Err(error.clone().into()),
            _ => {}
        }
        for (place, error) in absent {
            self.absent.extend(place.ip());
            skipped(run, error);
        }
        Ok(())
    }

    fn place(&mut self, run: &mut Run, place: &Place, may_miss: bool) -> Result<(), Failure> {
        let (transport, options) = (self.transport(false), &self.plan.socket);
        let bound = match place {
            Place::Any(port, Family::V6) => {
                let any = std::net::Ipv6Addr::UNSPECIFIED.into();
                let any = std::net::SocketAddr::new(any, *port);
                bind::inet(run, &any, transport, options)
            }
            Place::Any(port, family) => {
                let v6 = *family == Family::Any;
                bind::wildcard(run, *port, transport, v6, options)
            }
            Place::Inet(address) => bind::inet(run, address, transport, options),
            Place::Unix(unix) => bind::unix(run, unix, self.transport(true), options),
        };
        let bound = bound.map_err(|failure| match failure {
            Failure::Stage(error) if is_taken(&error) => {
                Failure::Stage(self.places().named(error, place.covers()))
            }
            failure => failure,
        })?;
        self.opened.push((bound, may_miss));
        Ok(())
    }

    /// All that are bound so far.
    fn places(&self) -> Places<'_> {
        Places(self.opened.iter().map(|(bound, _)| bound).collect())
    }

    /// Makes all of them listen. bind(2) allows what listen(2) does not:
    /// addresses that overlap, of this command or of another one that has not
    /// come as far yet.
    ///
    /// # Errors
    /// listen(2), but of ports of a range that are taken.
    pub fn listen(self, run: &mut Run) -> Result<Vec<Bound>, Failure> {
        let mut listening: Vec<Bound> = Vec::with_capacity(self.opened.len());
        for (bound, may_miss) in self.opened {
            match listen::listen(run, &bound, &self.plan.listen) {
                Ok(()) => listening.push(bound),
                Err(error) if is_taken(&error) => {
                    let ours = Places(listening.iter().collect());
                    let error = ours.named(error, taken::covered(&bound));
                    match may_miss {
                        true => skipped(run, error),
                        false => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(listening)
    }
}

fn is_taken(error: &StageError) -> bool {
    error.errno == Some(Errno::EADDRINUSE)
}

/// A name may have addresses of a family that is off here (`::1 localhost` where
/// there is no IPv6), or of other machines.
fn is_absent(error: &StageError) -> bool {
    matches!(
        error.errno,
        Some(Errno::EADDRNOTAVAIL | Errno::EAFNOSUPPORT)
    )
}

fn skipped(run: &mut Run, error: StageError) {
    let holder = error.hint.as_deref().unwrap_or("somebody has it");
    run.note(error.stage, error.object, format!("skipped: {holder}"));
}
