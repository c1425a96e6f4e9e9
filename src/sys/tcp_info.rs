//! TCP_INFO of tcp(7): what the kernel knows about a connection, a handshake
//! in progress or a listening socket.

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

/// SYN sent, no answer yet (`tcpi_state`, the kernel's own numbering).
pub const SYN_SENT: u8 = 2;

/// The part of `struct tcp_info` that is used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpInfo {
    /// The TCP state in the kernel's numbering: 1 established, 2 SYN sent, ...
    pub state: u8,
    /// Smoothed round-trip time in microseconds; right at the first look after
    /// connect().
    pub rtt_us: u32,
    /// Bytes of payload a segment we send may carry.
    pub mss: u32,
    /// Segments sent again and not yet answered.
    pub retrans: u32,
    /// Segments sent again since the socket was made.
    pub total_retrans: u32,
    /// Segments not yet acknowledged; on a listening socket the length of the
    /// accept queue.
    pub unacked: u32,
    /// Segments acknowledged out of order; on a listening socket the effective
    /// backlog.
    pub sacked: u32,
}

impl TcpInfo {
    /// SYNs sent so far, meant for a socket that is, or was, in SYN_SENT.
    pub fn syns(&self) -> u32 {
        self.total_retrans.saturating_add(1)
    }

    /// The smoothed round-trip time; none where nothing was measured.
    pub fn rtt(&self) -> Option<Duration> {
        (self.rtt_us > 0).then(|| Duration::from_micros(self.rtt_us.into()))
    }

    /// Whether our last SYN did not leave this machine: the resend was counted,
    /// but the output path refused to take it, so none is outstanding. To be
    /// seen from the first resend on, one second after connect().
    ///
    /// A local firewall drops every resend. In a burst of a thousand SYNs the
    /// queue of the device may drop one too; the kernel then tries again after
    /// half a second.
    pub fn is_dropped_locally(&self) -> bool {
        self.state == SYN_SENT && self.total_retrans > 0 && self.retrans == 0
    }
}

/// Asks the kernel. Works in every TCP state; fails with EOPNOTSUPP or
/// ENOPROTOOPT on a socket that is not TCP.
pub fn tcp_info<F: AsFd>(fd: &F) -> io::Result<TcpInfo> {
    // Zeroed, because an older kernel fills in less than the struct holds.
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: `info` is writable for `length` bytes, which is its size, and
    // both outlive the call.
    let result = unsafe {
        libc::getsockopt(
            fd.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &mut length,
        )
    };
    Errno::result(result)?;
    // SAFETY: the struct consists of integers, for which zeroes and anything
    // the kernel wrote over them are valid.
    let info = unsafe { info.assume_init() };
    Ok(TcpInfo {
        state: info.tcpi_state,
        rtt_us: info.tcpi_rtt,
        mss: info.tcpi_snd_mss,
        retrans: info.tcpi_retrans,
        total_retrans: info.tcpi_total_retrans,
        unacked: info.tcpi_unacked,
        sacked: info.tcpi_sacked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, SockAddr, Socket, Type};
    use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};

    #[test]
    fn of_a_listener_a_connection_and_a_handshake_without_answer() {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        listener.bind(&any.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(tcp_info(&listener).unwrap().unacked, 0);

        let first = TcpStream::connect(address.as_socket().unwrap()).unwrap();
        let info = tcp_info(&first).unwrap();
        assert!(info.state == 1 && info.mss > 0, "{info:?}");
        let info = tcp_info(&listener).unwrap();
        assert_eq!((info.unacked, info.sacked), (1, 0));

        let syn = asked(&address);
        let info = tcp_info(&syn).unwrap();
        assert_eq!((info.state, info.syns()), (SYN_SENT, 1));
        assert!(!info.is_dropped_locally());
    }

    fn asked(address: &SockAddr) -> Socket {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _in_progress = socket.connect(address);
        socket
    }

    #[test]
    fn only_tcp_has_it() {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(tcp_info(&socket).is_err());
    }
}
