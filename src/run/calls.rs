//! How `-vv` shows what a system call returned: as strace(1) does.

/// `-1 ECONNREFUSED`
pub fn outcome(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(raw) => format!("-1 {:?}", nix::errno::Errno::from_raw(raw)),
        None => format!("-1 ({error})"),
    }
}

/// How many bytes, or as [`outcome`].
pub fn shown(result: &nix::Result<usize>) -> String {
    match result {
        Ok(length) => length.to_string(),
        Err(errno) => format!("-1 {errno:?}"),
    }
}
