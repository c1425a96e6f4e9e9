//! `--trace`: asks one port after the other, each from router to router.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use nix::poll::PollFlags;
use nix::sys::eventfd::EventFd;
use socket2::Socket;

use super::hop;
use super::names::Names;
use super::survey::Survey;
use super::teller::Teller;
use crate::event::Event;
use crate::failure::Failure;
use crate::plan::Trace;
use crate::probe::trace::{Flow, Path, Walk, compare};
use crate::probe::{Answer, Client, Peer, Question, Supply};
use crate::run::Interest;
use crate::stage::bind::Source;
use crate::stage::{Stage, options};

/// Traces all questions, until the last answer or whatever ends the run before
/// it; `news` tells when a name has been looked up.
pub fn ask(survey: &mut Survey<'_>, trace: Trace, data: Option<&[u8]>, news: &EventFd) {
    let mut tracing = Tracing {
        names: Names::new(survey.plan.resolve.numeric),
        survey,
        trace,
        data,
        references: HashMap::new(),
    };
    loop {
        let step = match tracing.survey.ask() {
            Supply::Done => return,
            Supply::Later(at) => {
                // Whoever wrote it is asked again in any case.
                let step = wait(tracing.survey, &[(news.as_fd(), PollFlags::POLLIN)], at);
                let _ = news.read();
                step
            }
            Supply::Question(question) => tracing.follow(&question),
        };
        if let Err(failure) = step {
            tracing.survey.ended = Some(failure);
        }
        if tracing.survey.ended.is_some() {
            return;
        }
    }
}

/// The traces of one run.
struct Tracing<'a, 's> {
    survey: &'a mut Survey<'s>,
    trace: Trace,
    /// What datagrams carry, instead of the query of their port.
    data: Option<&'a [u8]>,
    names: Names,
    /// The paths of the port to compare with, by address.
    references: HashMap<SocketAddr, Path>,
}

impl Tracing<'_, '_> {
    /// Traces one port, after the one it is compared with.
    fn follow(&mut self, question: &Question) -> Result<(), Failure> {
        let Peer::Inet(address) = question.peer else {
            return Ok(());
        };
        let target = &*self.survey.target(question.id);
        let against = self.trace.against.filter(|port| *port != address.port());
        let mut other = address;
        if let Some(port) = against {
            other.set_port(port);
            if !self.references.contains_key(&other) {
                let path = self.walk(target, other, question)?;
                self.end(target, other, question, &path, None)?;
                self.references.insert(other, path);
            }
        }
        let path = self.walk(target, address, question)?;
        let reference = against.and(self.references.get(&other));
        let compared =
            (against.zip(reference)).map(|(port, reference)| (port, compare(&path, reference)));
        self.end(target, address, question, &path, compared)?;
        if let Some(heard) = path.answer {
            let answer = Answer {
                id: question.id,
                verdict: heard.verdict,
                time: heard.time,
                syns: heard.syns,
                local: None,
                rtt: None,
                banner: None,
            };
            // The survey itself keeps what ends it.
            let _ = self.survey.hear(&mut vec![answer]);
        }
        Ok(())
    }

    /// Walks to the end, and tells the hops.
    fn walk(
        &mut self,
        target: &str,
        address: SocketAddr,
        question: &Question,
    ) -> Result<Path, Failure> {
        let plan = self.survey.plan;
        let source = plan.source.unwrap_or(Source { ip: None, port: 0 });
        let flow = Flow {
            peer: address,
            protocol: question.protocol,
            source: source.towards(&address),
            prepare: &|socket: &Socket| options::set(socket, &plan.set),
        };
        let subject = hop::Subject {
            target,
            address,
            protocol: question.protocol,
        };
        let Tracing { survey, names, .. } = self;
        let teller = RefCell::new(Teller::new(&subject, names));
        survey.run.enter(Stage::Connect, &address.to_string());
        let mut walk = Walk::new(flow, question.wait, self.data);
        let walked = walk.run(
            &mut |fds, until| {
                tell(survey, teller.borrow_mut().ready())?;
                let due = teller.borrow().due();
                wait(survey, fds, until.into_iter().chain(due).min())
            },
            &mut |ttl, heard| teller.borrow_mut().heard(ttl, heard),
        );
        let path = walk.path();
        let rest = teller.borrow_mut().rest(&path);
        tell(survey, rest)?;
        if walked.is_err() {
            self.end(target, address, question, &path, None)?;
        }
        walked.map(|()| path)
    }

    /// Tells where the packets end.
    fn end(
        &mut self,
        target: &str,
        address: SocketAddr,
        question: &Question,
        path: &Path,
        compared: Option<(u16, crate::verdict::Difference)>,
    ) -> Result<(), Failure> {
        let subject = hop::Subject {
            target,
            address,
            protocol: question.protocol,
        };
        let event = hop::path(&subject, path, compared);
        self.survey.run.result(&Event::Path(event))
    }
}

fn tell(survey: &mut Survey<'_>, hops: Vec<crate::event::Hop>) -> Result<(), Failure> {
    let events: Vec<_> = hops.into_iter().map(Event::Hop).collect();
    survey.run.results(&events)
}

/// Waits for a router, the port, a signal or `--timeout`.
fn wait(
    survey: &mut Survey<'_>,
    fds: &[(BorrowedFd<'_>, PollFlags)],
    until: Option<Instant>,
) -> Result<(), Failure> {
    let interests = fds.iter().map(|(fd, flags)| Interest::new(*fd, *flags));
    let mut interests: Vec<_> = interests.collect();
    survey.run.wait(&mut interests, until).map(drop)
}
