//! SIOCOUTQ of tcp(7): what the peer's kernel has not acknowledged yet.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::libc;

/// Bytes written to a TCP socket and not yet acknowledged by the peer's kernel
/// (its program may have read none of them), the FIN counting as one.
pub fn unacknowledged<F: AsFd>(fd: &F) -> io::Result<usize> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: SIOCOUTQ, whose number is that of TIOCOUTQ, writes one int, and
    // `bytes` outlives the call.
    let result = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCOUTQ, &mut bytes) };
    Errno::result(result)?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

/// Bytes that have come and were not read yet (FIONREAD, unix(7), tcp(7)).
///
/// # Errors
/// ioctl(2), where the socket has no such count.
pub fn unread<F: AsFd>(fd: &F) -> io::Result<usize> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, and `bytes` outlives the call.
    let result = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::FIONREAD, &mut bytes) };
    Errno::result(result)?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    #[test]
    fn reaches_zero_once_the_peers_kernel_has_all() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut reader, _) = listener.accept().unwrap();
        assert_eq!(unacknowledged(&sender).unwrap(), 0);

        // More than the reader's kernel takes without its program reading.
        sender.set_nonblocking(true).unwrap();
        let block = vec![0; 1 << 20];
        let mut sent = 0;
        while let Ok(n) = sender.write(&block) {
            sent += n;
        }
        assert!(unacknowledged(&sender).unwrap() > 0);

        reader
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut all = vec![0; sent];
        reader.read_exact(&mut all).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while unacknowledged(&sender).unwrap() > 0 {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
    }
}
