//! Targets of `probe`: names, addresses, CIDR blocks, Unix sockets. Pure.
