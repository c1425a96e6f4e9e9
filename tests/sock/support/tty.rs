//! Pseudo-terminals, openpty(3).

use std::fs::File;
use std::os::fd::OwnedFd;

use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};

/// Both ends of a new terminal of 80 by 24: line editing as usual, so that
/// Ctrl-D means end of file, but no echo, and output passes as it is written.
pub fn terminal() -> (File, OwnedFd) {
    let (master, slave) = usual(24, 80);
    let mut modes = tcgetattr(&slave).expect("modes of the terminal");
    modes.local_flags.remove(LocalFlags::ECHO);
    modes.output_flags.remove(OutputFlags::OPOST);
    tcsetattr(&slave, SetArg::TCSANOW, &modes).expect("new modes");
    (master, slave)
}

/// Both ends of a new terminal as a shell expects it, of so many rows and columns.
pub fn usual(rows: u16, columns: u16) -> (File, OwnedFd) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let OpenptyResult { master, slave } = openpty(&size, None).expect("a pseudo-terminal");
    (cloexec(master).into(), cloexec(slave))
}

/// openpty(3) knows no O_CLOEXEC; a child of another test that inherited the
/// far end would keep this terminal open.
fn cloexec(fd: OwnedFd) -> OwnedFd {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    fcntl(&fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("close on exec");
    fd
}
