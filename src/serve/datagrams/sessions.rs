//! Peers of a socket without connections: each is a session from its first
//! datagram until it is silent for long enough. Pure.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use crate::serve::alarms::Alarms;

/// How many there may be; one more, and the one that is next to end ends.
const MOST: usize = 65_536;

/// One peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub begun: Instant,
    pub moved: Instant,
    /// Datagrams of its own.
    pub questions: u64,
    /// Bytes.
    pub sent: u64,
    /// Bytes.
    pub received: u64,
}

/// All of them.
pub struct Sessions<K> {
    idle: Duration,
    most: usize,
    ids: HashMap<K, u64>,
    all: HashMap<u64, (K, Session)>,
    ends: Alarms<u64>,
    next: u64,
}

impl<K: Clone + Eq + Hash> Sessions<K> {
    /// Sessions that end after `idle`.
    pub fn new(idle: Duration) -> Sessions<K> {
        Sessions {
            idle,
            most: MOST,
            ids: HashMap::new(),
            all: HashMap::new(),
            ends: Alarms::default(),
            next: 0,
        }
    }

    /// Somebody has said so many bytes: its session, and the one that had to
    /// end to make room for it.
    pub fn heard(
        &mut self,
        from: &K,
        bytes: u64,
        now: Instant,
    ) -> (&mut Session, Option<(K, Session)>) {
        let mut ended = None;
        let id = match self.ids.get(from) {
            Some(id) => *id,
            None => {
                if self.ids.len() >= self.most {
                    ended = self.ends.first().and_then(|id| self.remove(id));
                }
                self.next += 1;
                self.ids.insert(from.clone(), self.next);
                self.ends.set(&self.next, now.checked_add(self.idle));
                self.next
            }
        };
        let new = || Session {
            begun: now,
            moved: now,
            questions: 0,
            sent: 0,
            received: 0,
        };
        let (_, session) = (self.all.entry(id)).or_insert_with(|| (from.clone(), new()));
        session.moved = now;
        session.questions += 1;
        session.received += bytes;
        (session, ended)
    }

    /// Somebody got so many bytes.
    pub fn told(&mut self, to: &K, bytes: u64) {
        let id = self.ids.get(to);
        if let Some((_, session)) = id.and_then(|id| self.all.get_mut(id)) {
            session.sent += bytes;
        }
    }

    /// When one has to be looked at.
    pub fn next_end(&self) -> Option<Instant> {
        self.ends.next()
    }

    /// Those that have been silent for too long; they are over.
    pub fn take_silent(&mut self, now: Instant) -> Vec<(K, Session)> {
        let mut silent = Vec::new();
        for id in self.ends.take_due(now) {
            let moved = self.all.get(&id).map(|(_, session)| session.moved);
            let ends = moved.and_then(|moved| moved.checked_add(self.idle));
            match ends.filter(|ends| now < *ends) {
                Some(_) => self.ends.set(&id, ends),
                None => silent.extend(self.remove(id)),
            }
        }
        silent
    }

    /// All that are left; they are over.
    pub fn take_all(&mut self) -> Vec<(K, Session)> {
        self.ids.clear();
        self.ends = Alarms::default();
        self.all.drain().map(|(_, one)| one).collect()
    }

    fn remove(&mut self, id: u64) -> Option<(K, Session)> {
        self.ends.set(&id, None);
        let (from, session) = self.all.remove(&id)?;
        self.ids.remove(&from);
        Some((from, session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_silent_and_begins_anew() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut sessions = Sessions::new(Duration::from_secs(10));
        assert_eq!(sessions.heard(&"a", 3, at(0)).0.questions, 1);
        sessions.told(&"a", 5);
        assert_eq!(sessions.heard(&"b", 1, at(2)).0.questions, 1);
        assert_eq!(sessions.heard(&"a", 4, at(6)).0.questions, 2);
        assert_eq!(sessions.next_end(), Some(at(10)));
        assert!(sessions.take_silent(at(11)).is_empty(), "both have moved");
        assert_eq!(sessions.next_end(), Some(at(12)));
        let ended = sessions.take_silent(at(15));
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].0, "b");
        let ended = sessions.take_silent(at(16));
        let (who, session) = &ended[0];
        assert_eq!((*who, session.sent, session.received), ("a", 5, 7));
        assert_eq!(session.moved, at(6));
        assert_eq!(sessions.heard(&"a", 0, at(20)).0.questions, 1);
        assert_eq!(sessions.take_all().len(), 1);
        assert_eq!((sessions.next_end(), sessions.take_all().len()), (None, 0));
    }

    #[test]
    fn who_would_end_next_makes_room() {
        let start = Instant::now();
        let mut sessions = Sessions::new(Duration::from_secs(10));
        sessions.most = 2;
        for (n, who) in ["a", "b", "c"].iter().enumerate() {
            let now = start + Duration::from_secs(n as u64);
            let (_, ended) = sessions.heard(who, 1, now);
            assert_eq!(ended.map(|(who, _)| who), (n == 2).then_some("a"));
        }
        assert_eq!((sessions.ids.len(), sessions.all.len()), (2, 2));
    }
}
