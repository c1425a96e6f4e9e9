"""Servers that do different things once they have accepted, each on a port of
its own: the words of the command line say what, the first line says where."""

import select
import socket
import struct
import sys
import time

TLS_ALERT = bytes.fromhex("15030300020228")
SAYS = {
    "ssh": b"SSH-2.0-OpenSSH_9.6p1 Debian-4\r\n",
    "hostile": b"\x1b]0;owned\x07\x1b[31mred\0\x9b5n\xe2\x80\xae\n",
    "large": b"a" * 100_000 + b"\n",
    "blank": b"\r\n\r\nafter two empty lines\r\n",
    "prompt": b"login: ",
    "binary": TLS_ALERT,
}
held = []


def greet(what, peer):
    if what in SAYS:
        # A large one does not fit, and nobody reads all of it.
        peer.setblocking(False)
        try:
            peer.send(SAYS[what])
        except OSError:
            pass
        held.append(peer)
    elif what == "pieces":
        peer.sendall(b"220 ")
        time.sleep(0.05)
        peer.sendall(b"in pieces\r\n")
        held.append(peer)
    elif what == "silent":
        held.append(peer)
    elif what == "closes":
        peer.close()
    elif what == "resets":
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    elif what == "answers":
        peer.settimeout(5)
        said = b""
        while len(said) < 300_000 and not said.endswith(b"."):
            piece = peer.recv(65536)
            if not piece:
                break
            said += piece
        peer.sendall(b"%d bytes, from %r\n" % (len(said), said[:4]))
        held.append(peer)


listeners = {}
ports = []
for what in sys.argv[1:]:
    server = socket.create_server(("127.0.0.1", 0))
    listeners[server] = what
    ports.append(str(server.getsockname()[1]))
print("ready", *ports, flush=True)
while True:
    for server in select.select(listeners, [], [])[0]:
        greet(listeners[server], server.accept()[0])
