//! Numbered messages, one send() each.

use std::cell::Cell;
use std::ffi::OsStr;
use std::time::Instant;

use super::one_peer;
use super::receipt::{Rest, hand_over};
use crate::failure::Failure;
use crate::plan::{Send, Way, What};
use crate::relay::dialogue::{Dialogue, Reply};
use crate::relay::end::Sink;
use crate::relay::ending::OnEof;
use crate::relay::look::Look;
use crate::relay::net::Sending;
use crate::relay::output::Stdout;
use crate::report::Goal;
use crate::run::Run;
use crate::stage::close as closing;
use crate::stage::connect::Conn;
use crate::verb::conversation::close;
use crate::verb::datagrams::{Tried, each_address};
use crate::verb::peers::{Attempted, Proved};
use crate::verb::words::loaded;

/// # Errors
/// A message that was not sent, or not answered.
pub(super) fn send(run: &mut Run, plan: &Send) -> Result<(), Failure> {
    let What::Messages {
        text,
        count,
        await_reply,
        lines,
    } = &plan.what
    else {
        return Ok(());
    };
    let text = loaded(run, text)?;
    let mut stdout = match await_reply {
        Some(_) => Some(Stdout::new(run, false)?),
        None => None,
    };
    let terminal = stdout.as_ref().is_some_and(Stdout::is_terminal);
    let undisturbed = !terminal && !plan.look.hex;
    let mut hold = |run: &mut Run, conn: &Conn, looks: &mut [Look; 2], proved: Proved<'_>| {
        let mut dialogue = Dialogue::new(conn, &plan.send, plan.recv, looks);
        let mut proved = Some(proved);
        let bar = run.bar(Goal::Sent(None), &conn.peer, undisturbed);
        let held = (1..=*count).try_for_each(|n| {
            let reply = match (&mut stdout, await_reply) {
                (Some(stdout), Some(wait)) => Reply::Await {
                    wait: *wait,
                    stdout,
                    lines: *lines,
                },
                _ => Reply::Discard,
            };
            dialogue.exchange(run, &text.render(n), reply, n == *count)?;
            if let Some(proved) = proved.take() {
                proved();
            }
            Ok(())
        });
        drop(bar);
        (held, dialogue.sent(), dialogue.received())
    };
    if let Way::Dial(way) = &plan.way
        && way.transport.is_datagram()
    {
        let mut seen = None;
        each_address(run, way, |run, conn| {
            let looks = seen.insert(Look::pair(plan.look, conn, false));
            let (held, sent, received) = hold(run, conn, looks, Box::new(|| ()));
            Tried {
                result: held.and_then(|()| {
                    Sending::new(conn, &plan.send, OnEof::Shutdown, &Cell::new(false))
                        .finish(run)?;
                    closing::pending_error(conn)
                }),
                sent,
                received,
                again: true,
            }
        })?;
        if let Some([sent, _]) = seen {
            sent.tell_digest(run, OsStr::new("-"));
        }
        return Ok(());
    }
    one_peer(run, &plan.way, |run, conn, proved| {
        let begun = Instant::now();
        let mut looks = Look::pair(plan.look, &conn, false);
        let (held, mut sent, mut received) = hold(run, &conn, &mut looks, proved);
        let result = held.and_then(|()| {
            closing::half_or_cut(run, &conn)?;
            let rest = Rest {
                conn: &conn,
                outbound: None,
                look: &mut looks[1],
                before: (sent, received),
            };
            let (result, more, late) = hand_over(run, plan, rest, None);
            (sent, received) = (sent + more, received + late);
            result
        });
        let result = close(run, conn, result, begun, (sent, received));
        if result.is_ok() {
            looks[0].tell_digest(run, OsStr::new("-"));
        }
        Attempted {
            result,
            moved: sent + received,
        }
    })
}
