//! Addresses that did not answer as wished, and one error out of all of them.
//! Pure.

use std::net::SocketAddr;
use std::time::Duration;

use nix::errno::Errno;

use super::class;
use crate::failure::{Class, StageError, describe, errno_name};
use crate::stage::{Stage, hint as hint_of};
use crate::units;
use crate::verdict::{self, Evidence, Protocol, State, Verdict, judge};

/// One address that did not answer as wished.
pub struct Failed {
    pub address: SocketAddr,
    pub verdict: Verdict,
    pub reason: String,
    pub errno: Option<Errno>,
    pub hint: Option<String>,
}

impl Failed {
    pub fn new(
        address: SocketAddr,
        evidence: Evidence,
        own: Option<SocketAddr>,
        errno: Option<Errno>,
        time: Duration,
    ) -> Failed {
        let target = Some(address.ip());
        let verdict = judge(Protocol::Tcp, target, own.map(|own| own.ip()), &evidence);
        let reason = match errno {
            Some(errno) => describe(errno),
            None => format!("no answer in {}", units::human_time(time)),
        };
        let by_errno = errno.and_then(|errno| hint_of(Stage::Connect, errno));
        let needs_zone = matches!(address, SocketAddr::V6(v6)
            if v6.ip().is_unicast_link_local() && v6.scope_id() == 0);
        let hint = match (verdict.state, by_errno) {
            _ if needs_zone => {
                format!("a link-local address needs its zone: {}%eth0", address.ip())
            }
            // No packet said it, so the errno's own hint is all there is.
            (State::Closed | State::Error, Some(hint)) if verdict.by.is_none() => hint.to_owned(),
            (State::Filtered, _) => "dropped on the way or by the host".to_owned(),
            _ => verdict::sentence(Protocol::Tcp, &verdict, target, None, time),
        };
        Failed {
            address,
            verdict,
            reason,
            errno,
            hint: Some(hint),
        }
    }

    /// The reason, and who said so where it was not the host.
    fn told_in_full(&self) -> String {
        match (&self.verdict.by, &self.hint) {
            (Some(_), Some(hint)) => format!("{}: {hint}", self.told()),
            _ => self.told(),
        }
    }

    fn told(&self) -> String {
        match self.errno {
            Some(errno) => format!("{} ({})", self.reason, errno_name(errno)),
            None => self.reason.clone(),
        }
    }
}

/// One error out of many: the best evidence decides, every address is named.
pub fn all_failed(target: &str, failed: Vec<Failed>) -> StageError {
    let Some(best) = failed
        .iter()
        .min_by_key(|failed| failed.verdict.state.rank())
    else {
        return StageError::new(
            Stage::Connect,
            target,
            Class::Name,
            "there is no address to try",
        );
    };
    let (object, reason, errno) = match failed.as_slice() {
        [only] if only.address.to_string() == target => {
            (target.to_owned(), only.reason.clone(), only.errno)
        }
        [only] => (
            format!("{target} ({})", only.address.ip()),
            only.reason.clone(),
            only.errno,
        ),
        all => {
            let each: Vec<String> = all
                .iter()
                .map(|failed| format!("{} {}", failed.address, failed.told_in_full()))
                .collect();
            (target.to_owned(), each.join(", "), None)
        }
    };
    StageError {
        stage: Stage::Connect,
        object,
        reason,
        errno,
        // Each of several has had its own.
        hint: best.hint.clone().filter(|_| failed.len() == 1),
        class: class(&best.verdict),
    }
}
