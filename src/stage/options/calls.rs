//! Which setsockopt(2) calls an option is. A table, pure.

use std::fmt;
use std::net::IpAddr;

use nix::libc;

use super::SocketOption;

/// A number of the kernel's and its name in C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named(pub i32, pub &'static str);

macro_rules! named {
    ($name:ident) => {
        Named(libc::$name, stringify!($name))
    };
}

/// One setsockopt(2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub level: Named,
    pub option: Named,
    pub value: Value,
}

/// Its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Int(i32),
    Name(String),
    /// A group, and the interface on which it is meant.
    Group(IpAddr, Option<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(number) => write!(f, "{number}"),
            Value::Name(name) => write!(f, "{name:?}"),
            Value::Group(group, None) => write!(f, "{{{group}, any interface}}"),
            Value::Group(group, Some(interface)) => write!(f, "{{{group}, {interface}}}"),
        }
    }
}

const SOCKET: Named = named!(SOL_SOCKET);
const TCP: Named = named!(IPPROTO_TCP);
const IP: Named = named!(IPPROTO_IP);
const IPV6: Named = named!(IPPROTO_IPV6);

/// The socket on which an option is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct On {
    /// AF_INET6. Such a socket may talk to IPv4 too, so that what belongs to a
    /// packet is set for both.
    pub v6: bool,
    /// SOCK_DGRAM.
    pub datagrams: bool,
}

impl SocketOption {
    /// The calls, in their order.
    pub fn calls(&self, on: On) -> Vec<Call> {
        let one = |level, option, value| vec![Call::int(level, option, value)];
        match self {
            Self::SendBuffer(bytes) => one(SOCKET, named!(SO_SNDBUF), clamped(*bytes)),
            Self::ReceiveBuffer(bytes) => one(SOCKET, named!(SO_RCVBUF), clamped(*bytes)),
            Self::NoDelay => one(TCP, named!(TCP_NODELAY), 1),
            Self::KeepAlive(seconds) => vec![
                Call::int(TCP, named!(TCP_KEEPIDLE), i32::from(*seconds)),
                Call::int(TCP, named!(TCP_KEEPINTVL), i32::from(*seconds)),
                Call::int(SOCKET, named!(SO_KEEPALIVE), 1),
            ],
            Self::UserTimeout(time) => {
                let millis = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
                one(TCP, named!(TCP_USER_TIMEOUT), millis)
            }
            Self::Dscp(dscp) => on.both(
                [named!(IPV6_TCLASS)].as_slice(),
                [named!(IP_TOS)].as_slice(),
                i32::from(dscp.byte()),
            ),
            Self::Ttl(hops) => {
                let v6 = [named!(IPV6_UNICAST_HOPS), named!(IPV6_MULTICAST_HOPS)];
                let v4 = [named!(IP_TTL), named!(IP_MULTICAST_TTL)];
                // Groups are reached by datagrams only.
                let count = 1 + usize::from(on.datagrams);
                on.both(&v6[..count], &v4[..count], i32::from(*hops))
            }
            Self::MaxSegment(bytes) => one(TCP, named!(TCP_MAXSEG), i32::from(*bytes)),
            Self::Congestion(name) => vec![Call {
                level: TCP,
                option: named!(TCP_CONGESTION),
                value: Value::Name(name.clone()),
            }],
            Self::Mark(mark) => one(SOCKET, named!(SO_MARK), mark.cast_signed()),
            Self::Interface(name) => vec![Call {
                level: SOCKET,
                option: named!(SO_BINDTODEVICE),
                value: Value::Name(name.clone()),
            }],
            Self::Join { group, interface } => {
                let (level, all, join) = match group {
                    IpAddr::V4(_) => (IP, named!(IP_MULTICAST_ALL), named!(IP_ADD_MEMBERSHIP)),
                    IpAddr::V6(_) => (
                        IPV6,
                        named!(IPV6_MULTICAST_ALL),
                        named!(IPV6_ADD_MEMBERSHIP),
                    ),
                };
                vec![
                    // Several may hear the same group.
                    Call::int(SOCKET, named!(SO_REUSEADDR), 1),
                    // Not what other sockets of this machine have joined.
                    Call::int(level, all, 0),
                    Call::group(level, join, *group, interface.as_deref()),
                ]
            }
            Self::SendTo { group, interface } => {
                let (level, option) = match group {
                    IpAddr::V4(_) => (IP, named!(IP_MULTICAST_IF)),
                    IpAddr::V6(_) => (IPV6, named!(IPV6_MULTICAST_IF)),
                };
                vec![Call::group(level, option, *group, interface.as_deref())]
            }
            Self::Broadcast => one(SOCKET, named!(SO_BROADCAST), 1),
            Self::ReusePort => one(SOCKET, named!(SO_REUSEPORT), 1),
            Self::Freebind if on.v6 => one(IPV6, named!(IPV6_FREEBIND), 1),
            Self::Freebind => one(IP, named!(IP_FREEBIND), 1),
        }
    }
}

impl On {
    fn both(self, v6: &[Named], v4: &[Named], value: i32) -> Vec<Call> {
        let of = |level, options: &[Named]| {
            let calls = options
                .iter()
                .map(|option| Call::int(level, *option, value));
            calls.collect::<Vec<_>>()
        };
        let mut calls = if self.v6 { of(IPV6, v6) } else { Vec::new() };
        calls.extend(of(IP, v4));
        calls
    }
}

impl Call {
    fn int(level: Named, option: Named, value: i32) -> Call {
        Call {
            level,
            option,
            value: Value::Int(value),
        }
    }

    fn group(level: Named, option: Named, group: IpAddr, interface: Option<&str>) -> Call {
        Call {
            level,
            option,
            value: Value::Group(group, interface.map(str::to_owned)),
        }
    }
}

fn clamped(bytes: u32) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(option: &SocketOption, v6: bool, datagrams: bool) -> String {
        let calls = option.calls(On { v6, datagrams });
        let each = calls.iter().map(|call| {
            let Call {
                level,
                option,
                value,
            } = call;
            format!("{}/{}={value}", level.1, option.1)
        });
        each.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_packet_carries_is_set_for_both_families() {
        let ttl = SocketOption::Ttl(7);
        assert_eq!(shown(&ttl, false, false), "IPPROTO_IP/IP_TTL=7");
        assert_eq!(
            shown(&ttl, true, false),
            "IPPROTO_IPV6/IPV6_UNICAST_HOPS=7 IPPROTO_IP/IP_TTL=7"
        );
        assert_eq!(
            shown(&ttl, false, true),
            "IPPROTO_IP/IP_TTL=7 IPPROTO_IP/IP_MULTICAST_TTL=7"
        );
        let dscp = SocketOption::Dscp("ef".parse().unwrap());
        assert_eq!(shown(&dscp, false, true), "IPPROTO_IP/IP_TOS=184");
    }

    #[test]
    fn names_and_groups_are_shown_as_c_would_have_them() {
        let reno = SocketOption::Congestion("reno".into());
        assert_eq!(
            shown(&reno, true, false),
            "IPPROTO_TCP/TCP_CONGESTION=\"reno\""
        );
        let group = SocketOption::SendTo {
            group: "239.1.2.3".parse().unwrap(),
            interface: Some("lo".into()),
        };
        assert_eq!(
            shown(&group, false, true),
            "IPPROTO_IP/IP_MULTICAST_IF={239.1.2.3, lo}"
        );
    }
}
