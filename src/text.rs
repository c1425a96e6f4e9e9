//! TEXT for messages, replies and data. Pure.
