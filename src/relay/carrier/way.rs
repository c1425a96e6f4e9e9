//! The ways on which the kernel moves bytes by itself. Pure.

use crate::sys::descriptor::Kind;

/// A way without a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A regular file to a socket.
    Sendfile,
    /// A pipe to a socket.
    FromPipe,
    /// A socket to a pipe.
    ToPipe,
    /// A socket to a file or a device, with a pipe of our own in between.
    Through,
}

impl Way {
    /// What the two ends are decides; None where they have to be copied.
    pub fn between(from: Kind, to: Kind) -> Option<Way> {
        match (from, to) {
            (Kind::Regular, Kind::Socket) => Some(Way::Sendfile),
            (Kind::Pipe, Kind::Socket) => Some(Way::FromPipe),
            (Kind::Socket, Kind::Pipe) => Some(Way::ToPipe),
            (Kind::Socket, Kind::Regular | Kind::Device) => Some(Way::Through),
            _ => None,
        }
    }

    /// Whether it serves where little comes at a time. A file gives all it has at once, however little that is.
    pub fn is_for_talk(self) -> bool {
        self == Way::Sendfile
    }

    /// What the user's pipe should hold, in bytes. One that feeds us: the most
    /// that needs no privilege (/proc/sys/fs/pipe-max-size), so that its writer
    /// sleeps a sixteenth as often. One that we feed: what cat(1) and dd(1)
    /// read at once; more makes splice(2) slower.
    pub fn pipe(self) -> Option<i32> {
        match self {
            Way::FromPipe => Some(1 << 20),
            Way::ToPipe => Some(128 << 10),
            Way::Sendfile | Way::Through => None,
        }
    }

    /// As `-vv` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Way::Sendfile => "sendfile",
            Way::FromPipe | Way::ToPipe | Way::Through => "splice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_ends_are_decides() {
        use Kind::{Device, Pipe, Regular, Socket, Terminal};
        for (from, to, way) in [
            (Regular, Socket, Some(Way::Sendfile)),
            (Pipe, Socket, Some(Way::FromPipe)),
            (Socket, Pipe, Some(Way::ToPipe)),
            (Socket, Regular, Some(Way::Through)),
            (Socket, Device, Some(Way::Through)),
            (Socket, Socket, None),
            (Terminal, Socket, None),
            (Socket, Terminal, None),
            (Device, Socket, None),
        ] {
            assert_eq!(Way::between(from, to), way, "{from:?} to {to:?}");
        }
    }
}
