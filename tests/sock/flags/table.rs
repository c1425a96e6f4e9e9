//! What becomes of five bytes under each flag, on each type of socket.

use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::Path;

use nix::sys::socket::{MsgFlags, recv};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::support::net::V4;
use crate::support::*;

/// The columns of the tables.
const KINDS: [Kind; 5] = [
    Kind::Tcp,
    Kind::Udp,
    Kind::UnixStream,
    Kind::UnixDatagram,
    Kind::UnixSeqpacket,
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Tcp,
    Udp,
    UnixStream,
    UnixDatagram,
    UnixSeqpacket,
}

/// What a flag does.
#[derive(Clone, Copy)]
enum Does {
    /// The bytes pass; what else it does is to be seen in [`super::effects`].
    Pass,
    /// The bytes pass, and it is told that the flag does nothing here.
    Nothing,
    /// The last byte is urgent.
    Urgent,
    /// The kernel says EOPNOTSUPP.
    Refused,
    /// The bytes come, and the next recv() does not wait: code 5.
    NoWait,
    /// One recv(), and the bytes are still there.
    Peek,
    /// The kernel counts the bytes and drops them.
    Dropped,
    /// A cut message's real length is told.
    Length,
}

use Does::{Dropped, Length, NoWait, Nothing, Pass, Peek, Refused, Urgent};

const SEND: &[(&str, [Does; 5])] = &[
    ("confirm", [Nothing, Pass, Nothing, Nothing, Nothing]),
    ("dontroute", [Nothing, Pass, Nothing, Nothing, Nothing]),
    ("dontwait", [Pass; 5]),
    ("eor", [Nothing; 5]),
    ("more", [Pass, Pass, Nothing, Nothing, Nothing]),
    ("MSG_NOSIGNAL", [Pass; 5]),
    ("oob", [Urgent, Refused, Urgent, Refused, Refused]),
    ("none", [Pass; 5]),
];

const RECV: &[(&str, [Does; 5])] = &[
    ("dontwait", [NoWait; 5]),
    ("oob", [Urgent, Nothing, Urgent, Refused, Refused]),
    ("peek", [Peek; 5]),
    ("trunc", [Dropped, Length, Nothing, Length, Length]),
    ("waitall", [Pass, Nothing, Pass, Nothing, Nothing]),
    ("none", [Pass; 5]),
];

/// What was typed, to find the cell of a failure by.
fn each(table: &[(&'static str, [Does; 5])], test: impl Fn(&str, Kind, Does, &Path)) {
    for (flag, row) in table {
        for (kind, does) in KINDS.into_iter().zip(row) {
            test(flag, kind, *does, scratch().path());
        }
    }
}

impl Kind {
    fn option(self) -> &'static str {
        match self {
            Kind::Tcp | Kind::UnixStream => "",
            Kind::Udp | Kind::UnixDatagram => "-u",
            Kind::UnixSeqpacket => "--seqpacket",
        }
    }

    fn is_datagram(self) -> bool {
        matches!(self, Kind::Udp | Kind::UnixDatagram)
    }

    fn is_inet(self) -> bool {
        matches!(self, Kind::Tcp | Kind::Udp)
    }

    fn socket(self) -> Socket {
        let domain = if self.is_inet() {
            Domain::IPV4
        } else {
            Domain::UNIX
        };
        let kind = match self {
            Kind::Tcp | Kind::UnixStream => Type::STREAM,
            Kind::Udp | Kind::UnixDatagram => Type::DGRAM,
            Kind::UnixSeqpacket => Type::SEQPACKET,
        };
        Socket::new(domain, kind, None).expect("a socket")
    }

    /// An address of this kind; any port.
    fn address(self, dir: &Path, port: u16) -> SockAddr {
        match self.is_inet() {
            true => std::net::SocketAddr::new(V4, port).into(),
            false => SockAddr::unix(dir.join("s")).expect("a short path"),
        }
    }

    /// A peer that waits, and the words that reach it.
    fn waits(self, dir: &Path) -> (Socket, String) {
        let socket = self.socket();
        socket.bind(&self.address(dir, 0)).expect("an address");
        if !self.is_datagram() {
            socket.listen(5).expect("a listener");
        }
        let address = match socket.local_addr().expect("bound").as_socket() {
            Some(inet) => inet.to_string(),
            None => dir.join("s").display().to_string(),
        };
        (socket, format!("{} {address}", self.option()))
    }
}

/// The connection of the next peer; of datagrams, the socket itself.
fn accepted(kind: Kind, socket: Socket) -> Socket {
    let socket = match kind.is_datagram() {
        true => socket,
        false => socket.accept().expect("a peer").0,
    };
    socket
        .set_read_timeout(Some(wait::DEADLINE))
        .expect("a timeout");
    socket
}

#[test]
fn every_flag_of_send() {
    each(SEND, |flag, kind, does, dir| {
        let (peer, address) = kind.waits(dir);
        let run = sock(format!("send --send-flags {flag} {address}")).input("hello");
        let told = format!("sock: send --send-flags {flag}: without effect*\n");
        let refused = "sock: send --send-flags oob: operation not supported (EOPNOTSUPP): *\n";
        let run = match does {
            Nothing => run.stderr(told),
            Refused => run.code(1).stderr(refused),
            _ => run,
        };
        let run = run.spawn();
        let mut peer = accepted(kind, peer);
        let came = |peer: &mut Socket| {
            let mut bytes = [0; 10];
            let length = peer.read(&mut bytes).expect("some bytes");
            bytes[..length].to_vec()
        };
        match does {
            Urgent => {
                let mut byte = [0];
                assert_eq!(came(&mut peer), b"hell", "{flag} {kind:?}");
                recv(peer.as_raw_fd(), &mut byte, MsgFlags::MSG_OOB).expect("an urgent byte");
                assert_eq!(byte, *b"o");
                assert_eq!(came(&mut peer), b"", "{flag} {kind:?}");
            }
            Refused if kind.is_datagram() => {}
            Refused => assert_eq!(came(&mut peer), b"", "{flag} {kind:?}"),
            _ => assert_eq!(came(&mut peer), b"hello", "{flag} {kind:?}"),
        }
        // Who has a datagram says nothing; who has a stream ends it.
        if !kind.is_datagram() {
            peer = kind.socket();
        }
        run.finish();
        drop(peer);
    });
}

#[test]
fn every_flag_of_recv() {
    each(RECV, |flag, kind, does, dir| {
        let about = |what: &str| format!("sock: recv {what}\n");
        let nothing = about(&format!("--recv-flags {flag}: without effect*"));
        let (code, stdout, stderr) = match does {
            Pass => (0, "hello", String::new()),
            Nothing => (0, "hello", nothing),
            Urgent => (0, "o", String::new()),
            Refused => {
                let text = "--recv-flags oob: operation not supported (EOPNOTSUPP): *";
                (1, "", about(text))
            }
            NoWait if kind.is_datagram() => (5, "", about("*(EAGAIN)*")),
            NoWait => (5, "hello", about("*(EAGAIN)*")),
            Peek => (0, "hello", String::new()),
            Dropped => (0, "", about("*: 5 bytes came, and *")),
            Length => (
                0,
                "hel",
                about("*: a datagram of 5 bytes was cut to 3 bytes"),
            ),
        };
        let mut words = format!("recv --recv-flags {flag}");
        if let Length = does {
            words += " --recv-chunk 3";
        }
        let run = |words: String| sock(words).code(code).stdout(stdout).stderr(stderr.clone());
        if kind.is_datagram() {
            return datagrams(kind, does, &words, run, dir);
        }
        let (peer, address) = kind.waits(dir);
        if let NoWait = does {
            // Until the bytes are there.
            words += " --pause connect=0.4";
        }
        let run = run(format!("{words} {address}")).spawn();
        let peer = accepted(kind, peer);
        match does {
            Urgent => drop(peer.send_out_of_band(b"hello")),
            Refused => {}
            _ => drop(peer.send(b"hello").expect("five bytes")),
        }
        match does {
            // What was not read makes its end a reset.
            Peek => {
                let end = (&peer).read(&mut [0; 1]).map_err(|error| error.kind());
                assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset), "{kind:?}");
            }
            NoWait | Urgent | Refused => {}
            _ => drop(peer),
        }
        run.finish();
    });
}

/// As above, where it is the receiver that waits.
fn datagrams(
    kind: Kind,
    does: Does,
    words: &str,
    run: impl Fn(String) -> command::Cmd,
    dir: &Path,
) {
    let (at, count) = match kind {
        Kind::Udp => ("127.0.0.1:0".to_owned(), "--count 1"),
        _ => (dir.join("s").display().to_string(), "--count 1"),
    };
    let run = run(format!("{words} -u -l {at} {count}"));
    if let NoWait | Refused = does {
        // Over before anybody can send.
        let mut run = run.spawn();
        run.listening();
        run.finish();
        return;
    }
    // What does nothing is told before the announcement is: they come together.
    let run = run.listener();
    let peer = kind.socket();
    let address = kind.address(dir, run.port);
    peer.send_to(b"hello", &address).expect("five bytes");
    run.finish();
}
