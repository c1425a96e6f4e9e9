//! What a UDP question carries: nobody answers a datagram that is not in the
//! protocol of the port. Data only.

/// The root's name servers, recursion desired (RFC 1035 section 4.1): every
/// DNS server answers, if only REFUSED.
const DNS: &[u8] = b"so\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01";

/// A client request of version 4 with nothing filled in (RFC 5905 section 7.3).
const NTP: &[u8] = &{
    let mut packet = [0; 48];
    packet[0] = 0x23;
    packet
};

/// For every other port. Not empty: some stacks and firewalls treat an empty
/// datagram specially, and a line is what echo and syslog expect.
const ANY: &[u8] = b"\n";

/// The query that a server on this UDP port is most likely to answer.
pub fn payload(port: u16) -> &'static [u8] {
    match port {
        53 => DNS,
        123 => NTP,
        _ => ANY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_have_the_length_of_their_protocols() {
        assert_eq!(payload(53).len(), 12 + 5);
        assert_eq!(payload(123).len(), 48);
        assert_eq!(payload(9), b"\n");
    }
}
