//! Two ways at once: `connect`, and `listen` while it relays.

use std::cell::Cell;
use std::ffi::OsStr;
use std::time::Instant;

use super::peers::{Attempted, Proved};
use crate::failure::{Class, Failure, StageError};
use crate::plan::Talk;
use crate::relay::carrier::{Carrier, Copy, Direct};
use crate::relay::direction::Direction;
use crate::relay::ending::{Ending, Over};
use crate::relay::input::Input;
use crate::relay::look::Look;
use crate::relay::net::{Receiving, Sending};
use crate::relay::observed::Observed;
use crate::relay::output::Stdout;
use crate::relay::pump::Pump;
use crate::relay::session::Session;
use crate::report::Goal;
use crate::run::Run;
use crate::stage::connect::Conn;
use crate::stage::recv::STREAM_BUFFER;
use crate::stage::{Stage, close};
use crate::units;

/// The user's side of a conversation, which outlives a peer: what stdin still
/// holds when one goes is for the next.
pub struct User {
    pub stdin: Input,
    pub stdout: Stdout,
    pub outbound: Direct,
    pub inbound: Direct,
}

impl User {
    /// stdin, stdout, and a carrier each way.
    ///
    /// # Errors
    /// stdout was closed when the process began.
    pub fn new(
        run: &mut Run,
        whole_messages: bool,
        talk: &Talk,
        stays_open: bool,
    ) -> Result<User, Failure> {
        Ok(User {
            stdin: Input::stdin()?,
            stdout: Stdout::new(run, stays_open)?,
            outbound: Direct::over(Copy::new(STREAM_BUFFER).crlf(talk.send.crlf)),
            inbound: Direct::over(Copy::new(talk.recv.buffer(whole_messages)).lines(talk.lines)),
        })
    }
}

impl User {
    /// Whether nobody reads or types at a terminal.
    pub fn is_undisturbed(&self, talk: &Talk) -> bool {
        !self.stdin.is_terminal() && !self.stdout.is_terminal() && !talk.look.hex
    }
}

/// Holds a conversation and closes the connection.
///
/// `next_peer` says that another may follow; `on_first` is called when this
/// one has proved to be a peer and no probe.
pub fn converse<'a>(
    run: &mut Run,
    user: &'a mut User,
    conn: Conn,
    talk: &Talk,
    next_peer: bool,
    on_first: Option<Proved<'a>>,
) -> Attempted {
    let begun = Instant::now();
    let heard = Cell::new(false);
    let terminal = user.stdin.is_terminal();
    let [mut sent_look, mut received_look] = Look::pair(talk.look, &conn, next_peer);
    let receiving = Receiving::new(&conn, talk.recv, &heard);
    let mut receiving = Observed::new(receiving, &mut received_look);
    let sending = Sending::new(&conn, &talk.send, talk.on_eof, &heard);
    let mut sending = Observed::new(sending, &mut sent_look);
    let undisturbed = user.is_undisturbed(talk);
    // --crlf makes it more; and with another peer before, this is the rest.
    let known = !talk.send.crlf && !next_peer;
    let goal = Goal::Both(user.stdin.size().filter(|_| known));
    let mut pump = Pump::new(begun).pace(talk.send.pace());
    if user.stdin.is_at_end() && !user.outbound.holds() {
        pump.source_ended(begun);
    }
    let outbound = Direction {
        pump,
        carrier: &mut user.outbound,
        source: &mut user.stdin,
        sink: &mut sending,
    };
    let inbound = Direction {
        pump: Pump::new(begun),
        carrier: &mut user.inbound,
        source: &mut receiving,
        sink: &mut user.stdout,
    };
    let ending = Ending::Conversation {
        on_eof: talk.on_eof,
        grace: talk.grace,
        quit_after_eof: talk.quit_after_eof,
        terminal,
        next_peer,
    };
    let mut session = Session::new(&conn, Some(outbound), Some(inbound), ending, talk.idle);
    session.on_first = on_first;
    let bar = run.bar(goal, &conn.peer, undisturbed);
    let over = session.run(run);
    drop(bar);
    let (sent, received) = (session.sent(), session.received());
    let whole = session.is_whole();
    drop(session);
    let result = over.and_then(|over| judge(run, over, talk, &conn.peer, sent, received));
    let result = close(run, conn, result, begun, (sent, received));
    if result.is_ok() {
        tell_digests(run, [&sent_look, &received_look], whole);
    }
    Attempted {
        result,
        moved: sent + received,
    }
}

/// The digests of a conversation that ended in order, one a direction; stdin
/// and stdout are both `-`.
pub fn tell_digests(run: &mut Run, looks: [&Look; 2], whole: [bool; 2]) {
    for (look, whole) in looks.into_iter().zip(whole) {
        match whole {
            true => look.tell_digest(run, OsStr::new("-")),
            false => look.tell_incomplete(run),
        }
    }
}

/// Ends a connection as its session ended: in order, or with a reset where
/// something was lost.
pub fn close(
    run: &mut Run,
    conn: Conn,
    result: Result<(), Failure>,
    begun: Instant,
    (sent, received): (u64, u64),
) -> Result<(), Failure> {
    let lost = match &result {
        Ok(()) => return close::in_order(run, conn, begun, sent, received),
        Err(Failure::StdoutGone) => true,
        Err(Failure::Stage(error)) => error.class == Class::Local,
        // What our direction still owes decides: a FIN that was sent stands.
        Err(Failure::Timer { .. } | Failure::Signal { .. }) => false,
    };
    if lost {
        close::demand_reset(&conn.socket, conn.transport);
    }
    close::tell(run, conn, begun, sent, received);
    result
}

fn judge(
    run: &mut Run,
    over: Over,
    talk: &Talk,
    peer: &str,
    sent: u64,
    received: u64,
) -> Result<(), Failure> {
    let bytes = format!(
        "sent {}, received {}",
        units::human_bytes(sent),
        units::human_bytes(received)
    );
    match over {
        Over::InOrder | Over::Unconfirmed => Ok(()),
        Over::QuitAfterEof => {
            let after = talk.quit_after_eof.unwrap_or_default();
            let after = units::display(after);
            run.note(
                Stage::Recv,
                peer,
                format!("ended by --quit-after-eof {after}: {bytes}"),
            );
            Ok(())
        }
        Over::Grace => {
            let reason = format!("ended by --grace {} with stdin open: {bytes}", talk.grace);
            Err(StageError::new(Stage::Send, peer, Class::Cut, reason)
                .hint("the peer had ended and stdin said nothing more")
                .into())
        }
        Over::Idle(timer) => Err(run.timed_out(timer)),
    }
}
