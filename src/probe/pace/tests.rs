//! One host in virtual time: it answers as Linux does, from a budget that is
//! filled to any degree when the survey begins, or when it is asked again.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;
use crate::probe::rations::Rations;
use crate::probe::schedule::{Next, Schedule};
use crate::probe::{Peer, udp};
use crate::verdict::Protocol;

/// What a port does with a datagram.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Port {
    Open,
    Closed,
    Mute,
}

/// What was said of it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Replied,
    Refused,
    Silent,
    Limited,
}

/// The token bucket of `inet_peer_xrlim_allow`, in seconds.
struct Host {
    tokens: f64,
    last: Duration,
    burst: f64,
    refill: f64,
}

impl Host {
    fn may_send(&mut self, now: Duration) -> bool {
        let grown = (now - self.last).as_secs_f64() / self.refill;
        self.tokens = (self.tokens + grown).min(self.burst);
        self.last = now;
        let may = self.tokens >= 1.0;
        if may {
            self.tokens -= 1.0;
        }
        may
    }
}

enum Event {
    /// A reply, or an ICMP error.
    Comes(usize, u32, Heard),
    /// The time to send again, or the end.
    Due(usize, u32),
}

/// A survey with its own clock.
struct World {
    start: Instant,
    now: Duration,
    /// By time, and then in the order in which they were made.
    events: BTreeMap<(Duration, usize), Event>,
    host: Host,
    trip: Duration,
    ports: Vec<Port>,
    made: usize,
}

/// A question in flight: which time it is asked, its datagrams, its wait.
struct Flight {
    question: Question,
    turn: u32,
    sent: u32,
    began: Duration,
}

impl World {
    fn at(&mut self, after: Duration, event: Event) {
        self.made += 1;
        self.events.insert((self.now + after, self.made), event);
    }

    /// A datagram arrives after half a trip, and its answer after a whole one.
    fn send(&mut self, id: usize, port: usize, turn: u32) {
        let arrives = self.now + self.trip / 2;
        let heard = match self.ports[port] {
            Port::Open => Heard::Other,
            Port::Closed if self.host.may_send(arrives) => Heard::Icmp,
            Port::Closed | Port::Mute => return,
        };
        self.at(self.trip, Event::Comes(id, turn, heard));
    }
}

/// Runs a survey to its end; what was said of each port, and when it was over.
fn survey(host: Host, ports: &[Port], trip: Duration, wait: Duration) -> (Vec<Said>, Duration) {
    let ip = [10, 0, 0, 1];
    let mut questions = (0..ports.len()).map(|id| Question {
        id,
        peer: Peer::Inet((ip, 1 + id as u16).into()),
        protocol: Protocol::Udp,
        wait,
        of_many: true,
    });
    let schedule = Schedule::new(&mut questions, 1024);
    let (said, took) = play(schedule, Instant::now(), host, ports, trip);
    assert_eq!(said.len(), ports.len(), "each has its ruling");
    (said, took)
}

/// The same over TCP, of ports that all met with silence before, as one did not
/// that is rejected too.
fn doubted(host: Host, ports: &[Port], trip: Duration) -> (Vec<Said>, Duration) {
    let start = Instant::now();
    let question = |id: usize| Question {
        id,
        peer: Peer::Inet(([10, 0, 0, 1], 1 + id as u16).into()),
        protocol: Protocol::Tcp,
        wait: RANGE,
        of_many: true,
    };
    let asked = Asked::before(start, 4);
    let mut rations = Rations::default();
    let by = [10, 0, 0, 1].into();
    rations.rejected(&question(ports.len()), by, trip, true, start);
    for id in 0..ports.len() {
        assert!(rations.doubt(by, question(id), asked));
    }
    let mut none = std::iter::empty();
    let schedule = Schedule::new(&mut none, 1024).doubting(rations.doubts(), start + PATIENCE);
    let and_control = [ports, &[Port::Closed]].concat();
    let (said, took) = play(schedule, start, host, &and_control, trip);
    assert_eq!(said.len(), ports.len(), "each has its ruling");
    (said, took)
}

fn play(
    mut schedule: Schedule<'_>,
    start: Instant,
    host: Host,
    ports: &[Port],
    trip: Duration,
) -> (Vec<Said>, Duration) {
    let mut world = World {
        start,
        now: Duration::ZERO,
        events: BTreeMap::new(),
        host,
        trip,
        ports: ports.to_vec(),
        made: 0,
    };
    let mut said: HashMap<usize, Said> = HashMap::new();
    let mut flights: BTreeMap<usize, Flight> = BTreeMap::new();
    let mut turns: HashMap<usize, u32> = HashMap::new();
    let port = |question: &Question| match question.peer {
        Peer::Inet(peer) => usize::from(peer.port()) - 1,
        Peer::Unix(_) => unreachable!(),
    };
    let mut say = |id: usize, what| {
        if id != CONTROL {
            assert_eq!(said.insert(id, what), None, "said twice");
        }
    };
    loop {
        let now = world.start + world.now;
        let wake = match schedule.next(now) {
            Next::Ask(question) => {
                let id = question.id;
                let turn = *turns.entry(id).and_modify(|turn| *turn += 1).or_insert(1);
                let to = port(&question);
                schedule.sent(&question, now);
                let first = match schedule.is_check(&question) {
                    true => question.wait,
                    false => udp::resend_after(question.wait),
                };
                let began = world.now;
                flights.insert(
                    id,
                    Flight {
                        question,
                        turn,
                        sent: 1,
                        began,
                    },
                );
                world.send(id, to, turn);
                world.at(first, Event::Due(id, turn));
                continue;
            }
            Next::Over(question, _, ruling) => {
                say(
                    question.id,
                    match ruling {
                        Silence::Believed => Said::Silent,
                        _ => Said::Limited,
                    },
                );
                continue;
            }
            Next::Wait(at) => at.map(|at| at - world.start),
            Next::Done if flights.is_empty() => break,
            Next::Done => None,
        };
        let next = world.events.first_key_value().map(|(key, _)| key.0);
        let at = [wake, next].into_iter().flatten().min();
        world.now = at.expect("a survey that waits for nothing").max(world.now);
        let now = world.start + world.now;
        while let Some(entry) = world.events.first_entry()
            && entry.key().0 <= world.now
        {
            let (id, turn) = match entry.get() {
                Event::Comes(id, turn, _) | Event::Due(id, turn) => (*id, *turn),
            };
            let event = entry.remove();
            let Some(flight) = flights.get_mut(&id).filter(|flight| flight.turn == turn) else {
                continue;
            };
            match event {
                Event::Comes(_, _, heard) => {
                    let flight = flights.remove(&id).expect("in flight");
                    schedule.finished(&flight.question, heard, now);
                    say(
                        id,
                        match heard {
                            Heard::Icmp => Said::Refused,
                            Heard::Other => Said::Replied,
                        },
                    );
                }
                Event::Due(..) => {
                    let ends = flight.began + flight.question.wait;
                    if ends <= world.now {
                        let flight = flights.remove(&id).expect("in flight");
                        match schedule.silent(&flight.question, now) {
                            Silence::Believed => say(id, Said::Silent),
                            Silence::Limited => say(id, Said::Limited),
                            Silence::Doubted => {}
                        }
                        continue;
                    }
                    flight.sent += 1;
                    let last = udp::last_after(flight.question.wait).filter(|_| flight.sent == 2);
                    let next = last.map_or(ends, |after| flight.began + after) - world.now;
                    schedule.sent(&flight.question, now);
                    world.send(id, port(&flight.question), turn);
                    world.at(next, Event::Due(id, turn));
                }
            }
        }
    }
    let ids = 0..said.len();
    (ids.map(|id| said[&id]).collect(), world.now)
}

fn linux(tokens: f64) -> Host {
    Host {
        tokens,
        last: Duration::ZERO,
        burst: 6.0,
        refill: 1.0,
    }
}

const RANGE: Duration = Duration::from_millis(1300);
const TRIP: Duration = Duration::from_millis(1);

fn count(said: &[Said], what: Said) -> usize {
    said.iter().filter(|&&one| one == what).count()
}

#[test]
fn two_hundred_closed_ports_in_less_than_thirty_seconds() {
    for tokens in [0.0, 0.9, 6.0] {
        let (said, took) = survey(linux(tokens), &[Port::Closed; 200], TRIP, RANGE);
        assert_eq!(count(&said, Said::Silent), 0);
        assert!(
            count(&said, Said::Refused) >= 17 + tokens as usize,
            "{said:?}"
        );
        assert!(took < Duration::from_secs(25), "{took:?}");
    }
}

#[test]
fn a_host_without_a_limit_is_asked_at_once() {
    let host = Host {
        tokens: 1e9,
        burst: 1e9,
        ..linux(0.0)
    };
    let (said, took) = survey(host, &[Port::Closed; 1000], TRIP, RANGE);
    assert_eq!(count(&said, Said::Refused), 1000);
    assert_eq!(took, TRIP);
}

#[test]
fn a_few_closed_ports_do_not_make_a_silent_range_slow() {
    let mut ports = vec![Port::Mute; 1000];
    ports[500] = Port::Closed;
    let (said, took) = survey(linux(6.0), &ports, TRIP, RANGE);
    assert_eq!(count(&said, Said::Silent), 999);
    assert!(took < Duration::from_secs(9), "{took:?}");

    let ports: Vec<Port> = (0..15).map(|i| [Port::Closed, Port::Mute][i % 2]).collect();
    let (said, took) = survey(linux(6.0), &ports, TRIP, RANGE);
    assert_eq!(
        (count(&said, Said::Refused), count(&said, Said::Silent)),
        (8, 7)
    );
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn named_ports_end_with_their_wait_where_the_host_could_answer() {
    let wait = Duration::from_secs(4);
    let ports = [Port::Mute, Port::Closed, Port::Open];
    let (said, took) = survey(linux(6.0), &ports, TRIP, wait);
    assert_eq!(said, [Said::Silent, Said::Refused, Said::Replied]);
    // The control and the second look take what an ICMP error may.
    assert!(took >= wait && took <= wait + LEAST, "{took:?}");
}

#[test]
fn a_host_that_has_sent_none_is_silent_in_time() {
    let (said, took) = survey(linux(6.0), &[Port::Mute; 1000], TRIP, RANGE);
    assert_eq!((count(&said, Said::Silent), took), (1000, RANGE));
}

#[test]
fn rejected_tcp_ports_are_told_at_the_pace_of_the_host() {
    let (said, took) = doubted(linux(0.0), &[Port::Closed; 18], TRIP);
    assert_eq!(count(&said, Said::Refused), 18);
    assert!(took < Duration::from_secs(20), "{took:?}");

    let (said, took) = doubted(linux(0.0), &[Port::Closed; 500], TRIP);
    assert_eq!(count(&said, Said::Silent), 0);
    assert!(count(&said, Said::Refused) >= 17, "{said:?}");
    assert!(took < PATIENCE + ONE_SYN, "{took:?}");
}

#[test]
fn tcp_ports_that_are_dropped_are_believed_in_a_few_waves() {
    let (said, took) = doubted(linux(0.0), &[Port::Mute; 1000], TRIP);
    assert_eq!(count(&said, Said::Silent), 1000);
    assert!(took < Duration::from_secs(15), "{took:?}");
}

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![Just(Port::Open), Just(Port::Closed), Just(Port::Mute)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the mixture, the distance, and what the host had left.
    #[test]
    fn a_closed_port_is_never_called_silent(
        ports in prop_oneof![
            proptest::collection::vec(port(), 1..60),
            proptest::collection::vec(prop_oneof![9 => Just(Port::Mute), 1 => port()], 1..300),
            proptest::collection::vec(prop_oneof![9 => Just(Port::Closed), 1 => port()], 1..300),
        ],
        tokens in 0.0..6.0,
        trip in 0u64..180,
        named: bool,
        refill in prop_oneof![3 => Just(1.0), 1 => 0.01..1.0],
    ) {
        let wait = if named { Duration::from_secs(4) } else { RANGE };
        let host = Host { refill, ..linux(tokens) };
        let (said, took) = survey(host, &ports, Duration::from_millis(trip), wait);
        for (port, said) in ports.iter().zip(&said) {
            match port {
                Port::Open => prop_assert_eq!(*said, Said::Replied),
                Port::Closed => prop_assert!(matches!(said, Said::Refused | Said::Limited)),
                Port::Mute => prop_assert!(matches!(said, Said::Silent | Said::Limited)),
            }
        }
        prop_assert!(took < Duration::from_secs(30), "{:?}", took);
        // Few are always told to the end.
        if ports.len() < 15 {
            prop_assert_eq!(count(&said, Said::Limited), 0);
        }
    }

    /// Nor where the host is slower than any that we know, or somebody else has
    /// its answers: then the control does not come either. It must have sent
    /// one at all, or nothing says that it sends any.
    #[test]
    fn nor_by_a_host_that_is_slower(
        ports in proptest::collection::vec(port(), 2..60),
        tokens in 1.0..6.0,
        refill in 1.0..9.0,
        trip in 0u64..180,
    ) {
        let host = Host { refill, ..linux(tokens) };
        let (said, took) = survey(host, &ports, Duration::from_millis(trip), RANGE);
        for (port, said) in ports.iter().zip(&said) {
            if *port == Port::Closed {
                prop_assert!(matches!(said, Said::Refused | Said::Limited), "{:?}", said);
            }
        }
        prop_assert!(took < Duration::from_secs(30), "{:?}", took);
    }

    /// The same is true over TCP of what was doubted.
    #[test]
    fn a_rejected_tcp_port_is_never_called_dropped(
        ports in prop_oneof![
            proptest::collection::vec(port(), 1..60),
            proptest::collection::vec(prop_oneof![9 => Just(Port::Mute), 1 => port()], 1..300),
        ],
        tokens in 0.0..1.0,
        trip in 0u64..180,
        refill in prop_oneof![3 => Just(1.0), 1 => 0.01..1.0, 1 => 1.0..9.0],
    ) {
        let host = Host { refill, ..linux(tokens) };
        let (said, took) = doubted(host, &ports, Duration::from_millis(trip));
        for (port, said) in ports.iter().zip(&said) {
            match port {
                Port::Open => prop_assert_eq!(*said, Said::Replied),
                Port::Closed => prop_assert!(matches!(said, Said::Refused | Said::Limited)),
                Port::Mute => prop_assert!(matches!(said, Said::Silent | Said::Limited)),
            }
        }
        prop_assert!(took <= PATIENCE + ONE_SYN, "{:?}", took);
        if ports.len() < 13 && refill <= 1.0 {
            prop_assert_eq!(count(&said, Said::Limited), 0);
        }
    }
}
