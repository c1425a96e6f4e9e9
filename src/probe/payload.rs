//! What a UDP question carries: nobody answers a datagram that is not in the
//! protocol of the port. Data only.
//!
//! Each query asks for something that a server gives to strangers, changes
//! nothing there, and is answered to the port it came from. So there is none
//! for TFTP, which answers from a port of its own, none for DHCP, which answers
//! to port 68, and none where silence is the protocol (syslog, WireGuard).

/// The queries of one protocol.
pub struct Query {
    /// Where it is at home.
    pub ports: &'static [u16],
    /// One after another, for what has more than one kind of server there.
    pub datagrams: &'static [&'static [u8]],
}

/// For every other port. Not empty: some stacks and firewalls treat an empty
/// datagram specially, and a line is what echo, chargen and daytime expect.
const ANY: &[u8] = b"\n";

/// What is sent to this UDP port after `sent` others: the query that a server
/// there is most likely to answer.
pub fn payload(port: u16, sent: u32) -> &'static [u8] {
    let query = QUERIES.iter().find(|query| query.ports.contains(&port));
    query.map_or(ANY, |query| {
        query.datagrams[sent as usize % query.datagrams.len()]
    })
}

/// By port. Identifiers are `so`, `sock` or `736f636b`, which is the same.
#[rustfmt::skip]
pub const QUERIES: &[Query] = &[
    Query { ports: &[53], datagrams: &[DNS] },
    Query { ports: &[88], datagrams: &[KERBEROS] },
    Query { ports: &[111], datagrams: &[PORTMAP] },
    Query { ports: &[123], datagrams: &[NTP] },
    Query { ports: &[137], datagrams: &[NETBIOS] },
    Query { ports: &[161], datagrams: &[SNMP_V3, SNMP_V1] },
    Query { ports: &[177], datagrams: &[XDMCP] },
    Query { ports: &[389], datagrams: &[CLDAP] },
    Query { ports: &[443], datagrams: &[QUIC, DTLS] },
    Query { ports: &[500], datagrams: &[IKE_V1, IKE_V3] },
    Query { ports: &[520], datagrams: &[RIP] },
    Query { ports: &[623], datagrams: &[RMCP] },
    Query { ports: &[853, 8853], datagrams: &[QUIC] },
    Query { ports: &[1194], datagrams: &[OPENVPN] },
    Query { ports: &[1434], datagrams: &[MSSQL] },
    Query { ports: &[1645, 1812], datagrams: &[RADIUS] },
    Query { ports: &[1900], datagrams: &[SSDP] },
    Query { ports: &[2049], datagrams: &[NFS] },
    Query { ports: &[2123, 2152], datagrams: &[GTP] },
    Query { ports: &[3391, 4433, 5684], datagrams: &[DTLS] },
    Query { ports: &[3478, 19302], datagrams: &[STUN] },
    Query { ports: &[3702], datagrams: &[WS_DISCOVERY] },
    Query { ports: &[4500], datagrams: &[NAT_T] },
    Query { ports: &[5060], datagrams: &[SIP] },
    Query { ports: &[5351], datagrams: &[NAT_PMP] },
    Query { ports: &[5353], datagrams: &[MDNS] },
    Query { ports: &[5683], datagrams: &[COAP] },
    Query { ports: &[6881], datagrams: &[DHT] },
    Query { ports: &[11211], datagrams: &[MEMCACHED] },
    Query { ports: &[27015], datagrams: &[A2S] },
    Query { ports: &[64738], datagrams: &[MUMBLE] },
];

/// The root's name servers, recursion desired (RFC 1035 section 4.1): every
/// DNS server answers, if only REFUSED.
const DNS: &[u8] = b"so\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01";

/// AS-REQ for krbtgt/SOCK without a client (RFC 4120 section 5.4.1): answered
/// with an error that names the realm.
const KERBEROS: &[u8] = b"\x6a\x64\x30\x62\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\
    \xa4\x56\x30\x54\xa0\x07\x03\x05\x00\x00\x00\x00\x00\xa2\x06\x1b\x04SOCK\
    \xa3\x19\x30\x17\xa0\x03\x02\x01\x02\xa1\x10\x30\x0e\x1b\x06krbtgt\x1b\x04SOCK\
    \xa5\x11\x18\x0f19700101000000Z\xa7\x06\x02\x04sock\
    \xa8\x0b\x30\x09\x02\x01\x12\x02\x01\x11\x02\x01\x17";

/// Procedure 0 of program 100000 version 2, which does nothing (RFC 1833, RFC
/// 5531 section 9).
const PORTMAP: &[u8] = b"sock\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

/// The same of program 100003 version 3 (RFC 1813).
const NFS: &[u8] = b"sock\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa3\x00\x00\x00\x03\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

/// A client request of version 4 with nothing filled in (RFC 5905 section 7.3).
const NTP: &[u8] = &{
    let mut packet = [0; 48];
    packet[0] = 0x23;
    packet
};

/// NODE STATUS REQUEST for the name `*` (RFC 1002 section 4.2.17).
const NETBIOS: &[u8] = b"so\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\
    \x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01";

/// Discovery of the engine (RFC 3414 section 4): needs no community and no user.
const SNMP_V3: &[u8] = b"\x30\x3e\x02\x01\x03\
    \x30\x11\x02\x04sock\x02\x03\x00\xff\xe3\x04\x01\x04\x02\x01\x03\
    \x04\x10\x30\x0e\x04\x00\x02\x01\x00\x02\x01\x00\x04\x00\x04\x00\x04\x00\
    \x30\x14\x04\x00\x04\x00\xa0\x0e\x02\x04sock\x02\x01\x00\x02\x01\x00\x30\x00";

/// sysDescr.0 for the community `public` (RFC 1157), for what knows nothing else.
const SNMP_V1: &[u8] = b"\x30\x29\x02\x01\x00\x04\x06public\
    \xa0\x1c\x02\x04sock\x02\x01\x00\x02\x01\x00\
    \x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00";

/// Query without authentication names (XDMCP 1.1 section 5).
const XDMCP: &[u8] = b"\x00\x01\x00\x02\x00\x01\x00";

/// Search of the root DSE (RFC 4511 section 4.5, RFC 1798).
const CLDAP: &[u8] = b"\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\
    \x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass\x30\x00";

/// A long header of a version that nobody has, in the least size of an Initial
/// (RFC 9000 sections 6 and 14.1): answered with Version Negotiation.
const QUIC: &[u8] = &{
    const HEADER: &[u8] = b"\xc0\x1a\x2a\x3a\x4a\x08sock-dst\x08sock-src";
    let mut packet = [0; 1200];
    let mut i = 0;
    while i < HEADER.len() {
        packet[i] = HEADER[i];
        i += 1;
    }
    packet
};

/// ClientHello of DTLS 1.2 without a cookie (RFC 6347 section 4.2.1): answered
/// with HelloVerifyRequest.
const DTLS: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x3a\
    \x01\x00\x00\x2e\x00\x00\x00\x00\x00\x00\x00\x2e\
    \xfe\xfdsock-probe-asks-who-answers-here\x00\x00\
    \x00\x06\xc0\x2b\xc0\x2f\x00\xff\x01\x00";

/// Main mode with AES and 3DES (RFC 2409 section 5).
const IKE_V1: &[u8] = b"sock-ike\x00\x00\x00\x00\x00\x00\x00\x00\
    \x01\x10\x02\x00\x00\x00\x00\x00\x00\x00\x00\x74\
    \x00\x00\x00\x58\x00\x00\x00\x01\x00\x00\x00\x01\
    \x00\x00\x00\x4c\x01\x01\x00\x02\
    \x03\x00\x00\x24\x01\x01\x00\x00\x80\x01\x00\x07\x80\x0e\x00\x80\x80\x02\x00\x02\
    \x80\x03\x00\x01\x80\x04\x00\x02\x80\x0b\x00\x01\x80\x0c\x70\x80\
    \x00\x00\x00\x20\x02\x01\x00\x00\x80\x01\x00\x05\x80\x02\x00\x02\
    \x80\x03\x00\x01\x80\x04\x00\x02\x80\x0b\x00\x01\x80\x0c\x70\x80";

/// A major version that nobody has: answered with INVALID_MAJOR_VERSION by
/// what speaks IKEv2 only (RFC 7296 section 2.5).
const IKE_V3: &[u8] = b"sock-ike\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x30\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c";

/// The same behind the marker that tells IKE from ESP (RFC 3948 section 2.2).
const NAT_T: &[u8] = b"\x00\x00\x00\x00sock-ike\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x30\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c";

/// The whole table (RFC 2453 section 3.9.1): from a port other than 520 a
/// question of diagnosis, which is answered.
const RIP: &[u8] = b"\x01\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10";

/// Presence Ping (ASF 2.0 section 3.2.4.2).
const RMCP: &[u8] = b"\x06\x00\xff\x06\x00\x00\x11\xbe\x80\x00\x00\x00";

/// P_CONTROL_HARD_RESET_CLIENT_V2, which opens every session; servers with
/// --tls-auth do not answer it.
const OPENVPN: &[u8] = b"\x38sock-vpn\x00\x00\x00\x00\x00";

/// CLNT_UCAST_EX (MC-SQLR section 2.2.2): which instances there are.
const MSSQL: &[u8] = b"\x03";

/// Access-Request (RFC 2865 section 4.1): answered to clients that are known.
const RADIUS: &[u8] = b"\x01s\x00\x2csock-probe-asks-\x01\x06sock\x02\x12who-answers-here";

/// M-SEARCH to one device (UPnP 1.1 section 1.3.2).
const SSDP: &[u8] = b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\
    MAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n";

/// Echo Request of version 1 (3GPP TS 29.060 section 7.2.1).
const GTP: &[u8] = b"\x32\x01\x00\x04\x00\x00\x00\x00so\x00\x00";

/// Binding request (RFC 8489 section 5).
const STUN: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42sock-binding";

/// Probe for everything (WS-Discovery section 5.2).
const WS_DISCOVERY: &[u8] = b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
    xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
    xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header>\
    <a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
    <a:MessageID>urn:uuid:736f636b-0000-4000-8000-000000000000</a:MessageID>\
    <a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>\
    <s:Body><d:Probe/></s:Body></s:Envelope>";

/// OPTIONS (RFC 3261 section 11), answered to the port it came from (RFC 3581).
const SIP: &[u8] = b"OPTIONS sip:sock@probe.invalid SIP/2.0\r\n\
    Via: SIP/2.0/UDP probe.invalid;branch=z9hG4bK736f636b;rport\r\n\
    Max-Forwards: 70\r\nFrom: <sip:sock@probe.invalid>;tag=736f636b\r\n\
    To: <sip:sock@probe.invalid>\r\nCall-ID: 736f636b@probe.invalid\r\n\
    CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/// The address of the outer side (RFC 6886 section 3.2).
const NAT_PMP: &[u8] = b"\x00\x00";

/// Which services there are, with an answer to us alone (RFC 6763 section 9,
/// RFC 6762 section 5.4).
const MDNS: &[u8] = b"so\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\
    \x09_services\x07_dns-sd\x04_udp\x05local\x00\x00\x0c\x80\x01";

/// GET /.well-known/core (RFC 7252 section 3, RFC 6690).
const COAP: &[u8] = b"\x40\x01so\xbb.well-known\x04core";

/// ping (BEP 5).
const DHT: &[u8] = b"d1:ad2:id20:sock-probe-no-node-0e1:q4:ping1:t2:so1:y1:qe";

/// `version` in one datagram (memcached's protocol.txt, UDP protocol).
const MEMCACHED: &[u8] = b"so\x00\x00\x00\x01\x00\x00version\r\n";

/// A2S_INFO of game servers (Valve's server queries).
const A2S: &[u8] = b"\xff\xff\xff\xffTSource Engine Query\x00";

/// Ping of Mumble's voice servers.
const MUMBLE: &[u8] = b"\x00\x00\x00\x00sock-png";

#[cfg(test)]
mod tests;
