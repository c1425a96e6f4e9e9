//! When a conversation is over, and why. Pure: facts and a moment in, a
//! decision out.

use std::time::{Duration, Instant};

use crate::failure::Timer;
use crate::units::Limit;

/// What is done to the connection when stdin has ended and everything read
/// from it was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnEof {
    /// Half-close: the peer sees the end, and may go on sending.
    #[default]
    Shutdown,
    /// Nothing: the peer is not told, and ends the conversation.
    Keep,
    /// Close as soon as the peer's kernel has everything.
    Close,
}

impl OnEof {
    /// All of them.
    pub const ALL: [OnEof; 3] = [OnEof::Shutdown, OnEof::Keep, OnEof::Close];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            OnEof::Shutdown => "shutdown",
            OnEof::Keep => "keep",
            OnEof::Close => "close",
        }
    }

    /// What it does.
    pub fn about(self) -> &'static str {
        match self {
            OnEof::Shutdown => "Half-close: the peer sees the end and may go on",
            OnEof::Keep => "Nothing: the peer ends the conversation",
            OnEof::Close => "Close, once the peer's kernel has everything",
        }
    }
}

/// The rule a session ends by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    /// Both directions, each ending on its own.
    Conversation {
        on_eof: OnEof,
        grace: Limit,
        quit_after_eof: Option<Duration>,
        /// Somebody types at stdin: the peer's end is the end.
        terminal: bool,
        /// `-k`: the peer's end is the end of this conversation, without grace.
        next_peer: bool,
    },
    /// One way out: the peer's close is the receipt.
    Out { close_wait: Duration },
    /// One way in.
    In,
    /// Datagrams have no end: quiet for this long after stdin's.
    Datagrams { quiet: Duration },
    /// Datagrams out: the last one was sent.
    DatagramsOut,
    /// Datagrams from anybody: only timers and signals end it.
    Never,
}

/// One direction as far as its end goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// The source has ended.
    pub ended: bool,
    /// Bytes wait for the sink.
    pub holds: bool,
    /// Everything was delivered, at that moment.
    pub finished: Option<Instant>,
    /// Nothing moves any more.
    pub over: bool,
    /// The last read.
    pub last_taken: Instant,
    /// The last write.
    pub last_given: Instant,
}

/// What a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    pub outbound: Option<Side>,
    pub inbound: Option<Side>,
    /// Bytes the peer's kernel has not acknowledged, and since when that
    /// number stands.
    pub unacknowledged: (usize, Instant),
    pub idle: Option<Duration>,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Go on; look again at that moment if nothing else happens.
    Go(Option<Instant>),
    /// It is over.
    Over(Over),
}

/// Why it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// As it should be.
    InOrder,
    /// stdin was still open when `--grace` ran out.
    Grace,
    /// `--quit-after-eof`: the user's own choice.
    QuitAfterEof,
    /// Nobody said that the last bytes were stored.
    Unconfirmed,
    /// `--idle`
    Idle(Timer),
}

/// How often the kernel is asked for what is unacknowledged: nothing tells
/// when that changes.
pub const ACK_POLL: Duration = Duration::from_millis(10);

impl Ending {
    /// Whether `facts.unacknowledged` matters now.
    pub fn asks_for_acknowledgement(&self, outbound_finished: bool) -> bool {
        outbound_finished
            && matches!(
                self,
                Ending::Out { .. }
                    | Ending::Conversation {
                        on_eof: OnEof::Close,
                        ..
                    }
            )
    }

    /// Decides.
    pub fn next(&self, now: Instant, facts: &Facts) -> Next {
        let own = match *self {
            Ending::Conversation {
                on_eof,
                grace,
                quit_after_eof,
                terminal,
                next_peer,
            } => conversation(
                now,
                facts,
                on_eof,
                grace,
                quit_after_eof,
                terminal,
                next_peer,
            ),
            Ending::Out { close_wait } => out(now, facts, close_wait),
            Ending::In => match facts.inbound {
                Some(side) if side.over => Next::Over(Over::InOrder),
                _ => Next::Go(None),
            },
            Ending::Datagrams { quiet } => datagrams(now, facts, quiet),
            Ending::Never => Next::Go(None),
            Ending::DatagramsOut => match facts.outbound {
                Some(side) if side.over => Next::Over(Over::InOrder),
                _ => Next::Go(None),
            },
        };
        match own {
            Next::Over(_) => own,
            Next::Go(until) => self.idle(now, facts, until),
        }
    }

    fn idle(&self, now: Instant, facts: &Facts, until: Option<Instant>) -> Next {
        let Some(idle) = facts.idle else {
            return Next::Go(until);
        };
        if matches!(self, Ending::Datagrams { .. }) && ended(facts.outbound) {
            // After stdin's end it is the quiet time, no timer.
            return Next::Go(until);
        }
        let sides = [facts.outbound, facts.inbound];
        let Some(moved) = sides
            .iter()
            .flatten()
            .map(|side| side.last_taken.max(side.last_given))
            .max()
        else {
            return Next::Go(until);
        };
        due(
            now,
            moved + idle,
            Over::Idle(Timer {
                option: "--idle",
                after: idle,
            }),
        )
        .or_at(until)
    }
}

impl Next {
    fn or_at(self, other: Option<Instant>) -> Next {
        match self {
            Next::Go(mine) => Next::Go([mine, other].into_iter().flatten().min()),
            over => over,
        }
    }
}

fn due(now: Instant, moment: Instant, over: Over) -> Next {
    if now >= moment {
        Next::Over(over)
    } else {
        Next::Go(Some(moment))
    }
}

fn ended(side: Option<Side>) -> bool {
    side.is_none_or(|side| side.ended)
}

fn conversation(
    now: Instant,
    facts: &Facts,
    on_eof: OnEof,
    grace: Limit,
    quit_after_eof: Option<Duration>,
    terminal: bool,
    next_peer: bool,
) -> Next {
    let (Some(outbound), Some(inbound)) = (facts.outbound, facts.inbound) else {
        return Next::Go(None);
    };
    if inbound.over {
        // What was read is delivered, whoever typed it.
        if outbound.over || next_peer || (terminal && !outbound.holds) {
            return Next::Over(Over::InOrder);
        }
        return match grace {
            // The clock stands still while the peer is slow to take what it has.
            Limit::For(grace) if !outbound.holds => {
                let since = inbound
                    .finished
                    .unwrap_or(inbound.last_given)
                    .max(outbound.last_taken)
                    .max(outbound.last_given);
                due(now, since + grace, Over::Grace)
            }
            _ => Next::Go(None),
        };
    }
    let Some(finished) = outbound.finished else {
        return Next::Go(None);
    };
    let quit = match quit_after_eof {
        Some(after) => due(now, finished + after, Over::QuitAfterEof),
        None => Next::Go(None),
    };
    match on_eof {
        OnEof::Close if facts.unacknowledged.0 == 0 => Next::Over(Over::InOrder),
        OnEof::Close => quit.or_at(Some(now + ACK_POLL)),
        _ => quit,
    }
}

fn out(now: Instant, facts: &Facts, close_wait: Duration) -> Next {
    let (unacknowledged, since) = facts.unacknowledged;
    // Without a direction of its own the session began after our end.
    let finished = match facts.outbound {
        Some(side) => side.finished,
        None => Some(since),
    };
    let Some(finished) = finished else {
        return Next::Go(None);
    };
    let has_all = unacknowledged == 0;
    // A peer that closed before it had everything has confirmed nothing yet.
    if has_all && facts.inbound.is_none_or(|side| side.over) {
        return Next::Over(Over::InOrder);
    }
    if close_wait.is_zero() {
        return if has_all {
            Next::Over(Over::InOrder)
        } else {
            Next::Go(Some(now + ACK_POLL))
        };
    }
    // A slow peer that still takes bytes is not silent.
    let silent_since = facts
        .inbound
        .map_or(finished, |side| side.last_taken.max(finished))
        .max(since);
    let poll = (!has_all).then(|| now + ACK_POLL);
    due(now, silent_since + close_wait, Over::Unconfirmed).or_at(poll)
}

fn datagrams(now: Instant, facts: &Facts, quiet: Duration) -> Next {
    let (Some(outbound), Some(inbound)) = (facts.outbound, facts.inbound) else {
        return Next::Go(None);
    };
    match outbound.finished {
        Some(finished) => due(now, finished.max(inbound.last_taken) + quiet, Over::InOrder),
        None => Next::Go(None),
    }
}

#[cfg(test)]
mod tests;
