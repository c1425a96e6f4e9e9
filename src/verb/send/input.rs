//! Files and stdin over a connection.

use std::cell::Cell;
use std::ffi::OsString;
use std::time::Instant;

use super::one_peer;
use super::receipt::{Rest, hand_over};
use crate::failure::Failure;
use crate::plan::{Send, Way};
use crate::relay::carrier::{Carrier, Copy, Direct};
use crate::relay::direction::Direction;
use crate::relay::end::Source;
use crate::relay::ending::OnEof;
use crate::relay::files::Files;
use crate::relay::look::Look;
use crate::relay::net::Sending;
use crate::relay::observed::Observed;
use crate::relay::pump::Pump;
use crate::report::Goal;
use crate::run::Run;
use crate::stage::recv::STREAM_BUFFER;
use crate::sys::descriptor::Kind;
use crate::verb::conversation::close;
use crate::verb::peers::Attempted;

/// What is sent, and what it is called: a file where that is all it is.
pub(super) struct Named {
    pub(super) input: Files,
    pub(super) name: OsString,
    /// `--bytes`
    pub(super) bytes: Option<u64>,
}

impl Named {
    /// All of it, where that is known: --crlf makes it more.
    pub(super) fn goal(&self, plan: &Send) -> Goal {
        let sizes = [self.input.size(), self.bytes];
        let total = sizes.into_iter().flatten().min();
        Goal::Sent(total.filter(|_| !plan.send.crlf))
    }

    /// Whether nobody types at a terminal.
    pub(super) fn is_undisturbed(&self, plan: &Send) -> bool {
        Source::kind(&self.input) != Kind::Terminal && !plan.look.hex
    }

    /// Tells the digests: of each file that was read from beginning to end, if
    /// there is more to tell than that, and last of what was sent.
    pub(super) fn tell_digests(&mut self, run: &mut Run, sent: &Look) {
        for (name, sum) in self.input.sums() {
            sent.tell_sum(run, &name, sum);
        }
        sent.tell_digest(run, &self.name);
    }
}

/// # Errors
/// Why the peer does not have all of it.
pub(super) fn send(
    run: &mut Run,
    plan: &Send,
    way: &Way,
    named: &mut Named,
) -> Result<(), Failure> {
    let (goal, undisturbed) = (named.goal(plan), named.is_undisturbed(plan));
    // What was read for a peer that turns out to be a probe is for the next.
    let mut carrier = Direct::over(Copy::new(STREAM_BUFFER).crlf(plan.send.crlf));
    one_peer(run, way, |run, conn, proved| {
        let begun = Instant::now();
        let heard = Cell::new(false);
        let [mut sent_look, mut received_look] = Look::pair(plan.look, &conn, false);
        let sending = Sending::new(&conn, &plan.send, OnEof::Shutdown, &heard);
        let mut sending = Observed::new(sending, &mut sent_look);
        let mut pump = Pump::new(begun).limit(named.bytes).pace(plan.send.pace());
        if carrier.holds() {
            pump.took(carrier.taken(), begun);
        }
        let outbound = Direction {
            pump,
            carrier: &mut carrier,
            source: &mut named.input,
            sink: &mut sending,
        };
        let rest = Rest {
            conn: &conn,
            outbound: Some(outbound),
            look: &mut received_look,
            before: (0, 0),
        };
        let bar = run.bar(goal, &conn.peer, undisturbed);
        let (result, sent, received) = hand_over(run, plan, rest, Some(proved));
        drop(bar);
        let result = close(run, conn, result, begun, (sent, received));
        if result.is_ok() {
            named.tell_digests(run, &sent_look);
        }
        Attempted {
            result,
            moved: sent + received,
        }
    })
}
