//! Ports and port lists (`22,80,8000-8100,https`). Pure.
