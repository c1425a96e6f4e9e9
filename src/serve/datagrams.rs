//! Datagrams that are answered: every peer at once, because none of them stays.
//!
//! A server that answers whoever seems to ask can be turned against others.
//! Unless it is bound to loopback or under --allow an answer is never longer than
//! its question, and it never goes to one of our own ports, where it could go round for ever.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::Instant;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::poll::PollFlags;
use socket2::SockAddr;

use super::answering::Answering;
use super::service::Answers;
use crate::event::Event;
use crate::failure::{Class, Failure, StageError, Timer, describe};
use crate::relay::look::Look;
use crate::report::Goal;
use crate::run::{Interest, Run, Wake};
use crate::stage::bind::Bound;
use crate::stage::socket::name;
use crate::stage::{Stage, close, recv, send};

/// Datagrams of one socket before the next has its turn.
const ROUNDS: usize = 64;

/// How many peers are counted for `{n}`; with more, counting begins anew.
const COUNTED: usize = 65_536;

/// Answers until a timer or a signal ends it: datagrams have no end.
///
/// # Errors
/// `--idle`, `--timeout`, signals, stdout.
pub fn serve(
    run: &mut Run,
    bound: &[Bound],
    what: &Answers,
    answering: &mut Answering<'_>,
) -> Result<(), Failure> {
    let (address, transport) = (&bound[0].address, bound[0].transport);
    let mut books = Books {
        counts: HashMap::new(),
        moved: (0, 0),
        looks: Look::pair_of(what.look, address, transport, true),
    };
    let begun = Instant::now();
    let bar = run.bar(Goal::Both(None), address, false);
    let ended = answer_all(run, bound, what, answering, &mut books);
    drop(bar);
    let (sent, received) = books.moved;
    run.tell(Event::Close(close::counted(begun, sent, received)));
    ended
}

/// What is known of everybody who asked.
struct Books {
    /// Questions of each peer.
    counts: HashMap<SockAddr, u64>,
    /// Bytes sent and received.
    moved: (u64, u64),
    /// At answers and at questions.
    looks: [Look; 2],
}

impl Books {
    fn saw(&mut self, run: &mut Run, way: usize, bytes: &[u8], peer: &Option<SockAddr>) {
        let look = &mut self.looks[way];
        if !look.is_blind() {
            look.saw_of(run, bytes, peer.as_ref().map(name));
        }
    }

    /// Which question of its peer this is, from 1 on.
    fn count(&mut self, from: &SockAddr) -> u64 {
        if self.counts.len() >= COUNTED {
            self.counts.clear();
        }
        let n = self.counts.entry(from.clone()).or_insert(0);
        *n += 1;
        *n
    }
}

fn answer_all(
    run: &mut Run,
    bound: &[Bound],
    what: &Answers,
    answering: &mut Answering<'_>,
    books: &mut Books,
) -> Result<(), Failure> {
    let mut losses: Vec<recv::Losses> = bound.iter().map(|_| recv::Losses::default()).collect();
    let mut moved = Instant::now();
    loop {
        run.enter(Stage::Recv, &bound[0].address);
        let mut ready: Vec<Interest<'_>> = bound
            .iter()
            .map(|one| Interest::new(one.socket.as_fd(), PollFlags::POLLIN))
            .collect();
        match run.wait(&mut ready, what.idle.map(|idle| moved + idle))? {
            Wake::Progress => continue,
            Wake::Time => {
                return Err(run.timed_out(Timer {
                    option: "--idle",
                    after: what.idle.unwrap_or_default(),
                }));
            }
            Wake::Ready => {}
        }
        let waiting = (bound.iter().zip(&mut losses))
            .zip(&ready)
            .filter(|(_, fd)| fd.is_ready());
        for ((one, losses), _) in waiting {
            for _ in 0..ROUNDS {
                let question = (one, &mut *losses, &mut *books);
                if !exchange(run, bound, question, what, answering)? {
                    break;
                }
                run.moved(books.moved.0, books.moved.1);
                moved = Instant::now();
            }
        }
    }
}

/// One question and its answer; false when nothing was there.
fn exchange(
    run: &mut Run,
    bound: &[Bound],
    (one, losses, books): (&Bound, &mut recv::Losses, &mut Books),
    what: &Answers,
    answering: &mut Answering<'_>,
) -> Result<bool, Failure> {
    let question = match recv::datagram(&one.socket, answering.buffer(), what.recv.flags) {
        Ok(question) => question,
        Err(Errno::EAGAIN | Errno::EINTR) => return Ok(false),
        // An earlier answer met an error; its peer is not this one.
        Err(errno) => {
            let error = StageError::os(Stage::Recv, &*one.address, Class::Local, errno);
            run.tell(error.attempt());
            return Ok(true);
        }
    };
    let room = answering.buffer().len();
    losses.tell(run, &one.address, &question, room);
    if let Some(keeper) = &one.keeper
        && !keeper.hears(run, &one.address, &question.from)
    {
        return Ok(true);
    }
    let length = question.length.min(room);
    books.moved.1 += length as u64;
    books.saw(run, 1, &answering.buffer()[..length], &question.from);
    let mut count = 1;
    if let Some(from) = &question.from {
        count = books.count(from);
        if count == 1 {
            run.tell(Event::Peer {
                address: name(from),
                local: one.address.clone(),
                protocol: one.transport.name(),
            });
        }
    }
    let mut answer = Vec::new();
    answering.answer(run, length, count, &mut answer)?;
    let Some(from) = &question.from else {
        return Ok(true);
    };
    if let Some(inet) = inet(from) {
        if bound.iter().any(|one| is_our_own(one, &inet)) {
            if count == 1 {
                let text = "not answered: this is one of our own ports";
                run.note(Stage::Send, inet.to_string(), text);
            }
            return Ok(true);
        }
        let trusts = one.keeper.as_ref().is_some_and(|keeper| keeper.trusts());
        if answer.len() > length && !is_loopback(one) && !trusts {
            if count == 1 {
                let text = format!(
                    "answers are cut to the length of their questions ({length} bytes here): \
                     only on loopback or under --allow may they be longer"
                );
                run.note(Stage::Send, inet.to_string(), text);
            }
            answer.truncate(length);
        }
    }
    match send::send_to(&one.socket, &answer, from, what.send.flags) {
        Ok(sent) => {
            books.moved.0 += sent as u64;
            books.saw(run, 0, &answer, &question.from);
        }
        // A peer that does not take its answer must not hold up the others.
        Err(errno) => {
            let text = format!("answer lost: {}", describe(errno));
            run.note(Stage::Send, name(from), text);
        }
    }
    Ok(true)
}

fn inet(from: &SockAddr) -> Option<SocketAddr> {
    let mut address = from.as_socket()?;
    address.set_ip(address.ip().to_canonical());
    Some(address)
}

fn local(one: &Bound) -> Option<SocketAddr> {
    one.socket.local_addr().ok()?.as_socket()
}

fn is_loopback(one: &Bound) -> bool {
    local(one).is_some_and(|local| local.ip().to_canonical().is_loopback())
}

fn is_our_own(one: &Bound, from: &SocketAddr) -> bool {
    local(one).is_some_and(|local| local.port() == from.port()) && is_of_this_machine(from.ip())
}

fn is_of_this_machine(ip: IpAddr) -> bool {
    if ip.is_loopback() {
        return true;
    }
    let Ok(interfaces) = getifaddrs() else {
        return false;
    };
    interfaces
        .filter_map(|interface| interface.address)
        .any(|own| {
            let v4 = own.as_sockaddr_in().map(|own| IpAddr::V4(own.ip()));
            v4.or_else(|| Some(IpAddr::V6(own.as_sockaddr_in6()?.ip()))) == Some(ip)
        })
}
