use super::*;
use crate::probe::trace::samples::{expired, final_, silence};
use proptest::prelude::*;

/// Plays a network: what each TTL hears, and what the port itself does.
/// Returns the rounds that were asked.
fn play(network: &dyn Fn(u8, u32) -> Heard, itself: &Heard) -> (Course, Vec<Next>) {
    let mut course = Course::default();
    let mut rounds = Vec::new();
    let mut tries = [0; 256];
    let mut is_asked = false;
    loop {
        let next = course.advance();
        rounds.push(next.clone());
        match next {
            Next::Done => return (course, rounds),
            Next::Wait => {
                assert!(is_asked, "waits for what was asked");
                course.heard_itself(itself.clone());
            }
            Next::Ask { ttls, port } => {
                is_asked |= port;
                for ttl in ttls {
                    tries[usize::from(ttl)] += 1;
                    course.heard(ttl, network(ttl, tries[usize::from(ttl)]));
                }
            }
        }
        assert!(rounds.len() < 100, "{rounds:?}");
    }
}

fn asked(rounds: &[Next]) -> Vec<(Vec<u8>, bool)> {
    let ask = |round: &Next| match round {
        Next::Ask { ttls, port } => Some((ttls.clone(), *port)),
        _ => None,
    };
    rounds.iter().filter_map(ask).collect()
}

#[test]
fn one_after_the_other_while_routers_answer() {
    let network = |ttl, _| match ttl {
        1 | 2 => expired(ttl),
        _ => final_("open", "syn-ack", None),
    };
    let (_, rounds) = play(&network, &silence());
    assert_eq!(
        asked(&rounds),
        [(vec![1], false), (vec![2], false), (vec![3], false)]
    );
}

#[test]
fn silence_is_looked_behind_until_it_is_long() {
    let network = |ttl, _| match ttl {
        1 => expired(ttl),
        _ => silence(),
    };
    let (course, rounds) = play(&network, &silence());
    assert_eq!(
        asked(&rounds),
        [
            (vec![1], false),
            (vec![2], false),
            (vec![3, 4], true),
            (vec![5, 6], false),
            (vec![7, 8], false)
        ]
    );
    assert_eq!(rounds[5..], [Next::Wait, Next::Done]);
    assert_eq!(course.last_heard(), 1);
}

#[test]
fn a_silent_router_is_asked_again() {
    let network = |ttl, tries| match (ttl, tries) {
        (1 | 3 | 4, _) | (2, 2) => expired(ttl),
        (2, _) => silence(),
        _ => final_("closed", "reset", None),
    };
    let (course, rounds) = play(&network, &silence());
    assert_eq!(
        asked(&rounds),
        [
            (vec![1], false),
            (vec![2], false),
            (vec![3, 4], true),
            (vec![5], false),
            (vec![2], false)
        ]
    );
    assert!(course.steps().iter().all(|step| !step.is_silent()));
}

#[test]
fn circles_end() {
    let network = |ttl: u8, _| expired(ttl % 2 + 1);
    let (course, rounds) = play(&network, &expired(2));
    assert_eq!(course.first_of_loop(), Some(0));
    assert_eq!(rounds.len(), 6, "{rounds:?}");
    let same_twice = |ttl: u8, _| match ttl {
        1 | 2 => expired(1),
        _ => final_("open", "syn-ack", None),
    };
    let (course, _) = play(&same_twice, &silence());
    assert_eq!(course.first_of_loop(), None);
}

#[test]
fn an_open_port_behind_much_silence_is_looked_for() {
    let network = |ttl, _| match ttl {
        15.. => final_("open", "syn-ack", None),
        _ => silence(),
    };
    let mut course = Course::default();
    loop {
        match course.advance() {
            Next::Ask { ttls, port } => {
                for ttl in ttls {
                    course.heard(ttl, network(ttl, 1));
                }
                if port {
                    course.heard_itself(final_("open", "syn-ack", None));
                }
            }
            Next::Wait => panic!("it has answered"),
            Next::Done => break,
        }
    }
    assert!(course.steps()[14].is_final());
}

proptest! {
    /// Whatever the routers say and lose, it ends, within the limit, and an
    /// open port sees four connects at most.
    #[test]
    fn it_ends_and_an_open_port_sees_four_connects(
        length in 1u8..40,
        answers in prop::collection::vec(0u8..4, 0..40),
        open: bool,
        first: bool,
    ) {
        let mut connects = 0;
        let mut course = Course::default();
        let mut answers = answers.into_iter();
        let port = || match open {
            true => final_("open", "syn-ack", None),
            false => silence(),
        };
        for round in 0.. {
            prop_assert!(round < 100);
            match course.advance() {
                Next::Done => break,
                Next::Wait => course.heard_itself(port()),
                Next::Ask { ttls, port: itself } => {
                    prop_assert!(itself || !ttls.is_empty());
                    for ttl in ttls {
                        prop_assert!((1..=LIMIT).contains(&ttl));
                        let luck = answers.next().unwrap_or(1);
                        let heard = match (luck, ttl >= length) {
                            (0, _) => silence(),
                            (_, true) => port(),
                            (_, false) => expired(ttl),
                        };
                        connects += u32::from(heard.verdict.state == State::Open);
                        course.heard(ttl, heard);
                    }
                    if itself {
                        connects += u32::from(open);
                        if first {
                            course.heard_itself(port());
                        }
                    }
                }
            }
        }
        prop_assert!(connects <= 4, "{connects} connects");
    }
}
