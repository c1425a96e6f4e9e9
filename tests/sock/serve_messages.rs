//! Served connections with messages (SOCK_SEQPACKET).

use std::os::fd::{AsFd, AsRawFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::support::wait::DEADLINE;
use crate::support::*;

/// An empty message is a message, also when it is the last one before the end,
/// and several of them are several.
#[test]
fn messages_of_no_bytes_are_answered() {
    let dir = scratch();
    let says = [&b""[..], b"x", b"", b""];
    for (options, answers) in [("--echo", says), ("--reply r", [&b"r"[..]; 4])] {
        let listen = sock(format!("listen -k --seqpacket {options} ./s"))
            .cwd(dir.path())
            .signal(Signal::SIGINT)
            .any_stdout()
            .any_stderr()
            .listener();
        // All at once, while nobody looks, or each after the answer to the last.
        for at_once in [true, false] {
            let peer = Socket::new(Domain::UNIX, Type::SEQPACKET, None).expect("a socket");
            peer.set_read_timeout(Some(DEADLINE)).expect("a timeout");
            let path = SockAddr::unix(dir.path().join("s")).expect("a path");
            let fd = peer.as_raw_fd();
            let mut buffer = [b'?'; 9];
            let mut hears = |answer: &[u8]| {
                let length = recv(fd, &mut buffer, MsgFlags::empty()).expect("its answer");
                assert_eq!(&buffer[..length], answer, "{options}");
            };
            if at_once {
                listen.send_signal(Signal::SIGSTOP);
            }
            peer.connect(&path).expect("there is a queue");
            for (say, answer) in says.iter().zip(answers) {
                assert_eq!(send(fd, say, MsgFlags::empty()), Ok(say.len()));
                if !at_once {
                    hears(answer);
                }
            }
            shutdown(fd, Shutdown::Write).expect("said");
            if at_once {
                listen.send_signal(Signal::SIGCONT);
                answers.into_iter().for_each(&mut hears);
            }
            // Neither an answer to the end nor a session that stays.
            let mut polled = [PollFd::new(peer.as_fd(), PollFlags::POLLIN)];
            let most = PollTimeout::try_from(DEADLINE).expect("it fits");
            assert_eq!(poll(&mut polled, most), Ok(1));
            let hung_up = PollFlags::POLLHUP;
            assert!(
                polled[0]
                    .revents()
                    .is_some_and(|found| found.contains(hung_up))
            );
        }
        listen.send_signal(Signal::SIGINT);
        listen.finish();
    }
}
