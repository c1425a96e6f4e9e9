//! What a course has shown: the hops, the port's own answer, and where its
//! packets end. Pure.

use std::net::IpAddr;

use super::{Course, Heard};
use crate::verdict::{End, Router, State};

/// The path of one port.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The address that was asked, an IPv4 address as such.
    pub target: IpAddr,
    /// What each TTL heard, from 1 on, to the last that heard anything and the
    /// silence behind it. `None` where the trace was cut short.
    pub hops: Vec<Option<Heard>>,
    /// What is to be said about the port; `None` where the trace was cut short
    /// before that was known.
    pub answer: Option<Heard>,
    /// Where its packets end.
    pub end: End,
}

impl Path {
    /// Reads a course; `target` is the address that was asked.
    pub fn of(course: &Course, target: IpAddr) -> Path {
        let steps = course.steps();
        let mut hops: Vec<_> = steps.iter().map(|step| step.heard.clone()).collect();
        let is_final = |hop: &Option<Heard>| hop.as_ref().is_some_and(Heard::is_final);
        let end = hops.iter().position(is_final);
        hops.truncate(end.unwrap_or(course.last_heard()) + 1);
        // A packet of a counted TTL that got there says it best.
        let answer = (end.and_then(|end| hops[end].clone())).or(course.itself().cloned());
        let target = target.to_canonical();
        Path {
            end: place(&hops, course, answer.as_ref(), end, target),
            target,
            hops,
            answer,
        }
    }

    /// The router that answered at a TTL.
    pub fn router(&self, ttl: u8) -> Option<Router> {
        let hop = self.hops.get(usize::from(ttl).checked_sub(1)?)?;
        let by = hop.as_ref()?.expired_at()?;
        Some(Router { ttl, by })
    }

    /// The first router that spoke in the name of the host.
    pub fn translated(&self) -> Option<u8> {
        let is_host = |heard: &Heard| heard.expired_at() == Some(self.target);
        let hop = self.hops.iter().flatten().position(is_host)?;
        Some(hop as u8 + 1)
    }

    /// Where the maximum segment size of our SYNs was rewritten: before, after,
    /// and the first router that saw it so.
    pub fn rewritten_mss(&self) -> Option<(u16, u16, IpAddr)> {
        let mut seen =
            (self.hops.iter().flatten()).filter_map(|heard| Some((heard.mss?, heard.verdict.by?)));
        let (first, _) = seen.next()?;
        let (now, by) = seen.find(|(mss, _)| *mss != first)?;
        Some((first, now, by))
    }

    /// The last router that answered at a TTL up to this one.
    pub fn last_router(&self, ttl: u8) -> Option<Router> {
        (1..=ttl).rev().find_map(|ttl| self.router(ttl))
    }
}

fn place(
    hops: &[Option<Heard>],
    course: &Course,
    answer: Option<&Heard>,
    end: Option<usize>,
    target: IpAddr,
) -> End {
    let router = |index: usize| {
        let by = hops.get(index)?.as_ref()?.expired_at()?;
        let ttl = index as u8 + 1;
        Some(Router { ttl, by })
    };
    if let Some(first) = course.first_of_loop().and_then(router) {
        return End::Loop(first);
    }
    let last = (0..hops.len()).rev().find_map(router);
    let Some(answer) = answer.filter(|answer| !answer.is_silence()) else {
        return last.map_or(End::Unseen, End::Past);
    };
    let verdict = &answer.verdict;
    let reached = end.map(|end| end as u8 + 1);
    match verdict.by {
        _ if verdict.state == State::Error || verdict.reason == "neighbour-failure" => End::Here,
        Some(by) if by == target => End::Host { ttl: reached },
        Some(by) => {
            let seen = (0..hops.len()).filter_map(router);
            let seen = { seen }.find(|router| router.by == by);
            End::Router {
                ttl: seen.map(|router| router.ttl).or(reached),
                by,
            }
        }
        // Without a packet of anybody's: our own routing table.
        None if verdict.state == State::Unreachable => End::Here,
        None => End::Host { ttl: reached },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::trace::Next;
    use crate::probe::trace::samples::{expired, final_, router, silence};

    /// The path of a network whose TTLs hear this, and whose port itself says
    /// that.
    fn path(network: &[Heard], itself: &Heard) -> Path {
        let mut course = Course::default();
        loop {
            match course.advance() {
                Next::Done => break,
                Next::Wait => course.heard_itself(itself.clone()),
                Next::Ask { ttls, .. } => {
                    for ttl in ttls {
                        let heard = network.get(usize::from(ttl) - 1);
                        course.heard(ttl, heard.unwrap_or(itself).clone());
                    }
                }
            }
        }
        Path::of(&course, "10.9.9.9".parse().unwrap())
    }

    fn at(ttl: u8) -> Router {
        Router {
            ttl,
            by: router(ttl),
        }
    }

    #[test]
    fn ends() {
        let open = final_("open", "syn-ack", None);
        let reset = final_("closed", "reset", None);
        let no = |by| final_("rejected", "icmp-admin-prohibited", by);
        let target = Some("10.9.9.9".parse().unwrap());
        let down = final_("unreachable", "icmp-host-unreachable", Some(router(2)));
        let nobody = final_("unreachable", "neighbour-failure", Some(router(0)));
        let no_route = final_("unreachable", "no-route", None);
        let eaten = final_("error", "local-firewall", None);
        let (r1, r2, hush) = (expired(1), expired(2), silence());
        let table: &[(&[&Heard], &Heard, End, usize)] = &[
            (&[&r1, &r2], &open, End::Host { ttl: Some(3) }, 3),
            (&[&r1, &hush], &reset, End::Host { ttl: Some(3) }, 3),
            (&[], &open, End::Host { ttl: Some(1) }, 1),
            (&[&r1, &r2], &hush, End::Past(at(2)), 3),
            (&[&r1], &hush, End::Past(at(1)), 2),
            (&[&hush, &r2], &hush, End::Past(at(2)), 3),
            (&[], &hush, End::Unseen, 1),
            (
                &[&r1],
                &no(Some(router(1))),
                End::Router {
                    ttl: Some(1),
                    by: router(1),
                },
                2,
            ),
            (
                &[&r1],
                &no(Some(router(7))),
                End::Router {
                    ttl: Some(2),
                    by: router(7),
                },
                2,
            ),
            (&[&r1, &r2], &no(target), End::Host { ttl: Some(3) }, 3),
            (
                &[&r1, &r2, &hush, &hush, &hush, &hush],
                &down,
                End::Router {
                    ttl: Some(2),
                    by: router(2),
                },
                7,
            ),
            (&[], &nobody, End::Here, 1),
            (&[], &no_route, End::Here, 1),
            (&[], &eaten, End::Here, 1),
            (&[&r1, &r2, &r1, &r2], &r1, End::Loop(at(1)), 3),
        ];
        for (network, itself, end, hops) in table {
            let network: Vec<Heard> = network.iter().map(|&heard| heard.clone()).collect();
            let path = path(&network, itself);
            assert_eq!(path.end, *end, "{network:?} {itself:?}");
            assert_eq!(path.hops.len(), *hops, "{network:?} {itself:?}");
            assert_eq!(path.answer.as_ref(), Some(*itself));
        }
    }

    #[test]
    fn routers_behind_a_nat_are_told() {
        let target = Some("10.9.9.9".parse().unwrap());
        let behind = final_("unreachable", "icmp-time-exceeded", target);
        let open = final_("open", "syn-ack", None);
        let path = path(&[expired(1), behind.clone(), behind], &open);
        assert_eq!(path.translated(), Some(2));
        assert_eq!(path.end, End::Host { ttl: Some(4) });
    }

    #[test]
    fn an_mss_clamp_is_seen_by_the_next_router() {
        let seen = |ttl, mss| Heard {
            mss,
            ..expired(ttl)
        };
        let hush = silence();
        let open = final_("open", "syn-ack", None);
        let of = |network: &[Heard]| path(network, &open).rewritten_mss();
        let (r1, r2) = (seen(1, Some(1460)), seen(2, Some(1460)));
        assert_eq!(of(&[r1.clone(), r2.clone()]), None);
        assert_eq!(of(&[seen(1, None), seen(2, Some(1000))]), None);
        let clamped = of(&[r1, hush, seen(3, Some(1000))]);
        assert_eq!(clamped, Some((1460, 1000, router(3))));
    }

    #[test]
    fn a_trace_cut_short_claims_nothing_about_the_port() {
        let mut course = Course::default();
        course.advance();
        let path = Path::of(&course, "10.9.9.9".parse().unwrap());
        assert_eq!((path.answer, path.end), (None, End::Unseen));
        assert_eq!(path.hops, [None]);
    }
}
