//! Putting a question: a socket, connect(), and a place in the loop unless the
//! answer is there at once.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use nix::libc;
use nix::sys::epoll::{EpollEvent, EpollFlags};
use socket2::Socket;

use super::{Engine, Halt, REFUSED, data};
use crate::probe::flight::{Flight, Twin};
use crate::probe::{Outcome, Peer, Question, tcp, udp, unix};
use crate::verdict::{Evidence, Protocol};

/// Times a socket may meet itself before the question is given up: with a
/// random source port even twice is rare.
const MEETINGS: u32 = 8;

impl Engine<'_, '_, '_> {
    /// Puts one question, after `met` meetings with itself, and reports the
    /// answer if it is there at once.
    pub(super) fn ask(&mut self, question: Question, met: u32) -> Result<(), Halt> {
        for met in met..MEETINGS {
            let began = Instant::now();
            let (socket, outcome) = self.put(&question);
            if !matches!(outcome, Outcome::Short(_)) {
                self.schedule.sent(&question, began);
            }
            match outcome {
                Outcome::MetItself => {}
                Outcome::Short(errno) => return self.put_back(question, began, errno),
                Outcome::Pending => return self.wait_for(question, socket, began, met),
                Outcome::Replied(reply, sent) => {
                    return self.replied(&question, socket.as_ref(), began, reply, sent);
                }
                Outcome::Settled(Evidence::Connected, sent) if self.options.listen.is_some() => {
                    return self.listen(question, socket, began, sent);
                }
                Outcome::Settled(evidence, sent) => {
                    self.answer(&question, socket.as_ref(), began, &evidence, sent)?;
                    self.spare(&question, socket, &evidence);
                    return Ok(());
                }
            }
        }
        let evidence = Evidence::SelfConnect;
        self.answer(&question, None, Instant::now(), &evidence, None)
    }

    /// Finds a socket and puts the question with it.
    fn put(&mut self, question: &Question) -> (Option<Socket>, Outcome) {
        let peer = match &question.peer {
            Peer::Inet(peer) => *peer,
            Peer::Unix(path) => {
                return unix::ask(&question.peer, path, self.options.prepare);
            }
        };
        let socket = match self.socket(question, peer) {
            Ok(socket) => socket,
            Err(error) => return (None, Outcome::failed(&error)),
        };
        let outcome = match question.protocol {
            Protocol::Udp => {
                let sent = self.schedule.asked(question).map_or(0, |asked| asked.sent);
                udp::ask(&socket, peer, data(self.options, &question.peer, sent))
            }
            _ => tcp::ask(&socket, peer),
        };
        (Some(socket), outcome)
    }

    pub(super) fn socket(&mut self, question: &Question, peer: SocketAddr) -> io::Result<Socket> {
        let v6 = peer.is_ipv6();
        let socket = match question.protocol {
            Protocol::Tcp => match self.spare[usize::from(v6)].take() {
                Some(spare) => return Ok(spare),
                None => tcp::socket(v6)?,
            },
            Protocol::Udp => udp::socket(v6)?,
            Protocol::Unix => return Err(io::Error::from_raw_os_error(libc::EPROTONOSUPPORT)),
        };
        if let Some(prepare) = self.options.prepare {
            prepare(&socket, &question.peer)?;
        }
        Ok(socket)
    }

    /// Keeps a socket whose connect() was refused on the spot: the kernel has
    /// disconnected it and its queue has been read, so it is as good as new. Not
    /// so one whose refusal came later, nor one that was prepared for its peer.
    fn spare(&mut self, question: &Question, socket: Option<Socket>, evidence: &Evidence) {
        let is_tcp = question.protocol == Protocol::Tcp;
        let v6 = matches!(question.peer, Peer::Inet(SocketAddr::V6(_)));
        if is_tcp && self.options.prepare.is_none() && *evidence == REFUSED {
            self.spare[usize::from(v6)] = socket;
        }
    }

    /// Registers a question that got no answer at once.
    fn wait_for(
        &mut self,
        question: Question,
        socket: Option<Socket>,
        began: Instant,
        met: u32,
    ) -> Result<(), Halt> {
        let Some(socket) = socket else {
            // A Unix connect() that does not block is never pending.
            let evidence = Evidence::Silence;
            return self.answer(&question, None, began, &evidence, None);
        };
        let is_udp = question.protocol == Protocol::Udp;
        let interest = if is_udp {
            EpollFlags::EPOLLIN
        } else {
            EpollFlags::EPOLLOUT
        };
        let token = self.flights.reserve();
        if let Err(errno) = self.epoll.add(&socket, EpollEvent::new(interest, token)) {
            self.flights.settle(token, None);
            return self.put_back(question, began, errno as i32);
        }
        let is_check = self.schedule.is_check(&question);
        let is_tcp = !is_udp && !is_check;
        let twin = match is_tcp && question.of_many && question.wait > tcp::TWIN {
            true => Twin::Due,
            false => Twin::None,
        };
        let flight = Flight {
            question,
            socket,
            twin,
            began,
            sent: u32::from(is_udp),
            met,
            dropped: None,
            accepted: None,
        };
        let first = match is_check {
            true => flight.ends(),
            false => flight.first(),
        };
        self.flights.settle(token, Some(flight));
        if let Some(at) = first {
            self.deadlines.push(at, token);
        }
        Ok(())
    }
}
