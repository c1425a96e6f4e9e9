//! What a plan depends on besides its words.

use std::io::IsTerminal;

use crate::sys::terminal;

/// The little a plan depends on besides its words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    pub stdout_terminal: bool,
    pub stderr_terminal: bool,
    pub no_color: bool,
    /// Columns of the terminal that stdout is.
    pub width: Option<u16>,
    /// Columns of the terminal that stderr is.
    pub stderr_width: Option<u16>,
}

impl Facts {
    /// Asks this process.
    pub fn ask() -> Facts {
        Facts {
            stdout_terminal: std::io::stdout().is_terminal(),
            stderr_terminal: std::io::stderr().is_terminal(),
            no_color: terminal::no_color(),
            width: terminal::width(1),
            stderr_width: terminal::width(2),
        }
    }
}
