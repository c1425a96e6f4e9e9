"""Listens on the ports it is given (tcp:22 udp:7 mute:53) on every address.

TCP peers are accepted, read to their end and closed; datagrams are sent back,
or left unread where they go to a mute port.
Says "ready" once all ports are open.
"""
import selectors
import socket
import sys

loop = selectors.DefaultSelector()


def accept(listener):
    peer, _ = listener.accept()
    peer.setblocking(False)
    loop.register(peer, selectors.EVENT_READ, read)


def read(peer):
    try:
        if peer.recv(65536):
            return
    except OSError:
        pass
    loop.unregister(peer)
    peer.close()


def echo(sock):
    try:
        data, peer = sock.recvfrom(65536)
        sock.sendto(data, peer)
    except OSError:
        pass


mute = []
for word in sys.argv[1:]:
    kind, port = word.split(":")
    sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::", int(port)))
    if kind == "tcp":
        sock.listen(128)
    if kind == "mute":
        mute.append(sock)
    else:
        loop.register(sock, selectors.EVENT_READ, accept if kind == "tcp" else echo)

print("ready", flush=True)
while True:
    for key, _ in loop.select():
        key.data(key.fileobj)
