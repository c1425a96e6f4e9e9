//! Rules between options, small functions named for the mistake.

use std::net::IpAddr;
use std::time::Duration;

use super::{Input, Kind, List, Wrong};
use crate::address::{Address, Local, Unix};
use crate::cli;
use crate::mode::Mode;
use crate::relay::look;
use crate::run::Pause;
use crate::serve::Answer;
use crate::stage::Stage;
use crate::stage::bind::Source;
use crate::stage::resolve::{self, Family};
use crate::stage::socket::Transport;
use crate::targets::Target;
use crate::units::{self, Rate, Size};
use crate::verdict::State;

/// The socket type that was asked for.
pub fn kind(typed: &cli::Socket) -> Kind {
    match (typed.udp, typed.seqpacket) {
        (true, _) => Kind::Datagram,
        (_, true) => Kind::Seqpacket,
        _ => Kind::Stream,
    }
}

/// The options of the resolve stage.
pub fn resolve(typed: &cli::Resolve) -> resolve::Options {
    resolve::Options {
        family: match (typed.ipv4, typed.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        },
        numeric: typed.numeric,
        timeout: typed.resolve_timeout,
    }
}

impl Kind {
    /// What it is on a Unix socket or over IP.
    ///
    /// # Errors
    /// SOCK_SEQPACKET over IP.
    pub fn on(self, unix: bool) -> Result<Transport, Wrong> {
        Ok(match (self, unix) {
            (Kind::Stream, false) => Transport::Tcp,
            (Kind::Stream, true) => Transport::UnixStream,
            (Kind::Datagram, false) => Transport::Udp,
            (Kind::Datagram, true) => Transport::UnixDatagram,
            (Kind::Seqpacket, true) => Transport::UnixSeqpacket,
            (Kind::Seqpacket, false) => {
                return Err(Wrong(
                    "--seqpacket is for Unix sockets (unix:PATH); over IP there is no such type"
                        .into(),
                ));
            }
        })
    }
}

/// Options that mean nothing without another one.
pub fn goes_with(needed: &str, given: bool, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if !given => Err(Wrong(format!("{option} goes with {needed}"))),
        _ => Ok(()),
    }
}

/// The transport to an address.
pub fn transport(address: &Address, kind: Kind) -> Result<Transport, Wrong> {
    kind.on(matches!(address, Address::Unix(_)))
}

/// Every address has to make sense with the type.
pub fn transports(at: &[Local], kind: Kind) -> Result<(), Wrong> {
    at.iter()
        .try_for_each(|local| kind.on(matches!(local, Local::Unix(_))).map(drop))
}

/// `--source ADDR[:PORT]`
pub fn source(word: Option<&str>, unix: bool) -> Result<Option<Source>, Wrong> {
    let Some(word) = word else { return Ok(None) };
    if unix {
        return Err(Wrong(format!(
            "--source {word} is an IP address, and a Unix socket has none"
        )));
    }
    let wrong = || {
        Wrong(format!(
            "--source {word}: expected an address of this machine with or without a port, \
             such as 10.0.0.9, 10.0.0.9:4000, [::1]:4000 or :4000"
        ))
    };
    let (ip, port) = match word.parse::<IpAddr>() {
        Ok(ip) => (Some(ip), None),
        Err(_) => match word.rsplit_once(':') {
            Some(("" | "*", port)) => (None, Some(port)),
            Some((ip, port)) => {
                let ip = match ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')) {
                    Some(v6) => v6.parse().map(IpAddr::V6),
                    None => ip.parse().map(IpAddr::V4),
                };
                (Some(ip.map_err(|_| wrong())?), Some(port))
            }
            None => return Err(wrong()),
        },
    };
    let port = match port {
        Some(port) => port.parse().map_err(|_| wrong())?,
        None => 0,
    };
    Ok(Some(Source { ip, port }))
}

/// `--expect STATE` of a state that is an answer.
pub fn expectable(expect: Option<State>) -> Result<(), Wrong> {
    match expect {
        Some(State::Error) => Err(Wrong(
            "--expect error: `error` is trouble of this machine and no answer of a port".into(),
        )),
        _ => Ok(()),
    }
}

/// Each row of a file of expectations has its state: another is for others.
pub fn expected_of_somebody(
    expect: Option<State>,
    targets: &[Target],
    lists: &[List],
) -> Result<(), Wrong> {
    let others = !targets.is_empty() || lists.iter().any(|list| !list.form.expects);
    match expect {
        Some(state) if !others => Err(Wrong(format!(
            "--expect {state}: every row of --expect-file has its own STATE, \
             and there is no other target"
        ))),
        _ => Ok(()),
    }
}

/// Standard input can be read once.
pub fn one_stdin(lists: &[List]) -> Result<(), Wrong> {
    let stdin = lists.iter().filter(|list| list.input == Input::Stdin);
    match stdin.count() {
        0 | 1 => Ok(()),
        _ => Err(Wrong(
            "`-` is standard input, which can be read only once".into(),
        )),
    }
}

/// `--count` beside another way to ask more than once.
pub fn asked_in_another_way(options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) => Err(Wrong(format!(
            "--count does not go with {option}, which says by itself how often it asks"
        ))),
        None => Ok(()),
    }
}

/// `--count` of more ports than are told by themselves: their times are kept.
pub fn series_of_too_many(ports: u64) -> Result<(), Wrong> {
    const MOST: u64 = 65_536;
    match ports {
        ..=MOST => Ok(()),
        _ => Err(Wrong(format!(
            "--count measures at most {MOST} ports again and again, and these are {ports}"
        ))),
    }
}

/// `udp://` without -u would be a verdict about another protocol.
pub fn scheme<'a>(words: impl IntoIterator<Item = &'a String>, udp: bool) -> Result<(), Wrong> {
    match words.into_iter().find(|word| word.starts_with("udp://")) {
        Some(word) if !udp => Err(Wrong(format!("{word}: UDP is asked for with -u"))),
        _ => Ok(()),
    }
}

/// Options about the end of a conversation, where there is none.
pub fn datagrams_have_no_end(kind: Kind, typed: &cli::Close) -> Result<(), Wrong> {
    let given = [
        ("--on-eof", typed.on_eof.is_some()),
        ("--grace", typed.grace.is_some()),
        ("--quit-after-eof", typed.quit_after_eof.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) if kind == Kind::Datagram => Err(Wrong(format!(
            "{option}: datagrams have no end; --idle says when they are over"
        ))),
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

/// `--pause` of a stage that a probe can stop after: thousands of sockets are
/// at the later ones all at once.
pub fn probe_pauses(pauses: &[Pause]) -> Result<(), Wrong> {
    match pauses.iter().find(|pause| pause.stage != Stage::Resolve) {
        Some(Pause { stage, .. }) => Err(Wrong(format!(
            "--pause {stage}: probe can pause after `resolve` only; \
             `sock connect --pause {stage}=2s` shows one connection"
        ))),
        None => Ok(()),
    }
}

/// Bytes a datagram may carry so that it needs no fragments on Ethernet: 1,500
/// less the headers of IPv6 (40) and UDP (8); IPv4 would leave 20 more.
const UDP_CHUNK: usize = 1452;

/// A Unix datagram is bounded by the sender's buffer; this fits the default.
const UNIX_CHUNK: usize = 64 * 1024;

/// A size as memory counts it.
pub fn bytes(size: Option<Size>) -> Option<usize> {
    size.map(|Size(bytes)| usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// `--chunk`, or what a socket of this type takes at once.
pub fn chunk(typed: Option<usize>, transport: Transport) -> Option<usize> {
    typed.or(match transport {
        Transport::Udp => Some(UDP_CHUNK),
        Transport::UnixDatagram | Transport::UnixSeqpacket => Some(UNIX_CHUNK),
        Transport::Tcp | Transport::UnixStream => None,
    })
}

/// An option of tcp(7) on another socket.
pub fn for_tcp_only(transport: Transport, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if transport != Transport::Tcp => Err(Wrong(format!(
            "{option} is for TCP; this is a {} socket",
            spoken(transport)
        ))),
        _ => Ok(()),
    }
}

/// An option about packets, where there are none.
pub fn for_ip_only(transport: Transport, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if transport.is_unix() => Err(Wrong(format!(
            "{option} is for TCP and UDP; nothing of a Unix socket leaves this machine"
        ))),
        _ => Ok(()),
    }
}

/// An option about groups and broadcasts, which a connection does not reach.
pub fn for_udp_only(transport: Transport, options: &[(&str, bool)]) -> Result<(), Wrong> {
    match options.iter().find(|(_, typed)| *typed) {
        Some((option, _)) if transport != Transport::Udp => Err(Wrong(format!(
            "{option} is for UDP (-u); this is a {} socket",
            spoken(transport)
        ))),
        _ => Ok(()),
    }
}

/// How many pieces a second a paced stream is sent in: one of them is all that
/// it may be ahead of its rate.
const PIECES: u64 = 50;

/// With `--rate` a stream leaves in small pieces; what has boundaries keeps them.
pub fn paced_chunk(
    chunk: Option<usize>,
    rate: Option<Rate>,
    transport: Transport,
) -> Option<usize> {
    match rate {
        Some(Rate(bytes)) if !transport.keeps_boundaries() => {
            let piece = usize::try_from((bytes / PIECES).max(1)).unwrap_or(usize::MAX);
            Some(chunk.map_or(piece, |chunk| chunk.min(piece)))
        }
        _ => chunk,
    }
}

/// `--mode` of something that has no permissions.
pub fn mode_without_path(mode: Option<Mode>, at: &[Local]) -> Result<(), Wrong> {
    let has_path = |local: &Local| matches!(local, Local::Unix(Unix::Path(_)));
    match (mode, at.iter().find(|local| !has_path(local))) {
        (Some(mode), Some(local)) => Err(Wrong(format!(
            "--mode {mode} is for the path of a Unix socket (unix:PATH), and {local} has none"
        ))),
        _ => Ok(()),
    }
}

/// `--multicast` of one group while another address is dialled: nothing would
/// go to the group, and nothing could be heard of it.
pub fn another_group(group: Option<IpAddr>, dialled: &Address) -> Result<(), Wrong> {
    let dialled_ip = match dialled {
        Address::Inet { host, .. } => host.ip(),
        _ => None,
    };
    // A name may well be that of the group.
    let is_it = |group: &IpAddr| dialled_ip.is_none_or(|ip| ip == *group);
    match group.filter(|group| !is_it(group)) {
        Some(group) => Err(Wrong(format!(
            "--multicast {group} while {dialled} is dialled: who sends dials the group itself \
             (sock send -u {group} PORT), who wants to hear it waits (sock recv -u -l PORT \
             --multicast {group})"
        ))),
        None => Ok(()),
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

/// `--digest` of datagrams that nobody calls complete.
pub fn digest_of_datagrams(kind: Kind, look: look::Options) -> Result<(), Wrong> {
    match kind {
        Kind::Datagram if look.digest => Err(Wrong(
            "--digest: datagrams have no end; --bytes or --count has to say when all has come"
                .into(),
        )),
        _ => Ok(()),
    }
}

/// A look at bytes that the kernel throws away.
pub fn thrown_away(transport: Transport, look: look::Options) -> Result<(), Wrong> {
    let option = match look {
        look::Options { digest: true, .. } => "--digest",
        look::Options { hex: true, .. } => "--hex",
        _ => return Ok(()),
    };
    match transport {
        Transport::Tcp => Err(Wrong(format!(
            "{option} looks at the bytes, and with --recv-flags trunc the kernel throws them away"
        ))),
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

fn spoken(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
        _ => "Unix",
    }
}
