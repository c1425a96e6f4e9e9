//! Datagrams that are answered: every peer at once, because none of them stays.
//!
//! A server that answers whoever seems to ask can be turned against others.
//! Unless it is bound to loopback or under --allow an answer is never longer than
//! its question, and it never goes to one of our own ports, where it could go
//! round for ever.

mod reach;
mod sessions;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollFlags;
use socket2::SockAddr;

use super::answering::Answering;
use super::service::Answers;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError, Timer, describe};
use crate::relay::look::Look;
use crate::report::Goal;
use crate::run::{Flood, Interest, Run, Wake};
use crate::stage::bind::Bound;
use crate::stage::recv::{Datagram, Losses};
use crate::stage::socket::name;
use crate::stage::{Stage, close, recv, send};
use reach::{Reach, inet};
use sessions::{Session, Sessions};

/// Datagrams of one socket before the next has its turn.
const ROUNDS: usize = 64;

/// How long a peer may be silent before its session is over, unless `--idle`
/// says otherwise.
const SILENT: Duration = Duration::from_secs(60);

/// Answers until a timer or a signal ends it: datagrams have no end. `--idle`
/// ends the run, with `-k` the session of a peer.
///
/// # Errors
/// `--idle`, `--timeout`, signals, stdout.
pub fn serve(
    run: &mut Run,
    bound: &[Bound],
    what: &Answers,
    keep_open: bool,
) -> Result<(), Failure> {
    let (address, transport) = (&bound[0].address, bound[0].transport);
    let begun = Instant::now();
    let mut desk = Desk {
        bound,
        what,
        answering: Answering::new(run, what)?,
        idle: what.idle.filter(|_| !keep_open),
        reach: Reach::of(bound),
        losses: bound.iter().map(|_| Losses::default()).collect(),
        sessions: Sessions::new(what.idle.filter(|_| keep_open).unwrap_or(SILENT)),
        heard: begun,
        moved: (0, 0),
        looks: Look::pair_of(what.look, address, transport, true),
    };
    let bar = run.bar(Goal::Both(None), address, false);
    let ended = desk
        .answer_all(run)
        .map_err(|failure| desk.answering.unprinted(failure));
    drop(bar);
    let why = ended.as_ref().err().and_then(Failure::reason);
    for one in desk.sessions.take_all() {
        over(run, one, why.clone());
    }
    let (sent, received) = desk.moved;
    run.tell(Event::Close(close::counted(begun, sent, received)));
    ended
}

/// Who asked: on which socket, and from where.
type Asker = (usize, SockAddr);

struct Desk<'a> {
    bound: &'a [Bound],
    what: &'a Answers,
    answering: Answering<'a>,
    /// When nobody says anything for so long, the run is over.
    idle: Option<Duration>,
    reach: Reach,
    losses: Vec<Losses>,
    sessions: Sessions<Asker>,
    /// When somebody last said something.
    heard: Instant,
    /// Bytes sent and received.
    moved: (u64, u64),
    /// At answers and at questions.
    looks: [Look; 2],
}

impl Desk<'_> {
    fn answer_all(&mut self, run: &mut Run) -> Result<(), Failure> {
        loop {
            run.enter(Stage::Recv, &self.bound[0].address);
            let bound = self.bound.iter();
            let mut ready: Vec<Interest<'_>> = bound
                .map(|one| Interest::new(one.socket.as_fd(), PollFlags::POLLIN))
                .collect();
            if !self.wait(run, &mut ready)? {
                continue;
            }
            let ready: Vec<bool> = ready.iter().map(Interest::is_ready).collect();
            for (at, _) in ready.iter().enumerate().filter(|(_, ready)| **ready) {
                for _ in 0..ROUNDS {
                    if !self.exchange(run, at)? {
                        break;
                    }
                    run.moved(self.moved.0, self.moved.1);
                }
            }
        }
    }

    /// Waits for these, and sees to who was silent for too long; false if that
    /// was all.
    fn wait(&mut self, run: &mut Run, fds: &mut [Interest<'_>]) -> Result<bool, Failure> {
        let idle = self.idle.map(|idle| (self.heard + idle, idle));
        let ends = self.sessions.next_end();
        let until = [idle.map(|(at, _)| at), ends].into_iter().flatten().min();
        match run.wait(fds, until)? {
            Wake::Ready => return Ok(true),
            Wake::Progress => return Ok(false),
            Wake::Time => {}
        }
        let now = Instant::now();
        if let Some((_, after)) = idle.filter(|(at, _)| now >= *at) {
            let option = "--idle";
            return Err(run.timed_out(Timer { option, after }));
        }
        for one in self.sessions.take_silent(now) {
            over(run, one, Some("silent".to_owned()));
        }
        Ok(false)
    }

    /// Waits until stdout has taken the question: everybody's would go there,
    /// so that there is nothing else to do but what has its time.
    fn print(&mut self, run: &mut Run) -> Result<(), Failure> {
        while let Some(stdout) = self.answering.waits_for() {
            if self.wait(run, &mut [Interest::new(stdout, PollFlags::POLLOUT)])? {
                self.answering.go_on(run)?;
            }
        }
        Ok(())
    }

    /// One question to a socket, and its answer; false when nothing was there.
    fn exchange(&mut self, run: &mut Run, at: usize) -> Result<bool, Failure> {
        let one = &self.bound[at];
        let flags = self.what.recv.flags;
        let question = match recv::datagram(&one.socket, self.answering.buffer(), flags) {
            Ok(question) => question,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(false),
            // An earlier answer met an error; its peer is not this one.
            Err(errno) => {
                let error = StageError::os(Stage::Recv, &*one.address, Class::Local, errno);
                run.tell(error.attempt());
                return Ok(true);
            }
        };
        let room = self.answering.buffer().len();
        self.losses[at].tell(run, &one.address, &question, room);
        if let Some(keeper) = &one.keeper
            && !keeper.hears(run, &one.address, &question.from)
        {
            return Ok(true);
        }
        let length = question.length.min(room);
        self.heard = Instant::now();
        self.moved.1 += length as u64;
        self.saw(run, 1, length, None, &question.from);
        let count = self.count(run, at, &question, length);
        let mut answer = Vec::new();
        self.answering.answer(run, length, count, &mut answer)?;
        self.print(run)?;
        if let (Some(from), true) = (question.from, self.answering.answers())
            && self.may_go(run, at, &from, (&mut answer, length), count == 1)
        {
            self.send(run, at, answer, from);
        }
        Ok(true)
    }

    /// Which question of its peer this is, from 1 on.
    fn count(&mut self, run: &mut Run, at: usize, question: &Datagram, length: usize) -> u64 {
        // One without a name has no session, and is always the first.
        let Some(from) = &question.from else { return 1 };
        let asker = (at, from.clone());
        let (session, ended) = self.sessions.heard(&asker, length as u64, self.heard);
        let count = session.questions;
        if let Some(ended) = ended {
            over(run, ended, Some("too many peers".to_owned()));
        }
        if count == 1 {
            let one = &self.bound[at];
            run.tell(Event::Peer {
                address: name(from),
                local: one.address.clone(),
                protocol: one.transport.name(),
            });
        }
        count
    }

    /// Whether an answer may go there, and how much of it; told `once`.
    fn may_go(
        &mut self,
        run: &mut Run,
        at: usize,
        from: &SockAddr,
        (answer, length): (&mut Vec<u8>, usize),
        once: bool,
    ) -> bool {
        let Some(inet) = inet(from) else { return true };
        let one = &self.bound[at];
        if self.reach.is_our_own(&inet, self.heard) {
            if once {
                run.note_of_many((Flood::OwnPorts, 1), &one.address, || {
                    let text = "not answered: this is one of our own ports";
                    (inet.to_string(), text.to_owned())
                });
            }
            return false;
        }
        let trusts = one.keeper.as_ref().is_some_and(|keeper| keeper.trusts());
        if answer.len() > length && !self.reach.is_loopback(at) && !trusts {
            if once {
                run.note_of_many((Flood::AnswersCut, 1), &one.address, || {
                    let text = format!(
                        "answers are cut to the length of their questions ({length} bytes \
                         here): only on loopback or under --allow may they be longer"
                    );
                    (inet.to_string(), text)
                });
            }
            answer.truncate(length);
        }
        true
    }

    fn send(&mut self, run: &mut Run, at: usize, answer: Vec<u8>, from: SockAddr) {
        let sent = send::send_to(&self.bound[at].socket, &answer, &from, self.what.send.flags);
        match sent {
            Ok(sent) => {
                self.moved.0 += sent as u64;
                let asker = (at, from);
                self.sessions.told(&asker, sent as u64);
                self.saw(run, 0, sent, Some(&answer), &Some(asker.1));
            }
            // A peer that does not take its answer must not hold up the others.
            Err(errno) => {
                run.note_of_many((Flood::AnswersLost, 1), &self.bound[at].address, || {
                    (name(&from), format!("answer lost: {}", describe(errno)))
                });
            }
        }
    }

    /// Looks at a question, which is in the buffer, or at an answer.
    fn saw(
        &mut self,
        run: &mut Run,
        way: usize,
        length: usize,
        answer: Option<&[u8]>,
        peer: &Option<SockAddr>,
    ) {
        if !self.looks[way].is_blind() {
            let bytes = answer.unwrap_or_else(|| &self.answering.buffer()[..length]);
            self.looks[way].saw_of(run, bytes, peer.as_ref().map(name));
        }
    }
}

/// Tells that a session is over; `why` is None for an end in order.
fn over(run: &mut Run, ((_, from), session): (Asker, Session), why: Option<String>) {
    if run.tells_peers() {
        run.tell(Event::PeerEnd {
            address: name(&from),
            reason: why,
            traffic: close::counted(session.begun, session.sent, session.received),
        });
    }
}
