//! Which ports answer. Later files: schedule, engine.
