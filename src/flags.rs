//! Flag lists of send(2) and recv(2), by name. Pure.
