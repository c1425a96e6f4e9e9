//! Hosts take turns: no host gets two questions while another waits for its
//! first. Pure.

use std::collections::VecDeque;

/// One item of each iterator in turn, until all are exhausted.
///
/// With one iterator of questions a host, a survey spreads over all hosts from
/// the first packet on; nothing is generated before it is asked for.
#[derive(Debug, Clone)]
pub struct Turns<I> {
    waiting: VecDeque<I>,
}

impl<I: Iterator> Turns<I> {
    /// Begins with the first of `hosts`.
    pub fn new(hosts: impl IntoIterator<Item = I>) -> Turns<I> {
        Turns {
            waiting: hosts.into_iter().collect(),
        }
    }
}

impl<I: Iterator> Iterator for Turns<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        while let Some(mut host) = self.waiting.pop_front() {
            if let Some(item) = host.next() {
                self.waiting.push_back(host);
                return Some(item);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lists_drop_out_and_the_rest_go_on() {
        let hosts = [vec![10, 11, 12], vec![], vec![30], vec![40, 41]];
        let turns = Turns::new(hosts.map(Vec::into_iter));
        assert_eq!(turns.collect::<Vec<_>>(), [10, 30, 40, 11, 41, 12]);
    }

    #[test]
    fn nothing_is_generated_before_it_is_asked_for() {
        let endless = Turns::new([1u64.., 100..]);
        assert_eq!(endless.take(4).collect::<Vec<_>>(), [1, 100, 2, 101]);
    }
}
