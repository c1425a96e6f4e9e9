//! The same again: attempt after attempt at an interval, and what they amount
//! to, row by row. Memory grows with the rows, and by eight bytes with each
//! answer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::loss::percent;
use super::rows::Told;
use super::subject::{At, Subject};
use crate::event::{self, Statistics};
use crate::plan;
use crate::probe::{Answer, Samples};
use crate::run::millis;
use crate::verdict::State;

/// What the attempts of one row have in common: the subject's place, the port,
/// and the address where that is asked by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    place: usize,
    port: Option<u16>,
    address: Option<IpAddr>,
}

impl Key {
    /// Of a row; `each` if every address of a name has its own.
    pub fn of(told: &Told, each: bool) -> Key {
        let is_own = each || matches!(told.subject.at, At::Block(_));
        Key {
            place: told.subject.place,
            port: told.port.map(|port| port.number),
            address: told.address.map(|address| address.ip()).filter(|_| is_own),
        }
    }
}

/// Attempts under way.
pub struct Series {
    plan: plan::Series,
    /// The present one, from 1 on.
    pub attempt: u64,
    /// When it began.
    began: Instant,
    /// Everybody who was asked in the first.
    subjects: Vec<Arc<Subject>>,
    rows: HashMap<Key, Row>,
}

/// One row so far.
struct Row {
    /// How the latest attempt was told.
    latest: event::Probe,
    lookup: Option<Duration>,
    /// In the order of `State::ALL`.
    states: [u64; State::ALL.len()],
    lost: u64,
    syns_lost: u64,
    times: Samples,
    rtts: Samples,
}

impl Series {
    /// The first attempt begins now.
    pub fn new(plan: plan::Series, now: Instant) -> Series {
        Series {
            plan,
            attempt: 1,
            began: now,
            subjects: Vec::new(),
            rows: HashMap::new(),
        }
    }

    /// Somebody will be asked in each attempt.
    pub fn keep(&mut self, subject: &Arc<Subject>) {
        if self.plan.count.exceeds(1) {
            self.subjects.push(Arc::clone(subject));
        }
    }

    /// When the next attempt is due; none if there is none.
    pub fn next(&self) -> Option<Instant> {
        let is_more = self.plan.count.exceeds(self.attempt) && !self.subjects.is_empty();
        // An interval beyond the clock has no end.
        (self.began.checked_add(self.plan.interval)).filter(|_| is_more)
    }

    /// The next attempt begins; returns whom it asks.
    pub fn begin(&mut self, now: Instant) -> &[Arc<Subject>] {
        self.attempt += 1;
        self.began = now;
        &self.subjects
    }

    /// Counts an answer, which was told as `row`.
    pub fn take(
        &mut self,
        key: Key,
        row: &event::Probe,
        answer: &Answer,
        lookup: Option<Duration>,
    ) {
        let sum = self.rows.entry(key).or_insert_with(|| Row {
            latest: row.clone(),
            lookup,
            states: [0; State::ALL.len()],
            lost: 0,
            syns_lost: 0,
            times: Samples::default(),
            rtts: Samples::default(),
        });
        let state = answer.verdict.state;
        for (count, one) in sum.states.iter_mut().zip(State::ALL) {
            *count += u64::from(one == state);
        }
        let expected = row.expected.unwrap_or(State::Open);
        sum.lost += u64::from(state != State::Error && state != expected);
        if matches!(state, State::Open | State::Closed | State::Rejected) {
            sum.times.add(answer.time);
            sum.syns_lost += u64::from(answer.syns.unwrap_or(1).saturating_sub(1));
        }
        if let Some(rtt) = answer.rtt {
            sum.rtts.add(rtt);
        }
        sum.latest = row.clone();
    }

    /// What all attempts amount to, in the order of the targets and ports.
    pub fn statistics(self) -> Vec<Statistics> {
        let mut rows: Vec<(Key, Row)> = self.rows.into_iter().collect();
        rows.sort_by_key(|(key, _)| *key);
        rows.into_iter().map(|(_, row)| row.statistics()).collect()
    }
}

impl Row {
    fn statistics(self) -> Statistics {
        let attempts = self.states.iter().sum();
        let [open, closed, rejected, filtered, silent, unreachable, error] = self.states;
        Statistics {
            target: self.latest.target,
            address: self.latest.address,
            port: self.latest.port,
            service: self.latest.service,
            protocol: self.latest.protocol,
            attempts,
            open,
            closed,
            rejected,
            filtered,
            silent,
            unreachable,
            error,
            lost: self.lost,
            loss_percent: (percent(self.lost, attempts - error) * 1e3).round() / 1e3,
            syns_lost: (self.latest.protocol == "tcp").then_some(self.syns_lost),
            lookup_ms: self.lookup.map(millis),
            time_ms: self.times.figures(),
            rtt_ms: self.rtts.figures(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PortList;
    use crate::probe::Answer;
    use crate::units::Count;
    use crate::verb::probe::row::row;
    use crate::verdict::{Protocol, Verdict};

    fn told(state: State, syns: u32, ms: u64) -> Told {
        let at = At::Addresses(vec![([127, 0, 0, 1], 0).into()]);
        let ports = PortList::parse("9", &crate::services::Compiled).unwrap();
        let port = ports.iter().next();
        let subject = Subject {
            place: 1,
            name: "here".to_owned(),
            at,
            ports: Some(ports),
            expect: None,
            lookup: Some(Duration::from_micros(800)),
        };
        Told {
            subject: Arc::new(subject),
            port,
            address: Some(([127, 0, 0, 1], 9).into()),
            answer: Some(Answer {
                id: 0,
                verdict: Verdict::new(state, "x"),
                time: Duration::from_millis(ms),
                syns: Some(syns),
                local: None,
                rtt: (state == State::Open).then_some(Duration::from_millis(1)),
                banner: None,
            }),
        }
    }

    #[test]
    fn attempts_become_statistics() {
        let plan = plan::Series {
            count: Count::Times(5),
            interval: Duration::from_secs(1),
            max_loss: 0.0,
        };
        let start = Instant::now();
        let mut series = Series::new(plan, start);
        let attempts = [
            (State::Open, 1, 1),
            (State::Open, 2, 1003),
            (State::Filtered, 3, 4000),
            (State::Error, 0, 0),
            (State::Closed, 1, 2),
        ];
        for (i, (state, syns, ms)) in attempts.into_iter().enumerate() {
            let told = told(state, syns, ms);
            if i == 0 {
                series.keep(&told.subject);
            } else {
                assert_eq!(series.next(), Some(start + Duration::from_secs(i as u64)));
                let asked = series.begin(start + Duration::from_secs(i as u64));
                assert_eq!(asked, [Arc::clone(&told.subject)]);
            }
            let key = Key::of(&told, false);
            let answer = told.answer.clone().unwrap();
            let lookup = told.subject.lookup;
            series.take(key, &row(told, Protocol::Tcp, None), &answer, lookup);
        }
        assert_eq!(series.next(), None, "five are enough");
        let [sum] = &series.statistics()[..] else {
            panic!("one row")
        };
        assert_eq!(
            (sum.attempts, sum.open, sum.closed, sum.filtered, sum.error),
            (5, 2, 1, 1, 1)
        );
        assert_eq!(
            (sum.lost, sum.loss_percent),
            (2, 50.0),
            "an error is no attempt"
        );
        assert_eq!((sum.syns_lost, sum.lookup_ms), (Some(1), Some(0.8)));
        let times = sum.time_ms.as_ref().unwrap();
        assert_eq!((times.min, times.p50, times.max), (1.0, 2.0, 1003.0));
        assert_eq!(
            sum.rtt_ms.as_ref().map(|rtt| (rtt.avg, rtt.mdev)),
            Some((1.0, 0.0))
        );
    }
}
