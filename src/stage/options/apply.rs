//! The one place that sets options, reads them back, and says what a refusal
//! means.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc;
use nix::net::if_::{if_nameindex, if_nametoindex};
use socket2::{Domain, Socket, Type};

use super::SocketOption;
use super::calls::{Call, On, Value};
use crate::failure::{Class, Failure, StageError};
use crate::run::Run;
use crate::run::outcome;
use crate::stage::Stage;
use crate::sys::sockopt;
use crate::units::human_bytes;

/// Sets those options that belong to `stage`, and under `-vv` reads each back.
///
/// # Errors
/// The first that the kernel refuses; the object is the option as it was typed.
pub fn apply(
    run: &mut Run,
    socket: &Socket,
    options: &[SocketOption],
    stage: Stage,
) -> Result<(), Failure> {
    for option in options.iter().filter(|option| option.stage() == stage) {
        for call in option.calls(kind(socket)) {
            let done = make(socket, &call);
            let (fd, level, name) = (socket.as_raw_fd(), call.level.1, call.option.1);
            run.call(
                || format!("setsockopt({fd}, {level}, {name}, {})", call.value),
                done.as_ref().map_or_else(outcome, |()| "0".to_owned()),
            );
            done.map_err(|error| refused(option, stage, &error))?;
            if run.tells_calls()
                && let Some(read) = read_back(socket, option, &call)
            {
                run.call(|| format!("getsockopt({fd}, {level}, {name})"), read);
            }
        }
    }
    Ok(())
}

/// Sets all options on one of many sockets; a first one was told about.
///
/// # Errors
/// setsockopt(2).
pub fn set(socket: &Socket, options: &[SocketOption]) -> io::Result<()> {
    if options.is_empty() {
        return Ok(());
    }
    let on = kind(socket);
    let mut calls = options.iter().flat_map(|option| option.calls(on));
    calls.try_for_each(|call| make(socket, &call))
}

fn kind(socket: &Socket) -> On {
    On {
        v6: socket.domain().is_ok_and(|domain| domain == Domain::IPV6),
        datagrams: socket.r#type().is_ok_and(|kind| kind == Type::DGRAM),
    }
}

fn make(socket: &Socket, call: &Call) -> io::Result<()> {
    let (level, option) = (call.level.0, call.option.0);
    match &call.value {
        Value::Int(value) => sockopt::set_int(socket, level, option, *value),
        Value::Name(name) => sockopt::set_name(socket, level, option, name),
        Value::Group(group, interface) => {
            let index = match interface {
                Some(name) => if_nametoindex(name.as_str())?,
                None => 0,
            };
            match group {
                IpAddr::V4(group) => sockopt::set_group_v4(socket, option, *group, index),
                IpAddr::V6(group) if option == libc::IPV6_ADD_MEMBERSHIP => {
                    sockopt::join_v6(socket, *group, index)
                }
                IpAddr::V6(_) => {
                    let index = i32::try_from(index).unwrap_or(0);
                    sockopt::set_int(socket, level, option, index)
                }
            }
        }
    }
}

/// What the kernel has made of it; memberships cannot be asked for.
fn read_back(socket: &Socket, option: &SocketOption, call: &Call) -> Option<String> {
    let (level, number) = (call.level.0, call.option.0);
    match &call.value {
        Value::Int(asked) => {
            let gave = sockopt::int(socket, level, number).ok()?;
            Some(match option {
                SocketOption::SendBuffer(_) => buffer(*asked, gave, "net.core.wmem_max"),
                SocketOption::ReceiveBuffer(_) => buffer(*asked, gave, "net.core.rmem_max"),
                _ if gave == *asked => gave.to_string(),
                _ => format!("{gave} (asked {asked}, kernel gave {gave})"),
            })
        }
        Value::Name(_) => {
            let gave = sockopt::name(socket, level, number).ok()?;
            Some(format!("{gave:?}"))
        }
        Value::Group(..) => None,
    }
}

/// The kernel doubles what is asked for, to have room for its own records,
/// after it has cut it to `limit` (socket(7)).
fn buffer(asked: i32, gave: i32, limit: &str) -> String {
    let bytes = |n: i32| human_bytes(u64::try_from(n).unwrap_or(0)).replace(".0 ", " ");
    let (doubled, given) = (i64::from(asked) * 2, i64::from(gave));
    let why = match given.cmp(&doubled) {
        std::cmp::Ordering::Equal => ", half of it for its own records".to_owned(),
        std::cmp::Ordering::Less => format!("; more than {limit} is not to be had"),
        std::cmp::Ordering::Greater => ", the least there is".to_owned(),
    };
    format!(
        "{gave} (asked {}, kernel gave {}{why})",
        bytes(asked),
        bytes(gave)
    )
}

fn refused(option: &SocketOption, stage: Stage, error: &io::Error) -> StageError {
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or(libc::EINVAL));
    let refused = StageError::os(stage, option.to_string(), Class::Local, errno);
    match hint(option, errno) {
        Some(hint) => refused.hint(hint),
        None => refused,
    }
}

fn hint(option: &SocketOption, errno: Errno) -> Option<String> {
    use SocketOption::{Congestion, Interface, Join, Mark, SendTo};
    Some(match (option, errno) {
        (Mark(_), Errno::EPERM) => "it needs CAP_NET_ADMIN (since Linux 5.17 CAP_NET_RAW will do)".into(),
        (Interface(_), Errno::EPERM) => {
            "it needs CAP_NET_RAW on a socket that is bound to another interface, and before Linux 5.7"
                .into()
        }
        (Congestion(_), Errno::ENOENT) => format!(
            "this kernel has: {} (net.ipv4.tcp_available_congestion_control)",
            sysctl("tcp_available_congestion_control")?
        ),
        (Congestion(_), Errno::EPERM) => format!(
            "without CAP_NET_ADMIN there is: {} (net.ipv4.tcp_allowed_congestion_control)",
            sysctl("tcp_allowed_congestion_control")?
        ),
        (
            Interface(_)
            | Join {
                interface: Some(_), ..
            }
            | SendTo {
                interface: Some(_), ..
            },
            Errno::ENODEV,
        ) => format!("the interfaces here are: {}", interfaces()?),
        (Join { .. } | SendTo { .. }, Errno::ENODEV | Errno::EADDRNOTAVAIL) => {
            "no interface has a route to this group: name one with --interface".into()
        }
        (Join { .. }, Errno::ENOPROTOOPT) => "the group and the socket are of different families".into(),
        (Join { .. }, Errno::ENOBUFS) => "too many groups: see net.ipv4.igmp_max_memberships".into(),
        (_, Errno::EOPNOTSUPP | Errno::ENOPROTOOPT) => {
            "this type of socket does not take it in this kernel".into()
        }
        _ => return None,
    })
}

fn sysctl(name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).ok()?;
    Some(text.trim().to_owned())
}

fn interfaces() -> Option<String> {
    let all = if_nameindex().ok()?;
    let names: Vec<String> = all
        .into_iter()
        .map(|one| one.name().to_string_lossy().into_owned())
        .collect();
    Some(names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_explained() {
        assert_eq!(
            buffer(1 << 20, 425_984, "net.core.rmem_max"),
            "425984 (asked 1 MiB, kernel gave 416 KiB; more than net.core.rmem_max is not to be had)"
        );
        assert_eq!(
            buffer(65_536, 131_072, "net.core.rmem_max"),
            "131072 (asked 64 KiB, kernel gave 128 KiB, half of it for its own records)"
        );
        assert_eq!(
            buffer(1, 2304, "net.core.rmem_max"),
            "2304 (asked 1 B, kernel gave 2.3 KiB, the least there is)"
        );
    }
}
