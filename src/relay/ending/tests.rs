//! The table of ends.

use super::*;

const S: Duration = Duration::from_secs(1);

fn open(start: Instant) -> Side {
    Side {
        ended: false,
        holds: false,
        finished: None,
        over: false,
        last_taken: start,
        last_given: start,
    }
}

fn done(at: Instant) -> Side {
    Side {
        ended: true,
        finished: Some(at),
        over: true,
        ..open(at)
    }
}

fn facts(outbound: Side, inbound: Side) -> Facts {
    Facts {
        outbound: Some(outbound),
        inbound: Some(inbound),
        unacknowledged: (0, outbound.last_taken),
        idle: None,
    }
}

fn conversation() -> Ending {
    Ending::Conversation {
        on_eof: OnEof::Shutdown,
        grace: Limit::For(5 * S),
        quit_after_eof: None,
        terminal: false,
        next_peer: false,
    }
}

#[test]
fn a_conversation_ends_when_both_directions_have() {
    let t = Instant::now();
    let rule = conversation();
    let next = |out, inb| rule.next(t, &facts(out, inb));
    assert_eq!(next(open(t), open(t)), Next::Go(None));
    assert_eq!(next(done(t), open(t)), Next::Go(None));
    assert_eq!(next(done(t), done(t)), Next::Over(Over::InOrder));
}

#[test]
fn grace_counts_from_the_last_read_and_stands_still_while_bytes_wait() {
    let t = Instant::now();
    let rule = conversation();
    let mut out = open(t);
    assert_eq!(
        rule.next(t, &facts(out, done(t))),
        Next::Go(Some(t + 5 * S))
    );
    out.last_taken = t + 3 * S;
    assert_eq!(
        rule.next(t + 6 * S, &facts(out, done(t))),
        Next::Go(Some(t + 8 * S))
    );
    assert_eq!(
        rule.next(t + 8 * S, &facts(out, done(t))),
        Next::Over(Over::Grace)
    );
    out.holds = true;
    assert_eq!(rule.next(t + 60 * S, &facts(out, done(t))), Next::Go(None));
}

#[test]
fn at_a_terminal_the_peers_end_is_the_end_once_all_is_delivered() {
    let t = Instant::now();
    let Ending::Conversation {
        on_eof,
        grace,
        quit_after_eof,
        ..
    } = conversation()
    else {
        unreachable!()
    };
    let rule = Ending::Conversation {
        on_eof,
        grace,
        quit_after_eof,
        terminal: true,
        next_peer: false,
    };
    let mut out = open(t);
    assert_eq!(
        rule.next(t, &facts(out, done(t))),
        Next::Over(Over::InOrder)
    );
    out.holds = true;
    assert_eq!(rule.next(t, &facts(out, done(t))), Next::Go(None));
}

#[test]
fn quit_after_eof_bounds_the_wait_for_the_peer() {
    let t = Instant::now();
    let rule = Ending::Conversation {
        on_eof: OnEof::Shutdown,
        grace: Limit::Inf,
        quit_after_eof: Some(2 * S),
        terminal: false,
        next_peer: false,
    };
    let now = |at| rule.next(at, &facts(done(t), open(t)));
    assert_eq!(now(t + S), Next::Go(Some(t + 2 * S)));
    assert_eq!(now(t + 2 * S), Next::Over(Over::QuitAfterEof));
}

#[test]
fn sending_is_done_when_the_peer_has_closed_and_has_everything() {
    let t = Instant::now();
    let rule = Ending::Out { close_wait: 5 * S };
    let with = |out, inb, unacknowledged, now| {
        let mut facts = facts(out, inb);
        facts.unacknowledged = unacknowledged;
        rule.next(now, &facts)
    };
    assert_eq!(with(open(t), done(t), (0, t), t + 60 * S), Next::Go(None));
    assert_eq!(with(done(t), done(t), (0, t), t), Next::Over(Over::InOrder));
    assert_eq!(
        with(done(t), done(t), (9, t), t),
        Next::Go(Some(t + ACK_POLL))
    );
    assert_eq!(
        with(done(t), open(t), (0, t), t + 5 * S),
        Next::Over(Over::Unconfirmed)
    );
    let moving = t + 4 * S;
    assert_eq!(
        with(done(t), open(t), (9, moving), t + 6 * S),
        Next::Go(Some(t + 6 * S + ACK_POLL))
    );
}

#[test]
fn close_wait_zero_asks_the_kernel_only() {
    let t = Instant::now();
    let rule = Ending::Out {
        close_wait: Duration::ZERO,
    };
    let mut facts = facts(done(t), open(t));
    assert_eq!(rule.next(t, &facts), Next::Over(Over::InOrder));
    facts.unacknowledged = (1, t);
    assert_eq!(
        rule.next(t + 9 * S, &facts),
        Next::Go(Some(t + 9 * S + ACK_POLL))
    );
}

#[test]
fn datagrams_end_quietly_after_both_the_eof_and_the_last_one() {
    let t = Instant::now();
    let rule = Ending::Datagrams { quiet: S };
    let mut inbound = open(t);
    inbound.last_taken = t + S / 2;
    assert_eq!(
        rule.next(t + 9 * S, &facts(open(t), inbound)),
        Next::Go(None)
    );
    assert_eq!(
        rule.next(t + S, &facts(done(t), inbound)),
        Next::Go(Some(t + S + S / 2))
    );
    assert_eq!(
        rule.next(t + 2 * S, &facts(done(t), inbound)),
        Next::Over(Over::InOrder)
    );
}

#[test]
fn idle_counts_from_the_last_byte_either_way() {
    let t = Instant::now();
    let mut facts = facts(open(t), open(t + S));
    facts.idle = Some(2 * S);
    let rule = conversation();
    assert_eq!(rule.next(t + 2 * S, &facts), Next::Go(Some(t + 3 * S)));
    assert!(matches!(
        rule.next(t + 3 * S, &facts),
        Next::Over(Over::Idle(_))
    ));
    let datagrams = Ending::Datagrams { quiet: 2 * S };
    facts.outbound = Some(done(t));
    assert_eq!(datagrams.next(t + 3 * S, &facts), Next::Over(Over::InOrder));
}
