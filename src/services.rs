//! Service names and their port numbers.
