//! The size of a terminal.

use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use nix::libc;

/// The columns of the terminal that a descriptor is (TIOCGWINSZ of
/// ioctl_tty(2)); `None` if it is none, or does not know.
pub fn width(fd: RawFd) -> Option<u16> {
    let mut size = MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: TIOCGWINSZ fills a `winsize`, which `size` is, and touches
    // nothing else; a descriptor that is closed or no terminal is an error.
    let result = unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, size.as_mut_ptr()) };
    // SAFETY: it was zeroed, which is a valid value, whatever the call did.
    let size = unsafe { size.assume_init() };
    (result == 0 && size.ws_col > 0).then_some(size.ws_col)
}
