//! Many names, looked up at the same time without holding anything up.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use nix::sys::eventfd::EventFd;

use super::lookup::{Found, lookup};
use super::{Literal, Options, failed, late, literal, tell, wanted};
use crate::address::Host;
use crate::failure::{Class, StageError};
use crate::run::Run;
use crate::stage::Stage;

/// Names that are looked up at the same time. One that gets no answer in its
/// time makes room for the next, so that a dead name server costs each name
/// its own timeout and no more.
const AT_ONCE: usize = 8;

/// A name that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// Names under way.
pub struct Lookups {
    options: Options,
    /// Written to with each answer.
    news: Arc<EventFd>,
    answer: Sender<(Ticket, Result<Found, String>)>,
    answers: Receiver<(Ticket, Result<Found, String>)>,
    waiting: VecDeque<(Ticket, String)>,
    running: Vec<Running>,
    last: u64,
}

struct Running {
    ticket: Ticket,
    name: String,
    begun: Instant,
}

/// An address at once, or a name's ticket.
pub enum Asked {
    Known(SocketAddr),
    Asked(Ticket),
}

impl Lookups {
    /// None yet.
    pub fn new(options: Options, news: Arc<EventFd>) -> Lookups {
        let (answer, answers) = mpsc::channel();
        Lookups {
            options,
            news,
            answer,
            answers,
            waiting: VecDeque::new(),
            running: Vec::new(),
            last: 0,
        }
    }

    /// Asks for the addresses of a host; those that are typed are known.
    ///
    /// # Errors
    /// A name under `--numeric`, a zone or a family that is not there.
    pub fn ask(&mut self, host: &Host) -> Result<Asked, StageError> {
        match literal(host, &self.options)? {
            Literal::Address(address) => {
                wanted(&host.to_string(), vec![address], &self.options)?;
                Ok(Asked::Known(address))
            }
            Literal::Name(name) => {
                self.last += 1;
                let ticket = Ticket(self.last);
                self.waiting.push_back((ticket, name.to_owned()));
                Ok(Asked::Asked(ticket))
            }
        }
    }

    /// A name whose addresses are known, or will not be; their port is 0, and
    /// there is at least one.
    pub fn take(&mut self, run: &mut Run) -> Option<(Ticket, Result<Vec<SocketAddr>, StageError>)> {
        if let Some(settled) = self.begin() {
            return Some(settled);
        }
        while let Ok((ticket, found)) = self.answers.try_recv() {
            // The answer may have come when nobody waited for it any more.
            let Some(at) = self.running.iter().position(|one| one.ticket == ticket) else {
                continue;
            };
            let Running { name, begun, .. } = self.running.swap_remove(at);
            let addresses = found
                .map_err(|reason| failed(&name, reason))
                .and_then(|found| {
                    tell(run, &name, &found, begun, &self.options);
                    wanted(&name, found.addresses, &self.options)
                });
            return Some((ticket, addresses));
        }
        let now = Instant::now();
        let timeout = self.options.timeout;
        let is_late = |one: &Running| now.saturating_duration_since(one.begun) >= timeout;
        let at = self.running.iter().position(is_late)?;
        let Running { ticket, name, .. } = self.running.swap_remove(at);
        Some((ticket, Err(late(&name, timeout))))
    }

    /// When the first name has had its time; `None` while nothing runs.
    pub fn next(&self) -> Option<Instant> {
        let ends = |one: &Running| one.begun.checked_add(self.options.timeout);
        self.running.iter().filter_map(ends).min()
    }

    /// Starts as many as may run; one that cannot be started is settled.
    fn begin(&mut self) -> Option<(Ticket, Result<Vec<SocketAddr>, StageError>)> {
        while self.running.len() < AT_ONCE {
            let (ticket, name) = self.waiting.pop_front()?;
            let (answer, news) = (self.answer.clone(), Arc::clone(&self.news));
            let (asked, family) = (name.clone(), self.options.family);
            let begun = Instant::now();
            let started = thread::Builder::new().spawn(move || {
                // Nobody listens any more once the run is over.
                let _ = answer.send((ticket, lookup(&asked, family)));
                let _ = news.write(1);
            });
            match started {
                Ok(_) => self.running.push(Running {
                    ticket,
                    name,
                    begun,
                }),
                // Others are under way: later there may be room for a thread.
                Err(_) if !self.running.is_empty() => {
                    self.waiting.push_front((ticket, name));
                    return None;
                }
                Err(error) => {
                    let error = StageError::io(Stage::Resolve, name, Class::Local, &error);
                    return Some((ticket, Err(error)));
                }
            }
        }
        None
    }
}
