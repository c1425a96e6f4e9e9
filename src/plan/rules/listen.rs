//! What goes with a listener, and with what it does for its peers.

use std::ffi::OsString;
use std::time::Duration;

use super::goes_with;
use crate::cli;
use crate::plan::{Kind, Wrong};
use crate::relay::look;
use crate::serve::Answer;
use crate::units::{self, Rate};

/// `--backlog` where there is no queue of connections.
pub fn queues(kind: Kind, typed: &cli::ListenOptions) -> Result<(), Wrong> {
    match typed.backlog {
        Some(_) if kind == Kind::Datagram => Err(Wrong(
            "--backlog is about connections that wait for accept(), and datagrams have none; \
             what waits to be received, --rcvbuf bounds"
                .into(),
        )),
        _ => Ok(()),
    }
}

/// `--accept-timeout` where nobody is accepted.
pub fn accepts(kind: Kind, typed: &cli::ListenOptions) -> Result<(), Wrong> {
    match typed.accept_timeout {
        Some(_) if kind == Kind::Datagram => Err(Wrong(
            "--accept-timeout: datagrams come without accept(); see --idle and --timeout".into(),
        )),
        _ => Ok(()),
    }
}

/// `--max-clients` and `--drain` where clients are not served at the same time.
pub fn many_clients(serves: bool, kind: Kind, typed: &cli::Serve) -> Result<(), Wrong> {
    let (most, drain) = (typed.max_clients.is_some(), typed.drain.is_some());
    let given = [("--max-clients", most), ("--drain", drain)];
    let all = "--echo, --discard, --reply, --generate, --sh and -- CMD";
    goes_with(all, serves, &given)?;
    goes_with("-k", typed.keep_open, &given[..1])?;
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) if kind == Kind::Datagram => Err(Wrong(format!(
            "{option}: datagrams come without a connection, and nobody stays"
        ))),
        _ => Ok(()),
    }
}

/// A command without a name.
pub fn named_command(typed: &cli::Serve, words: &[OsString]) -> Result<(), Wrong> {
    let blank = |word: &OsString| word.to_string_lossy().trim().is_empty();
    match (words.first(), &typed.sh) {
        (Some(program), _) if blank(program) => Err(Wrong(
            "-- '': the command has no name; -- CMD ARG..., or --sh 'CMD'".into(),
        )),
        (_, Some(line)) if blank(line) => Err(Wrong("--sh '': there is no command in it".into())),
        _ => Ok(()),
    }
}

/// `--crlf` of bytes that are not ours to change.
pub fn answer_as_it_is(answer: Option<&Answer>, crlf: bool) -> Result<(), Wrong> {
    let option = match answer {
        Some(Answer::Discard) if crlf => {
            return Err(Wrong(
                "--crlf changes what leaves, and with --discard nothing does".into(),
            ));
        }
        Some(Answer::Echo) => "--echo",
        Some(Answer::Generate(_)) => "--generate",
        _ => return Ok(()),
    };
    match crlf {
        true => Err(Wrong(format!(
            "--crlf changes what leaves, and {option} sends it as it is"
        ))),
        false => Ok(()),
    }
}

/// `--generate` to peers that have no end, and that nobody has heard of.
pub fn generated_datagrams(answer: Option<&Answer>, kind: Kind) -> Result<(), Wrong> {
    match (answer, kind) {
        (Some(Answer::Generate(_)), Kind::Datagram) => Err(Wrong(
            "--generate sends to who connects, and with -u nobody does; sock send -u sends \
             datagrams"
                .into(),
        )),
        _ => Ok(()),
    }
}

/// `--rate` of answers to datagrams, which leave at once or not at all.
pub fn paced_answers(answer: Option<&Answer>, kind: Kind, rate: Option<Rate>) -> Result<(), Wrong> {
    match (answer, kind, rate) {
        (Some(_), Kind::Datagram, Some(rate)) => Err(Wrong(format!(
            "--rate {rate}: a datagram is answered at once; the pace is for streams"
        ))),
        _ => Ok(()),
    }
}

/// `--digest` of what never ends.
pub fn digest_without_end(kind: Kind, look: look::Options) -> Result<(), Wrong> {
    match kind {
        Kind::Datagram if look.digest => Err(Wrong(
            "--digest is told at the end, and listen has none with -u and -k or a service; \
             sock recv -u takes a digest of --bytes or --count"
                .into(),
        )),
        _ => Ok(()),
    }
}

/// `--linger` where one peer's close() would hold up all others.
pub fn lingering_server(linger: Option<Duration>) -> Result<(), Wrong> {
    match linger.filter(|linger| !linger.is_zero()) {
        Some(linger) => Err(Wrong(format!(
            "--linger {}: a listener that serves many peers at the same time can wait for none \
             of them in close(); only --linger 0 goes with --echo, --reply and --generate",
            units::display(linger)
        ))),
        None => Ok(()),
    }
}
