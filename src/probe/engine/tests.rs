//! The engine against loopback peers whose behaviour is certain: a refused
//! port is bound and never listens, a silent one has a full accept queue.

use std::io::PipeReader;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockAddr, Type};

use super::*;
use crate::probe::{Client, Peer, Question, Questions, Supply, run};
use crate::verdict::State;

const WAIT: Duration = Duration::from_millis(300);
/// How late an answer may be on a busy machine.
const SLACK: Duration = Duration::from_millis(500);

fn loopbacks() -> [IpAddr; 2] {
    [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
}

fn question(id: usize, protocol: Protocol, peer: SocketAddr) -> Question {
    Question {
        id,
        peer: Peer::Inet(peer),
        protocol,
        wait: WAIT,
        of_many: false,
    }
}

/// Questions in a row, and what is done with each answer.
struct Asked<Q, H>(Q, H);

impl<Q, H> Client for Asked<Q, H>
where
    Q: Iterator<Item = Question> + Send,
    H: FnMut(Answer) -> ControlFlow<()> + Send,
{
    fn ask(&mut self) -> Supply {
        Questions::next(&mut self.0)
    }

    fn hear(&mut self, answers: &mut Vec<Answer>) -> ControlFlow<()> {
        answers.drain(..).try_for_each(&mut self.1)
    }
}

/// Runs to the end; the answers are in the order of their ids.
fn answers(questions: Vec<Question>, options: &Options<'_>) -> Vec<Answer> {
    let count = questions.len();
    let (never, _writer) = io::pipe().unwrap();
    let mut answers = Vec::new();
    let until = Instant::now() + Duration::from_secs(20);
    let stopped = run(
        &mut Asked(questions.into_iter(), |answer: Answer| {
            answers.push(answer);
            ControlFlow::Continue(())
        }),
        options,
        never.as_fd(),
        Some(until),
    );
    assert_eq!(stopped.unwrap(), Stopped::Done, "{answers:?}");
    answers.sort_by_key(|answer| answer.id);
    assert!(
        (0..count).eq(answers.iter().map(|answer| answer.id)),
        "each question has one answer: {answers:?}"
    );
    answers
}

fn verdicts(answers: &[Answer]) -> Vec<(State, &str)> {
    let verdict = |answer: &'_ Answer| answer.verdict.state;
    (answers.iter())
        .map(|answer| (verdict(answer), &*answer.verdict.reason))
        .collect()
}

fn tcp_socket(ip: IpAddr) -> (Socket, SocketAddr) {
    let domain = if ip.is_ipv6() {
        Domain::IPV6
    } else {
        Domain::IPV4
    };
    let socket = Socket::new(domain, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((ip, 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// A listener whose accept queue is full: further SYNs are dropped.
fn silent(ip: IpAddr) -> (Socket, SocketAddr, std::net::TcpStream) {
    let (listener, address) = tcp_socket(ip);
    listener.listen(0).unwrap();
    let queued = std::net::TcpStream::connect_timeout(&address, Duration::from_secs(5)).unwrap();
    (listener, address, queued)
}

#[test]
fn tcp_open_closed_and_filtered() {
    for ip in loopbacks() {
        let open = TcpListener::bind((ip, 0)).unwrap();
        let (_refusing, refused) = tcp_socket(ip);
        let (_full, filtered, _queued) = silent(ip);
        let asked = [open.local_addr().unwrap(), refused, filtered];
        let asked = (asked.into_iter().enumerate())
            .map(|(id, peer)| question(id, Protocol::Tcp, peer))
            .collect();
        let answers = answers(asked, &Options::default());
        assert_eq!(
            verdicts(&answers),
            [
                (State::Open, "syn-ack"),
                (State::Closed, "reset"),
                (State::Filtered, "no-answer")
            ]
        );
        assert_eq!(answers[0].local.map(|local| local.ip()), Some(ip));
        assert!(answers.iter().all(|answer| answer.syns == Some(1)));
        let late = answers[2].time - WAIT;
        assert!(late < SLACK, "{late:?} after the deadline");
    }
}

#[test]
fn an_open_port_sees_a_reset_and_no_time_wait() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let asked = vec![question(0, Protocol::Tcp, listener.local_addr().unwrap())];
    answers(asked, &Options::default());
    let (peer, _) = listener.accept().unwrap();
    let error = peer.take_error().unwrap().unwrap();
    assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
}

#[test]
fn udp_open_closed_and_silent() {
    for ip in loopbacks() {
        let deaf = UdpSocket::bind((ip, 0)).unwrap();
        // Connected elsewhere, it hears nobody else: the port is closed, and
        // nobody can take it.
        let closed = UdpSocket::bind((ip, 0)).unwrap();
        closed.connect(deaf.local_addr().unwrap()).unwrap();
        let echo = UdpSocket::bind((ip, 0)).unwrap();
        let asked = [&echo, &closed, &deaf].map(|socket| socket.local_addr().unwrap());
        echo.set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let peer = thread::spawn(move || {
            let mut buffer = [0; 64];
            let (n, from) = echo.recv_from(&mut buffer).unwrap();
            echo.send_to(&buffer[..n], from).unwrap();
            buffer[..n].to_vec()
        });
        let asked = (asked.into_iter().enumerate())
            .map(|(id, peer)| question(id, Protocol::Udp, peer))
            .collect();
        let options = Options {
            data: Some(b"hello"),
            ..Options::default()
        };
        let answers = answers(asked, &options);
        assert_eq!(peer.join().unwrap(), b"hello");
        assert_eq!(
            verdicts(&answers),
            [
                (State::Open, "reply"),
                (State::Closed, "icmp-port-unreachable"),
                (State::Silent, "no-answer")
            ]
        );
        assert_eq!(answers[1].verdict.by, Some(ip));
        assert_eq!(answers[2].syns, Some(2), "asked once more");
    }
}

#[test]
fn unix_sockets_of_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let _open = UnixListener::bind(path("open")).unwrap();
    drop(UnixListener::bind(path("left")).unwrap());
    let _datagram = UnixDatagram::bind(path("datagram")).unwrap();
    let bound = |kind: Type, path: PathBuf| {
        let socket = Socket::new(Domain::UNIX, kind, None).unwrap();
        socket.bind(&SockAddr::unix(path).unwrap()).unwrap();
        socket.listen(0).unwrap();
        socket
    };
    let _seqpacket = bound(Type::SEQPACKET, path("seqpacket"));
    let _full = bound(Type::STREAM, path("full"));
    let queued = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    queued
        .connect(&SockAddr::unix(path("full")).unwrap())
        .unwrap();
    let name = format!("\0sock-probe-{}", std::process::id());
    let _abstract = bound(Type::STREAM, name.clone().into());

    let rows = [
        (path("open"), (State::Open, "connected")),
        (path("left"), (State::Closed, "refused")),
        (path("none"), (State::Closed, "no-such-file")),
        (path("datagram"), (State::Open, "datagram")),
        (path("seqpacket"), (State::Open, "connected")),
        (path("full"), (State::Filtered, "backlog-full")),
        (name.into(), (State::Open, "connected")),
        ("\0sock-probe-nobody".into(), (State::Closed, "refused")),
        (path("open").join("x"), (State::Error, "ENOTDIR")),
        (path(&"x".repeat(200)), (State::Error, "ENAMETOOLONG")),
    ];
    let asked = (rows.iter().enumerate())
        .map(|(id, (path, _))| Question {
            id,
            peer: Peer::Unix(path.clone()),
            protocol: Protocol::Unix,
            wait: WAIT,
            of_many: false,
        })
        .collect();
    let answers = answers(asked, &Options::default());
    assert_eq!(verdicts(&answers), rows.map(|(_, verdict)| verdict));
}

#[test]
fn thousands_of_questions_through_a_small_window() {
    let (_refusing, refused) = tcp_socket(loopbacks()[0]);
    let (_full, filtered, _queued) = silent(loopbacks()[1]);
    let asked = (0..3000)
        .map(|id| match id % 100 {
            0 => question(id, Protocol::Tcp, filtered),
            _ => question(id, Protocol::Tcp, refused),
        })
        .collect();
    let options = Options {
        window: 16,
        ..Options::default()
    };
    for answer in answers(asked, &options) {
        let expected = [State::Filtered, State::Closed][usize::from(answer.id % 100 != 0)];
        assert_eq!(answer.verdict.state, expected);
    }
}

#[test]
fn a_shortage_that_passes_is_no_answer() {
    let (_refusing, refused) = tcp_socket(loopbacks()[0]);
    let (_full, filtered, _queued) = silent(loopbacks()[0]);
    let calls = AtomicU32::new(0);
    let prepare = |_: &Socket, _: &Peer| match calls.fetch_add(1, Ordering::SeqCst) + 1 {
        1 | 3 | 6 => Err(io::Error::from_raw_os_error(libc::EMFILE)),
        _ => Ok(()),
    };
    let options = Options {
        prepare: Some(&prepare),
        ..Options::default()
    };
    let peers = [refused, filtered, filtered, refused];
    let asked = (peers.into_iter().enumerate())
        .map(|(id, peer)| question(id, Protocol::Tcp, peer))
        .collect();
    let answers = answers(asked, &options);
    let states = answers.iter().map(|answer| answer.verdict.state);
    use State::{Closed, Filtered};
    assert!(states.eq([Closed, Filtered, Filtered, Closed]));
    assert_eq!(calls.into_inner(), 4 + 3);
}

#[test]
fn a_shortage_that_stays_is_an_error_by_its_name() {
    let (_refusing, refused) = tcp_socket(loopbacks()[0]);
    let prepare = |_: &Socket, _: &Peer| Err(io::Error::from_raw_os_error(libc::EMFILE));
    let options = Options {
        prepare: Some(&prepare),
        ..Options::default()
    };
    let began = Instant::now();
    let asked = (0..100)
        .map(|id| question(id, Protocol::Tcp, refused))
        .collect();
    let answers = answers(asked, &options);
    assert!(
        verdicts(&answers)
            .iter()
            .all(|&v| v == (State::Error, "EMFILE"))
    );
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "one backoff for all"
    );
}

#[test]
fn a_socket_that_meets_itself_is_never_open() {
    // Asked from its own port, a free port always meets itself.
    let (free, peer) = tcp_socket(loopbacks()[0]);
    drop(free);
    let prepare = |socket: &Socket, _: &Peer| socket.bind(&peer.into());
    let options = Options {
        prepare: Some(&prepare),
        ..Options::default()
    };
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let answers = answers(vec![question(0, protocol, peer)], &options);
        assert_eq!(verdicts(&answers), [(State::Error, "self-connect")]);
    }
}

/// A run whose only question gets no answer for a long time.
fn stopped(interrupt: &PipeReader, until: Option<Instant>) -> (Stopped, Duration) {
    let (_full, filtered, _queued) = silent(loopbacks()[0]);
    let began = Instant::now();
    let mut asked = std::iter::once(Question {
        wait: Duration::MAX,
        ..question(0, Protocol::Tcp, filtered)
    });
    let stopped = run(
        &mut Asked(&mut asked, |a: Answer| panic!("{a:?}")),
        &Options::default(),
        interrupt.as_fd(),
        until,
    );
    (stopped.unwrap(), began.elapsed())
}

#[test]
fn interrupt_and_deadline_end_a_run_that_waits_for_ever() {
    let (interrupt, mut writer) = io::pipe().unwrap();
    let until = Instant::now() + WAIT;
    let (why, time) = stopped(&interrupt, Some(until));
    assert_eq!(why, Stopped::Deadline);
    assert!(time < WAIT + SLACK, "{time:?}");

    io::Write::write_all(&mut writer, b"!").unwrap();
    let (why, time) = stopped(&interrupt, None);
    assert_eq!(why, Stopped::Interrupted);
    assert!(time < SLACK, "{time:?}");
}

#[test]
fn the_receiver_may_have_heard_enough() {
    let (_refusing, refused) = tcp_socket(loopbacks()[0]);
    let (never, _writer) = io::pipe().unwrap();
    let mut endless = (0..).map(|id| question(id, Protocol::Tcp, refused));
    let mut heard = 0;
    let stopped = run(
        &mut Asked(&mut endless, |_: Answer| {
            heard += 1;
            if heard < 10 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        }),
        &Options::default(),
        never.as_fd(),
        None,
    );
    assert_eq!((stopped.unwrap(), heard), (Stopped::Told, 10));
}
