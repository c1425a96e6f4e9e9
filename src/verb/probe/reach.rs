//! Where a target is, as far as the family and the source of a run reach.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::subject::At;
use crate::address::{Host, Unix};
use crate::failure::{Class, StageError};
use crate::plan::Probe;
use crate::stage::Stage;
use crate::stage::resolve::Family;
use crate::targets::Cidr;

/// The addresses of a host that the source can talk to.
///
/// # Errors
/// There are none.
pub fn addresses(
    host: &Host,
    plan: &Probe,
    mut addresses: Vec<SocketAddr>,
) -> Result<At, StageError> {
    if let Some(source) = &plan.source {
        addresses.retain(|address| source.reaches(address));
    }
    match addresses.is_empty() {
        true => Err(out_of_reach(host.to_string())),
        false => Ok(At::Addresses(addresses)),
    }
}

/// A block, if it is of a family that is asked.
///
/// # Errors
/// It is not, or the source cannot talk to it.
pub fn block(block: &Cidr, plan: &Probe) -> Result<At, StageError> {
    let Some(first) = block.iter().next() else {
        return Ok(At::Block(*block));
    };
    if !plan.resolve.family.takes(first) {
        let family = match plan.resolve.family {
            Family::V4 => "IPv4",
            Family::V6 | Family::Any => "IPv6",
        };
        let reason = format!("has no {family} address");
        return Err(StageError::new(
            Stage::Resolve,
            block.to_string(),
            Class::Name,
            reason,
        ));
    }
    if (plan.source).is_some_and(|source| !source.reaches(&(first, 0).into())) {
        return Err(out_of_reach(block.to_string()));
    }
    Ok(At::Block(*block))
}

fn out_of_reach(name: String) -> StageError {
    let reason = "has no address of the family of --source";
    StageError::new(Stage::Bind, name, Class::Local, reason)
}

/// The name as unix(7) has it in `sun_path`.
pub fn path(unix: &Unix) -> PathBuf {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    match unix {
        Unix::Path(path) => path.clone(),
        Unix::Abstract(name) => {
            let mut bytes = vec![0];
            bytes.extend(name);
            OsString::from_vec(bytes).into()
        }
    }
}
