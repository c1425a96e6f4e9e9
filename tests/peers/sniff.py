"""Prints packets of an interface that have a port, packet(7): one a line,

    tcp|udp SOURCE PORT DESTINATION PORT ttl=N dscp=N flags=SYN+ACK mss=N mptcp=0|1 bytes=N

`ready` comes first; it goes on until it is killed.
"""

import ipaddress
import socket
import struct
import sys

ETH_P_ALL = 3
FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK"]


def options(header):
    mss, mptcp, at = 0, 0, 20
    while at < len(header):
        kind = header[at]
        if kind == 0:
            break
        if kind == 1:
            at += 1
            continue
        if kind == 2:
            mss = struct.unpack("!H", header[at + 2 : at + 4])[0]
        if kind == 30:
            mptcp = 1
        at += max(header[at + 1], 2)
    return mss, mptcp


def show(packet):
    version = packet[0] >> 4
    if version == 4:
        length, proto, ttl, tos = (packet[0] & 15) * 4, packet[9], packet[8], packet[1]
        source, to = packet[12:16], packet[16:20]
    elif version == 6:
        length, proto, ttl = 40, packet[6], packet[7]
        tos = (packet[0] & 15) << 4 | packet[1] >> 4
        source, to = packet[8:24], packet[24:40]
    else:
        return
    rest = packet[length:]
    name = {6: "tcp", 17: "udp"}.get(proto)
    if name is None:
        return
    ports = struct.unpack("!HH", rest[:4])
    flags, mss, mptcp, header = "", 0, 0, 8
    if name == "tcp":
        header = (rest[12] >> 4) * 4
        flags = "+".join(f for bit, f in enumerate(FLAGS) if rest[13] >> bit & 1)
        mss, mptcp = options(rest[:header])
    print(
        name,
        ipaddress.ip_address(source),
        ports[0],
        ipaddress.ip_address(to),
        ports[1],
        f"ttl={ttl} dscp={tos >> 2} flags={flags} mss={mss} mptcp={mptcp}",
        f"bytes={len(rest) - header}",
        flush=True,
    )


sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
sniffer.bind((sys.argv[1], ETH_P_ALL))
print("ready", flush=True)
while True:
    show(sniffer.recv(65535))
