//! Each query, read back by the rules of its protocol.

use super::*;

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The values of a DER sequence, tag by tag, to the last byte.
fn der(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut values = Vec::new();
    while let [tag, length, rest @ ..] = bytes {
        assert!(*length < 0x80, "the short form");
        let (value, after) = rest.split_at(usize::from(*length));
        values.push((*tag, value));
        bytes = after;
    }
    assert!(bytes.is_empty());
    values
}

fn only(bytes: &[u8], tag: u8) -> &[u8] {
    let [(found, value)] = der(bytes)[..] else {
        panic!("one value")
    };
    assert_eq!(found, tag);
    value
}

fn tags(values: &[(u8, &[u8])]) -> Vec<u8> {
    values.iter().map(|(tag, _)| *tag).collect()
}

#[test]
fn every_port_has_one_row_and_a_place() {
    let ports: Vec<u16> = QUERIES
        .iter()
        .flat_map(|query| query.ports)
        .copied()
        .collect();
    for (i, port) in ports.iter().enumerate() {
        assert!(!ports[..i].contains(port), "{port}");
        let datagram = payload(*port, 0);
        assert!((1..=1200).contains(&datagram.len()), "{port}");
        assert_ne!(datagram, ANY);
    }
    assert_eq!(payload(9, 0), b"\n");
    assert_eq!((payload(161, 0), payload(161, 1)), (SNMP_V3, SNMP_V1));
    assert_eq!(payload(161, 2), SNMP_V3);
}

/// One question, and nothing after it: name, type, class.
fn dns(packet: &[u8]) -> (Vec<&str>, usize, usize) {
    assert_eq!([4, 6, 8, 10].map(|at| u16_at(packet, at)), [1, 0, 0, 0]);
    assert_eq!(packet[2] & 0xf8, 0, "a standard query");
    let (mut labels, mut at) = (Vec::new(), 12);
    while packet[at] != 0 {
        let end = at + 1 + usize::from(packet[at]);
        labels.push(text(&packet[at + 1..end]));
        at = end;
    }
    assert_eq!(packet.len(), at + 5);
    (labels, u16_at(packet, at + 1), u16_at(packet, at + 3))
}

#[test]
fn dns_and_what_is_like_it() {
    assert_eq!(dns(DNS), (vec![], 2, 1));
    assert_eq!(
        dns(MDNS),
        (vec!["_services", "_dns-sd", "_udp", "local"], 12, 0x8001)
    );
    let (name, kind, class) = dns(NETBIOS);
    assert_eq!((kind, class), (0x21, 1));
    let letters = name[0].as_bytes();
    let decoded: Vec<u8> = (letters.chunks(2))
        .map(|pair| (pair[0] - b'A') << 4 | (pair[1] - b'A'))
        .collect();
    assert_eq!(decoded, *b"*\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

#[test]
fn asn_1() {
    let request = der(only(only(KERBEROS, 0x6a), 0x30));
    assert_eq!(tags(&request), [0xa1, 0xa2, 0xa4]);
    assert_eq!(only(request[1].1, 0x02), [10], "AS-REQ");
    let body = der(only(request[2].1, 0x30));
    assert_eq!(tags(&body), [0xa0, 0xa2, 0xa3, 0xa5, 0xa7, 0xa8]);
    let name = der(only(body[2].1, 0x30));
    let parts = der(only(name[1].1, 0x30));
    assert_eq!(
        parts.iter().map(|part| text(part.1)).collect::<Vec<_>>(),
        ["krbtgt", "SOCK"]
    );
    assert_eq!(text(only(body[3].1, 0x18)), "19700101000000Z");

    let v3 = der(only(SNMP_V3, 0x30));
    assert_eq!(tags(&v3), [0x02, 0x30, 0x04, 0x30]);
    assert_eq!(v3[0].1, [3]);
    assert_eq!(tags(&der(v3[1].1)), [0x02, 0x02, 0x04, 0x02]);
    assert_eq!(der(v3[1].1)[2].1, [4], "reportable");
    assert_eq!(
        tags(&der(only(v3[2].1, 0x30))),
        [0x04, 0x02, 0x02, 0x04, 0x04, 0x04]
    );
    assert_eq!(tags(&der(der(v3[3].1)[2].1)), [0x02, 0x02, 0x02, 0x30]);

    let v1 = der(only(SNMP_V1, 0x30));
    assert_eq!(
        (v1[0].1, text(v1[1].1), v1[2].0),
        (&[0u8][..], "public", 0xa0)
    );
    let variable = der(only(der(v1[2].1)[3].1, 0x30));
    assert_eq!(tags(&variable), [0x06, 0x05]);

    let search = der(only(CLDAP, 0x30));
    assert_eq!(tags(&search), [0x02, 0x63]);
    let search = der(search[1].1);
    assert_eq!(
        tags(&search),
        [0x04, 0x0a, 0x0a, 0x02, 0x02, 0x01, 0x87, 0x30]
    );
    assert_eq!(text(search[6].1), "objectClass");
}

#[test]
fn remote_procedure_calls_of_nothing() {
    for (call, program, version) in [(PORTMAP, 100_000, 2), (NFS, 100_003, 3)] {
        let words: Vec<u32> = (0..10).map(|i| u32_at(call, 4 * i)).collect();
        assert_eq!(call.len(), 40);
        assert_eq!(words[1..6], [0, 2, program, version, 0]);
        assert_eq!(words[6..], [0; 4], "no credentials");
    }
}

#[test]
fn quic_dtls_and_ike_have_the_lengths_they_say() {
    assert_eq!(QUIC.len(), 1200);
    assert_eq!(QUIC[0] & 0xc0, 0xc0, "a long header with its fixed bit");
    assert_eq!(
        u32_at(QUIC, 1) & 0x0f0f_0f0f,
        0x0a0a_0a0a,
        "reserved to force negotiation"
    );
    assert_eq!((QUIC[5], QUIC[14]), (8, 8));
    assert_eq!(QUIC[23..], [0; 1200 - 23]);

    assert_eq!((DTLS[0], u16_at(DTLS, 11)), (22, DTLS.len() - 13));
    let hello = &DTLS[13..];
    let length = |at: usize| u32_at(hello, at) as usize & 0xff_ffff;
    assert_eq!(
        (hello[0], length(0), length(8)),
        (1, hello.len() - 12, hello.len() - 12)
    );
    assert_eq!(u16_at(hello, 12), 0xfefd);
    assert_eq!(hello[46..48], [0, 0], "no session, no cookie");
    let ciphers = u16_at(hello, 48);
    assert_eq!(
        hello[50 + ciphers..],
        [1, 0],
        "no compression, no extensions"
    );

    for (message, version, exchange) in [
        (IKE_V1, 0x10, 2),
        (IKE_V3, 0x30, 34),
        (&NAT_T[4..], 0x30, 34),
    ] {
        assert_eq!((message[17], message[18]), (version, exchange));
        assert_eq!(u32_at(message, 24) as usize, message.len());
        assert_eq!(message[8..16], [0; 8], "nobody has answered yet");
    }
    assert_eq!(NAT_T[..4], [0; 4]);
    let security = &IKE_V1[28..];
    assert_eq!(u16_at(security, 2), security.len());
    let proposal = &security[12..];
    assert_eq!((u16_at(proposal, 2), proposal[7]), (proposal.len(), 2));
    let first = u16_at(proposal, 10);
    assert_eq!(proposal[8], 3, "another follows");
    let second = &proposal[8 + first..];
    assert_eq!((second[0], u16_at(second, 2)), (0, second.len()));
}

#[test]
fn small_ones() {
    assert_eq!((NTP.len(), NTP[0]), (48, 4 << 3 | 3));
    assert_eq!((XDMCP.len(), u16_at(XDMCP, 2), u16_at(XDMCP, 4)), (7, 2, 1));
    assert_eq!((RIP.len(), RIP[0], RIP[1], u32_at(RIP, 20)), (24, 1, 2, 16));
    assert_eq!((RMCP.len(), u32_at(RMCP, 4), RMCP[8]), (12, 4542, 0x80));
    assert_eq!((OPENVPN.len(), OPENVPN[0] >> 3, OPENVPN[9]), (14, 7, 0));
    assert_eq!(u16_at(RADIUS, 2), RADIUS.len());
    assert_eq!(
        (RADIUS[20], RADIUS[21], RADIUS[26], RADIUS[27]),
        (1, 6, 2, 18)
    );
    assert_eq!(
        (GTP.len(), GTP[0] >> 5, u16_at(GTP, 2)),
        (12, 1, GTP.len() - 8)
    );
    assert_eq!(
        (STUN.len(), u16_at(STUN, 2), u32_at(STUN, 4)),
        (20, 0, 0x2112_a442)
    );
    assert_eq!((COAP[0] >> 6, COAP[0] & 15, COAP[1]), (1, 0, 1));
    assert_eq!((COAP[4], COAP[16], COAP.len()), (0xbb, 0x04, 21));
    assert_eq!((u16_at(MEMCACHED, 2), u16_at(MEMCACHED, 4)), (0, 1));
    assert_eq!(MUMBLE.len(), 12);
    assert_eq!(A2S[..5], *b"\xff\xff\xff\xffT");
}

#[test]
fn texts_end_as_their_protocols_say() {
    for request in [SSDP, SIP] {
        let head = text(request).strip_suffix("\r\n\r\n").unwrap();
        assert!(head.split("\r\n").all(|line| !line.contains(['\r', '\n'])));
        assert!(head.split("\r\n").skip(1).all(|line| line.contains(": ")));
    }
    assert!(text(SIP).contains(";rport\r\n"));
    let xml = text(WS_DISCOVERY);
    assert_eq!(xml.matches("</").count() + xml.matches("/>").count(), 7);
    assert_eq!(xml.matches("<a:").count(), xml.matches("</a:").count());
    // Bencoding: every string has its length before it.
    assert_eq!(
        text(DHT).find("20:").map(|at| &text(DHT)[at + 23..at + 24]),
        Some("e")
    );
}
