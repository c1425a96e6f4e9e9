"""A UDP server for each protocol that probe has a query for: it answers what
its specification lets it answer, and nothing else."""

import select
import socket
import struct
import sys


def dns(q, kind, cls, name=None):
    ident, flags, qd, an, ns, ar = struct.unpack("!6H", q[:12])
    end = q.index(b"\0", 12) + 1
    assert (flags & 0xF800, qd, an, ns, ar) == (0, 1, 0, 0, 0)
    assert struct.unpack("!HH", q[end:]) == (kind, cls)
    assert name is None or q[12:end] == name
    return struct.pack("!6H", ident, 0x8000 | flags, 1, 0, 0, 0) + q[12:]


def tlv(q, at):
    """Tag and value of a BER element, and where the next begins."""
    assert q[at + 1] < 0x80
    end = at + 2 + q[at + 1]
    assert end <= len(q)
    return q[at], q[at + 2:end], end


def walk(q):
    at, found = 0, []
    while at < len(q):
        tag, value, at = tlv(q, at)
        found.append((tag, value))
    return found


def kerberos(q):
    [(tag, outer)] = walk(q)
    [(seq, inner)] = walk(outer)
    fields = dict(walk(inner))
    assert (tag, seq) == (0x6A, 0x30)
    assert fields[0xA1] == b"\2\1\5" and fields[0xA2] == b"\2\1\x0a"
    body = dict(walk(dict(walk(fields[0xA4]))[0x30]))
    assert {0xA0, 0xA2, 0xA3, 0xA5, 0xA7, 0xA8} <= set(body)
    return b"\x7e\x02\x30\x00"


def rpc(program, version):
    def answer(q):
        xid, kind, rpcvers, prog, vers, proc = struct.unpack("!6I", q[:24])
        assert (kind, rpcvers, prog, vers, proc, len(q)) == (0, 2, program, version, 0, 40)
        return struct.pack("!6I", xid, 1, 0, 0, 0, 0)
    return answer


def ntp(q):
    assert len(q) == 48 and q[0] & 7 == 3 and q[0] >> 3 & 7 == 4
    return b"\x24" + q[1:]


def snmp_v3(q):
    version, header, security, scoped = walk(walk(q)[0][1])
    if version[1] != b"\3":
        return None
    assert walk(header[1])[2][1] == b"\4" and walk(header[1])[3][1] == b"\3"
    assert len(walk(walk(security[1])[0][1])) == 6 and walk(scoped[1])[2][0] == 0xA0
    return q.replace(b"\xa0\x0e", b"\xa8\x0e")


def snmp_v1(q):
    version, community, pdu = walk(walk(q)[0][1])[:3]
    if version[1] != b"\0":
        return None
    assert community[1] == b"public" and pdu[0] == 0xA0
    return q.replace(b"\xa0\x1c", b"\xa2\x1c")


def xdmcp(q):
    version, opcode, length = struct.unpack("!3H", q[:6])
    assert (version, opcode, length) == (1, 2, len(q) - 6)
    return struct.pack("!3H", 1, 5, 6) + bytes(6)


def cldap(q):
    ident, search = walk(walk(q)[0][1])
    assert search[0] == 0x63 and len(walk(search[1])) == 8
    return b"\x30\x0c\x02\x01" + ident[1] + b"\x65\x07\x0a\x01\x00\x04\x00\x04\x00"


def quic(q):
    if q[0] & 0x80 == 0 or len(q) < 1200:
        return None
    assert q[1:5] not in (bytes(4), b"\0\0\0\1")
    dst = q[6:6 + q[5]]
    src = q[7 + q[5]:7 + q[5] + q[6 + q[5]]]
    said = b"\x80" + bytes(4) + bytes([len(src)]) + src + bytes([len(dst)]) + dst
    return said + b"\0\0\0\1"


def dtls(q):
    if q[0] != 22:
        return None
    length, = struct.unpack("!H", q[11:13])
    assert length == len(q) - 13 and q[13] == 1
    return b"\x16\xfe\xff" + bytes(8) + b"\0\x13\3\0\0\7\0\0\0\0\0\0\0\7\xfe\xff\4abcd"


def ike(q):
    next_payload, version, exchange = q[16:19]
    assert struct.unpack("!I", q[24:28])[0] == len(q) and q[8:16] == bytes(8)
    if version == 0x10:
        assert (next_payload, exchange) == (1, 2)
        assert struct.unpack("!H", q[30:32])[0] == len(q) - 28
    return q[:8] + b"responds" + q[16:28]


def ike_v2_only(q):
    return ike(q) if q[17] == 0x30 else None


def nat_t(q):
    assert q[:4] == bytes(4)
    return bytes(4) + ike(q[4:])


def rip(q):
    assert len(q) == 24 and q[:2] == b"\1\2" and q[4:6] == b"\0\0" and q[-1] == 16
    return b"\2\2" + q[2:]


def rmcp(q):
    assert q[:4] == b"\6\0\xff\6" and q[4:9] == b"\0\0\x11\xbe\x80"
    return q[:8] + b"\x40" + q[9:]


def openvpn(q):
    assert q[0] >> 3 == 7 and len(q) == 14
    return b"\x40serverid" + b"\1" + bytes(4) + q[1:9] + bytes(4)


def radius(q):
    code, ident, length = struct.unpack("!BBH", q[:4])
    assert code == 1 and length == len(q) and q[20] == 1
    return struct.pack("!BBH", 3, ident, 20) + bytes(16)


def text(first, *holds):
    def answer(q):
        assert q.startswith(first) and all(part in q for part in holds), q
        return b"yes"
    return answer


def gtp(q):
    assert q[0] >> 5 == 1 and q[1] == 1 and struct.unpack("!H", q[2:4])[0] == len(q) - 8
    return q[:1] + b"\2" + q[2:]


def stun(q):
    kind, length, cookie = struct.unpack("!HHI", q[:8])
    assert (kind, length, cookie, len(q)) == (1, 0, 0x2112A442, 20)
    return struct.pack("!HH", 0x101, 0) + q[4:]


def coap(q):
    assert q[0] == 0x40 and q[1] == 1 and q[4] == 0xBB and q[16] == 4
    assert q[5:16] == b".well-known" and q[17:] == b"core"
    return b"\x60\x45" + q[2:4]


def memcached(q):
    ident, seq, total, zero = struct.unpack("!4H", q[:8])
    assert (seq, total, zero) == (0, 1, 0) and q[8:] == b"version\r\n"
    return q[:8] + b"VERSION 1.6.0\r\n"


MDNS = b"\x09_services\x07_dns-sd\x04_udp\x05local\0"
SERVERS = {
    53: lambda q: dns(q, 2, 1),
    88: kerberos,
    111: rpc(100000, 2),
    123: ntp,
    137: lambda q: dns(q, 0x21, 1),
    161: snmp_v3,
    177: xdmcp,
    389: cldap,
    443: quic,
    500: ike,
    520: rip,
    623: rmcp,
    853: quic,
    1194: openvpn,
    1434: text(b"\3"),
    1645: radius,
    1812: radius,
    1900: text(b"M-SEARCH * HTTP/1.1\r\n", b"\r\nST: ", b"\r\n\r\n"),
    2049: rpc(100003, 3),
    2123: gtp,
    2152: gtp,
    3391: dtls,
    3478: stun,
    3702: text(b"<?xml", b"<d:Probe/>"),
    4433: dtls,
    4500: nat_t,
    5060: text(b"OPTIONS sip:", b";rport", b"CSeq: 1 OPTIONS\r\n", b"\r\n\r\n"),
    5351: text(b"\0\0"),
    5353: lambda q: dns(q, 12, 0x8001, MDNS),
    5683: coap,
    5684: dtls,
    6881: text(b"d1:ad2:id20:", b"4:ping", b"1:y1:qe"),
    8853: quic,
    11211: memcached,
    19302: stun,
    27015: text(b"\xff\xff\xff\xffTSource Engine Query\0"),
    64738: text(bytes(4)),
}
# The same ports, for what answers the second query only.
OTHERS = {161: snmp_v1, 443: dtls, 500: ike_v2_only}

bound = {}
for address, servers in ("127.0.0.1", SERVERS), ("127.0.0.2", OTHERS):
    for port, answer in servers.items():
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, port))
        bound[server] = answer
print("ready", *SERVERS, flush=True)
while True:
    for server in select.select(bound, [], [])[0]:
        query, peer = server.recvfrom(65535)
        try:
            reply = bound[server](query)
        except Exception as error:
            print(server.getsockname(), query, repr(error), file=sys.stderr, flush=True)
            continue
        if reply is not None:
            server.sendto(reply, peer)
