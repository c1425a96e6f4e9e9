//! Where the packets of a port end, in words. Pure.
//!
//! A trace sees the router at which a packet dies of old age, and who says no.
//! It does not see who drops in silence: the last router that was heard, the
//! next one, or the host. Nothing here claims more than that.

use std::net::IpAddr;

use super::{State, Verdict};

/// A router that answered, and how many hops away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Router {
    /// The TTL at which a packet ends there, from 1 on.
    pub ttl: u8,
    pub by: IpAddr,
}

/// Where the packets of a port end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// On this machine: no route, no neighbour, a firewall of ours.
    Here,
    /// The host answered, or somebody in its name: at this TTL and not before.
    /// `None` where it answered, but to no packet of a counted TTL.
    Host { ttl: Option<u8> },
    /// Somebody on the way said no; `ttl` where that router was seen.
    Router { ttl: Option<u8>, by: IpAddr },
    /// They go round in a circle, of which this is the first router.
    Loop(Router),
    /// Silence after this router.
    Past(Router),
    /// Nobody was heard at all.
    Unseen,
}

impl End {
    /// The word for it in events.
    pub fn name(self) -> &'static str {
        match self {
            End::Here => "here",
            End::Host { .. } => "host",
            End::Router { .. } => "router",
            End::Loop(_) => "loop",
            End::Past(_) => "past",
            End::Unseen => "unseen",
        }
    }

    /// The TTL that belongs to it.
    pub fn ttl(self) -> Option<u8> {
        match self {
            End::Here | End::Unseen => None,
            End::Host { ttl } | End::Router { ttl, .. } => ttl,
            End::Loop(router) | End::Past(router) => Some(router.ttl),
        }
    }

    /// The router that belongs to it.
    pub fn by(self) -> Option<IpAddr> {
        match self {
            End::Here | End::Unseen | End::Host { .. } => None,
            End::Router { by, .. } => Some(by),
            End::Loop(router) | End::Past(router) => Some(router.by),
        }
    }
}

/// What the path of a port shows beside that of another port of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Both end in the same place.
    None,
    /// The other port does not get as far as the host, or not within a counted
    /// TTL: nothing to compare with.
    NoReference,
    /// Packets of this port get to `after` (`None`: not even to the first
    /// router), those of the other port on to `until`.
    Lost {
        after: Option<Router>,
        until: Router,
    },
    /// As `Lost`, but the next to answer is the host itself.
    LostLast { after: Option<Router> },
    /// A router says no to this port and lets the other pass.
    Refused { by: IpAddr },
    /// This port is answered from nearer than the other one.
    Nearer { ttl: u8, host: u8 },
    /// The reset came much faster than the host answers.
    Faster,
}

impl Difference {
    /// The word for it in events.
    pub fn name(self) -> &'static str {
        match self {
            Difference::None => "none",
            Difference::NoReference => "no-reference",
            Difference::Lost { .. } | Difference::LostLast { .. } => "lost",
            Difference::Refused { .. } => "refused",
            Difference::Nearer { .. } => "nearer",
            Difference::Faster => "faster",
        }
    }

    /// The router that the packets of this port do not come to any more.
    pub fn until(self) -> Option<IpAddr> {
        match self {
            Difference::Lost { until, .. } => Some(until.by),
            _ => None,
        }
    }
}

/// Says where the packets of a port end.
pub fn ends(end: End, verdict: &Verdict) -> String {
    match end {
        End::Here if verdict.reason == "neighbour-failure" => {
            "its packets do not leave this machine: no neighbour takes them".to_owned()
        }
        End::Here => "its packets do not leave this machine".to_owned(),
        End::Host { ttl: Some(ttl) } => {
            let who = match (verdict.state, verdict.by) {
                (State::Closed, None) => "the host, or a firewall that resets in its name,",
                (_, Some(_)) => "the host, or a NAT or firewall that speaks in its name,",
                (_, None) => "the host",
            };
            format!("{who} answers {}", hops(ttl))
        }
        End::Host { ttl: None } => {
            "the host answers, but no packet of a counted TTL got there".to_owned()
        }
        End::Router { ttl: Some(ttl), by } => format!("its packets end at {by}, hop {ttl}"),
        End::Router { ttl: None, by } => {
            format!("its packets end at {by}, which is none of the hops that were seen")
        }
        End::Loop(Router { ttl, by }) => {
            format!("its packets go round in a circle from {by}, hop {ttl}, on")
        }
        End::Past(Router { ttl, by }) => format!(
            "its packets end somewhere past {by}, hop {ttl}: dropped by that router, by the \
             host or between them, which looks alike from here"
        ),
        End::Unseen => "neither a router nor the host answers: its packets may be dropped \
             anywhere, even by the first router"
            .to_owned(),
    }
}

/// Says that a router spoke in the name of the host: behind a NAT they do.
pub fn translates(ttl: u8) -> String {
    format!("from hop {ttl} on routers speak in the name of the host: there is a NAT")
}

/// Says what differs from the path of `port`; of what is lost, all there is to
/// be said.
pub fn differs(difference: Difference, port: u16) -> String {
    let hop = |Router { ttl, by }| format!("{by}, hop {ttl},");
    match difference {
        Difference::None => format!("the same as port {port} as far as can be seen"),
        Difference::NoReference => {
            format!("port {port} does not get to the host either: compare with one that is open")
        }
        Difference::Lost {
            after: Some(after),
            until,
        } => format!(
            "its packets get to {} and not to {} as those of port {port} do: \
             dropped by one of the two or between them",
            hop(after),
            hop(until)
        ),
        Difference::Lost { after: None, until } => format!(
            "its packets do not get to {} as those of port {port} do: \
             dropped there or before",
            hop(until)
        ),
        Difference::LostLast { after: Some(after) } => format!(
            "its packets end past {} where those of port {port} go on to the host: \
             dropped by that router, by the host or between them, which looks alike from here",
            hop(after)
        ),
        Difference::LostLast { after: None } => format!(
            "no router answers, and the host only at port {port}: \
             its packets may be dropped anywhere, even by the first router"
        ),
        Difference::Refused { by } => format!("{by} lets those of port {port} pass"),
        Difference::Nearer { ttl, host } => format!(
            "its answer comes from {}, that of port {port} from {}: probably not from the host, \
             but from a firewall or proxy on the way",
            hops(ttl),
            hops(host)
        ),
        Difference::Faster => format!(
            "its reset comes much faster than port {port} answers: \
             probably not from the host, but from a firewall on the way"
        ),
    }
}

/// Says that the maximum segment size was rewritten on the way.
pub fn rewrites_mss(from: u16, to: u16, by: IpAddr) -> String {
    format!("the MSS of its SYNs is rewritten from {from} to {to} before {by}")
}

fn hops(ttl: u8) -> String {
    match ttl {
        1 => "1 hop away".to_owned(),
        ttl => format!("{ttl} hops away"),
    }
}

#[cfg(test)]
mod tests;
