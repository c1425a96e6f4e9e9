//! A path beside that of another port of the same host. Pure.

use std::time::Duration;

use super::Path;
use crate::verdict::{Difference, End, State};

/// A reset this much sooner than the other port's answer, and so many times as
/// fast, is not of the host.
const SOONER: Duration = Duration::from_millis(3);
const TIMES: u32 = 3;

/// What differs between the paths of a port and of the `reference`.
pub fn compare(path: &Path, reference: &Path) -> Difference {
    let End::Host { ttl: Some(host) } = reference.end else {
        return Difference::NoReference;
    };
    match path.end {
        End::Host { ttl: Some(ttl) } if ttl < host => Difference::Nearer { ttl, host },
        End::Host { .. } if is_much_faster(path, reference) => Difference::Faster,
        End::Host { .. } | End::Here | End::Loop(_) => Difference::None,
        End::Router { by, .. } => Difference::Refused { by },
        End::Past(_) | End::Unseen => {
            let after = path.last_router(host);
            let next = after.map_or(1, |after| after.ttl + 1);
            match (next..host).find_map(|ttl| reference.router(ttl)) {
                Some(until) => Difference::Lost { after, until },
                None => Difference::LostLast { after },
            }
        }
    }
}

/// Whether the port is closed by a reset that came too soon: sooner than any
/// packet could have gone to the host and back. The kernel's own measure of that
/// counts; ours grows with every delay of this process.
fn is_much_faster(path: &Path, reference: &Path) -> bool {
    let (Some(answer), Some(other)) = (&path.answer, &reference.answer) else {
        return false;
    };
    let is_reset = answer.verdict.state == State::Closed && answer.verdict.by.is_none();
    let rtt = other.rtt.filter(|_| is_reset && answer.syns == Some(1));
    rtt.is_some_and(|rtt| answer.time * TIMES < rtt && rtt - answer.time > SOONER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::trace::Heard;
    use crate::probe::trace::samples::{expired, final_, router, silence};
    use crate::verdict::Router;

    fn path(hops: &[Heard], end: End) -> Path {
        Path {
            target: "10.9.9.9".parse().unwrap(),
            hops: hops.iter().cloned().map(Some).collect(),
            answer: hops.last().cloned(),
            end,
        }
    }

    fn at(ttl: u8) -> Router {
        Router {
            ttl,
            by: router(ttl),
        }
    }

    #[test]
    fn differences() {
        let open = final_("open", "syn-ack", None);
        let reset = final_("closed", "reset", None);
        let host = |ttl| End::Host { ttl: Some(ttl) };
        let reference = path(&[expired(1), expired(2), open.clone()], host(3));
        let table = [
            (
                path(&[expired(1), expired(2), reset.clone()], host(3)),
                Difference::None,
            ),
            (
                path(&[expired(1), reset.clone()], host(2)),
                Difference::Nearer { ttl: 2, host: 3 },
            ),
            (
                path(&[expired(1), silence()], End::Past(at(1))),
                Difference::Lost {
                    after: Some(at(1)),
                    until: at(2),
                },
            ),
            (
                path(&[silence()], End::Unseen),
                Difference::Lost {
                    after: None,
                    until: at(1),
                },
            ),
            (
                path(&[expired(1), expired(2), silence()], End::Past(at(2))),
                Difference::LostLast { after: Some(at(2)) },
            ),
            (
                path(
                    &[expired(1)],
                    End::Router {
                        ttl: Some(1),
                        by: router(1),
                    },
                ),
                Difference::Refused { by: router(1) },
            ),
            (path(&[], End::Here), Difference::None),
        ];
        for (path, difference) in table {
            assert_eq!(compare(&path, &reference), difference, "{path:?}");
            let worse = compare(&reference, &path);
            if !matches!(path.end, End::Host { .. }) {
                assert_eq!(worse, Difference::NoReference, "{path:?}");
            }
        }
    }

    #[test]
    fn a_reset_that_is_much_faster_is_told() {
        let host = End::Host { ttl: Some(1) };
        let timed = |word, reason, ms| {
            let mut heard = final_(word, reason, None);
            heard.time = Duration::from_millis(ms);
            heard.rtt = (word == "open").then_some(heard.time);
            path(&[heard], host)
        };
        let open = |ms| timed("open", "syn-ack", ms);
        let reset = |ms| timed("closed", "reset", ms);
        assert_eq!(compare(&reset(2), &open(20)), Difference::Faster);
        assert_eq!(compare(&reset(10), &open(20)), Difference::None);
        assert_eq!(compare(&reset(0), &open(2)), Difference::None);
        assert_eq!(compare(&open(2), &open(20)), Difference::None);
        let mut late = open(20);
        if let Some(answer) = &mut late.answer {
            answer.rtt = Some(Duration::from_millis(2));
        }
        assert_eq!(compare(&reset(2), &late), Difference::None);
    }
}
