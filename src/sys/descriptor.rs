//! What a descriptor is, and calls on it that cannot block.

use std::fs::{File, OpenOptions};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::Whence;
use socket2::{MaybeUninitSlice, RecvFlags, SockAddr, Socket};

/// What kind of file a descriptor is, as far as reading and writing differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file: always ready, and its disk may hang.
    Regular,
    /// A pipe or fifo.
    Pipe,
    /// A socket, as inetd and systemd hand them over.
    Socket,
    /// A terminal.
    Terminal,
    /// Any other device.
    Device,
}

impl Kind {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Regular => "regular file",
            Kind::Pipe => "pipe",
            Kind::Socket => "socket",
            Kind::Terminal => "terminal",
            Kind::Device => "device",
        }
    }

    /// # Errors
    /// fstat(2); EBADF on a closed descriptor.
    pub fn of(fd: BorrowedFd<'_>) -> io::Result<Kind> {
        let mode = SFlag::from_bits_truncate(fstat(fd)?.st_mode) & SFlag::S_IFMT;
        Ok(match mode {
            SFlag::S_IFREG => Kind::Regular,
            SFlag::S_IFIFO => Kind::Pipe,
            SFlag::S_IFSOCK => Kind::Socket,
            _ if nix::unistd::isatty(fd).unwrap_or(false) => Kind::Terminal,
            _ => Kind::Device,
        })
    }
}

impl Kind {
    /// What a standard descriptor is; asked once. One that cannot be asked is
    /// written to as the most careful kind wants it.
    pub fn standard(fd: RawFd) -> Kind {
        static KINDS: [OnceLock<Kind>; 3] = [const { OnceLock::new() }; 3];
        let ask = || Kind::of(standard(fd)).unwrap_or(Kind::Pipe);
        match KINDS.get(fd as usize) {
            Some(kind) => *kind.get_or_init(ask),
            None => ask(),
        }
    }
}

/// Whether it is null(4), which takes everything at once: no call to it needs
/// to be watched.
pub fn is_null(fd: BorrowedFd<'_>) -> bool {
    fstat(fd).is_ok_and(|about| {
        let format = SFlag::from_bits_truncate(about.st_mode) & SFlag::S_IFMT;
        format == SFlag::S_IFCHR && about.st_rdev == libc::makedev(1, 3)
    })
}

/// The terminal behind a standard descriptor, opened once more, so that its
/// O_NONBLOCK is ours alone: after POLLOUT it may take a single byte, and the
/// next one would block. None where that may not be opened (after su(1)).
fn own_terminal(fd: BorrowedFd<'_>) -> Option<&'static File> {
    static TERMINALS: [OnceLock<Option<File>>; 3] = [const { OnceLock::new() }; 3];
    let number = fd.as_raw_fd();
    let open = || {
        let mut options = OpenOptions::new();
        options.write(true);
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        options.open(format!("/proc/self/fd/{number}")).ok()
    };
    let terminal = TERMINALS.get(usize::try_from(number).ok()?)?;
    terminal.get_or_init(open).as_ref()
}

/// After POLLOUT a pipe takes this many bytes without blocking (pipe(7)); a
/// terminal that cannot be opened too, as far as it can tell.
const PIPE_BUF: usize = 4096;

/// One write(2) to a descriptor whose flags are not ours to change. Only a
/// disk or a device can make it block; where it would, that is EAGAIN.
///
/// # Errors
/// write(2).
pub fn write_ready(fd: BorrowedFd<'_>, kind: Kind, bytes: &[u8]) -> io::Result<usize> {
    let careful = &bytes[..bytes.len().min(PIPE_BUF)];
    if kind == Kind::Terminal
        && let Some(terminal) = own_terminal(fd)
    {
        return Ok(nix::unistd::write(terminal, bytes)?);
    }
    match kind {
        Kind::Regular | Kind::Device => Ok(nix::unistd::write(fd, bytes)?),
        Kind::Terminal if !is_ready(fd, PollFlags::POLLOUT) => Err(Errno::EAGAIN.into()),
        Kind::Terminal => Ok(nix::unistd::write(fd, careful)?),
        Kind::Pipe | Kind::Socket => match write_nowait(fd, bytes) {
            Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {
                if !is_ready(fd, PollFlags::POLLOUT) {
                    return Err(Errno::EAGAIN.into());
                }
                Ok(nix::unistd::write(fd, careful)?)
            }
            written => written,
        },
    }
}

/// Sets O_NONBLOCK. Only for descriptors of our own: the flag belongs to the
/// open file and would reach every process that shares it.
///
/// # Errors
/// fcntl(2).
pub fn set_nonblocking(fd: &impl AsFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Whether poll(2) calls it ready at this moment.
pub fn is_ready(fd: BorrowedFd<'_>, interest: PollFlags) -> bool {
    let mut one = [PollFd::new(fd, interest)];
    matches!(poll(&mut one, PollTimeout::ZERO), Ok(1..))
}

/// Bytes of a regular file from its position to its end; None for all else,
/// and for the files of /proc, which say that they are empty.
pub fn bytes_left(fd: BorrowedFd<'_>) -> Option<u64> {
    let about = fstat(fd).ok()?;
    let format = SFlag::from_bits_truncate(about.st_mode) & SFlag::S_IFMT;
    let size = about.st_size;
    if format != SFlag::S_IFREG || size == 0 {
        return None;
    }
    let at = nix::unistd::lseek(fd, 0, Whence::SeekCur).ok()?;
    u64::try_from(size.saturating_sub(at)).ok()
}

/// preadv2(2) with RWF_NOWAIT: reads what is there, on a descriptor whose
/// flags are not ours to change.
///
/// # Errors
/// EAGAIN when nothing is there, EOPNOTSUPP where the file cannot tell.
pub fn read_nowait(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    let part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: `part` describes `buffer`, which is exclusively borrowed and
    // outlives the call; offset -1 means the file's own position.
    let read = unsafe { libc::preadv2(fd.as_raw_fd(), &part, 1, -1, libc::RWF_NOWAIT) };
    Ok(Errno::result(read)? as usize)
}

/// pwritev2(2) with RWF_NOWAIT: writes what fits, on a descriptor whose flags
/// are not ours to change.
///
/// # Errors
/// EAGAIN when nothing fits, EOPNOTSUPP where the file cannot tell.
pub fn write_nowait(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: `part` describes `bytes`, which the call only reads and which
    // outlives it; offset -1 means the file's own position.
    let written = unsafe { libc::pwritev2(fd.as_raw_fd(), &part, 1, -1, libc::RWF_NOWAIT) };
    Ok(Errno::result(written)? as usize)
}

/// One recvmsg(2) on a Unix socket, with the whole name of the sender.
///
/// # Errors
/// EAGAIN when nothing is there, and what recvmsg(2) says.
pub fn recv_unix(
    socket: &Socket,
    buffer: &mut [u8],
    flags: i32,
) -> io::Result<(usize, RecvFlags, SockAddr)> {
    // SAFETY: the layouts are the same, and what could go wrong is somebody
    // writing uninitialised bytes into `buffer`: socket2 hands it to the kernel.
    let buffer = unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) };
    socket.recv_from_vectored_with_flags(&mut [MaybeUninitSlice::new(buffer)], flags)
}

/// Which of the descriptors 0 to 2 were closed when the process began, one bit
/// each. std opens /dev/null in their place before `main`, so this has to be
/// asked earlier.
static CLOSED_AT_START: AtomicU8 = AtomicU8::new(0);

extern "C" fn ask_before_std() {
    for fd in 0..3 {
        // SAFETY: F_GETFD on any number is harmless; EBADF is the answer looked for.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            CLOSED_AT_START.fetch_or(1 << fd, Ordering::Relaxed);
        }
    }
}

// SAFETY: the loader calls each entry of .init_array once, before main; the
// function touches nothing that std has to set up first.
#[used]
#[unsafe(link_section = ".init_array")]
static ASK_BEFORE_STD: extern "C" fn() = ask_before_std;

/// Whether a standard descriptor (0 to 2) was closed when the process began.
pub fn was_closed(fd: RawFd) -> bool {
    (0..3).contains(&fd) && CLOSED_AT_START.load(Ordering::Relaxed) & (1 << fd) != 0
}

/// Closes standard output, so that its reader sees the end, and says whether
/// everything written to it has arrived. /dev/null takes its number at the same
/// moment: no descriptor that another thread makes can come between.
///
/// # Errors
/// close(2): on some file systems the first place that reports a failed write.
pub fn close_stdout() -> io::Result<()> {
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    let last = standard(1).try_clone_to_owned()?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::close(last)?;
    Ok(())
}

/// A standard descriptor.
pub fn standard(fd: RawFd) -> BorrowedFd<'static> {
    debug_assert!((0..3).contains(&fd));
    // SAFETY: std makes sure that 0 to 2 are open from before main on, and
    // nothing here ever closes them: `close_stdout` puts another file there.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// Lets no program that is started from here on inherit a descriptor beyond 0
/// to 2: ours never are, but this process may have been given some itself.
///
/// # Errors
/// close_range(2): Linux before 5.11 does not know CLOSE_RANGE_CLOEXEC.
pub fn keep_from_commands() -> io::Result<()> {
    // SAFETY: the call takes integers; it closes nothing, and what it changes
    // matters at execve(2) only.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    })?;
    Ok(())
}

/// How many descriptors this process holds; None where /proc does not tell.
pub fn count() -> Option<usize> {
    // The directory itself is one of them while it is read.
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_null_is_null() {
        let open = |path: &str| File::open(path).unwrap();
        assert!(is_null(open("/dev/null").as_fd()));
        assert!(!is_null(open("/dev/zero").as_fd()));
        assert!(!is_null(open("/proc/self/exe").as_fd()));
    }
}
