//! Ports of every kind on loopback, and peers that live in the test itself.
//!
//! Port 0 always. What is held here is held until it is dropped, so that no
//! other test can get a port whose state was promised.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, SockRef, Socket, Type};

use super::command::Running;
use super::peer::skip;
use super::wait::{DEADLINE, eventually};

pub const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// Whether this machine has IPv6 on loopback; reports the skip if not.
#[track_caller]
pub fn ipv6() -> bool {
    let there = TcpListener::bind((V6, 0)).is_ok();
    if !there {
        skip("no IPv6 on loopback");
    }
    there
}

/// A TCP port that refuses: bound, not listening, kept.
pub struct Refused(Socket);

impl Refused {
    pub fn new(ip: IpAddr) -> Refused {
        Refused::at(SocketAddr::new(ip, 0)).expect("a port")
    }

    /// On a given port, which may be taken.
    pub fn at(address: SocketAddr) -> std::io::Result<Refused> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.bind(&address.into())?;
        Ok(Refused(socket))
    }

    pub fn port(&self) -> u16 {
        port_of(&self.0)
    }

    /// Refuses no longer. The port was never let go.
    pub fn listen(self) -> Listener {
        self.0.listen(16).expect("it is bound");
        Listener(self.0.into())
    }
}

/// A TCP port that never answers, without a firewall: listen(0) with its accept
/// queue full, so that the kernel drops each further SYN.
pub struct Silent {
    listener: Socket,
    _queue: Vec<TcpStream>,
}

impl Silent {
    pub fn new(ip: IpAddr) -> Silent {
        let address = SocketAddr::new(ip, 0);
        let listener =
            Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        listener.bind(&address.into()).expect("a port");
        listener.listen(0).expect("a listener");
        let port = port_of(&listener);
        let address = SocketAddr::new(ip, port);
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            queue.push(stream);
            assert!(queue.len() < 10, "the queue of listen(0) never fills");
        }
        Silent {
            listener,
            _queue: queue,
        }
    }

    pub fn port(&self) -> u16 {
        port_of(&self.listener)
    }
}

/// A UDP port that is closed to everybody but one: a connected socket takes
/// nothing from strangers, to whom the kernel says port-unreachable.
pub struct UdpClosed(UdpSocket);

impl UdpClosed {
    pub fn new(ip: IpAddr) -> UdpClosed {
        UdpClosed::at(SocketAddr::new(ip, 0)).expect("a port")
    }

    pub fn at(address: SocketAddr) -> std::io::Result<UdpClosed> {
        let socket = UdpSocket::bind(address)?;
        socket.connect(socket.local_addr()?)?;
        Ok(UdpClosed(socket))
    }

    pub fn port(&self) -> u16 {
        self.0.local_addr().expect("bound").port()
    }
}

fn port_of(socket: &Socket) -> u16 {
    socket
        .local_addr()
        .ok()
        .and_then(|address| address.as_socket())
        .expect("bound")
        .port()
}

/// A listener of the test's own, which waits for a peer no longer than anything
/// else does.
pub struct Listener(pub TcpListener);

impl Listener {
    /// On a given port, which may be taken.
    pub fn at(ip: IpAddr, port: u16) -> std::io::Result<Listener> {
        TcpListener::bind((ip, port)).map(Listener)
    }

    /// The next peer; TimedOut where none comes.
    pub fn accept(&self) -> std::io::Result<TcpStream> {
        let timeout = PollTimeout::try_from(DEADLINE).expect("it fits");
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout)? == 0 {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        let (stream, _) = self.0.accept()?;
        patient(&stream);
        Ok(stream)
    }
}

/// A listener and its port.
pub fn listen(ip: IpAddr) -> (Listener, u16) {
    let listener = Listener::at(ip, 0).expect("a port");
    let port = listener.0.local_addr().expect("bound").port();
    (listener, port)
}

/// A TCP server in a thread that treats its first peer as told.
pub fn serve<T: Send + 'static>(
    ip: IpAddr,
    treat: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let (listener, port) = listen(ip);
    let thread = thread::spawn(move || {
        let stream = listener.accept().expect("a peer");
        drop(listener);
        treat(stream)
    });
    (port, thread)
}

/// A client of the test's own.
#[track_caller]
pub fn dial(ip: IpAddr, port: u16) -> TcpStream {
    let stream = TcpStream::connect_timeout(&SocketAddr::new(ip, port), DEADLINE)
        .unwrap_or_else(|e| panic!("{ip} {port}: {e}"));
    patient(&stream);
    stream
}

fn patient(stream: &TcpStream) {
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    stream.set_write_timeout(Some(DEADLINE)).expect("a timeout");
}

/// Closes with RST: SO_LINGER {1, 0}, socket(7).
pub fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .expect("SO_LINGER");
}

/// Reads to the end: the bytes, and whether the end was in order.
pub fn drain(mut stream: impl Read) -> (Vec<u8>, std::io::Result<()>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).map(drop);
    (bytes, end)
}

/// Writes `piece` again and again until the peer has had enough.
pub fn flood(mut stream: TcpStream) {
    let piece = [b'x'; 4096];
    while stream.write_all(&piece).is_ok() {}
}

/// A UDP socket that sends every datagram back, until the test ends.
pub fn udp_echo(ip: IpAddr) -> u16 {
    let socket = UdpSocket::bind((ip, 0)).expect("a port");
    let port = socket.local_addr().expect("bound").port();
    thread::spawn(move || {
        let mut buf = vec![0; 1 << 16];
        while let Ok((len, from)) = socket.recv_from(&mut buf) {
            let _ = socket.send_to(&buf[..len], from);
        }
    });
    port
}

/// A TCP socket as /proc/net shows it: proc_pid_net(5).
pub const LISTEN: &str = "0A";
/// A UDP socket that is not connected.
pub const UNCONNECTED: &str = "07";

/// Waits until a process holds a socket of `table` (`tcp`, `udp6`, ...) in
/// `state`, and returns its local port: readiness of peers that never say so.
#[track_caller]
pub fn port_held_by(peer: &Running, tables: &[&str], state: &str) -> u16 {
    let pid = peer.pid();
    eventually(
        &format!("a {tables:?} socket of process {pid}\n{}", peer.log()),
        || {
            let inodes = socket_inodes(pid);
            tables.iter().find_map(|table| {
                rows(&format!("/proc/{pid}/net/{table}"))
                    .into_iter()
                    .find(|row| row.state == state && inodes.contains(&row.inode))
                    .map(|row| row.port)
            })
        },
    )
}

/// [`port_held_by`] for a TCP listener.
#[track_caller]
pub fn tcp_port_of(peer: &Running) -> u16 {
    port_held_by(peer, &["tcp", "tcp6"], LISTEN)
}

/// [`port_held_by`] for a UDP server.
#[track_caller]
pub fn udp_port_of(peer: &Running) -> u16 {
    port_held_by(peer, &["udp", "udp6"], UNCONNECTED)
}

/// Waits until nobody listens on this port over IPv4.
#[track_caller]
pub fn wait_closed(port: u16) {
    eventually(&format!("nobody listens on {port}"), || {
        let listens = |row: Row| row.port == port && row.state == LISTEN;
        (!rows("tcp").into_iter().any(listens)).then_some(())
    });
}

/// Waits until a path is a Unix socket that takes connections.
#[track_caller]
pub fn wait_unix(path: &std::path::Path) {
    let name = path.to_string_lossy().into_owned();
    eventually(&format!("a listener on {name}"), || {
        // Flags 00010000 mark a socket that accepts connections.
        std::fs::read_to_string("/proc/net/unix")
            .ok()?
            .lines()
            .any(|line| line.ends_with(&name) && line.contains(" 00010000 "))
            .then_some(())
    });
}

struct Row {
    port: u16,
    state: String,
    inode: u64,
}

fn rows(table: &str) -> Vec<Row> {
    let Ok(text) = std::fs::read_to_string(table) else {
        return Vec::new();
    };
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            let local = words.next()?;
            let state = words.nth(1)?.to_owned();
            let inode = words.nth(5)?.parse().ok()?;
            let port = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
            Some(Row { port, state, inode })
        })
        .collect()
}

fn socket_inodes(pid: u32) -> HashSet<u64> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return HashSet::new();
    };
    entries
        .filter_map(|entry| {
            let link = std::fs::read_link(entry.ok()?.path()).ok()?;
            let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            inode.parse().ok()
        })
        .collect()
}
