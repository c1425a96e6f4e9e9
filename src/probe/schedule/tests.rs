//! What is asked, and when.

use super::*;
use crate::probe::Peer;
use crate::probe::pace::CONTROL;

fn question(id: usize, protocol: Protocol, host: u8) -> Question {
    Question {
        id,
        peer: Peer::Inet(([10, 0, 0, host], 1000 + id as u16).into()),
        protocol,
        wait: Duration::from_secs(1),
        of_many: true,
    }
}

fn asked(next: Next) -> Question {
    match next {
        Next::Ask(question) => question,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_window_bounds_what_is_in_flight() {
    let now = Instant::now();
    let mut list = (0..3).map(|id| question(id, Protocol::Tcp, 1));
    let mut schedule = Schedule::new(&mut list, 2);
    let first = asked(schedule.next(now));
    asked(schedule.next(now));
    assert_eq!(schedule.next(now), Next::Wait(None));
    schedule.finished(&first, Heard::Other, now);
    assert_eq!(asked(schedule.next(now)).id, 2);
    schedule.finished(&first, Heard::Other, now);
    assert_eq!(schedule.next(now), Next::Done);
    assert_eq!(schedule.in_flight(), 1);
}

#[test]
fn a_shortage_waits_for_others_to_finish() {
    let now = Instant::now();
    let mut list = (0..9).map(|id| question(id, Protocol::Tcp, 1));
    let mut schedule = Schedule::new(&mut list, 8);
    let first = asked(schedule.next(now));
    let second = asked(schedule.next(now));
    assert_eq!(schedule.put_back(second, now), None);
    assert_eq!(schedule.next(now), Next::Wait(None));
    schedule.finished(&first, Heard::Other, now);
    assert_eq!(asked(schedule.next(now)).id, 1, "put back, so first");
}

#[test]
fn a_shortage_with_nothing_in_flight_backs_off_and_then_gives_up() {
    let start = Instant::now();
    let mut now = start;
    let mut list = (0..2).map(|id| question(id, Protocol::Tcp, 1));
    let mut schedule = Schedule::new(&mut list, 8);
    for _ in 0..BACKOFFS {
        let question = asked(schedule.next(now));
        assert_eq!(schedule.put_back(question, now), None);
        let Next::Wait(Some(at)) = schedule.next(now) else {
            panic!("no pause")
        };
        now = at;
    }
    assert_eq!(now - start, Duration::from_millis(310));
    let question = asked(schedule.next(now));
    assert_eq!(schedule.put_back(question, now).map(|q| q.id), Some(0));
    let question = asked(schedule.next(now));
    assert_eq!(schedule.put_back(question, now).map(|q| q.id), Some(1));
    assert_eq!(schedule.next(now), Next::Done);
}

#[test]
fn tcp_and_loopback_are_not_paced() {
    let now = Instant::now();
    let loopback = |id| Question {
        peer: Peer::Inet(([127, 0, 0, 1], 1).into()),
        ..question(id, Protocol::Udp, 1)
    };
    let mut list = (0..50)
        .map(|id| question(id, Protocol::Tcp, 1))
        .chain((50..100).map(loopback));
    let mut schedule = Schedule::new(&mut list, 100);
    assert!((0..100).all(|id| asked(schedule.next(now)).id == id));
    assert_eq!(schedule.next(now), Next::Wait(None));
}

#[test]
fn the_silence_of_a_host_that_rations_is_doubted() {
    let start = Instant::now();
    let mut list = (0..3).map(|id| question(id, Protocol::Udp, 1));
    let mut schedule = Schedule::new(&mut list, 100);
    let [first, second, third] = [(); 3].map(|()| {
        let question = asked(schedule.next(start));
        schedule.sent(&question, start);
        question
    });
    let believed = schedule.silent(&first, start);
    assert_eq!(believed, Silence::Believed, "nothing says that it rations");
    schedule.finished(&third, Heard::Icmp, start);
    assert_eq!(schedule.silent(&second, start), Silence::Doubted);
    // Twice it is asked, each time when the host could answer.
    let (mut now, mut controls) = (start, 0);
    for _ in 0..2 {
        let again = match schedule.next(now) {
            Next::Wait(Some(at)) => {
                now = at;
                asked(schedule.next(now))
            }
            next => asked(next),
        };
        assert_eq!(again.id, second.id);
        assert!(schedule.is_check(&again));
        schedule.sent(&again, now);
        // The second time a port that is known to be closed is asked behind it.
        if let Next::Ask(control) = schedule.next(now) {
            assert_eq!((control.id, control.peer == third.peer), (CONTROL, true));
            controls += 1;
            schedule.sent(&control, now);
            schedule.finished(&control, Heard::Icmp, now);
        }
        assert_eq!(schedule.next(now), Next::Wait(None));
        now += again.wait;
        assert_eq!(schedule.silent(&again, now), Silence::Doubted);
    }
    assert_eq!(controls, 1);
    let Next::Over(question, asked, Silence::Believed) = schedule.next(now) else {
        panic!("not over")
    };
    assert_eq!(
        (question.id, asked.began, asked.sent),
        (second.id, start, 3)
    );
    assert_eq!(schedule.next(now), Next::Done);
}

#[test]
fn hosts_that_have_rested_are_forgotten() {
    let now = Instant::now();
    let mut list = (0..3 * PACES).map(|id| Question {
        peer: Peer::Inet((std::net::Ipv4Addr::from_bits(1 << 24 | id as u32), 53).into()),
        ..question(id % 1000, Protocol::Udp, 1)
    });
    let mut schedule = Schedule::new(&mut list, 100);
    while let Next::Ask(question) = schedule.next(now) {
        assert_eq!(schedule.silent(&question, now), Silence::Believed);
        assert!(schedule.paces.len() <= PACES);
    }
}
