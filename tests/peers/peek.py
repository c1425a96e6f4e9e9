"""Asks the kernel about a socket of another process, pidfd_getfd(2).

    peek.py PID listening|connected LEVEL.OPTION...

Waits until the process has such a socket and prints the value of each option,
one a line: an int, or the name for TCP_CONGESTION and SO_BINDTODEVICE. Prints
`denied` where the kernel does not let one process look into another.
"""

import ctypes
import os
import socket
import sys
import time

PIDFD_GETFD = 438
NAMES = {"TCP_CONGESTION": 13, "SO_BINDTODEVICE": 25}
NUMBERS = {
    "TCP_USER_TIMEOUT": 18,
    "SO_MARK": 36,
    "IPV6_FREEBIND": 78,
    "IP_FREEBIND": 15,
}


def sockets(pid):
    pidfd = os.pidfd_open(pid)
    libc = ctypes.CDLL(None, use_errno=True)
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:"):
                continue
        except OSError:
            continue
        fd = libc.syscall(PIDFD_GETFD, pidfd, int(entry), 0)
        if fd < 0:
            if ctypes.get_errno() == 1:
                print("denied")
                sys.exit()
            continue
        yield socket.socket(fileno=fd)
    os.close(pidfd)


def is_wanted(one, state):
    if one.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    if one.type != socket.SOCK_STREAM:
        return state == "listening"
    listens = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    if state == "listening":
        return listens
    try:
        one.getpeername()
        return True
    except OSError:
        return False


def value(one, words):
    level, option = words.split(".")
    level = getattr(socket, level)
    if option in NAMES:
        name = one.getsockopt(level, NAMES[option], 16)
        return name.split(b"\0")[0].decode()
    number = NUMBERS.get(option) or getattr(socket, option)
    return one.getsockopt(level, number)


pid, state, options = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
until = time.monotonic() + 15
while time.monotonic() < until:
    for found in sockets(pid):
        if is_wanted(found, state):
            for option in options:
                print(value(found, option))
            sys.exit()
    time.sleep(0.005)
sys.exit(f"process {pid} has no {state} socket")
