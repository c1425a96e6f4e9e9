//! ICMP and ICMPv6 errors by type and code (RFC 792, 1122, 1812, 4443): what
//! each says before anybody asks who sent it.

use std::borrow::Cow;
use std::net::IpAddr;

use super::State;

/// One entry of a socket's error queue (IP_RECVERR in ip(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmp {
    /// ICMPv6 rather than ICMP: the two number their types differently.
    pub v6: bool,
    /// The ICMP type.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
    /// The address that sent it, where the kernel tells.
    pub offender: Option<IpAddr>,
    /// The errno the kernel made of it.
    pub errno: i32,
    /// The kernel of this machine made the entry; no ICMP packet came.
    pub origin_local: bool,
}

/// Destination unreachable, the type all firewalls and routers say no with.
const UNREACHABLE_V4: u8 = 3;
const UNREACHABLE_V6: u8 = 1;
const TIME_EXCEEDED_V4: u8 = 11;
const TIME_EXCEEDED_V6: u8 = 3;
const PARAMETER_PROBLEM_V4: u8 = 12;
const PARAMETER_PROBLEM_V6: u8 = 4;

pub(super) const HOST_UNREACHABLE: &str = "icmp-host-unreachable";
pub(super) const PORT_UNREACHABLE: &str = "icmp-port-unreachable";

/// State and reason of an ICMP error, as if a stranger on the way had sent it.
pub(super) fn meaning(icmp: &Icmp) -> (State, Cow<'static, str>) {
    let (state, reason) = match (icmp.v6, icmp.kind, icmp.code) {
        (false, UNREACHABLE_V4, 0) => (State::Unreachable, "icmp-net-unreachable"),
        (false, UNREACHABLE_V4, 1) => (State::Unreachable, HOST_UNREACHABLE),
        (false, UNREACHABLE_V4, 2) => (State::Rejected, "icmp-protocol-unreachable"),
        (false, UNREACHABLE_V4, 3) => (State::Rejected, PORT_UNREACHABLE),
        (false, UNREACHABLE_V4, 5) => (State::Unreachable, "icmp-source-route-failed"),
        (false, UNREACHABLE_V4, 6) => (State::Unreachable, "icmp-net-unknown"),
        (false, UNREACHABLE_V4, 7 | 8) => (State::Unreachable, "icmp-host-unknown"),
        (false, UNREACHABLE_V4, 9) => (State::Rejected, "icmp-net-prohibited"),
        (false, UNREACHABLE_V4, 10) => (State::Rejected, "icmp-host-prohibited"),
        // Codes 11 and 12 are 0 and 1 for this type of service only.
        (false, UNREACHABLE_V4, 11) => (State::Unreachable, "icmp-net-unreachable"),
        (false, UNREACHABLE_V4, 12) => (State::Unreachable, HOST_UNREACHABLE),
        // Code 14 and 15 are prohibitions by precedence (RFC 1812).
        (false, UNREACHABLE_V4, 13..=15) => (State::Rejected, "icmp-admin-prohibited"),

        (true, UNREACHABLE_V6, 0) => (State::Unreachable, "icmp-net-unreachable"),
        (true, UNREACHABLE_V6, 1) => (State::Rejected, "icmp-admin-prohibited"),
        (true, UNREACHABLE_V6, 2) => (State::Unreachable, "icmp-beyond-scope"),
        (true, UNREACHABLE_V6, 3) => (State::Unreachable, HOST_UNREACHABLE),
        (true, UNREACHABLE_V6, 4) => (State::Rejected, PORT_UNREACHABLE),
        (true, UNREACHABLE_V6, 5) => (State::Rejected, "icmp-policy"),
        (true, UNREACHABLE_V6, 6) => (State::Rejected, "icmp-reject-route"),

        (false, TIME_EXCEEDED_V4, _) | (true, TIME_EXCEEDED_V6, _) => {
            (State::Unreachable, "icmp-time-exceeded")
        }
        (false, PARAMETER_PROBLEM_V4, _) | (true, PARAMETER_PROBLEM_V6, _) => {
            (State::Unreachable, "icmp-parameter-problem")
        }
        // Somebody objected, in a way nobody has named yet: the numbers are
        // worth more to the reader than a guess.
        (_, kind, code) => return (State::Unreachable, format!("icmp-{kind}-{code}").into()),
    };
    (state, Cow::Borrowed(reason))
}
