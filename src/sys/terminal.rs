//! The size of a terminal, and whether it may be coloured.

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

/// Whether the environment asks for no colour: NO_COLOR is there and not empty
/// (no-color.org), or the terminal is `dumb`.
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
