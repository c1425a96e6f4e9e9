//! Memory that was needed once, given back.

/// Gives back what reading the command line took: the freed pages of its
/// definition (malloc_trim(3)), and the pages of this program that did it
/// (madvise(2)). What is needed again is still in the page cache. Together a
/// good mebibyte, which the largest `--recv-chunk` would otherwise not leave
/// of the eight that a process may take.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn trim() {
    use nix::libc;

    unsafe extern "C" {
        /// The ends of what the linker laid out as code: end(3).
        static __executable_start: u8;
        static etext: u8;
    }
    let page = 4096;
    let from = (&raw const __executable_start)
        .addr()
        .next_multiple_of(page);
    let to = (&raw const etext).addr() / page * page;
    // SAFETY: between these two symbols are mappings of the program file that
    // nothing writes to; dropped pages are read from it again. malloc_trim
    // touches nothing but free memory, under the allocator's lock.
    unsafe {
        libc::madvise(
            std::ptr::with_exposed_provenance_mut(from),
            to.saturating_sub(from),
            libc::MADV_DONTNEED,
        );
        libc::malloc_trim(0);
    }
}

/// Other systems and allocators do it by themselves, or not at all.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn trim() {}
