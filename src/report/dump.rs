//! `--hex` on its way to stderr: what is shown is whole, and what is not is told.

use super::Style;
use super::backlog::Backlog;
use crate::event::Event;
use crate::word::escaped;

/// Where the dump is.
#[derive(Default)]
pub struct Dump {
    backlog: Backlog,
    /// Whose bytes the last line showed, where there may be several.
    peer: Option<String>,
    /// Bytes that were not shown because stderr took too little.
    lost: usize,
}

impl Dump {
    /// Shows a block of bytes as a whole, or counts it as lost.
    pub fn show(&mut self, style: Style, event: &Event) {
        let Event::Hex {
            peer, length, many, ..
        } = event
        else {
            return;
        };
        if !self.backlog.has_room() {
            self.lost += length;
            return;
        }
        self.tell_lost(style);
        if *many && !style.json && self.peer.as_ref() != Some(peer) {
            let line = format!("hex      {}\n", escaped(peer));
            self.backlog.put(line.as_bytes());
            self.peer = Some(peer.clone());
        }
        self.backlog.put(&style.render(event));
    }

    /// Writes a line of something else behind what waits.
    pub fn follow(&mut self, line: &[u8]) {
        self.backlog.put(line);
    }

    /// Whether stderr has taken all of it.
    pub fn is_written(&self) -> bool {
        self.backlog.is_empty()
    }

    /// Writes what stderr takes by now.
    pub fn flush(&mut self) {
        self.backlog.flush();
    }

    /// The end of the run.
    pub fn end(&mut self, style: Style) {
        self.tell_lost(style);
        self.backlog.last_chance();
    }

    fn tell_lost(&mut self, style: Style) {
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 {
            let note = Event::Note {
                stage: "hex",
                object: "stderr".to_owned(),
                text: format!("{lost} bytes are not shown: it was read too slowly"),
            };
            self.backlog.put(&style.render(&note));
        }
    }
}
