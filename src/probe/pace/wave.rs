//! Questions of one host that are asked together, and what their end says.

use crate::probe::Question;

/// A wave, from its first question to its last answer.
#[derive(Debug)]
pub struct Wave {
    /// ICMP errors the host could surely send when it began.
    pub tokens: u32,
    /// Questions that are still to be asked.
    pub to_ask: usize,
    pub in_flight: usize,
    /// ICMP errors that came.
    pub icmp: u32,
    /// Questions that met with silence.
    pub silent: Vec<Question>,
    pub control: Control,
    /// Others were asked meanwhile, and may have had what was meant for it.
    pub is_spoiled: bool,
}

/// How a wave is controlled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// It is not: what the host can surely send has to do.
    None,
    /// It will be, once everybody is asked.
    Due,
    /// It is.
    Asked,
    /// The control brought its ICMP error.
    Answered,
    /// It did not.
    Failed,
}

impl Wave {
    /// Of so many questions, none of them asked yet.
    pub fn new(tokens: u32, to_ask: usize, is_controlled: bool) -> Wave {
        Wave {
            tokens,
            to_ask,
            in_flight: 0,
            icmp: 0,
            silent: Vec::new(),
            control: match is_controlled {
                true => Control::Due,
                false => Control::None,
            },
            is_spoiled: false,
        }
    }

    /// Whether nothing more will come of it.
    pub fn is_over(&self) -> bool {
        let is_controlled = !matches!(self.control, Control::Due | Control::Asked);
        self.in_flight == 0 && self.to_ask == 0 && is_controlled
    }

    /// Whether who was silent in it had an ICMP error to be had.
    pub fn is_sure(&self) -> bool {
        match self.control {
            Control::None => self.had_one_left() && !self.is_spoiled,
            control => control == Control::Answered,
        }
    }

    /// Whether the host had less to spare than it surely had: it is slower than
    /// we thought, or somebody else has its answers.
    pub fn is_slower(&self) -> bool {
        self.had_one_left() && self.control == Control::Failed
    }

    fn had_one_left(&self) -> bool {
        self.icmp < self.tokens
    }
}
