//! Flags that the kernel takes without a word on some type of socket, and does
//! nothing with there: measured, where send(2) and recv(2) are silent.

use super::{Kind, Wrong};
use crate::flags::{RecvFlags, SendFlags};
use crate::stage::Stage;
use crate::stage::options::Useless;
use crate::stage::socket::Transport;

/// Both lists, as typed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    pub send: SendFlags,
    pub recv: RecvFlags,
}

/// A flag, the sockets on which it does nothing, and why not.
struct Row {
    stage: Stage,
    option: &'static str,
    on: fn(Transport) -> bool,
    why: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        stage: Stage::Send,
        option: "--send-flags confirm",
        on: |transport| transport != Transport::Udp,
        why: "without effect on a socket that is not UDP",
    },
    Row {
        stage: Stage::Send,
        option: "--send-flags dontroute",
        on: |transport| transport != Transport::Udp,
        why: "without effect on a socket that is not UDP",
    },
    Row {
        stage: Stage::Send,
        option: "--send-flags eor",
        on: |_| true,
        why: "without effect: this kernel has no records that end with a flag",
    },
    Row {
        stage: Stage::Send,
        option: "--send-flags more",
        on: Transport::is_unix,
        why: "without effect on a Unix socket, which holds nothing back",
    },
    Row {
        stage: Stage::Recv,
        option: "--recv-flags oob",
        on: |transport| transport == Transport::Udp,
        why: "without effect on UDP, where nothing is urgent",
    },
    Row {
        stage: Stage::Recv,
        option: "--recv-flags trunc",
        on: |transport| transport == Transport::UnixStream,
        why: "without effect on a Unix stream",
    },
    Row {
        stage: Stage::Recv,
        option: "--recv-flags waitall",
        on: Transport::keeps_boundaries,
        why: "without effect on a socket that keeps messages apart",
    },
];

impl Flags {
    /// Those of them that do nothing on one of these sockets.
    pub fn useless(self, transports: &[Transport]) -> Vec<Useless> {
        let given = |row: &&Row| match row.option.rsplit_once(' ') {
            Some(("--send-flags", flag)) => self.send.has(flag),
            Some((_, flag)) => self.recv.has(flag),
            None => false,
        };
        let rows = ROWS.iter().filter(given);
        let rows = rows.filter(|row| transports.iter().any(|transport| (row.on)(*transport)));
        let note = |row: &Row| Useless {
            stage: row.stage,
            option: row.option,
            why: row.why,
        };
        rows.map(note).collect()
    }

    /// `dontwait` of answers: a loop that serves many peers waits for none of
    /// them in send(2), whatever was asked for.
    pub fn useless_of_answers(self) -> Option<Useless> {
        self.send.has("dontwait").then_some(Useless {
            stage: Stage::Send,
            option: "--send-flags dontwait",
            why: "without effect on answers, which never wait for a peer",
        })
    }

    /// `more` of answers to datagrams: who asks next would get what was held
    /// back for another.
    pub fn held_answers(self, kind: Kind, serves: bool) -> Result<(), Wrong> {
        match serves && kind == Kind::Datagram && self.send.has("more") {
            true => Err(Wrong(
                "--send-flags more holds a datagram back until the last one, and a listener that \
                 answers many peers has none"
                    .into(),
            )),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_nothing_depends_on_the_socket() {
        let all = Flags {
            send: SendFlags::parse("confirm,dontroute,dontwait,eor,more,oob").unwrap(),
            recv: RecvFlags::parse("dontwait,oob,peek,trunc,waitall").unwrap(),
        };
        for (transport, useless) in [
            (Transport::Tcp, "confirm dontroute eor"),
            (Transport::Udp, "eor oob waitall"),
            (Transport::UnixStream, "confirm dontroute eor more trunc"),
            (
                Transport::UnixDatagram,
                "confirm dontroute eor more waitall",
            ),
            (
                Transport::UnixSeqpacket,
                "confirm dontroute eor more waitall",
            ),
        ] {
            let notes = all.useless(&[transport]);
            let names: Vec<_> = notes
                .iter()
                .filter_map(|note| note.option.split(' ').nth(1))
                .collect();
            assert_eq!(names.join(" "), useless, "{transport:?}");
        }
        assert_eq!(Flags::default().useless(&[Transport::Tcp]), []);
    }
}
