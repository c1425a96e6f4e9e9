//! `sock probe`.
use crate::exit::Done;
use crate::failure::Failure;
use crate::plan::Probe;
use crate::run::Run;

/// # Errors
pub fn run(_: &mut Run, _: &Probe) -> Result<Done, Failure> {
    Ok(Done::InOrder)
}
