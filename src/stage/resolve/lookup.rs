//! getaddrinfo(3), which blocks as long as it likes.

use std::io;
use std::net::SocketAddr;

use dns_lookup::{AddrInfoHints, getaddrinfo};
use nix::libc;

use super::Family;

/// What a name stands for.
pub struct Found {
    pub canonical: Option<String>,
    /// Each once, in the order of getaddrinfo(3).
    pub addresses: Vec<SocketAddr>,
}

/// Looks a name up; the error is a sentence.
pub fn lookup(name: &str, family: Family) -> Result<Found, String> {
    let hints = AddrInfoHints {
        flags: libc::AI_CANONNAME,
        address: family.hint(),
        // One answer an address; without a type each comes three times.
        socktype: libc::SOCK_STREAM,
        protocol: 0,
    };
    let mut found = Found {
        canonical: None,
        addresses: Vec::new(),
    };
    let answers =
        getaddrinfo(Some(name), None, Some(hints)).map_err(|error| match error.error_num() {
            libc::EAI_NONAME => "name or service not known (EAI_NONAME)".to_owned(),
            libc::EAI_NODATA => "the name has no address (EAI_NODATA)".to_owned(),
            libc::EAI_AGAIN => "temporary failure in name resolution (EAI_AGAIN)".to_owned(),
            libc::EAI_FAIL => "the name server failed (EAI_FAIL)".to_owned(),
            -9 => "the name has no address of that family (EAI_ADDRFAMILY)".to_owned(),
            _ => io::Error::from(error).to_string(),
        })?;
    for answer in answers {
        let answer = answer.map_err(|error| error.to_string())?;
        found.canonical = found.canonical.or(answer.canonname);
        if !found.addresses.contains(&answer.sockaddr) {
            found.addresses.push(answer.sockaddr);
        }
    }
    Ok(found)
}
