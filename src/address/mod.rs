//! Addresses as people type and logs print them (DESIGN 2). Pure.
