//! The peer: a socket of the test's own that does what its script says.

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::{self as unix, UnixDatagram};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, poll};
use socket2::{Domain, SockAddr, Socket, Type};

use super::row::{Do, Seen};
use crate::support::net::V4;
use crate::support::wait::DEADLINE;

/// Over what the two talk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transport {
    Tcp,
    UnixStream,
    Udp,
    UnixDatagram,
}

impl Transport {
    pub fn is_unix(self) -> bool {
        matches!(self, Transport::UnixStream | Transport::UnixDatagram)
    }

    pub fn is_datagram(self) -> bool {
        matches!(self, Transport::Udp | Transport::UnixDatagram)
    }

    fn socket(self) -> Socket {
        let domain = if self.is_unix() {
            Domain::UNIX
        } else {
            Domain::IPV4
        };
        let kind = if self.is_datagram() {
            Type::DGRAM
        } else {
            Type::STREAM
        };
        Socket::new(domain, kind, None).expect("a socket")
    }

    fn address(self, dir: &Path, name: &str, port: u16) -> SockAddr {
        match self.is_unix() {
            true => SockAddr::unix(dir.join(name)).expect("a short path"),
            false => SocketAddr::new(V4, port).into(),
        }
    }

    /// A peer that waits, and the word that reaches it.
    pub fn waits(self, dir: &Path) -> (Socket, String) {
        let socket = self.socket();
        socket.bind(&self.address(dir, "s", 0)).expect("an address");
        if !self.is_datagram() {
            socket.listen(1).expect("a listener");
        }
        let inet = socket.local_addr().expect("bound").as_socket();
        let word = inet.map_or("./s".to_owned(), |inet| inet.to_string());
        (socket, word)
    }

    /// A peer that dials; None where nobody listens any more.
    pub fn dials(self, dir: &Path, port: u16) -> Option<Socket> {
        let socket = self.socket();
        if self == Transport::UnixDatagram {
            // Who has no address cannot be answered.
            socket.bind(&self.address(dir, "p", 0)).expect("an address");
        }
        socket.connect(&self.address(dir, "s", port)).ok()?;
        Some(socket)
    }
}

/// What the peer has seen.
pub struct Report {
    pub came: Vec<u8>,
    pub seen: Seen,
}

/// Waits for the one who dials, unless `over` says that nobody will.
pub fn accept(transport: Transport, socket: Socket, over: &Receiver<()>) -> Option<Socket> {
    if transport.is_datagram() {
        return Some(socket);
    }
    let until = Instant::now() + DEADLINE;
    while Instant::now() < until {
        let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, 20u8).expect("poll") > 0 {
            return Some(socket.accept().expect("a peer").0);
        }
        if over.try_recv().is_ok() {
            return None;
        }
    }
    None
}

/// Does it all, and says what it saw.
pub fn act(socket: Socket, script: &[Do], over: &Receiver<()>) -> Report {
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let mut report = Report {
        came: Vec::new(),
        seen: Seen::Nothing,
    };
    for step in script {
        match step {
            Do::Read(length) => {
                let mut bytes = vec![0; *length];
                let (read, from) = read(&socket, &mut bytes);
                report.came.extend(&bytes[..read]);
                if let Some(from) = from {
                    // To whom the answers go, if it is still there.
                    let _ = socket.connect(&from);
                }
            }
            Do::ReadAll => {
                report.seen = match (&socket).read_to_end(&mut report.came) {
                    Ok(_) => Seen::Fin,
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => Seen::Cut,
                    Err(error) => panic!("reading to the end: {error}"),
                };
            }
            // Who has gone before is found out by what it printed.
            Do::Write(text) => drop((&socket).write_all(text.as_bytes())),
            Do::Wait(millis) => {
                let (_keep, nothing) = channel::<()>();
                let _ = nothing.recv_timeout(Duration::from_millis(*millis));
            }
            Do::Shut => socket.shutdown(std::net::Shutdown::Write).expect("half"),
            Do::Close => return report,
            Do::Reset => {
                socket.set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
                return report;
            }
            Do::Hold => drop(over.recv_timeout(DEADLINE)),
        }
    }
    report
}

/// All of them from a stream; of a datagram socket one datagram, and who sent
/// it: std has that name safely, socket2 has not.
fn read(socket: &Socket, bytes: &mut [u8]) -> (usize, Option<SockAddr>) {
    if socket.r#type().expect("SO_TYPE") == Type::STREAM {
        let mut stream = socket;
        stream.read_exact(bytes).expect("so many bytes");
        return (bytes.len(), None);
    }
    let copy = OwnedFd::from(socket.try_clone().expect("a copy"));
    if socket.domain().expect("SO_DOMAIN") == Domain::UNIX {
        let (length, from) = UnixDatagram::from(copy)
            .recv_from(bytes)
            .expect("a datagram");
        return (length, unix_name(&from));
    }
    let (length, from) = UdpSocket::from(copy).recv_from(bytes).expect("a datagram");
    (length, Some(from.into()))
}

fn unix_name(from: &unix::SocketAddr) -> Option<SockAddr> {
    if let Some(path) = from.as_pathname() {
        return SockAddr::unix(path).ok();
    }
    let name = from.as_abstract_name()?;
    let mut word = vec![0];
    word.extend(name);
    SockAddr::unix(OsString::from_vec(word)).ok()
}
