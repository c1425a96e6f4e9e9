//! The end of a server: nobody is let in any more, and who is here may finish.

use std::time::{Duration, Instant};

use nix::libc::{SIGHUP, SIGTERM};

use super::Server;
use crate::exit::Done;
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::serve::child;
use crate::serve::client::Client;
use crate::stage::Stage;
use crate::units;

/// How long a command may take to end once it was asked to by a signal: who
/// cannot wait for it sends a second one.
const PATIENCE: Duration = Duration::from_secs(1);

/// The same after a timer or local trouble, which nothing may hold up.
const IMPATIENCE: Duration = Duration::from_millis(60);

impl Server<'_> {
    /// INT is somebody at a terminal who does not want to wait.
    pub(super) fn may_finish(&self, signal: i32) -> bool {
        let asked = matches!(signal, SIGTERM | SIGHUP) && !self.service.drain.is_zero();
        asked && self.leaving.is_none() && self.has_peers()
    }

    /// Nobody is let in any more, and who is here may finish.
    pub(super) fn leave(&mut self, run: &mut Run, number: i32) {
        run.ending_is_known();
        let drain = self.service.drain;
        run.show_watched();
        self.door.close();
        self.leaving = Some((number, Instant::now() + drain));
        let peers = match self.clients.len() + usize::from(self.unserved.is_some()) {
            1 => "the peer has".to_owned(),
            many => format!("{many} peers have"),
        };
        let text = format!(
            "closed by {}; {peers} {} to finish",
            signal_hook::low_level::signal_name(number).unwrap_or("a signal"),
            units::display(drain)
        );
        run.note(Stage::Accept, self.door.name().to_owned(), text);
    }

    /// Ends who is still here when the run is over.
    pub fn dismiss(&mut self, run: &mut Run, result: &Result<Done, Failure>) {
        let why = match result {
            Ok(_) => "the run is over".to_owned(),
            Err(failure) => failure.reason().unwrap_or_default(),
        };
        self.bar = None;
        if self.leaving.is_none() {
            run.show_watched();
        }
        let mut children = Vec::new();
        for client in std::mem::take(&mut self.clients).into_values() {
            match client {
                Client::Peer(peer) => {
                    let error = StageError::new(Stage::Close, peer.name(), Class::Cut, &*why);
                    peer.end(run, Some(&error));
                }
                Client::Child(child) => children.push(child),
            }
        }
        let patience = match result {
            Err(Failure::Signal { .. }) => PATIENCE,
            _ => IMPATIENCE,
        };
        child::end_all(run, children, patience);
    }
}
